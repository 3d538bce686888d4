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
mod folds;
mod forecast;
mod history;
mod model;
mod page;
mod prepare;
mod program;
mod saved;
mod scores;
mod scoring;

pub use config::{DatasetChoice, LEVELS, StockConfig, Strategy, Target};

use crate::error::Result;
use crate::kind::Kind;
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, Each, PredictRequest, Prediction};

/// The kind.
#[derive(Debug, Default)]
pub struct StockForecast;

impl Kind for StockForecast {
    const KIND: &'static str = "stock-forecast";

    fn predict(
        context: &Context,
        file: &TaskFile,
        run: &RunDir,
        request: &PredictRequest,
        _: Each<'_>,
    ) -> Result<Prediction> {
        saved::predict(context, file, run, &request.input)
    }
}
