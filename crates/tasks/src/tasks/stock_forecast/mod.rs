//! Daily prices: the quantiles of the next days' closes.
//!
//! A recurrent network reads `lookback` days of returns, ranges, gaps and volumes and gives the
//! quantiles of the log return over each of the next `horizon` days, in units of the volatility
//! known at the origin. It can learn how volatility comes and goes; it will hardly learn
//! direction, and the report says so beside persistence.

mod baselines;
mod checks;
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
use crate::kind::Kind;
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::summary::Summary;
use crate::task::{Context, Each, PredictRequest, Prediction, RunRequest};
use std::path::Path;

/// The kind.
#[derive(Debug)]
pub struct StockForecast;

impl Kind for StockForecast {
    const KIND: &'static str = "stock-forecast";
    const CHANGEABLE: bool = true;
    type Settings = StockConfig;

    fn run(context: &Context, file: &TaskFile, request: &RunRequest) -> Result<Summary> {
        train::run(context, file, request)
    }

    fn evaluate(
        context: &Context,
        _: &TaskFile,
        run: &RunDir,
        input: &Path,
        out: Option<&Path>,
    ) -> Result<Summary> {
        saved::evaluate(context, run, input, out)
    }

    fn predict(
        context: &Context,
        _: &TaskFile,
        run: &RunDir,
        request: &PredictRequest,
        _: Each<'_>,
    ) -> Result<Prediction> {
        saved::predict(context, run, &request.input)
    }
}
