//! Texts as numbers.

use super::config::{ClassifySettings, Padding, Tokens};
use super::words::words_of;
use crate::error::{Result, TaskError};
use crate::files;
use crate::run_dir::RunDir;
use rayon::prelude::*;
use rekindle_data::{KerasTokenizer, KerasTokenizerConfig, Side, Vocabulary, pad_sequences};

const VOCABULARY: &str = "vocabulary.txt";

/// Turns texts into token numbers.
#[derive(Clone)]
pub struct Encoder {
    table: Table,
    tokens: Tokens,
    padding: Padding,
    max_length: usize,
}

#[derive(Clone)]
enum Table {
    Words(Vocabulary),
    Keras(KerasTokenizer),
}

impl Encoder {
    /// Learns the vocabulary of these texts.
    pub fn fit(texts: &[&str], config: &ClassifySettings) -> Self {
        let table = match config.tokens {
            Tokens::Keras => Table::Keras(KerasTokenizer::fit(keras(config), texts)),
            Tokens::Words | Tokens::Plain => {
                let documents: Vec<Vec<String>> = texts
                    .par_iter()
                    .map(|text| words_of(text, config.tokens))
                    .collect();
                let most = Some(config.vocabulary);
                Table::Words(Vocabulary::build(&documents, config.min_count, most))
            }
        };
        Self::new(table, config)
    }

    fn new(table: Table, config: &ClassifySettings) -> Self {
        Self {
            table,
            tokens: config.tokens,
            padding: config.padding,
            max_length: config.max_length,
        }
    }

    /// Rows of the embedding.
    pub fn rows(&self, config: &ClassifySettings) -> usize {
        match &self.table {
            Table::Words(vocabulary) => vocabulary.len(),
            Table::Keras(_) => config.vocabulary,
        }
    }

    /// The vocabulary, where it is one of words.
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        match &self.table {
            Table::Words(vocabulary) => Some(vocabulary),
            Table::Keras(_) => None,
        }
    }

    /// The token numbers of a text, at least one.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = match &self.table {
            Table::Words(vocabulary) => vocabulary.encode(&self.tokens_of(text)),
            Table::Keras(tokenizer) => tokenizer.sequence(text),
        };
        if self.padding == Padding::Fixed {
            let most = Some(self.max_length);
            return pad_sequences(&[ids], most, Side::Pre, Side::Pre, Vocabulary::PAD).0;
        }
        if ids.is_empty() {
            ids.push(Vocabulary::UNKNOWN);
        }
        ids
    }

    /// The tokens that [`Encoder::encode`] gives numbers of, in the same places.
    pub fn tokens_of(&self, text: &str) -> Vec<String> {
        let all = words_of(text, self.tokens);
        if all.len() <= self.max_length {
            return all;
        }
        // A review says what it is about first and what it thinks of it last.
        let head = self.max_length / 4;
        let tail = all.len() - (self.max_length - head);
        [&all[..head], &all[tail..]].concat()
    }

    /// All of them.
    pub fn encode_all(&self, texts: &[String]) -> Vec<Vec<u32>> {
        texts.par_iter().map(|text| self.encode(text)).collect()
    }

    /// Tells vocabularies apart.
    pub fn fingerprint(&self) -> String {
        match &self.table {
            Table::Words(vocabulary) => vocabulary.fingerprint(),
            Table::Keras(tokenizer) => format!("keras-{}", tokenizer.len()),
        }
    }

    /// Writes the vocabulary.
    pub fn write(&self, run: &RunDir) -> Result<()> {
        let text = match &self.table {
            Table::Words(vocabulary) => vocabulary.to_text(),
            Table::Keras(tokenizer) => tokenizer.to_text(),
        };
        files::write_atomic(&run.file(VOCABULARY), text.as_bytes())
    }

    /// Reads it back; `fingerprint` is that of the vocabulary the model was trained with.
    pub fn read(run: &RunDir, config: &ClassifySettings, fingerprint: &str) -> Result<Self> {
        let path = run.file(VOCABULARY);
        let text = files::read_text(&path)?;
        let name = path.display().to_string();
        let table = match config.tokens {
            Tokens::Keras => Table::Keras(KerasTokenizer::from_text(keras(config), &text, &name)?),
            Tokens::Words | Tokens::Plain => Table::Words(Vocabulary::from_text(&text, &name)?),
        };
        let encoder = Self::new(table, config);
        if encoder.fingerprint() != fingerprint {
            let what = "the vocabulary is not the one this model was trained with";
            return Err(TaskError::run(&path, what));
        }
        Ok(encoder)
    }
}

fn keras(config: &ClassifySettings) -> KerasTokenizerConfig {
    KerasTokenizerConfig {
        num_words: Some(config.vocabulary),
        ..KerasTokenizerConfig::default()
    }
}
