//! Where data are looked for.

use crate::error::{Result, TaskError};
use rekindle_data::{FetchOptions, Manifest, Progress, fetch, locate, near_in};
use std::path::{Path, PathBuf};

/// Where data are looked for, in this order.
#[derive(Debug, Clone)]
pub struct DataDirs {
    /// `--data`.
    pub explicit: Option<PathBuf>,
    /// `$REKINDLE_DATA`.
    pub variable: Option<PathBuf>,
    /// The download cache.
    pub cache: PathBuf,
    /// Never download.
    pub offline: bool,
    /// The manifest of a data set.
    pub manifest: fn(&str) -> Result<Manifest>,
    /// Shows a download.
    pub progress: fn() -> Box<dyn Progress>,
}

impl DataDirs {
    /// The folders that a task's own files are looked for in: of a named folder nothing is made up with
    /// files from elsewhere, which would be other data under the same name.
    fn own(&self) -> Vec<PathBuf> {
        match &self.explicit {
            Some(folder) => vec![folder.clone()],
            None => self.folders(),
        }
    }

    /// The folders, in order.
    pub fn folders(&self) -> Vec<PathBuf> {
        self.explicit
            .iter()
            .chain(&self.variable)
            .chain([&self.cache])
            .cloned()
            .collect()
    }

    /// Finds files of these names, all of them or none.
    pub fn find<const N: usize>(&self, names: [&str; N]) -> Option<[PathBuf; N]> {
        let folders = self.own();
        let found: Vec<PathBuf> = names
            .iter()
            .filter_map(|name| locate(&folders, name))
            .collect();
        found.try_into().ok()
    }

    /// Finds a file that goes with any data, such as token vectors, in every folder.
    pub fn find_common(&self, name: &str) -> Option<PathBuf> {
        locate(&self.folders(), name)
    }

    /// Downloads a data set into the cache.
    pub fn download(&self, name: &str) -> Result<()> {
        let manifest = (self.manifest)(name)?;
        if self.offline {
            return Err(TaskError::usage(
                "downloads are switched off",
                "unset REKINDLE_OFFLINE",
            ));
        }
        fetch(
            &manifest,
            &self.cache,
            &FetchOptions::default(),
            (self.progress)().as_mut(),
        )?;
        Ok(())
    }

    /// Finds the first of these files, or says that `what` is missing and how to get it.
    pub fn file(&self, what: &str, set: &str, names: &[&str]) -> Result<PathBuf> {
        let found = names.iter().find_map(|name| self.find([name]));
        if let Some([path]) = found {
            return Ok(path);
        }
        let error = self.missing(what, names.first().copied().unwrap_or_default());
        match (error, (self.manifest)(set)?.note) {
            (TaskError::Usage { what, place, help }, Some(note)) => Err(TaskError::Usage {
                what,
                place,
                help: format!("{note}; {help}"),
            }),
            (error, _) => Err(error),
        }
    }

    /// Says where a file was looked for.
    pub fn missing(&self, what: &str, name: &str) -> TaskError {
        let folders = self.own();
        let near = near_in(&folders, name);
        let shown = folders.iter().map(|folder| folder.display().to_string());
        let help = "give its folder with --data DIR; `rekindle data list` says where it comes from";
        TaskError::Usage {
            what: format!("cannot find {what}: {name} (or .gz, .xz, .zst)"),
            place: Some(format!(
                "looked in {}",
                shown.collect::<Vec<_>>().join(", ")
            )),
            help: match near.is_empty() {
                true => help.to_string(),
                false => format!(
                    "near it: {}; name it {name}, unpacked where it is an archive",
                    near.join(", ")
                ),
            },
        }
    }
}

/// Files of a folder whose names have one of these endings, packed or not; sorted.
pub fn tables(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let is_table = |path: &PathBuf| {
        let name = file_name(path).to_lowercase();
        let packed = [".gz", ".xz", ".zst"];
        let plain = packed.iter().find_map(|ending| name.strip_suffix(ending));
        let ending = plain.unwrap_or(&name).rsplit_once('.');
        path.is_file() && ending.is_some_and(|(_, ending)| endings.contains(&ending))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut tables: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_table).collect();
    tables.sort();
    tables
}

/// Names of files for a message, without their folder.
pub fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| file_name(path)).collect();
    names.join(", ")
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
