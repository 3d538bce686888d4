//! Where training gave a number that is not finite.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// File of a run in which it is kept.
pub const FILE: &str = "diverged.json";

/// The step at which training gave a number that is not finite, and what is known of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// The run directory.
    #[serde(skip)]
    pub run: PathBuf,
    /// What is not finite: the loss, the gradient, or the validation loss.
    pub what: String,
    /// That number, as JSON has none of its kind.
    pub value: String,
    /// Epoch, from 1.
    pub epoch: usize,
    /// Step in the epoch, from 1.
    pub step: usize,
    /// Learning rate of the step.
    pub learning_rate: f64,
    /// Norm of the gradient, if it was read and is finite.
    pub gradient_norm: Option<f64>,
    /// Norm of the gradient of the step before, if it was read.
    pub norm_before: Option<f64>,
    /// Seed of the dropout masks of the step.
    pub seed: u64,
    /// Numbers of the items of the batch.
    pub items: Vec<u32>,
}

impl Divergence {
    /// What to do about it.
    pub fn help(&self) -> String {
        format!(
            "lower the learning rate, e.g. --set learning_rate={}, in a new run; the same command with \
             --replay --out {} repeats the step and shows each gradient",
            tenth(self.learning_rate),
            self.run.display()
        )
    }
}

/// About a tenth, with one digit.
fn tenth(rate: f64) -> String {
    let text = format!("{:.0e}", rate / 10.0);
    text.parse::<f64>()
        .map_or(text, |number| number.to_string())
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "training diverged: the {} is {} in epoch {}, step {} (learning rate {:.2e}",
            self.what, self.value, self.epoch, self.step, self.learning_rate
        )?;
        if let Some(norm) = self.gradient_norm {
            write!(f, ", gradient norm {norm:.3}")?;
        }
        if let Some(norm) = self.norm_before {
            write!(f, ", gradient norm {norm:.3} one step before")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_and_what_to_do() {
        let divergence = Divergence {
            run: "runs/a".into(),
            what: "loss".to_string(),
            value: f64::NAN.to_string(),
            epoch: 2,
            step: 17,
            learning_rate: 0.03,
            norm_before: Some(412.25),
            ..Divergence::default()
        };
        assert_eq!(
            divergence.to_string(),
            "training diverged: the loss is NaN in epoch 2, step 17 (learning rate 3.00e-2, \
             gradient norm 412.250 one step before)"
        );
        assert!(divergence.help().contains("learning_rate=0.003"));
    }
}
