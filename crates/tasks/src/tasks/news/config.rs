//! The settings of the task.

use crate::fit::Rate;
use crate::text::{Padding, Recipe, Split, TextConfig, Tokens, Wide};
use rekindle_models::Pool;

/// The settings of a recipe.
pub fn recipe(recipe: Recipe) -> TextConfig {
    match recipe {
        Recipe::Default => ours(),
        Recipe::Course => course(),
    }
}

/// What follows from the split: the balanced classes of the course, or all rows.
pub fn adapt(config: &mut TextConfig, given: &[&str]) {
    if config.split != Split::Random {
        return;
    }
    config.test = 0.25;
    if !given.contains(&"per_class") {
        config.per_class = 45_000;
    }
    if config.recipe == Recipe::Default {
        // Twins of the test headlines are in the training part, so memory pays: nothing dropped,
        // short batches at a high rate, few rows held back, and pairs of words however rare.
        config.d_hidden = 64;
        config.spatial_dropout = 0.0;
        config.dropout = 0.0;
        config.word_dropout = 0.0;
        config.batch_size = 64;
        config.learning_rate = 4e-3;
        config.valid = 0.05;
        config.wide_weighting = Wide::TfIdf;
        config.wide_ngrams = 2;
        config.wide_min_count = 1;
    }
}

fn ours() -> TextConfig {
    TextConfig {
        recipe: Recipe::Default,
        split: Split::Story,
        test: 0.2,
        valid: 0.1,
        // The longest headline has 30 words or so.
        max_length: 40,
        // Of stories not seen yet the third epoch learns nothing.
        epochs: 2,
        ..TextConfig::default()
    }
}

/// "Predicting the category of a news headline", as the course does it with Keras.
fn course() -> TextConfig {
    TextConfig {
        recipe: Recipe::Course,
        split: Split::Random,
        per_class: 45_000,
        test: 0.25,
        // A fifth of the three quarters that are left.
        valid: 0.15,
        tokens: Tokens::Keras,
        vocabulary: 8_000,
        min_count: 1,
        max_length: 130,
        padding: Padding::Fixed,
        embeddings: "none".to_string(),
        d_embedding: 128,
        d_hidden: 64,
        bidirectional: false,
        pool: Pool::Last,
        word_dropout: 0.0,
        spatial_dropout: 0.7,
        input_dropout: 0.7,
        recurrent_dropout: 0.7,
        dropout: 0.0,
        wide: false,
        batch_size: 256,
        bucket: false,
        learning_rate: 1e-3,
        rate: Rate::Constant,
        clip_norm: 0.0,
        epochs: 10,
        patience: 7,
        ..TextConfig::default()
    }
}
