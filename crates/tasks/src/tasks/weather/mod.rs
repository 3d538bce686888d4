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
mod program;
mod saved;
mod scores;

pub use config::{Features, Member, Missing, WeatherConfig};

use crate::error::Result;
use crate::kind::Kind;
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, Each, PredictRequest, Prediction};

/// The kind.
#[derive(Debug, Default)]
pub struct Weather;

impl Kind for Weather {
    const KIND: &'static str = "weather";

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
