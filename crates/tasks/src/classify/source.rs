//! Where the texts are and what their columns mean.

use crate::data_dirs::{names, tables};
use crate::error::{Result, TaskError};
use crate::settings::{Names, SettingDoc, Settings};
use crate::task::Context;
use rekindle_data::{Encoding, TableOptions, TextSpec};
use rekindle_train::settings;
use rekindle_train::settings::TaskFile;
use std::path::{Path, PathBuf};

settings! {
    /// `[data]` of a task of kind `classify`.
    pub struct ClassifyData: data {
        /// Data set of the catalogue that the files belong to; empty for one's own files.
        set: String = String::new(), Rule::Text;
        /// What the data are called in the report; the file's name when empty.
        source: String = String::new(), Rule::Text;
        /// The file to train on; `a.csv|b.csv` takes the first that is there.
        train: String = String::new(), Rule::Text;
        /// Several files to train on, one after the other.
        files: Names = Names::default(), Rule::Names;
        /// A file of its own that validates.
        valid_file: String = String::new(), Rule::Text;
        /// A file of its own that tests.
        test_file: String = String::new(), Rule::Text;
        /// A file whose rows only train, see `extra`.
        extra_file: String = String::new(), Rule::Text;
        /// Columns of a file that has no header, as `a,b,c`; with `NAME:` before them only of files whose
        /// names begin with it.
        header: String = String::new(), Rule::Text;
        /// Column of the text; `title,body` joins several, `a|b` takes the first that is there. Found by
        /// its name or its long texts when empty.
        text: String = String::new(), Rule::Text;
        /// Column of the class; found when empty.
        label: String = String::new(), Rule::Text;
        /// Column of several classes a text, separated by `separator`; instead of `label`.
        labels: String = String::new(), Rule::Text;
        /// What stands between the classes of a text; found among | ; , when empty.
        separator: String = String::new(), Rule::Text;
        /// Column of what must not be split, such as a customer or a story: its rows stay on one side.
        group: String = String::new(), Rule::Text;
        /// Column of the time: the latest rows test.
        time: String = String::new(), Rule::Text;
        /// The classes, as `label` or `label=name`; those of the training labels when empty.
        classes: Names = Names::default(), Rule::Names;
        /// The class that is looked for among the rest, with a threshold chosen on validation; none when
        /// empty.
        positive: String = String::new(), Rule::Text;
    }
}

impl Settings for ClassifyData {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }
}

/// The files of a run.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Files to train on, or to be split.
    pub train: Vec<PathBuf>,
    /// A file that validates.
    pub valid: Option<PathBuf>,
    /// A file that tests.
    pub test: Option<PathBuf>,
    /// A file that only trains.
    pub extra: Option<PathBuf>,
}

impl ClassifyData {
    /// The column of the class or the classes.
    pub fn class_column(&self) -> &str {
        match self.labels.is_empty() {
            true => &self.label,
            false => &self.labels,
        }
    }

    /// Whether a text may be of several classes.
    pub fn is_many(&self) -> bool {
        !self.labels.is_empty()
    }

