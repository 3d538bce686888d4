//! The settings of the task.

use crate::settings::{CELLS, SettingDoc, Settings, TrainSettings};
use rekindle_data::ScalerKind;
use rekindle_models::CellKind;
use rekindle_train::settings;
use serde::{Deserialize, Serialize};

/// Quantile levels of every forecast.
pub const LEVELS: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];
/// Where the median is among them.
pub const MEDIAN: usize = 3;

/// What is forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Log return from the last observed close.
    Return,
    /// Close scaled to [0, 1] on the training part: cannot follow a series out of that range.
    Level,
}

/// What of the quantiles depends on the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// Their width; the shape is learned and the median is the training part's drift, both the same
    /// for all windows.
    Scale,
    /// Every quantile, the median too.
    Free,
}

/// How several steps ahead are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// One output a step.
    Direct,
    /// One step, repeated on its own median.
    Recursive,
}

/// Which data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetChoice {
    /// Tata if its files are found, else the embedded sample.
    Auto,
    /// Tata Global on NSE: a training and a test file.
    Tata,
    /// Many symbols, one model.
    Panel,
    /// The embedded S&P 500 table.
    Sample,
}

settings! {
    /// All settings of `stock-forecast`; each can be given as `--set name=value`.
    pub struct StockConfig: settings {
        /// Which data.
        dataset: DatasetChoice = DatasetChoice::Auto, Rule::OneOf(&["auto", "tata", "panel", "sample"]);
        /// Symbols of the panel: `AAPL,MSFT`, or a file with one a line; empty for all.
        symbols: String = String::new(), Rule::Text;
        /// How the file writes its days, as `%d/%m/%Y`; empty where year, month and day stand in this order, or where the column
        /// leaves no doubt.
        date_format: String = String::new(), Rule::Text;
        /// Days the model reads: about a quarter of trading.
        lookback: usize = 60, Rule::Whole(2, 1_000);
        /// Days ahead: a week of trading.
        horizon: usize = 5, Rule::Whole(1, 250);
        /// On tata, days ahead of the forecast in one go: the 16 days of the test file.
        ahead: usize = 16, Rule::Whole(1, 250);
        /// What is forecast.
        target: Target = Target::Return, Rule::OneOf(&["return", "level"]);
        /// What depends on the window (a level always takes the free head): a free median fits directions that do not come again, and cost
        /// accuracy on validation blocks.
        head: Head = Head::Scale, Rule::OneOf(&["scale", "free"]);
        /// How several steps are reached.
        strategy: Strategy = Strategy::Direct, Rule::OneOf(&["direct", "recursive"]);
        /// How features are scaled.
        scaler: ScalerKind = ScalerKind::Standard, Rule::OneOf(&["standard", "min-max", "robust"]);
        /// The cell: volatility fades slowly, which a GRU holds with fewer weights than an LSTM.
        cell: CellKind = CellKind::Gru, Rule::OneOf(CELLS);
        /// Hidden units: a few thousand weights are enough for so noisy a signal.
        d_hidden: usize = 32, Rule::Whole(1, 4_096);
        /// Layers: a second one did not help on validation.
        num_layers: usize = 1, Rule::Whole(1, 16);
        /// Dropout on the features of the head: little data on tata and the sample.
        dropout: f64 = 0.1, Rule::Number(0.0, 0.95);
        /// Windows drawn in an epoch: neighbouring windows of the panel say nearly the same.
        windows_per_epoch: usize = 16_384, Rule::Whole(1, 100_000_000);
        /// Share of the days before the test part that validates.
        valid: f64 = 0.1, Rule::Number(0.01, 0.5);
        /// Share of all days that tests; on tata the test file does.
        test: f64 = 0.2, Rule::Number(0.01, 0.8);
        /// Blocks of the test part, each forecast by a model fitted on all before it.
        folds: usize = 1, Rule::Whole(1, 20);
    }
    parts {
        /// How the networks are trained.
        train: TrainSettings = TrainSettings {
            weight_decay: 0.01,
            epochs: 12,
            patience: 4,
            ..TrainSettings::default()
        };
    }
}

impl Settings for StockConfig {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }
}
