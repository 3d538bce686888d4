//! A task as a file.

use crate::error::{Result, TaskError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Table;

/// A task: its kind, its data and what its settings are instead of the kind's defaults.
///
/// The named tasks are such files, and so is the `config.toml` of every run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskFile {
    /// Name of the kind.
    pub kind: String,
    /// Its own name; that of the kind when absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it does, in a line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// What data it reads, in a line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// An input whose answer the report shows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub example: String,
    /// Where the data are and what their columns mean.
    #[serde(default)]
    pub data: Table,
    /// Settings that differ from the kind's.
    #[serde(default)]
    pub settings: Table,
    /// Other sets of settings, chosen with `recipe=NAME` in place of `settings`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recipes: BTreeMap<String, Table>,
    /// Settings that follow from others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<When>,
    /// Where it was read; relative paths in it start there.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Version of the program, in the file of a run.
    #[serde(default, skip_serializing)]
    pub rekindle: Option<String>,
    /// Name of the task, in the file of a run.
    #[serde(default, skip_serializing)]
    pub task: Option<String>,
    /// Name of the backend, in the file of a run.
    #[serde(default, skip_serializing)]
    pub backend: Option<String>,
    /// Seed of the run whose file this is.
    #[serde(default, skip_serializing)]
    pub seed: Option<u64>,
    /// Rows that the run kept; 0 is all.
    #[serde(default, skip_serializing)]
    pub limit: Option<usize>,
    /// Threads, in the file of a run.
    #[serde(default, skip_serializing)]
    pub threads: Option<usize>,
    /// The files that the run read.
    #[serde(default, skip_serializing)]
    pub sources: Vec<Table>,
    /// The `--set` pairs that the run began with.
    #[serde(default, skip_serializing)]
    pub asked: Table,
    /// Checksums of what the run made of them.
    #[serde(default, skip_serializing)]
    pub made: Table,
}

/// Settings that follow when others have certain values.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The values that must be there.
    pub given: Table,
    /// What then holds, unless the user says otherwise.
    pub settings: Table,
}

impl TaskFile {
    /// A task of this kind that changes nothing.
    pub fn of_kind(kind: &str) -> Self {
        Self {
            kind: kind.to_string(),
            ..Self::default()
        }
    }

    /// Reads a task file from its text; `name` stands for the file in errors.
    ///
    /// # Errors
    /// [`TaskError::Usage`] with the line.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let mut file: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            TaskError::Usage {
                what: format!("this is not a task file: {}", error.message()),
                place: Some(match line {
                    Some(line) => format!("{name}, line {line}"),
                    None => name.to_string(),
                }),
                help: "`rekindle tasks show news` prints a task file to copy".to_string(),
            }
        })?;
        if let Some(task) = file.task.take() {
            file.name = task;
        }
        Ok(file)
    }

    /// Reads a task file.
    ///
    /// # Errors
    /// When it cannot be read, and those of [`TaskFile::parse`].
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| TaskError::Usage {
            what: format!("cannot read the task file: {error}"),
            place: Some(name.clone()),
            help: "give a task, a kind, or a file as `rekindle new` writes it".to_string(),
        })?;
        let mut file = Self::parse(&text, &name)?;
        file.folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(file)
    }

    /// Its name, or that of its kind.
    pub fn name(&self) -> &str {
        match self.name.is_empty() {
            true => &self.kind,
            false => &self.name,
        }
    }

    /// A path of its `[data]`: relative ones start at the file's folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_a_task_file_too() {
        let text = "rekindle = \"0.1.0\"\nkind = \"classify\"\ntask = \"news\"\nbackend = \"flex\"\nseed = 3\n\
                    limit = 0\nthreads = 2\n[data]\ntext = \"title\"\n[settings]\nepochs = 2\n\
                    [[sources]]\nname = \"a.csv\"\n";
        let file = TaskFile::parse(text, "config.toml").expect("it is one");
        assert_eq!((file.name(), file.seed), ("news", Some(3)));
        assert_eq!(file.settings["epochs"].as_integer(), Some(2));
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let error = TaskFile::parse("kind = \"classify\"\n[dta]\n", "t.toml").unwrap_err();
        assert_eq!(error.place().as_deref(), Some("t.toml, line 2"));
        assert!(error.to_string().contains("dta"), "{error}");
    }
}
