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
mod prepare;
mod program;
mod ridge;
mod saved;
mod scores;
mod shape;
mod split;
#[cfg(test)]
mod testing;
mod window;

pub use config::{ForecastConfig, LEVELS, PredictAs};

use crate::error::Result;
use crate::kind::Kind;
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, Each, PredictRequest, Prediction};

/// The kind.
#[derive(Debug, Default)]
pub struct Forecast;

impl Kind for Forecast {
    const KIND: &'static str = "forecast";
    const SUMMARY: &'static str = "quantiles of the next steps of series, beside naive baselines";
    const DATA: &'static str =
        "your own: --data FILE with a column of times and one of numbers, for one series or many";

    fn predict(
        context: &Context,
        file: &TaskFile,
        run: &RunDir,
        request: &PredictRequest,
        _: Each<'_>,
    ) -> Result<Prediction> {
        predict::predict(context, file, run, &request.input)
    }
}
