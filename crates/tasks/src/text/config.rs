//! The settings of the text tasks.

use crate::error::{Result, TaskError};
use crate::fit::Rate;
use rekindle_models::{CellKind, Pool, Precision};
use serde::{Deserialize, Serialize};

/// A named set of defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// Ours.
    Default,
    /// That of the course or example the task is known from.
    Course,
}

/// How the test part is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Row by row; near-duplicates fall on both sides.
    Random,
    /// Row by row, every class by the same share.
    Stratified,
    /// Stories of near-duplicates stay on one side.
    Story,
    /// A file of its own.
    File,
}

/// How a text becomes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tokens {
    /// Words, numbers and punctuation, written as in GloVe.
    Words,
    /// Lower-cased words alone, every digit a `#`: what differs in style between sources is gone.
    Plain,
    /// As Keras's `Tokenizer` does it.
    Keras,
}

/// How batches are padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// After the text, to the longest of the batch; lengths are known to the model.
    Batch,
    /// Before the text, to `max_length`, read as if it were text: Keras's `pad_sequences`.
    Fixed,
}

/// What an n-gram is worth to the linear model that votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wide {
    /// Its TF-IDF: rare n-grams count most, which tells near-duplicates apart.
    TfIdf,
    /// How much it says of the class on its own: few, common n-grams count most.
    NaiveBayes,
}

/// What is done about rare classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// Nothing.
    None,
    /// The loss of a class counts the more, the rarer it is.
    Weights,
    /// Rows of rare classes are drawn again until all classes are as large.
    Oversample,
    /// As many rows as there are, drawn with replacement, each class as often as any other.
    Sample,
}

/// All settings; each can be given as `--set name=value`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextConfig {
    /// Whose defaults.
    pub recipe: Recipe,
    /// How the test part is chosen.
    pub split: Split,
    /// Share of the rows that tests, unless a file of its own does.
    pub test: f64,
    /// Share of the rows that validates.
    pub valid: f64,
    /// Rows kept of each class, drawn at random; 0 keeps all.
    pub per_class: usize,
    /// Train on the task's second file too, where there is one.
    pub extra: bool,
    /// Models, each validated on another part; 1 is a plain split.
    pub folds: usize,
    /// How a text becomes tokens.
    pub tokens: Tokens,
    /// Most frequent tokens the model knows.
    pub vocabulary: usize,
    /// Times a token must be seen in training to be known.
    pub min_count: usize,
    /// Tokens read of a text.
    pub max_length: usize,
    /// How batches are padded.
    pub padding: Padding,
    /// Token vectors to start from: `glove`, `none`, or a file.
    pub embeddings: String,
    /// Epochs during which they stay as they are.
    pub freeze_epochs: usize,
    /// Size of a token's vector, unless a file gives it.
    pub d_embedding: usize,
    /// The cell.
    pub cell: CellKind,
    /// Hidden units of each direction.
    pub d_hidden: usize,
    /// Recurrent layers.
    pub num_layers: usize,
    /// Read both ways.
    pub bidirectional: bool,
    /// From steps to one vector.
    pub pool: Pool,
    /// Size of a layer between pooling and the classes; 0 leaves it out.
    pub d_dense: usize,
    /// Share of tokens hidden while training.
    pub word_dropout: f64,
    /// Share of embedding features dropped.
    pub spatial_dropout: f64,
    /// Share of what the recurrent layer reads that is dropped.
    pub input_dropout: f64,
    /// Share of the recurrent state that is dropped.
    pub recurrent_dropout: f64,
    /// Share of the pooled features dropped.
    pub dropout: f64,
    /// Share of the target spread over all classes.
    pub label_smoothing: f64,
    /// What is done about rare classes.
    pub balance: Balance,
    /// Let a linear model of n-grams vote too, with a weight chosen on validation.
    pub wide: bool,
    /// What an n-gram is worth to it.
    pub wide_weighting: Wide,
    /// Longest n-gram of that model.
    pub wide_ngrams: usize,
    /// Texts an n-gram must stand in.
    pub wide_min_count: usize,
    /// Its inverse regularization.
    pub wide_c: f64,
    /// Texts in a batch.
    pub batch_size: usize,
    /// Put texts of about the same length in a batch.
    pub bucket: bool,
    /// Tokens a batch of such texts may have with its padding, besides `batch_size`; 0 for any.
    pub batch_tokens: usize,
    /// Peak of Adam's learning rate.
    pub learning_rate: f64,
    /// How the learning rate goes.
    pub rate: Rate,
    /// Weight decay.
    pub weight_decay: f64,
    /// Largest global gradient norm; 0 switches clipping off.
    pub clip_norm: f64,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Epochs without improvement before stopping.
    pub patience: usize,
    /// What recurrent layers compute in while training, where the backend has it.
    #[serde(default)]
    pub precision: Precision,
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            recipe: Recipe::Default,
            split: Split::Stratified,
            test: 0.2,
            valid: 0.1,
            per_class: 0,
            extra: false,
            folds: 1,
            tokens: Tokens::Words,
            vocabulary: 60_000,
            // A word seen once says nothing that a vector drawn at random would not.
            min_count: 2,
            max_length: 400,
            padding: Padding::Batch,
            embeddings: "glove".to_string(),
            freeze_epochs: 0,
            d_embedding: 100,
            cell: CellKind::Lstm,
            d_hidden: 64,
            num_layers: 1,
            bidirectional: true,
            pool: Pool::MaxAttention,
            d_dense: 0,
            word_dropout: 0.05,
            spatial_dropout: 0.3,
            input_dropout: 0.0,
            recurrent_dropout: 0.0,
            dropout: 0.4,
            label_smoothing: 0.0,
            balance: Balance::None,
            wide: true,
            wide_weighting: Wide::NaiveBayes,
            wide_ngrams: 3,
            wide_min_count: 2,
            wide_c: 1.0,
            batch_size: 128,
            bucket: true,
            batch_tokens: 0,
            learning_rate: 2e-3,
            rate: Rate::Cosine,
            weight_decay: 0.0,
            clip_norm: 1.0,
            epochs: 5,
            patience: 3,
            precision: Precision::F32,
        }
    }
}

