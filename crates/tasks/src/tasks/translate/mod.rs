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
use crate::summary::Summary;
use crate::task::{Context, Each, PredictRequest, Prediction, RunRequest, Task, TaskInfo};
use std::path::Path;

/// The task.
#[derive(Debug)]
pub struct Translate;

impl Translate {
    /// Name and summary.
    pub const INFO: TaskInfo = TaskInfo::fixed(
        "translate",
        "texts from one language into another, with attention you can see",
        "pairs of your own, or Multi30k: 29,000 captions in English, German and French",
    );
}

impl Task for Translate {
    fn info(&self) -> TaskInfo {
        Self::INFO
    }

    fn run(&self, context: &Context, request: &RunRequest) -> Result<Summary> {
        train::run(context, request)
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
