//! Captions from one language into the other.
//!
//! An encoder reads the source as pieces of words, a decoder writes the target and attends to what was
//! read. The report shows what it looked at, beside a translation memory as the baseline.

mod baselines;
mod config;
mod data;
mod model;
mod page;
mod prepare;
mod saved;
mod scores;
mod train;

pub use config::{AttentionKind, Language, TranslateConfig};

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
        "captions from English into German or back, with attention you can see",
        "Multi30k: 29,000 captions of images in both languages",
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
