//! Daily prices: the quantiles of the next days' closes.
//!
//! A recurrent network reads `lookback` days of returns, ranges, gaps and volumes and gives the
//! quantiles of the log return over each of the next `horizon` days, in units of the volatility
//! known at the origin. It can learn how volatility comes and goes; it will hardly learn
//! direction, and the report says so beside persistence.

mod baselines;
mod config;
mod data;
mod features;
mod forecast;
mod history;
mod model;
mod page;
mod prepare;
mod saved;
mod scores;
mod scoring;
mod train;

pub use config::{DatasetChoice, LEVELS, StockConfig, Strategy, Target};

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
pub struct StockForecast {
    file: TaskFile,
}

impl StockForecast {
    /// Name of the kind.
    pub const KIND: &'static str = "stock-forecast";

    /// A task of this kind.
    pub fn new(file: TaskFile) -> Self {
        Self { file }
    }
}

impl Task for StockForecast {
    fn info(&self) -> TaskInfo {
        TaskInfo::of_file(&self.file, "", "")
    }

    fn settings(&self) -> Result<Vec<SettingRow>> {
        settings::rows::<StockConfig>(&self.file)
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
