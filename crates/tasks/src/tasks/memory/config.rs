//! The settings of the task.

use super::data::SIDE;
use super::problem::COPIED;
use crate::error::{Result, TaskError};
use crate::settings::{SettingDoc, Settings, TrainSettings};
use rekindle_models::CellKind;
use rekindle_train::settings;
use serde::{Deserialize, Serialize};

/// What has to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// The sum of two marked numbers among `length` (Hochreiter and Schmidhuber, 1997).
    Adding,
    /// Ten symbols, to be written after `length` blanks (Arjovsky, Shah and Bengio, "Unitary Evolution
    /// Recurrent Neural Networks", ICML 2016).
    Copy,
    /// A digit, row by row: 28 steps of 28 pixels.
    MnistRows,
    /// A digit, pixel by pixel: 784 steps (Le, Jaitly and Hinton, "A Simple Way to Initialize
    /// Recurrent Networks of Rectified Linear Units", 2015).
    MnistPixels,
    /// The same in an order that was drawn once.
    MnistPermuted,
}

impl Problem {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adding => "adding",
            Self::Copy => "copy",
            Self::MnistRows => "mnist-rows",
            Self::MnistPixels => "mnist-pixels",
            Self::MnistPermuted => "mnist-permuted",
        }
    }

    /// Digits are told apart.
    pub fn is_mnist(self) -> bool {
        matches!(
            self,
            Self::MnistRows | Self::MnistPixels | Self::MnistPermuted
        )
    }
}

/// The networks of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cells {
    /// Elman, LSTM, peephole LSTM and GRU, side by side.
    All,
    /// One of them.
    Elman,
    /// One of them.
    Lstm,
    /// One of them.
    LstmPeephole,
    /// One of them.
    Gru,
}

/// A cell with its name.
pub type Member = (&'static str, CellKind);

/// All cells that are compared.
const MEMBERS: [Member; 4] = [
    ("elman", CellKind::Elman),
    ("lstm", CellKind::Lstm),
    ("lstm_peephole", CellKind::LstmPeephole),
    ("gru", CellKind::Gru),
];

impl Cells {
    /// The cells, in the order of the report.
    pub fn members(self) -> Vec<Member> {
        match self {
            Self::All => MEMBERS.to_vec(),
            Self::Elman => vec![MEMBERS[0]],
            Self::Lstm => vec![MEMBERS[1]],
            Self::LstmPeephole => vec![MEMBERS[2]],
            Self::Gru => vec![MEMBERS[3]],
        }
    }
}

settings! {
    /// All settings of `memory`; each can be given as `--set name=value`.
    pub struct MemoryConfig: settings {
        /// What has to be remembered.
        problem: Problem = Problem::Adding, Rule::OneOf(&["adding", "copy", "mnist-rows", "mnist-pixels", "mnist-permuted"]);
        /// The networks.
        cells: Cells = Cells::All, Rule::OneOf(&["all", "elman", "lstm", "lstm-peephole", "gru"]);
        /// Numbers among which two are added, or blanks before ten symbols are written.
        length: usize = 100, Rule::Whole(2, 100_000);
        /// Hidden units of a layer and direction.
        d_hidden: usize = 128, Rule::Whole(1, 4_096);
        /// Layers.
        num_layers: usize = 1, Rule::Whole(1, 16);
        /// Read in both directions.
        bidirectional: bool = false, Rule::Flag;
        /// Halve time between layers.
        pyramid: bool = false, Rule::Flag;
        /// Start the gates ready to keep as long as a sequence lasts, see
        /// `rekindle_models::RecurrentConfig::span`; an LSTM's forget bias starts at 1 otherwise.
        chrono: bool = true, Rule::Flag;
        /// Share of the last state dropped before the output.
        dropout: f64 = 0.0, Rule::Number(0.0, 0.95);
        /// Made-up sequences an epoch trains on; digits are what they are.
        sequences: usize = 20_000, Rule::Whole(1, 100_000_000);
        /// Steps a gradient goes back (truncated backpropagation); 0 is all of them.
        truncate: usize = 0, Rule::Whole(0, 100_000);
    }
    parts {
        /// How the networks are trained.
        train: TrainSettings = TrainSettings {
            batch_size: 50,
            learning_rate: 0.001,
            epochs: 10,
            patience: 10,
            ..TrainSettings::default()
        };
    }
}

impl Settings for MemoryConfig {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }

    fn check(&self) -> Result<()> {
        let refuse = |what: &str, help: &str| Err(TaskError::usage(what, help));
        if self.truncate > 0 && self.problem == Problem::Copy {
            return refuse(
                "truncate is for problems with one answer at the end",
                "leave truncate out, or choose problem=adding",
            );
        }
        if self.truncate > 0 && (self.bidirectional || self.pyramid) {
            return refuse(
                "a sequence is cut in the order of time, which both directions and pyramids need whole",
                "leave truncate out, or bidirectional and pyramid",
            );
        }
        if self.pyramid && self.problem == Problem::Copy {
            return refuse(
                "a pyramid gives fewer answers than the copy problem has steps",
                "leave pyramid out",
            );
        }
        Ok(())
    }
}

impl MemoryConfig {
    /// Steps of a sequence.
    pub fn steps(&self) -> usize {
        match self.problem {
            Problem::Adding => self.length,
            Problem::Copy => self.length + 2 * COPIED,
            Problem::MnistRows => SIDE,
            Problem::MnistPixels | Problem::MnistPermuted => SIDE * SIDE,
        }
    }
}
