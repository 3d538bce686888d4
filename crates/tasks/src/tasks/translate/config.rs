//! The settings of the task.

use crate::error::{Result, TaskError};
use crate::settings::{share, within};
use rekindle_data::{Unit, language_name};
use rekindle_models::search::{BeamConfig, SampleConfig};
use rekindle_models::{CellKind, Precision, Score, Seq2SeqConfig};
use serde::{Deserialize, Serialize};

/// Share of the pairs that validate, and share that test, where no file is for that.
const HELD_OUT: f64 = 0.05;

/// Characters of the longest text that trains.
const LONGEST: usize = 1_000;

/// How the source is attended to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionKind {
    /// Not at all: the plain encoder-decoder.
    None,
    /// See [`Score::Dot`].
    Dot,
    /// See [`Score::General`].
    General,
    /// See [`Score::Concat`].
    Concat,
    /// See [`Score::Additive`].
    Additive,
}

impl AttentionKind {
    /// The score it compares with.
    pub fn score(self) -> Option<Score> {
        match self {
            Self::None => None,
            Self::Dot => Some(Score::Dot),
            Self::General => Some(Score::General),
            Self::Concat => Some(Score::Concat),
            Self::Additive => Some(Score::Additive),
        }
    }
}

/// Characters of the longest text that is translated.
pub const MOST_CHARACTERS: usize = 10_000;

/// All settings; each can be given as `--set name=value`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslateConfig {
    /// What is read: the ending of its files, as `en`, or the name or number of its column. Found in
    /// the data when empty.
    pub source: String,
    /// What is written.
    #[serde(default)]
    pub target: String,
    /// Share of the pairs that validate, where no file is for that.
    #[serde(default = "held_out")]
    pub valid: f64,
    /// Share of the pairs that test, where no file is for that.
    #[serde(default = "held_out")]
    pub test: f64,
    /// Characters of the longest text that trains; pairs with a longer one are left out.
    #[serde(default = "longest")]
    pub longest: usize,
    /// What texts are cut into.
    pub unit: Unit,
    /// Pieces both languages share, marks among them.
    pub vocabulary: usize,
    /// Probability that a merge of two pieces is left out in training, anew each epoch: tens of
    /// thousands of pairs are few, and so no sentence looks the same twice.
    pub bpe_dropout: f64,
    /// Read the source from its end (Sutskever et al., 2014).
    pub reverse_source: bool,
    /// The cell of every layer.
    pub cell: CellKind,
    /// Size of a piece's vector.
    pub d_embedding: usize,
    /// Hidden units of every layer; the encoder's two directions share them.
    pub d_hidden: usize,
    /// Recurrent layers of the encoder.
    pub encoder_layers: usize,
    /// Read the source in both directions.
    pub bidirectional: bool,
    /// Recurrent layers of the decoder; from two on it attends twice, see `rekindle_models::Decoder`.
    pub decoder_layers: usize,
    /// How the source is attended to.
    pub attention: AttentionKind,
    /// Feed each step's features to the next step: slower, since steps then wait for each other.
    pub input_feeding: bool,
    /// Show the attention what it has attended to before; with input feeding and an additive score.
    pub coverage: bool,
    /// One matrix for pieces read, pieces written and scores.
    pub tied: bool,
    /// Share of the pieces' vectors dropped.
    pub embedding_dropout: f64,
    /// Share of what the encoder read dropped.
    pub memory_dropout: f64,
    /// Share of the values dropped between layers.
    pub layer_dropout: f64,
    /// Share of the features dropped before pieces are scored.
    pub output_dropout: f64,
    /// Share of the target spread over all pieces.
    pub label_smoothing: f64,
    /// Share of the true pieces the decoder reads in the last epoch, falling from all of them in the
    /// first; the others are its own (scheduled sampling).
    pub teacher_forcing: f64,
    /// Pairs in a batch.
    pub batch_size: usize,
    /// Peak of Adam's learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Largest global norm of the gradient; 0 switches clipping off.
    pub clip_norm: f64,
    /// Share of the running mean of all weights that a step keeps; the mean is what is validated and
    /// saved. 0 saves the weights themselves.
    pub average: f64,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Epochs without improvement before stopping.
    pub patience: usize,
    /// What recurrent layers compute in while training, where the backend has it.
    pub precision: Precision,
    /// Hypotheses the search keeps; 1 is greedy.
    pub beam: usize,
    /// How much longer translations are favoured, see `rekindle_models::search::BeamConfig`.
    pub length_penalty: f64,
    /// How much translations are favoured that look at all of the source.
    pub coverage_penalty: f64,
    /// Never write the same so many pieces twice; 0 allows it.
    pub no_repeat: usize,
    /// Pieces of a translation at most.
    pub max_length: usize,
    /// Draw translations with this temperature instead of searching; 0 searches.
    pub temperature: f64,
    /// Draw from the so many likeliest pieces; 0 is all.
    pub top_k: usize,
    /// Draw from the fewest pieces with this share of the probability.
    pub top_p: f64,
}

fn held_out() -> f64 {
    HELD_OUT
}

fn longest() -> usize {
    LONGEST
}

