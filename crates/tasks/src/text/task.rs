//! What a text task has to say about itself.

use super::config::{Recipe, TextConfig};
use super::corpus::Corpus;
use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::run_dir::RunDir;
use crate::summary::Summary;
use crate::task::{Context, PredictInput, Prediction, RunRequest, Task, TaskInfo};
use rekindle_data::{Encoding, Quoting, TextSpec};
use std::path::Path;

/// A class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// What the file calls it.
    pub label: &'static str,
    /// What people call it.
    pub name: &'static str,
}

/// Names of a labelled file's columns.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The text.
    pub text: &'static [&'static str],
    /// The label.
    pub label: &'static [&'static str],
    /// What must not be split.
    pub group: Option<&'static [&'static str]>,
    /// A public file that has no header.
    pub headless: Option<Headless>,
}

/// A file separated by tabs, without a header and without quotes.
#[derive(Debug, Clone, Copy)]
pub struct Headless {
    /// What its name begins with, in lower case.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
}

impl Source {
    /// How to read a file of this form.
    pub fn spec(&self, path: &Path, limit: Option<usize>) -> TextSpec {
        let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let headless = self
            .headless
            .filter(|headless| name.starts_with(headless.name));
        let tabs = headless.is_some() || name.split('.').skip(1).any(|part| part == "tsv");
        TextSpec {
            text: owned(self.text),
            label: Some(owned(self.label)),
            group: self.group.map(owned),
            delimiter: if tabs { b'\t' } else { b',' },
            header: headless.map(|headless| owned(headless.columns)),
            quoting: Quoting::Auto,
            // Web pages of the time have a few stray bytes; a note says how many were replaced.
            encoding: Encoding::Replace,
            limit,
        }
    }
}

/// A task that tells classes of texts apart.
pub trait TextTask: Sync {
    /// Its name and what it is.
    const ABOUT: TaskInfo;
    /// Its classes.
    const CLASSES: &'static [Class];
    /// The class that is looked for, where the others are just the rest: its probability is held
    /// against a threshold chosen on validation.
    const POSITIVE: Option<usize>;
    /// Names of the columns.
    const SOURCE: Source;

    /// The settings of a recipe.
    fn recipe(recipe: Recipe) -> TextConfig;

    /// Changes defaults that follow from other settings the user gave.
    fn adapt(_config: &mut TextConfig, _given: &[&str]) {}

    /// Finds and reads the data.
    fn load(config: &TextConfig, dirs: &DataDirs, limit: Option<usize>) -> Result<Corpus>;

    /// A text whose prediction the report shows.
    fn example() -> &'static str;
}

impl<T: TextTask> Task for T {
    fn info(&self) -> TaskInfo {
        T::ABOUT
    }

    fn run(&self, context: &Context, request: &RunRequest) -> Result<Summary> {
        super::train::run::<T>(context, request)
    }

    fn evaluate(
        &self,
        context: &Context,
        run: &RunDir,
        input: &Path,
        out: Option<&Path>,
    ) -> Result<Summary> {
        super::saved::evaluate::<T>(context, run, input, out)
    }

    fn predict(&self, context: &Context, run: &RunDir, input: &PredictInput) -> Result<Prediction> {
        super::saved::predict::<T>(context, run, input)
    }
}
