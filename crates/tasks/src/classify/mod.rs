//! Kind `classify`: from a table of labelled texts to a classifier with its report.

mod answer;
mod batch;
mod blend;
mod classes;
mod classifier;
mod columns;
mod config;
mod corpus;
mod encode;
mod forward;
mod load;
mod model;
mod page;
mod parts;
mod predict;
mod program;
mod scores;
mod source;
mod style;
mod truth;
mod vote;
mod wide;
mod words;

use crate::error::Result;
use crate::run_dir::RunDir;
use crate::settings::{self, TaskFile};
use crate::summary::Summary;
use crate::task::{
    Context, Each, PredictRequest, Prediction, RunRequest, SettingRow, Task, TaskInfo,
};
use rekindle_train::program as run;
use std::path::Path;

pub use columns::{label as guess_label, texts as guess_texts};
pub use config::{ClassifySettings, Padding, Split, Tokens, Wide};

/// Tells classes of texts apart: a kind, or a task of it.
#[derive(Debug, Clone)]
pub struct Classify {
    file: TaskFile,
}

impl Classify {
    /// Name of the kind.
    pub const KIND: &'static str = "classify";

    /// A task of this kind.
    pub fn new(file: TaskFile) -> Self {
        Self { file }
    }
}

impl Task for Classify {
    fn info(&self) -> TaskInfo {
        TaskInfo::of_file(
            &self.file,
            "classes of texts, from any labelled table",
            "your own: --data FILE with a column of texts and one of labels",
        )
    }

    fn settings(&self) -> Result<Vec<SettingRow>> {
        settings::rows::<ClassifySettings>(&self.file)
    }

    fn run(&self, context: &Context, request: &RunRequest) -> Result<Summary> {
        run::run(self, context, &self.file, request)
    }

    fn evaluate(
        &self,
        context: &Context,
        run: &RunDir,
        input: &Path,
        out: Option<&Path>,
    ) -> Result<Summary> {
        run::evaluate(self, context, &self.file, run, input, out)
    }

    fn predict(
        &self,
        context: &Context,
        run: &RunDir,
        request: &PredictRequest,
        each: Each<'_>,
    ) -> Result<Prediction> {
        let config = settings::of_run(&self.file, &run.read_config()?)?;
        let model = classifier::Classifier::open(run, config, &context.device)?;
        predict::predict(&model, context, request, each)
    }
}
