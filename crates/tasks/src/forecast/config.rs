//! The settings of the kind.

use crate::error::Result;
use crate::settings::{share, within};
use rekindle_data::GapPolicy;
use rekindle_models::{CellKind, Precision};
use serde::{Deserialize, Serialize};

/// Quantile levels of every forecast.
pub const LEVELS: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];
/// Where the median is among them.
pub const MEDIAN: usize = 3;
/// Where the bounds of the 80 % interval are.
pub const INTERVAL: [usize; 2] = [1, 5];

/// What the network's output is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PredictAs {
    /// The one that is best on validation.
    Auto,
    /// The mean of the window.
    Level,
    /// The last value.
    Difference,
    /// The last value, all in logarithms; for values above zero.
    LogReturn,
    /// The value of the same step of the last season.
    SeasonalDifference,
    /// A weighted mean of simple forecasts, whose weights the network gives.
    Blend,
}

impl PredictAs {
    /// As `--set predict_as=` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Level => "level",
            Self::Difference => "difference",
            Self::LogReturn => "log-return",
            Self::SeasonalDifference => "seasonal-difference",
            Self::Blend => "blend",
        }
    }
}

/// All settings; each can be given as `--set name=value`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastConfig {
    /// Column of times; empty: the first that holds dates or times.
    pub time: String,
    /// Column to forecast; empty: `value`, `target`, `y`, or the last column of numbers.
    pub target: String,
    /// Column that tells series apart; empty: one named `series`, `id`, … or the only one of texts.
    pub series: String,
    /// Columns that are known up to the present: `temp,wind`.
    pub past: String,
    /// Columns that are known for the future too: `holiday`.
    pub future: String,
    /// `strptime` format of the times; empty: year, month and day in this order.
    pub date_format: String,
    /// What to do about steps without a value.
    pub gaps: GapPolicy,
    /// Steps ahead; 0: by the frequency, as in the M4 competition.
    pub horizon: usize,
    /// Period of the seasonal naive forecast and of MASE; 0: by the frequency, as in M4.
    pub season: usize,
    /// Steps the network reads; 0: by the frequency.
    pub lookback: usize,
    /// Steps read, and forecast, at once; 0: by the frequency.
    pub patch: usize,
    /// What the network's output is added to.
    pub predict_as: PredictAs,
    /// Hour, day of the week and day of the year as inputs, as far as they say something.
    pub calendar: bool,
    /// Networks whose quantiles are averaged.
    pub networks: usize,
    /// The cell.
    pub cell: CellKind,
    /// Hidden units.
    pub d_hidden: usize,
    /// Layers.
    pub num_layers: usize,
    /// Size of the vector learned for each series.
    pub d_series: usize,
    /// Share of the values dropped while training.
    pub dropout: f64,
    /// Windows in a batch.
    pub batch_size: usize,
    /// Peak of Adam's learning rate.
    pub learning_rate: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Largest global gradient norm.
    pub clip_norm: f64,
    /// Share of the running mean of the weights that a step keeps.
    pub average: f64,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Epochs without improvement on validation before stopping.
    pub patience: usize,
    /// Windows drawn in an epoch.
    pub windows_per_epoch: usize,
    /// What recurrent layers compute in while training.
    pub precision: Precision,
    /// Horizons of each series that validate; 0: one of many series, more of few.
    pub valid_origins: usize,
    /// Horizons of each series that test; 0: one of many series, more of few.
    pub test_origins: usize,
    /// Fit once more on all rows, after the test.
    pub refit: bool,
}

impl Default for ForecastConfig {
    fn default() -> Self {
        Self {
            time: String::new(),
            target: String::new(),
            series: String::new(),
            past: String::new(),
            future: String::new(),
            date_format: String::new(),
            gaps: GapPolicy::Interpolate,
            horizon: 0,
            season: 0,
            lookback: 0,
            patch: 0,
            predict_as: PredictAs::Auto,
            calendar: true,
            networks: 2,
            cell: CellKind::Gru,
            d_hidden: 128,
            num_layers: 1,
            d_series: 16,
            dropout: 0.1,
            batch_size: 256,
            learning_rate: 0.003,
            weight_decay: 0.001,
            clip_norm: 1.0,
            average: 0.99,
            epochs: 10,
            patience: 4,
            windows_per_epoch: 12_800,
            precision: Precision::F32,
            valid_origins: 0,
            test_origins: 0,
            refit: true,
        }
    }
}

impl ForecastConfig {
    /// Refuses what cannot work, naming the setting.
    pub fn check(&self) -> Result<()> {
        within("horizon", self.horizon, 0, 10_000)?;
        within("season", self.season, 0, 10_000)?;
        within("lookback", self.lookback, 0, 10_000)?;
        within("patch", self.patch, 0, 1_000)?;
        within("networks", self.networks, 1, 32)?;
        within("d_hidden", self.d_hidden, 1, 4_096)?;
        within("num_layers", self.num_layers, 1, 16)?;
        within("d_series", self.d_series, 1, 1_024)?;
        within("batch_size", self.batch_size, 1, 65_536)?;
        within("epochs", self.epochs, 1, 10_000)?;
        within("patience", self.patience, 1, 10_000)?;
        within("windows_per_epoch", self.windows_per_epoch, 1, 100_000_000)?;
        within("valid_origins", self.valid_origins, 0, 1_000)?;
        within("test_origins", self.test_origins, 0, 1_000)?;
        share("dropout", self.dropout, 0.0, 0.95)?;
        share("average", self.average, 0.0, 0.99999)?;
        share("learning_rate", self.learning_rate, 1e-7, 1.0)?;
        share("weight_decay", self.weight_decay, 0.0, 1.0)?;
        share("clip_norm", self.clip_norm, 0.0, 1e6)
    }
}

/// The names of a setting that lists columns.
pub fn names(list: &str) -> Vec<String> {
    let names = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names.map(str::to_string).collect()
}
