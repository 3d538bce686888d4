//! What vanishes and what stays: how far back a network remembers.
//!
//! Networks of one size learn a problem that needs memory, made up or of digits read pixel by pixel. The
//! report has what they reach, how their gradients fade with distance in time before and after training,
//! and what their gates do along a sequence.

mod config;
mod data;
mod model;
mod page;
mod prepare;
mod problem;
mod saved;
mod scores;
mod train;

pub use config::{Cells, MemoryConfig, Problem};

use crate::error::Result;
use crate::run_dir::RunDir;
use crate::settings::{self, TaskFile};
use crate::summary::Summary;
use crate::task::{
    Context, Each, PredictRequest, Prediction, RunRequest, SettingRow, Task, TaskInfo,
};
use std::path::Path;

/// The task.
#[derive(Debug, Clone)]
pub struct Memory {
    file: TaskFile,
}

impl Memory {
    /// Name of the kind.
    pub const KIND: &'static str = "memory";

    /// A task of this kind.
    pub fn new(file: TaskFile) -> Self {
        Self { file }
    }
}

impl Task for Memory {
    fn info(&self) -> TaskInfo {
        TaskInfo::of_file(&self.file, "", "")
    }

    fn settings(&self) -> Result<Vec<SettingRow>> {
        settings::rows::<MemoryConfig>(&self.file)
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
