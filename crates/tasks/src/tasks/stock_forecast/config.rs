//! The settings of the task.

use crate::error::Result;
use crate::settings::{share, within};
use rekindle_data::ScalerKind;
use rekindle_models::{CellKind, Precision};
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

/// All settings; each can be given as `--set name=value`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockConfig {
    /// Which data.
    pub dataset: DatasetChoice,
    /// Symbols of the panel: `AAPL,MSFT`, or a file with one a line; empty for all.
    pub symbols: String,
    /// Days the model reads: about a quarter of trading.
    pub lookback: usize,
    /// Days ahead: a week of trading.
    pub horizon: usize,
    /// On tata, days ahead of the forecast in one go: the 16 days of the test file.
    pub ahead: usize,
    /// What is forecast.
    pub target: Target,
    /// What depends on the window (a level always takes the free head): a free median fits directions that do not come again, and cost
    /// accuracy on validation blocks.
    pub head: Head,
    /// How several steps are reached.
    pub strategy: Strategy,
    /// How features are scaled.
    pub scaler: ScalerKind,
    /// The cell: volatility fades slowly, which a GRU holds with fewer weights than an LSTM.
    pub cell: CellKind,
    /// Hidden units: a few thousand weights are enough for so noisy a signal.
    pub d_hidden: usize,
    /// Layers: a second one did not help on validation.
    pub num_layers: usize,
    /// Dropout on the features of the head: little data on tata and the sample.
    pub dropout: f64,
    /// Windows in a batch.
    pub batch_size: usize,
    /// Peak of AdamW's learning rate.
    pub learning_rate: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Largest global gradient norm.
    pub clip_norm: f64,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Epochs without improvement before stopping.
    pub patience: usize,
    /// What recurrent layers compute in while training, where the backend has it.
    #[serde(default)]
    pub precision: Precision,
    /// Windows drawn in an epoch: neighbouring windows of the panel say nearly the same.
    pub windows_per_epoch: usize,
    /// Share of the days before the test part that validates.
    pub valid: f64,
    /// Share of all days that tests; on tata the test file does.
    pub test: f64,
    /// Blocks of the test part, each forecast by a model fitted on all before it.
    pub folds: usize,
}

impl Default for StockConfig {
    fn default() -> Self {
        Self {
            dataset: DatasetChoice::Auto,
            symbols: String::new(),
            lookback: 60,
            horizon: 5,
            ahead: 16,
            target: Target::Return,
            head: Head::Scale,
            strategy: Strategy::Direct,
            scaler: ScalerKind::Standard,
            cell: CellKind::Gru,
            d_hidden: 32,
            num_layers: 1,
            dropout: 0.1,
            batch_size: 128,
            learning_rate: 0.002,
            weight_decay: 0.01,
            clip_norm: 1.0,
            epochs: 12,
            patience: 4,
            precision: Precision::F32,
            windows_per_epoch: 16_384,
            valid: 0.1,
            test: 0.2,
            folds: 1,
        }
    }
}

impl StockConfig {
    /// Refuses what cannot work, naming the setting.
    pub fn check(&self) -> Result<()> {
        within("lookback", self.lookback, 2, 1_000)?;
        within("horizon", self.horizon, 1, 250)?;
        within("ahead", self.ahead, 1, 250)?;
        within("d_hidden", self.d_hidden, 1, 4_096)?;
        within("num_layers", self.num_layers, 1, 16)?;
        within("batch_size", self.batch_size, 1, 65_536)?;
        within("epochs", self.epochs, 1, 10_000)?;
        within("patience", self.patience, 1, 10_000)?;
        within("windows_per_epoch", self.windows_per_epoch, 1, 100_000_000)?;
        within("folds", self.folds, 1, 20)?;
        share("dropout", self.dropout, 0.0, 0.95)?;
        share("valid", self.valid, 0.01, 0.5)?;
        share("test", self.test, 0.01, 0.8)?;
        share("learning_rate", self.learning_rate, 1e-7, 1.0)?;
        share("weight_decay", self.weight_decay, 0.0, 1.0)?;
        share("clip_norm", self.clip_norm, 0.0, 1e6)
    }
}