impl Default for TranslateConfig {
    fn default() -> Self {
        Self {
            source: String::new(),
            target: String::new(),
            valid: HELD_OUT,
            test: HELD_OUT,
            longest: LONGEST,
            unit: Unit::Bpe,
            // Few merges suit few pairs: pieces are seen often enough to be learned.
            vocabulary: 4_000,
            bpe_dropout: 0.1,
            reverse_source: false,
            cell: CellKind::Lstm,
            d_embedding: 256,
            d_hidden: 320,
            encoder_layers: 1,
            bidirectional: true,
            decoder_layers: 2,
            attention: AttentionKind::General,
            input_feeding: false,
            coverage: false,
            tied: true,
            embedding_dropout: 0.2,
            memory_dropout: 0.3,
            layer_dropout: 0.2,
            output_dropout: 0.3,
            label_smoothing: 0.1,
            teacher_forcing: 1.0,
            batch_size: 64,
            learning_rate: 0.002,
            weight_decay: 0.0,
            clip_norm: 1.0,
            average: 0.999,
            epochs: 14,
            patience: 6,
            precision: Precision::F32,
            beam: 5,
            length_penalty: 1.0,
            coverage_penalty: 0.0,
            no_repeat: 0,
            max_length: 100,
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
        }
    }
}

/// Settings that say how to write, and can be changed for a saved run.
pub const WRITING: [&str; 8] = [
    "beam",
    "length_penalty",
    "coverage_penalty",
    "no_repeat",
    "max_length",
    "temperature",
    "top_k",
    "top_p",
];

impl TranslateConfig {
    /// Refuses what cannot work, naming the setting.
    pub fn check(&self) -> Result<()> {
        within("vocabulary", self.vocabulary, 300, 1_000_000)?;
        within("d_embedding", self.d_embedding, 1, 8_192)?;
        within("d_hidden", self.d_hidden, 2, 8_192)?;
        within("encoder_layers", self.encoder_layers, 1, 16)?;
        within("decoder_layers", self.decoder_layers, 1, 16)?;
        within("batch_size", self.batch_size, 1, 65_536)?;
        within("epochs", self.epochs, 1, 10_000)?;
        within("patience", self.patience, 1, 10_000)?;
        within("beam", self.beam, 1, 1_000)?;
        within("max_length", self.max_length, 1, 10_000)?;
        within("longest", self.longest, 10, MOST_CHARACTERS)?;
        share("valid", self.valid, 0.001, 0.45)?;
        share("test", self.test, 0.001, 0.45)?;
        for (name, value) in [
            ("embedding_dropout", self.embedding_dropout),
            ("memory_dropout", self.memory_dropout),
            ("layer_dropout", self.layer_dropout),
            ("output_dropout", self.output_dropout),
            ("label_smoothing", self.label_smoothing),
            ("bpe_dropout", self.bpe_dropout),
        ] {
            share(name, value, 0.0, 0.95)?;
        }
        share("teacher_forcing", self.teacher_forcing, 0.0, 1.0)?;
        share("learning_rate", self.learning_rate, 1e-7, 1.0)?;
        share("weight_decay", self.weight_decay, 0.0, 1.0)?;
        share("clip_norm", self.clip_norm, 0.0, 1e6)?;
        share("average", self.average, 0.0, 0.999_999)?;
        share("length_penalty", self.length_penalty, 0.0, 10.0)?;
        share("coverage_penalty", self.coverage_penalty, 0.0, 10.0)?;
        share("temperature", self.temperature, 0.0, 100.0)?;
        share("top_p", self.top_p, 1e-6, 1.0)?;
        self.check_together()
    }

    fn check_together(&self) -> Result<()> {
        let refuse = |what: &str, help: &str| Err(TaskError::usage(what, help));
        if self.bidirectional && !self.d_hidden.is_multiple_of(2) {
            return refuse(
                "the encoder's two directions share d_hidden, which is odd",
                "choose an even d_hidden, or bidirectional=false",
            );
        }
        let additive = matches!(
            self.attention,
            AttentionKind::Concat | AttentionKind::Additive
        );
        if self.coverage && !(additive && self.input_feeding) {
            return refuse(
                "coverage needs an additive score, step by step",
                "add attention=additive and input_feeding=true, or leave coverage out",
            );
        }
        if self.coverage_penalty > 0.0 && self.attention == AttentionKind::None {
            return refuse(
                "coverage_penalty needs attention",
                "leave it out, or choose attention=general",
            );
        }
        Ok(())
    }

    /// Names of source and target for people; columns without a name have their number.
    pub fn names(&self) -> [String; 2] {
        [&self.source, &self.target].map(|name| match name.parse::<usize>() {
            Ok(column) => format!("column {column}"),
            Err(_) => language_name(name).to_string(),
        })
    }

    /// The network, for a vocabulary of this size.
    pub fn network(&self, vocabulary: usize) -> Seq2SeqConfig {
        Seq2SeqConfig::new(vocabulary, self.d_embedding, self.d_hidden)
            .with_cell(self.cell)
            .with_encoder_layers(self.encoder_layers)
            .with_bidirectional(self.bidirectional)
            .with_decoder_layers(self.decoder_layers)
            .with_attention(self.attention.score())
            .with_input_feeding(self.input_feeding)
            .with_coverage(self.coverage)
            .with_tied(self.tied)
            .with_embedding_dropout(self.embedding_dropout)
            .with_memory_dropout(self.memory_dropout)
            .with_layer_dropout(self.layer_dropout)
            .with_output_dropout(self.output_dropout)
            .with_precision(self.precision)
    }

    /// How to search.
    pub fn search(&self) -> BeamConfig {
        BeamConfig {
            beam: self.beam,
            length_penalty: self.length_penalty,
            coverage_penalty: self.coverage_penalty,
            no_repeat: self.no_repeat,
            max_length: self.max_length,
        }
    }

    /// How to draw, if that is asked for.
    pub fn sampling(&self, seed: u64) -> Option<SampleConfig> {
        (self.temperature > 0.0).then_some(SampleConfig {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            max_length: self.max_length,
            seed,
        })
    }
}
