//! The settings of the task.

use super::data::SIDE;
use super::problem::COPIED;
use crate::error::{Result, TaskError};
use crate::settings::{share, within};
use rekindle_models::{CellKind, Precision};
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

/// All settings; each can be given as `--set name=value`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryConfig {
    /// What has to be remembered.
    pub problem: Problem,
    /// The networks.
    pub cells: Cells,
    /// Numbers among which two are added, or blanks before ten symbols are written.
    pub length: usize,
    /// Hidden units of a layer and direction.
    pub d_hidden: usize,
    /// Layers.
    pub num_layers: usize,
    /// Read in both directions.
    pub bidirectional: bool,
    /// Halve time between layers.
    pub pyramid: bool,
    /// Start the gates ready to keep as long as a sequence lasts, see
    /// `rekindle_models::RecurrentConfig::span`; an LSTM's forget bias starts at 1 otherwise.
    pub chrono: bool,
    /// Share of the last state dropped before the output.
    pub dropout: f64,
    /// Sequences in a batch.
    pub batch_size: usize,
    /// Made-up sequences an epoch trains on; digits are what they are.
    pub sequences: usize,
    /// Peak of Adam's learning rate.
    pub learning_rate: f64,
    /// Largest global norm of the gradient; 0 switches clipping off, and an Elman network then
    /// explodes on long sequences.
    pub clip_norm: f64,
    /// Steps a gradient goes back (truncated backpropagation); 0 is all of them.
    pub truncate: usize,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Epochs without improvement before stopping.
    pub patience: usize,
    /// What recurrent layers compute in while training, where the backend has it.
    pub precision: Precision,
}

impl MemoryConfig {
    /// What a problem starts from.
    pub fn of(problem: Problem) -> Self {
        let base = Self {
            problem,
            cells: Cells::All,
            length: 100,
            // As the papers on these problems have it.
            d_hidden: 128,
            num_layers: 1,
            bidirectional: false,
            pyramid: false,
            chrono: true,
            dropout: 0.0,
            batch_size: 50,
            sequences: 20_000,
            learning_rate: 0.001,
            clip_norm: 1.0,
            truncate: 0,
            epochs: 10,
            patience: 10,
            precision: Precision::F32,
        };
        match problem {
            // Two numbers and a count need few units; with 0.001 the sum is right to 0.005 only.
            Problem::Adding => Self {
                d_hidden: 64,
                learning_rate: 0.005,
                epochs: 8,
                ..base
            },
            Problem::Copy => base,
            Problem::MnistRows => Self {
                cells: Cells::Lstm,
                dropout: 0.2,
                batch_size: 64,
                epochs: 12,
                ..base
            },
            // With 0.001 an LSTM has 86 % of the pixels' digits right where it has 97 % with this.
            Problem::MnistPixels | Problem::MnistPermuted => Self {
                cells: Cells::Lstm,
                batch_size: 100,
                learning_rate: 0.004,
                epochs: 20,
                ..base
            },
        }
    }

    /// Steps of a sequence.
    pub fn steps(&self) -> usize {
        match self.problem {
            Problem::Adding => self.length,
            Problem::Copy => self.length + 2 * COPIED,
            Problem::MnistRows => SIDE,
            Problem::MnistPixels | Problem::MnistPermuted => SIDE * SIDE,
        }
    }

    /// Refuses what cannot work, naming the setting.
    pub fn check(&self) -> Result<()> {
        within("length", self.length, 2, 100_000)?;
        within("d_hidden", self.d_hidden, 1, 4_096)?;
        within("num_layers", self.num_layers, 1, 16)?;
        within("batch_size", self.batch_size, 1, 65_536)?;
        within("sequences", self.sequences, 1, 100_000_000)?;
        within("epochs", self.epochs, 1, 10_000)?;
        within("patience", self.patience, 1, 10_000)?;
        within("truncate", self.truncate, 0, 100_000)?;
        share("dropout", self.dropout, 0.0, 0.95)?;
        share("learning_rate", self.learning_rate, 1e-7, 1.0)?;
        share("clip_norm", self.clip_norm, 0.0, 1e6)?;
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