impl TextConfig {
    /// Checks what the types allow but the task does not.
    pub fn check(&self) -> Result<()> {
        let share = |name: &str, value: f64, least: f64| match (least..1.0).contains(&value) {
            true => Ok(()),
            false => Err(bad(name, "at least 0 and below 1", value)),
        };
        share("test", self.test, 0.0)?;
        share("valid", self.valid, 0.0)?;
        share("word_dropout", self.word_dropout, 0.0)?;
        share("spatial_dropout", self.spatial_dropout, 0.0)?;
        share("input_dropout", self.input_dropout, 0.0)?;
        share("recurrent_dropout", self.recurrent_dropout, 0.0)?;
        share("dropout", self.dropout, 0.0)?;
        share("label_smoothing", self.label_smoothing, 0.0)?;
        if self.test + self.valid >= 1.0 {
            return Err(bad("test + valid", "below 1", self.test + self.valid));
        }
        if self.folds == 1 && self.valid <= 0.0 {
            return Err(bad("valid", "above 0", self.valid));
        }
        if self.split != Split::File && self.test <= 0.0 {
            return Err(bad("test", "above 0", self.test));
        }
        let at_least_one = [
            ("folds", self.folds),
            ("vocabulary", self.vocabulary),
            ("max_length", self.max_length),
            ("d_embedding", self.d_embedding),
            ("d_hidden", self.d_hidden),
            ("num_layers", self.num_layers),
            ("batch_size", self.batch_size),
            ("epochs", self.epochs),
            ("patience", self.patience),
            ("wide_ngrams", self.wide_ngrams),
        ];
        for (name, value) in at_least_one {
            if value == 0 {
                return Err(bad(name, "at least 1", value));
            }
        }
        for (name, value) in [
            ("learning_rate", self.learning_rate),
            ("wide_c", self.wide_c),
        ] {
            if value <= 0.0 {
                return Err(bad(name, "above 0", value));
            }
        }
        for (name, value) in [
            ("weight_decay", self.weight_decay),
            ("clip_norm", self.clip_norm),
        ] {
            if value < 0.0 {
                return Err(bad(name, "not negative", value));
            }
        }
        Ok(())
    }
}

fn bad(name: &str, wanted: &str, value: impl std::fmt::Display) -> TaskError {
    TaskError::usage(
        format!("the setting {name} must be {wanted}, not {value}"),
        "see the task's page for its settings",
    )
}
