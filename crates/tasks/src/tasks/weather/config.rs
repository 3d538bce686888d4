//! The settings of the task.

use crate::error::Result;
use crate::settings::{share, within};
use rekindle_data::MissingPolicy;
use rekindle_models::{CellKind, Precision};
use serde::{Deserialize, Serialize};

/// What a day is described by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Features {
    /// Temperature and humidity, the lesson's example.
    TemperatureHumidity,
    /// Those, wind, pressure, cloud, whether it rained, and the season.
    All,
}

/// What is done about a missing measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The day before at the same station.
    ForwardFill,
    /// The day is left out.
    DropRow,
    /// The training part's mean.
    Mean,
}

impl Missing {
    /// As a reader of tables knows it.
    pub fn policy(self) -> MissingPolicy {
        match self {
            Self::ForwardFill => MissingPolicy::ForwardFill,
            Self::DropRow => MissingPolicy::DropRow,
            Self::Mean => MissingPolicy::Keep,
        }
    }
}

/// A network of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Member {
    /// Sees the last day alone, through a layer of the same width.
    Memoryless,
    /// A simple recurrent network.
    Elman,
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl Member {
    /// All, in the order of the report.
    pub const ALL: [Self; 4] = [Self::Memoryless, Self::Elman, Self::Lstm, Self::Gru];

    /// Its name in settings and figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memoryless => "memoryless",
            Self::Elman => "elman",
            Self::Lstm => "lstm",
            Self::Gru => "gru",
        }
    }

    /// Its cell, if it has a memory.
    pub fn cell(self) -> Option<CellKind> {
        match self {
            Self::Memoryless => None,
            Self::Elman => Some(CellKind::Elman),
            Self::Lstm => Some(CellKind::Lstm),
            Self::Gru => Some(CellKind::Gru),
        }
    }
}

/// All settings; each can be given as `--set name=value`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeatherConfig {
    /// What a day is described by.
    pub features: Features,
    /// What is done about missing measurements.
    pub missing: Missing,
    /// The network that predicts, and whose figures head the report; all four are trained.
    pub member: Member,
    /// Networks of each kind, from different seeds; their probabilities are averaged. A single one
    /// differs from the next by as much as memory may buy.
    pub repeats: usize,
    /// Days a network with memory reads: fronts come about once a week.
    pub lookback: usize,
    /// Hidden units: a few thousand days hold no more.
    pub d_hidden: usize,
    /// Share of the features dropped before the output.
    pub dropout: f64,
    /// Windows in a batch.
    pub batch_size: usize,
    /// Peak of Adam's learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Largest global norm of the gradient; 0 switches clipping off.
    pub clip_norm: f64,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Epochs without improvement before stopping.
    pub patience: usize,
    /// What recurrent layers compute in while training, where the backend has it.
    pub precision: Precision,
    /// Share of the days before the test part that validates.
    pub valid: f64,
    /// Share of the days that tests: the last ones.
    pub test: f64,
}

impl Default for WeatherConfig {
    fn default() -> Self {
        Self {
            features: Features::TemperatureHumidity,
            missing: Missing::ForwardFill,
            member: Member::Lstm,
            repeats: 5,
            lookback: 14,
            d_hidden: 32,
            dropout: 0.2,
            batch_size: 64,
            learning_rate: 0.002,
            weight_decay: 0.01,
            clip_norm: 1.0,
            epochs: 30,
            patience: 6,
            precision: Precision::F32,
            valid: 0.15,
            test: 0.2,
        }
    }
}

impl WeatherConfig {
    /// Refuses what cannot work, naming the setting.
    pub fn check(&self) -> Result<()> {
        within("repeats", self.repeats, 1, 100)?;
        within("lookback", self.lookback, 1, 366)?;
        within("d_hidden", self.d_hidden, 1, 4_096)?;
        within("batch_size", self.batch_size, 1, 65_536)?;
        within("epochs", self.epochs, 1, 10_000)?;
        within("patience", self.patience, 1, 10_000)?;
        share("dropout", self.dropout, 0.0, 0.95)?;
        share("learning_rate", self.learning_rate, 1e-7, 1.0)?;
        share("weight_decay", self.weight_decay, 0.0, 1.0)?;
        share("clip_norm", self.clip_norm, 0.0, 1e6)?;
        share("valid", self.valid, 0.01, 0.5)?;
        share("test", self.test, 0.01, 0.8)
    }
}
