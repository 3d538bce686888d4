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
use crate::summary::Summary;
use crate::task::{Context, PredictInput, Prediction, RunRequest, Task, TaskInfo};
use std::path::Path;

/// The kind.
#[derive(Debug)]
pub struct Forecast;

impl Forecast {
    /// Name and summary.
    pub const INFO: TaskInfo = TaskInfo {
        name: "forecast",
        summary: "quantiles of the next steps of your own series, beside naive baselines",
        data: "--data FILE.csv with a column of times and a column of numbers, for one series or many",
    };
}

impl Task for Forecast {
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

    fn predict(&self, context: &Context, run: &RunDir, input: &PredictInput) -> Result<Prediction> {
        predict::predict(context, run, input)
    }
}
