//! The settings of the task.

use crate::settings::{SettingDoc, Settings, TrainSettings};
use rekindle_data::MissingPolicy;
use rekindle_models::CellKind;
use rekindle_train::settings;
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

settings! {
    /// All settings of `weather`; each can be given as `--set name=value`.
    pub struct WeatherConfig: settings {
        /// What a day is described by.
        features: Features = Features::TemperatureHumidity, Rule::OneOf(&["temperature-humidity", "all"]);
        /// How the file writes its days, as `%d/%m/%Y`; empty where year, month and day stand in this order, or where the column
        /// leaves no doubt.
        date_format: String = String::new(), Rule::Text;
        /// What is done about missing measurements.
        missing: Missing = Missing::ForwardFill, Rule::OneOf(&["forward-fill", "drop-row", "mean"]);
        /// The network that predicts, and whose figures head the report; all four are trained.
        member: Member = Member::Lstm, Rule::OneOf(&["memoryless", "elman", "lstm", "gru"]);
        /// Networks of each kind, from different seeds; their probabilities are averaged. A single one
        /// differs from the next by as much as memory may buy.
        repeats: usize = 5, Rule::Whole(1, 100);
        /// Days a network with memory reads: fronts come about once a week.
        lookback: usize = 14, Rule::Whole(1, 366);
        /// Hidden units: a few thousand days hold no more.
        d_hidden: usize = 32, Rule::Whole(1, 4_096);
        /// Share of the features dropped before the output.
        dropout: f64 = 0.2, Rule::Number(0.0, 0.95);
        /// Share of the days before the test part that validates.
        valid: f64 = 0.15, Rule::Number(0.01, 0.5);
        /// Share of the days that tests: the last ones.
        test: f64 = 0.2, Rule::Number(0.01, 0.8);
    }
    parts {
        /// How the networks are trained.
        train: TrainSettings = TrainSettings {
            batch_size: 64,
            weight_decay: 0.01,
            epochs: 30,
            patience: 6,
            ..TrainSettings::default()
        };
    }
}

impl Settings for WeatherConfig {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }
}
