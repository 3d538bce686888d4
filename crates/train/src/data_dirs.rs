//! Where data are looked for.

use crate::error::{Result, TaskError};
use rekindle_data::{FetchOptions, Manifest, Progress, fetch, locate};
use std::path::PathBuf;

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
        let folders = self.folders();
        let found: Vec<PathBuf> = names
            .iter()
            .filter_map(|name| locate(&folders, name))
            .collect();
        found.try_into().ok()
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
        let folders: Vec<String> = self
            .folders()
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        TaskError::Usage {
            what: format!("{what} was not found: {name} (or .gz, .xz, .zst)"),
            place: Some(format!("looked in {}", folders.join(", "))),
            help: "give its folder with --data DIR; `rekindle data list` says where it comes from"
                .to_string(),
        }
    }
}