    /// The classes of a cell.
    pub fn split<'a>(&self, cell: &'a str) -> Vec<&'a str> {
        let separator = match self.separator.is_empty() {
            true => "|",
            false => self.separator.as_str(),
        };
        let parts = cell.split(separator).map(str::trim);
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// The names of a column, the first that is there being taken.
    pub fn aliases(column: &str) -> Vec<String> {
        column
            .split('|')
            .map(|name| name.trim().to_string())
            .collect()
    }

    /// How to read a file of this form.
    pub fn spec(&self, path: &Path) -> TextSpec {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let (of_file, columns) = match self.header.split_once(':') {
            Some((start, columns)) => (name.starts_with(&start.trim().to_lowercase()), columns),
            None => (!self.header.is_empty(), self.header.as_str()),
        };
        let column = |name: &str| (!name.is_empty()).then(|| Self::aliases(name));
        let joined = Names::parse(&self.text).0;
        TextSpec {
            text: Self::aliases(&self.text),
            columns: if joined.len() > 1 { joined } else { Vec::new() },
            label: column(self.class_column()),
            group: column(&self.group),
            time: column(&self.time),
            header: of_file.then(|| Names::parse(columns).0),
            // Web pages of the time have a few stray bytes; a note says how many were replaced.
            encoding: Encoding::Replace,
            ..TextSpec::default()
        }
    }

    /// Makes one's own paths independent of where the program is started, and takes `--data FILE`.
    pub fn settle(&mut self, file: &TaskFile, context: &Context) -> Result<()> {
        if let Some(given) = context
            .data
            .explicit
            .as_deref()
            .filter(|path| path.is_file())
        {
            self.set.clear();
            self.source.clear();
            (self.valid_file, self.test_file) = (String::new(), String::new());
            self.files = Names::default();
            self.train = absolute(given)?;
        } else if self.set.is_empty() && self.train.is_empty() && self.files.is_empty() {
            let Some(folder) = &context.data.explicit else {
                return Err(TaskError::usage(
                    format!("{} needs a file of labelled texts", file.name()),
                    "give it with --data FILE, such as a CSV with a column of texts and one of labels",
                ));
            };
            self.find_in(folder)?;
        }
        if self.set.is_empty() {
            let settle = |path: &mut String| -> Result<()> {
                if !path.is_empty() {
                    *path = absolute(&file.path(path))?;
                }
                Ok(())
            };
            settle(&mut self.train)?;
            settle(&mut self.valid_file)?;
            settle(&mut self.test_file)?;
            settle(&mut self.extra_file)?;
            self.files.0.iter_mut().try_for_each(settle)?;
        }
        Ok(())
    }

    /// Finds `train.csv`, `valid.csv` and `test.csv` in a folder, or its only table.
    fn find_in(&mut self, folder: &Path) -> Result<()> {
        let tables = tables(folder, &["csv", "tsv", "jsonl", "json", "txt"]);
        let named = |names: &[&str]| {
            tables.iter().find(|path| {
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .to_lowercase();
                let stem = name.split('.').next().unwrap_or_default();
                names.contains(&stem)
            })
        };
        let train = named(&["train", "training"]);
        let train = train.or(tables.first().filter(|_| tables.len() == 1));
        let Some(train) = train else {
            return Err(TaskError::Usage {
                what: "the folder has no file named train.csv".to_string(),
                place: Some(folder.display().to_string()),
                help: match tables.is_empty() {
                    true => "give a file with --data FILE".to_string(),
                    false => format!("give one of its files with --data: {}", names(&tables)),
                },
            });
        };
        self.train = absolute(train)?;
        if let Some(path) = named(&["valid", "validation", "val", "dev"]) {
            self.valid_file = absolute(path)?;
        }
        if let Some(path) = named(&["test"]) {
            self.test_file = absolute(path)?;
        }
        Ok(())
    }

    /// Where the files are.
    pub fn files(&self, name: &str, extra: bool, context: &Context) -> Result<Files> {
        let place = |what: &str, path: &str| -> Result<PathBuf> {
            let names: Vec<&str> = path.split('|').map(str::trim).collect();
            match self.set.is_empty() {
                true => Ok(PathBuf::from(path)),
                false => context
                    .data
                    .file(&format!("the {what} of {name}"), &self.set, &names),
            }
        };
        let optional =
            |what: &str, path: &str| (!path.is_empty()).then(|| place(what, path)).transpose();
        let train = match self.files.is_empty() {
            true => vec![place("training file", &self.train)?],
            false => self
                .files
                .0
                .iter()
                .map(|path| place("training file", path))
                .collect::<Result<_>>()?,
        };
        Ok(Files {
            train,
            valid: optional("validation file", &self.valid_file)?,
            test: optional("test file", &self.test_file)?,
            extra: match extra {
                true => optional("second training file", &self.extra_file)?,
                false => None,
            },
        })
    }
}

impl ClassifyData {
    /// What is known about a table before its columns are.
    pub fn table(&self, path: &Path) -> TableOptions {
        TableOptions {
            header: self.spec(path).header,
            ..TableOptions::default()
        }
    }
}

fn absolute(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).map_err(|error| TaskError::Usage {
        what: format!("cannot find the folder of the file: {error}"),
        place: Some(path.display().to_string()),
        help: "give the whole path".to_string(),
    })?;
    Ok(absolute.display().to_string())
}
