//! The settings of the task.

use crate::error::{Result, TaskError};
use crate::settings::{CELLS, SettingDoc, Settings, TrainSettings};
use rekindle_data::{Unit, language_name};
use rekindle_models::search::{BeamConfig, SampleConfig};
use rekindle_models::{CellKind, Score, Seq2SeqConfig};
use rekindle_train::settings;
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

settings! {
    /// `[data]` of a task of kind `translate`.
    pub struct TranslateData: data {
        /// A table of pairs, or a folder with `train.en` and `train.fr`; Multi30k when empty.
        train: String = String::new(), Rule::Text;
        /// What is read: the ending of its files, as `en`, or the name or number of its column. Found in
        /// the data when empty.
        source: String = String::new(), Rule::Text;
        /// What is written.
        target: String = String::new(), Rule::Text;
    }
}

impl Settings for TranslateData {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }
}

settings! {
    /// All settings of `translate`; each can be given as `--set name=value`.
    pub struct TranslateConfig: settings {
        /// Share of the pairs that validate, where no file is for that.
        valid: f64 = HELD_OUT, Rule::Number(0.001, 0.45);
        /// Share of the pairs that test, where no file is for that.
        test: f64 = HELD_OUT, Rule::Number(0.001, 0.45);
        /// Characters of the longest text that trains; pairs with a longer one are left out.
        longest: usize = LONGEST, Rule::Whole(10, MOST_CHARACTERS);
        /// What texts are cut into.
        unit: Unit = Unit::Bpe, Rule::OneOf(&["bpe", "word"]);
        /// Pieces both languages share, marks among them: few merges suit few pairs, whose pieces are
        /// then seen often enough to be learned.
        vocabulary: usize = 4_000, Rule::Whole(300, 1_000_000);
        /// Probability that a merge of two pieces is left out in training, anew each epoch: tens of
        /// thousands of pairs are few, and so no sentence looks the same twice.
        bpe_dropout: f64 = 0.1, Rule::Number(0.0, 0.95);
        /// Read the source from its end (Sutskever et al., 2014).
        reverse_source: bool = false, Rule::Flag;
        /// The cell of every layer.
        cell: CellKind = CellKind::Lstm, Rule::OneOf(CELLS);
        /// Size of a piece's vector.
        d_embedding: usize = 256, Rule::Whole(1, 8_192);
        /// Hidden units of every layer; the encoder's two directions share them.
        d_hidden: usize = 320, Rule::Whole(2, 8_192);
        /// Recurrent layers of the encoder.
        encoder_layers: usize = 1, Rule::Whole(1, 16);
        /// Read the source in both directions.
        bidirectional: bool = true, Rule::Flag;
        /// Recurrent layers of the decoder; from two on it attends twice, see
        /// `rekindle_models::Decoder`.
        decoder_layers: usize = 2, Rule::Whole(1, 16);
        /// How the source is attended to.
        attention: AttentionKind = AttentionKind::General,
            Rule::OneOf(&["none", "dot", "general", "concat", "additive"]);
        /// Feed each step's features to the next step: slower, since steps then wait for each other.
        input_feeding: bool = false, Rule::Flag;
        /// Show the attention what it has attended to before; with input feeding and an additive score.
        coverage: bool = false, Rule::Flag;
        /// One matrix for pieces read, pieces written and scores.
        tied: bool = true, Rule::Flag;
        /// Share of the pieces' vectors dropped.
        embedding_dropout: f64 = 0.2, Rule::Number(0.0, 0.95);
        /// Share of what the encoder read dropped.
        memory_dropout: f64 = 0.3, Rule::Number(0.0, 0.95);
        /// Share of the values dropped between layers.
        layer_dropout: f64 = 0.2, Rule::Number(0.0, 0.95);
        /// Share of the features dropped before pieces are scored.
        output_dropout: f64 = 0.3, Rule::Number(0.0, 0.95);
        /// Share of the target spread over all pieces.
        label_smoothing: f64 = 0.1, Rule::Number(0.0, 0.95);
        /// Share of the true pieces the decoder reads in the last epoch, falling from all of them in the
        /// first; the others are its own (scheduled sampling).
        teacher_forcing: f64 = 1.0, Rule::Number(0.0, 1.0);
        /// Hypotheses the search keeps; 1 is greedy.
        beam: usize = 5, Rule::Whole(1, 1_000);
        /// How much longer translations are favoured, see `rekindle_models::search::BeamConfig`.
        length_penalty: f64 = 1.0, Rule::Number(0.0, 10.0);
        /// How much translations are favoured that look at all of the source.
        coverage_penalty: f64 = 0.0, Rule::Number(0.0, 10.0);
        /// Never write the same so many pieces twice; 0 allows it.
        no_repeat: usize = 0, Rule::Whole(0, 10_000);
        /// Pieces of a translation at most.
        max_length: usize = 100, Rule::Whole(1, 10_000);
        /// Draw translations with this temperature instead of searching; 0 searches.
        temperature: f64 = 0.0, Rule::Number(0.0, 100.0);
        /// Draw from the so many likeliest pieces; 0 is all.
        top_k: usize = 0, Rule::Whole(0, 1_000_000);
        /// Draw from the fewest pieces with this share of the probability.
        top_p: f64 = 1.0, Rule::Number(1e-6, 1.0);
    }
    parts {
        /// Where the pairs are and what they are of.
        data: TranslateData = TranslateData::default();
        /// How the network is trained.
        train: TrainSettings = TrainSettings {
            batch_size: 64,
            average: 0.999,
            epochs: 14,
            patience: 6,
            ..TrainSettings::default()
        };
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

impl Settings for TranslateConfig {
    fn docs() -> Vec<SettingDoc> {
        Self::all_docs()
    }

    fn check(&self) -> Result<()> {
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
}

impl TranslateConfig {
    /// Names of source and target for people; columns without a name have their number.
    pub fn names(&self) -> [String; 2] {
        [&self.data.source, &self.data.target].map(|name| match name.parse::<usize>() {
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
            .with_precision(self.train.precision)
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
