//! The settings of `classify`.

use super::source::ClassifyData;
use crate::error::{Result, TaskError};
use crate::settings::{CELLS, SettingDoc, Settings, TrainSettings};
use rekindle_models::{CellKind, Convention, Pool};
use rekindle_train::settings;
use serde::{Deserialize, Serialize};

/// How the test part is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// By a test file, groups or times where there are some, otherwise every class by the same share.
    Auto,
    /// Row by row; near-duplicates fall on both sides.
    Random,
    /// Row by row, every class by the same share.
    Stratified,
    /// Groups stay on one side, such as stories of near-duplicates.
    #[serde(alias = "story")]
    Group,
    /// The latest rows test.
    Time,
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

settings! {
    /// All settings of `classify`; each can be given as `--set name=value`.
    pub struct ClassifySettings: settings {
        /// Named set of defaults: `default`, or another of the task, such as `course`.
        recipe: String = "default".to_string(), Rule::Text;
        /// How the test part is chosen: `auto` takes a test file, groups or times where there are some,
        /// and otherwise the same share of every class.
        split: Split = Split::Auto,
            Rule::OneOf(&["auto", "random", "stratified", "group", "story", "time", "file"]);
        /// Share of the rows that tests, unless a file of its own does.
        test: f64 = 0.2, Rule::Number(0.0, 0.95);
        /// Share of the rows that validates.
        valid: f64 = 0.1, Rule::Number(0.0, 0.95);
        /// Rows kept of each class, drawn at random; 0 keeps all.
        per_class: usize = 0, Rule::Whole(0, 1_000_000_000);
        /// Train on `extra_file` too; its rows never validate or test.
        extra: bool = false, Rule::Flag;
        /// Networks, each validated on another part; 1 is a plain split.
        folds: usize = 1, Rule::Whole(1, 50);
        /// Fit the model once more on all rows, test part included, after the test is over.
        refit: bool = true, Rule::Flag;
        /// How a text becomes tokens: words as in GloVe, plain lower-cased words, or Keras's.
        tokens: Tokens = Tokens::Words, Rule::OneOf(&["words", "plain", "keras"]);
        /// Most frequent tokens the network knows.
        vocabulary: usize = 60_000, Rule::Whole(1, 10_000_000);
        /// Times a token must be seen in training to be known: one seen once says nothing that a
        /// vector drawn at random would not.
        min_count: usize = 2, Rule::Whole(0, 1_000_000);
        /// Tokens read of a text; of a longer one the first quarter and the last three.
        max_length: usize = 400, Rule::Whole(1, 100_000);
        /// How batches are padded: `batch` to the longest text, `fixed` in front to `max_length`.
        padding: Padding = Padding::Batch, Rule::OneOf(&["batch", "fixed"]);
        /// Token vectors to start from: `glove`, `none`, a file, or `auto`, which takes GloVe where it is
        /// found and knows most of the texts.
        embeddings: String = "auto".to_string(), Rule::Text;
        /// Epochs during which token vectors stay as they are.
        freeze_epochs: usize = 0, Rule::Whole(0, 1_000_000);
        /// Size of a token's vector, unless a file gives it.
        d_embedding: usize = 100, Rule::Whole(1, 8_192);
        /// The cell.
        cell: CellKind = CellKind::Lstm, Rule::OneOf(CELLS);
        /// Hidden units of each direction.
        d_hidden: usize = 64, Rule::Whole(1, 8_192);
        /// Recurrent layers.
        num_layers: usize = 1, Rule::Whole(1, 16);
        /// Read the text in both directions.
        bidirectional: bool = true, Rule::Flag;
        /// From steps to one vector.
        pool: Pool = Pool::MaxAttention,
            Rule::OneOf(&["last", "max", "mean", "max-mean", "attention", "max-attention"]);
        /// Size of a layer between pooling and the classes; 0 leaves it out.
        d_dense: usize = 0, Rule::Whole(0, 65_536);
        /// Share of tokens hidden while training.
        word_dropout: f64 = 0.05, Rule::Number(0.0, 0.99);
        /// Share of embedding features dropped.
        spatial_dropout: f64 = 0.3, Rule::Number(0.0, 0.99);
        /// Share of what the recurrent layer reads that is dropped.
        input_dropout: f64 = 0.0, Rule::Number(0.0, 0.99);
        /// Share of the recurrent state that is dropped.
        recurrent_dropout: f64 = 0.0, Rule::Number(0.0, 0.99);
        /// Share of the pooled features dropped.
        dropout: f64 = 0.4, Rule::Number(0.0, 0.99);
        /// Where weights start, whether every gate has dropout masks of its own, and where Adam's epsilon is
        /// added: `own`, or as in `keras`; with much recurrent dropout `own` learns slowly.
        convention: Convention = Convention::Own, Rule::OneOf(&["own", "keras"]);
        /// Share of the target spread over all classes.
        label_smoothing: f64 = 0.0, Rule::Number(0.0, 0.99);
        /// What is done about rare classes.
        balance: Balance = Balance::None,
            Rule::OneOf(&["none", "weights", "oversample", "sample"]);
        /// Let a linear model of n-grams vote too, with a weight chosen on validation.
        wide: bool = true, Rule::Flag;
        /// What an n-gram is worth to that model.
        wide_weighting: Wide = Wide::NaiveBayes, Rule::OneOf(&["tf-idf", "naive-bayes"]);
        /// Longest n-gram of that model.
        wide_ngrams: usize = 3, Rule::Whole(1, 10);
        /// Texts an n-gram must stand in.
        wide_min_count: usize = 2, Rule::Whole(0, 1_000_000);
        /// Its inverse regularization.
        wide_c: f64 = 1.0, Rule::Number(1e-6, 1e6);
        /// Put texts of about the same length in a batch.
        bucket: bool = true, Rule::Flag;
        /// Tokens a batch of such texts may have with its padding, besides `batch_size`; 0 for any.
        batch_tokens: usize = 0, Rule::Whole(0, 1_000_000_000);
    }
    parts {
        /// Where the texts are and what their columns mean.
        data: ClassifyData = ClassifyData::default();
        /// How the network is trained.
        train: TrainSettings = TrainSettings { batch_size: 0, epochs: 0, ..TrainSettings::default() };
    }
}

/// Steps of training that a small data set gets, by its number of epochs.
const STEPS: usize = 600;

impl ClassifySettings {
    /// Chooses the size of a batch and the number of epochs by the number of training texts.
    pub fn choose_length(&mut self, texts: usize) {
        let train = &mut self.train;
        if train.batch_size == 0 {
            train.batch_size = (texts / 40).clamp(16, 128).next_power_of_two();
        }
        if train.epochs == 0 {
            let steps = texts.div_ceil(train.batch_size).max(1);
            train.epochs = STEPS.div_ceil(steps).clamp(4, 30);
        }
    }
}

impl Settings for ClassifySettings {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }

    fn check(&self) -> Result<()> {
        let bad = |name: &str, wanted: &str, value: f64| {
            Err(TaskError::usage(
                format!("the setting {name} must be {wanted}, not {value}"),
                "`rekindle settings classify` lists the settings",
            ))
        };
        if self.test + self.valid >= 1.0 {
            return bad("test + valid", "below 1", self.test + self.valid);
        }
        if self.folds == 1 && self.valid <= 0.0 && self.data.valid_file.is_empty() {
            return bad("valid", "above 0", self.valid);
        }
        if self.split != Split::File && self.data.test_file.is_empty() && self.test <= 0.0 {
            return bad("test", "above 0", self.test);
        }
        Ok(())
    }
}
