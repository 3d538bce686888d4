//! Series of one's own: the quantiles of the next steps.
//!
//! Recurrent layers read the past of a series in patches, such as days of hours, and go on over the
//! patches ahead. Their output weighs simple forecasts (the last value, those of seasons before, a ridge
//! regression) and adds what these lack; one network serves all series of a file.

mod baselines;
mod batch;
mod calendar;
mod choice;
mod config;
mod data;
mod forecaster;
mod model;
mod page;
mod panel;
mod predict;
mod ridge;
mod saved;
mod scores;
mod shape;
mod split;
#[cfg(test)]
mod testing;
mod train;
mod window;

pub use config::{ForecastConfig, LEVELS, PredictAs};

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
pub struct Forecast {
    file: TaskFile,
}

impl Forecast {
    /// Name of the kind.
    pub const KIND: &'static str = "forecast";

    /// A task of this kind.
    pub fn new(file: TaskFile) -> Self {
        Self { file }
    }
}

impl Task for Forecast {
    fn info(&self) -> TaskInfo {
        TaskInfo::of_file(
            &self.file,
            "quantiles of the next steps of series, beside naive baselines",
            "your own: --data FILE with a column of times and one of numbers, for one series or many",
        )
    }

    fn settings(&self) -> Result<Vec<SettingRow>> {
        settings::rows::<ForecastConfig>(&self.file)
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
        predict::predict(context, run, &request.input)
    }
}
