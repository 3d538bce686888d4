//! Rain tomorrow: what memory buys.
//!
//! Four networks of one size read the weather of a station: one sees today alone, three read the days
//! before it too (Elman, LSTM, GRU). The report puts them side by side, with "same as today" and the
//! climate of the month as baselines.

mod baselines;
mod config;
mod data;
mod model;
mod page;
mod prepare;
mod saved;
mod scores;
mod train;

pub use config::{Features, Member, Missing, WeatherConfig};

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
pub struct Weather {
    file: TaskFile,
}

impl Weather {
    /// Name of the kind.
    pub const KIND: &'static str = "weather";

    /// A task of this kind.
    pub fn new(file: TaskFile) -> Self {
        Self { file }
    }
}

impl Task for Weather {
    fn info(&self) -> TaskInfo {
        TaskInfo::of_file(&self.file, "", "")
    }

    fn settings(&self) -> Result<Vec<SettingRow>> {
        settings::rows::<WeatherConfig>(&self.file)
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
