//! The settings of the kind.

use crate::settings::{CELLS, Names, SettingDoc, Settings, TrainSettings};
use rekindle_data::GapPolicy;
use rekindle_models::CellKind;
use rekindle_train::settings;
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

settings! {
    /// `[data]` of a task of kind `forecast`.
    pub struct ForecastData: data {
        /// The table: a row a step of a series.
        train: String = String::new(), Rule::Text;
        /// Column of times; the first that holds dates or times when empty.
        time: String = String::new(), Rule::Text;
        /// Column to forecast; `value`, `target`, `y`, or the last column of numbers when empty.
        target: String = String::new(), Rule::Text;
        /// Column that tells series apart; one named `series`, `id`, … or the only one of texts when empty.
        series: String = String::new(), Rule::Text;
        /// Columns that are known up to the present: `temp,wind`.
        past: Names = Names::default(), Rule::Names;
        /// Columns that are known for the future too: `holiday`.
        future: Names = Names::default(), Rule::Names;
        /// `strptime` format of the times, such as `%d/%m/%Y`; year, month and day in this order when
        /// empty.
        date_format: String = String::new(), Rule::Text;
    }
}

impl Settings for ForecastData {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }
}

settings! {
    /// All settings of `forecast`; each can be given as `--set name=value`.
    pub struct ForecastConfig: settings {
        /// What to do about steps without a value.
        gaps: GapPolicy = GapPolicy::Interpolate,
            Rule::OneOf(&["interpolate", "forward", "zero", "refuse"]);
        /// Steps ahead; 0 chooses by the frequency, as in the M4 competition.
        horizon: usize = 0, Rule::Whole(0, 10_000);
        /// Period of the seasonal naive forecast and of MASE; 0 chooses by the frequency, as in M4.
        season: usize = 0, Rule::Whole(0, 10_000);
        /// Steps the network reads; 0 chooses by the frequency.
        lookback: usize = 0, Rule::Whole(0, 10_000);
        /// Steps read, and forecast, at once; 0 chooses by the frequency.
        patch: usize = 0, Rule::Whole(0, 1_000);
        /// What the network's output is added to; `auto` is the one that is best on validation.
        predict_as: PredictAs = PredictAs::Auto, Rule::OneOf(&[
            "auto",
            "level",
            "difference",
            "log-return",
            "seasonal-difference",
            "blend",
        ]);
        /// Give the network the hour, the day of the week and the day of the year, where the frequency has
        /// them.
        calendar: bool = true, Rule::Flag;
        /// Networks whose quantiles are averaged.
        networks: usize = 2, Rule::Whole(1, 32);
        /// The cell.
        cell: CellKind = CellKind::Gru, Rule::OneOf(CELLS);
        /// Hidden units.
        d_hidden: usize = 128, Rule::Whole(1, 4_096);
        /// Recurrent layers.
        num_layers: usize = 1, Rule::Whole(1, 16);
        /// Size of the vector learned for each series.
        d_series: usize = 16, Rule::Whole(1, 1_024);
        /// Share of the values dropped while training.
        dropout: f64 = 0.1, Rule::Number(0.0, 0.95);
        /// Windows drawn in an epoch.
        windows_per_epoch: usize = 12_800, Rule::Whole(1, 100_000_000);
        /// Horizons of each series that validate; 0: one of many series, more of few.
        valid_origins: usize = 0, Rule::Whole(0, 1_000);
        /// Horizons of each series that test; 0: one of many series, more of few.
        test_origins: usize = 0, Rule::Whole(0, 1_000);
        /// Fit once more on all rows, after the test.
        refit: bool = true, Rule::Flag;
    }
    parts {
        /// Where the series are and what their columns mean.
        data: ForecastData = ForecastData::default();
        /// How the networks are trained.
        train: TrainSettings = TrainSettings {
            batch_size: 256,
            learning_rate: 0.003,
            weight_decay: 0.001,
            average: 0.99,
            epochs: 10,
            patience: 4,
            ..TrainSettings::default()
        };
    }
}

impl Settings for ForecastConfig {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }
}
