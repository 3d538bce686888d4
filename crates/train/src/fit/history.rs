//! What happened in training, epoch by epoch.

use serde::{Deserialize, Serialize};

/// One epoch; a row of `metrics.csv`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EpochRow {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean loss over the training items of the epoch, while it trained.
    pub train_loss: f64,
    /// Mean loss over all validation items, after it.
    pub valid_loss: f64,
    /// Share of the training items it got right, while it trained; 0 where there is no such thing.
    pub train_accuracy: f64,
    /// Share of the validation items it got right.
    pub valid_accuracy: f64,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// Wall-clock seconds, validation included.
    pub seconds: f64,
    /// Training items a second, validation excluded.
    pub samples_per_second: f64,
    /// Best so far on validation.
    pub best: bool,
}

impl EpochRow {
    /// As a line for people; a star marks the best epoch so far.
    pub fn line(&self, epochs: usize) -> String {
        let accuracy = match self.valid_accuracy > 0.0 {
            true => format!("  accuracy {:.4}", self.valid_accuracy),
            false => String::new(),
        };
        let valid = match self.valid_loss {
            // There was nothing to validate on.
            0.0 => String::new(),
            loss => format!("  valid {loss:.5}{}", if self.best { " *" } else { "  " }),
        };
        format!(
            "epoch {:>3}/{epochs}  train {:.5}{valid}{accuracy}  {:.1} s  {:.0} samples/s",
            self.epoch, self.train_loss, self.seconds, self.samples_per_second,
        )
    }
}

/// All epochs so far, and the state of early stopping that follows from them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct History {
    /// One row an epoch.
    pub rows: Vec<EpochRow>,
}

impl History {
    /// The best epoch on validation.
    pub fn best(&self) -> Option<&EpochRow> {
        self.rows.iter().rev().find(|row| row.best)
    }

    /// Epochs since the best one.
    pub fn since_best(&self) -> usize {
        self.rows.iter().rev().take_while(|row| !row.best).count()
    }

    /// Seconds of all epochs.
    pub fn seconds(&self) -> f64 {
        self.rows.iter().map(|row| row.seconds).sum()
    }

    /// Mean of the epochs' training items a second.
    pub fn samples_per_second(&self) -> f64 {
        let sum: f64 = self.rows.iter().map(|row| row.samples_per_second).sum();
        if self.rows.is_empty() {
            0.0
        } else {
            sum / self.rows.len() as f64
        }
    }

    /// Samples a second of all epochs, validation included, where what a step counts are parts of a
    /// sample.
    pub fn rate(&self, an_epoch: usize) -> f64 {
        (an_epoch * self.rows.len()) as f64 / self.seconds().max(1e-9)
    }

    /// As `metrics.csv`.
    pub fn to_csv(&self) -> String {
        let mut text =
            "epoch,train_loss,valid_loss,train_accuracy,valid_accuracy,learning_rate,seconds,\
             samples_per_second,best\n"
                .to_string();
        for row in &self.rows {
            text += &format!(
                "{},{:.6},{:.6},{:.6},{:.6},{:.6e},{:.2},{:.0},{}\n",
                row.epoch,
                row.train_loss,
                row.valid_loss,
                row.train_accuracy,
                row.valid_accuracy,
                row.learning_rate,
                row.seconds,
                row.samples_per_second,
                row.best
            );
        }
        text
    }
}
