//! The settings of training that all tasks share.

use super::Settings;
use super::doc::SettingDoc;
use crate::fit::{FitConfig, Rate};
use crate::settings;
use rekindle_models::Precision;

/// The cells of `rekindle_models::CellKind`.
pub const CELLS: &[&str] = &[
    "elman",
    "elman-relu",
    "lstm",
    "lstm-peephole",
    "lstm-peephole-full",
    "gru",
    "gru-reset-before",
];

settings! {
    /// How a network is trained.
    pub struct TrainSettings: settings {
        /// Items in a batch; 0 lets the task choose by the number of items.
        batch_size: usize = 128, Rule::Whole(0, 65_536);
        /// Peak of Adam's learning rate.
        learning_rate: f64 = 2e-3, Rule::Number(1e-7, 1.0);
        /// Course of the learning rate: `cosine` warms up and falls to a twentieth, `constant` stays.
        rate: Rate = Rate::Cosine, Rule::OneOf(&["cosine", "constant"]);
        /// Decoupled weight decay (AdamW).
        weight_decay: f64 = 0.0, Rule::Number(0.0, 1.0);
        /// Largest global norm of the gradient; 0 switches clipping off.
        clip_norm: f64 = 1.0, Rule::Number(0.0, 1e6);
        /// Share of the running mean of all weights that a step keeps; the mean is what is validated
        /// and saved. 0 saves the weights themselves.
        average: f64 = 0.0, Rule::Number(0.0, 0.999_999);
        /// Largest number of epochs; 0 lets the task choose by the number of items.
        epochs: usize = 5, Rule::Whole(0, 10_000);
        /// Epochs without improvement on validation before training stops.
        patience: usize = 3, Rule::Whole(1, 10_000);
        /// Minutes after which a checkpoint is written within an epoch too; 0 writes them at its end alone.
        checkpoint_minutes: f64 = 5.0, Rule::Number(0.0, 1e5);
        /// What recurrent layers compute in while training, where the backend has it.
        precision: Precision = Precision::F32, Rule::OneOf(&["f32", "bf16", "f16"]);
    }
}

impl Settings for TrainSettings {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }
}

impl TrainSettings {
    /// The fit these settings ask for.
    pub fn fit(&self, seed: u64, epsilon: f64) -> FitConfig {
        FitConfig {
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            rate: self.rate,
            epsilon,
            early_epsilon: false,
            weight_decay: self.weight_decay as f32,
            clip_norm: self.clip_norm,
            average: self.average,
            patience: self.patience,
            seed,
            precision: self.precision,
            checkpoint_minutes: self.checkpoint_minutes,
        }
    }
}
