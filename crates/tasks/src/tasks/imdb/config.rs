//! The settings of the task.

use crate::fit::Rate;
use crate::text::{Padding, Recipe, Split, TextConfig, Tokens};
use rekindle_models::Pool;

/// The settings of a recipe.
pub fn recipe(recipe: Recipe) -> TextConfig {
    match recipe {
        Recipe::Default => ours(),
        Recipe::Course => course(),
    }
}

fn ours() -> TextConfig {
    TextConfig {
        recipe: Recipe::Default,
        split: Split::File,
        valid: 0.1,
        max_length: 400,
        epochs: 4,
        batch_size: 64,
        ..TextConfig::default()
    }
}

/// Keras's example `imdb_lstm`: 20,000 words, 80 of each review, LSTM 128, three epochs or so.
fn course() -> TextConfig {
    TextConfig {
        recipe: Recipe::Course,
        split: Split::File,
        valid: 0.1,
        tokens: Tokens::Keras,
        vocabulary: 20_000,
        min_count: 1,
        max_length: 80,
        padding: Padding::Fixed,
        embeddings: "none".to_string(),
        d_embedding: 128,
        d_hidden: 128,
        bidirectional: false,
        pool: Pool::Last,
        word_dropout: 0.0,
        spatial_dropout: 0.0,
        input_dropout: 0.2,
        recurrent_dropout: 0.2,
        dropout: 0.0,
        wide: false,
        batch_size: 32,
        bucket: false,
        learning_rate: 1e-3,
        rate: Rate::Constant,
        clip_norm: 0.0,
        epochs: 15,
        patience: 3,
        ..TextConfig::default()
    }
}
