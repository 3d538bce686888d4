//! Texts from one language into another: pairs of one's own, or captions in three languages.
//!
//! An encoder reads the source as pieces of words, a decoder writes the target and attends to what was
//! read. The report shows what it looked at, beside a translation memory as the baseline.

mod baselines;
mod checks;
mod config;
mod data;
mod model;
mod multi30k;
mod page;
mod prepare;
mod saved;
mod scores;
mod train;

pub use config::{AttentionKind, TranslateConfig};

use crate::error::Result;
use crate::run_dir::RunDir;
use crate::settings::{self, TaskFile};
use crate::summary::Summary;
use crate::task::{
    Context, Each, PredictRequest, Prediction, RunRequest, SettingRow, Task, TaskInfo,
};
use std::path::Path;

/// The kind, or a task of it.
#[derive(Debug, Clone)]
pub struct Translate {
    file: TaskFile,
}

impl Translate {
    /// Name of the kind.
    pub const KIND: &'static str = "translate";

    /// A task of this kind.
    pub fn new(file: TaskFile) -> Self {
        Self { file }
    }
}

impl Task for Translate {
    fn info(&self) -> TaskInfo {
        TaskInfo::of_file(
            &self.file,
            "texts from one language into another, with attention you can see",
            "pairs of your own, or Multi30k: 29,000 captions in English, German and French",
        )
    }

    fn settings(&self) -> Result<Vec<SettingRow>> {
        settings::rows::<TranslateConfig>(&self.file)
    }

    fn run(&self, context: &Context, request: &RunRequest) -> Result<Summary> {
        train::run(context, &self.file, request)
    }

    fn evaluate(
        &self,
        context: &Context,
        run: &RunDir,
        input: &Path,
        out: Option<&Path>,
    ) -> Result<Summary> {
        saved::evaluate(context, run, input, out)
    }

    fn predict(
        &self,
        context: &Context,
        run: &RunDir,
        request: &PredictRequest,
        _: Each<'_>,
    ) -> Result<Prediction> {
        saved::predict(context, run, &request.input)
    }
}
