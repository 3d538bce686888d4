//! The settings of the task.

use crate::fit::Rate;
use crate::text::{Padding, Recipe, Split, TextConfig, Tokens};
use rekindle_models::{CellKind, Pool};

/// The settings of a recipe.
pub fn recipe(recipe: Recipe) -> TextConfig {
    match recipe {
        Recipe::Default => ours(),
        Recipe::Course => course(),
    }
}

/// What follows from a second source: both are written alike.
pub fn adapt(config: &mut TextConfig) {
    if config.extra {
        config.tokens = Tokens::Plain;
    }
}

fn ours() -> TextConfig {
    TextConfig {
        recipe: Recipe::Default,
        split: Split::Stratified,
        test: 0.2,
        max_length: 70,
        // 600 insincere questions are few: every one both trains and, once, validates.
        folds: 5,
        batch_size: 64,
        ..TextConfig::default()
    }
}

/// A bidirectional GRU on GloVe vectors that stay as they are, with max pooling: the usual first
/// entry to the competition.
fn course() -> TextConfig {
    TextConfig {
        recipe: Recipe::Course,
        split: Split::Stratified,
        test: 0.2,
        valid: 0.1,
        tokens: Tokens::Words,
        max_length: 70,
        padding: Padding::Batch,
        freeze_epochs: usize::from(u16::MAX),
        cell: CellKind::Gru,
        d_hidden: 64,
        pool: Pool::Max,
        d_dense: 16,
        word_dropout: 0.0,
        spatial_dropout: 0.0,
        dropout: 0.1,
        wide: false,
        batch_size: 512,
        learning_rate: 1e-3,
        rate: Rate::Constant,
        clip_norm: 0.0,
        epochs: 10,
        patience: 2,
        ..TextConfig::default()
    }
}
