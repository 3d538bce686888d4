//! Keras's `Tokenizer` and `pad_sequences`, to the letter.

use super::counter::TokenCounter;
use super::vocabulary::{ranks_from_text, ranks_to_text};
use crate::error::Result;
use rayon::prelude::*;
use std::collections::HashMap;

/// Settings of a [`KerasTokenizer`], with Keras's names and defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KerasTokenizerConfig {
    /// Numbers from here on are left out, or become that of `oov_token`.
    pub num_words: Option<usize>,
    /// Characters that separate words.
    pub filters: String,
    /// Lower-case the text first.
    pub lower: bool,
    /// What words are separated by.
    pub split: String,
    /// Every character is a token.
    pub char_level: bool,
    /// Stands for words that are not known.
    pub oov_token: Option<String>,
}

impl Default for KerasTokenizerConfig {
    fn default() -> Self {
        Self {
            num_words: None,
            filters: "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n".to_string(),
            lower: true,
            split: " ".to_string(),
            char_level: false,
            oov_token: None,
        }
    }
}

/// Numbers words by falling frequency, ties by first appearance, from 1; 0 is left for padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KerasTokenizer {
    config: KerasTokenizerConfig,
    ranks: Vec<(String, u64)>,
    index: HashMap<String, u32>,
}

impl KerasTokenizer {
    /// Counts the words of texts, in parallel.
    pub fn fit<S: AsRef<str> + Sync>(config: KerasTokenizerConfig, texts: &[S]) -> Self {
        let mut counter = TokenCounter::default();
        config.count(&mut counter, texts);
        Self::new(config, counter.ranked())
    }

    /// Counts the words of texts that come piece by piece, as from a
    /// [`TextReader`](crate::TextReader), so that no file has to fit into memory.
    ///
    /// # Errors
    /// The first that a piece is.
    pub fn fit_pieces<S: AsRef<str> + Sync, E>(
        config: KerasTokenizerConfig,
        pieces: impl IntoIterator<Item = std::result::Result<Vec<S>, E>>,
    ) -> std::result::Result<Self, E> {
        let mut counter = TokenCounter::default();
        for piece in pieces {
            config.count(&mut counter, &piece?);
        }
        Ok(Self::new(config, counter.ranked()))
    }

    fn new(config: KerasTokenizerConfig, ranks: Vec<(String, u64)>) -> Self {
        let first = config.oov_token.iter();
        let tokens = first.chain(ranks.iter().map(|(token, _)| token));
        // A text may hold the unknown token itself: the later number is taken, as in Keras.
        let index = tokens
            .zip(1..)
            .map(|(token, number)| (token.clone(), number))
            .collect();
        Self {
            config,
            ranks,
            index,
        }
    }

    /// The number of every word, whatever `num_words` says.
    pub fn word_index(&self) -> &HashMap<String, u32> {
        &self.index
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no word was seen.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The numbers of a text's words; words that are not known are left out without an `oov_token`.
    pub fn sequence(&self, text: &str) -> Vec<u32> {
        let unknown = self
            .config
            .oov_token
            .as_ref()
            .and_then(|oov| self.index.get(oov));
        // Keras takes 0 for no limit.
        let most = self
            .config
            .num_words
            .filter(|&most| most > 0)
            .unwrap_or(usize::MAX);
        let mut numbers = Vec::new();
        self.config.split(text, |token| {
            let known = self
                .index
                .get(token)
                .filter(|&&number| (number as usize) < most);
            numbers.extend(known.or(unknown).copied());
        });
        numbers
    }

    /// [`KerasTokenizer::sequence`] of all texts, in parallel.
    pub fn sequences<S: AsRef<str> + Sync>(&self, texts: &[S]) -> Vec<Vec<u32>> {
        texts
            .par_iter()
            .map(|text| self.sequence(text.as_ref()))
            .collect()
    }

    /// One word and its count a line.
    pub fn to_text(&self) -> String {
        ranks_to_text(self.ranks.iter().map(|(token, count)| (token, count)))
    }

    /// Reads [`KerasTokenizer::to_text`]; `name` stands for the file in errors.
    ///
    /// # Errors
    /// When a line is not a word and a count.
    pub fn from_text(config: KerasTokenizerConfig, text: &str, name: &str) -> Result<Self> {
        Ok(Self::new(config, ranks_from_text(text, name)?))
    }
}

impl KerasTokenizerConfig {
    /// Calls `each` with every token.
    fn count<S: AsRef<str> + Sync>(&self, counter: &mut TokenCounter, texts: &[S]) {
        counter.add_by(texts, |text, each| self.split(text.as_ref(), each));
    }

    fn split(&self, text: &str, mut each: impl FnMut(&str)) {
        let lowered;
        let text = if self.lower {
            lowered = text.to_lowercase();
            &lowered
        } else {
            text
        };
        if self.char_level {
            let mut buffer = [0; 4];
            text.chars()
                .for_each(|letter| each(letter.encode_utf8(&mut buffer)));
            return;
        }
        // With the usual separator a filtered character and a blank are one and the same.
        if self.split == " " {
            let separates = |letter: char| letter == ' ' || self.filters.contains(letter);
            text.split(separates)
                .filter(|token| !token.is_empty())
                .for_each(each);
            return;
        }
        let mut separated = String::with_capacity(text.len());
        for letter in text.chars() {
            match self.filters.contains(letter) {
                true => separated += &self.split,
                false => separated.push(letter),
            }
        }
        let tokens = separated.split(self.split.as_str());
        tokens.filter(|token| !token.is_empty()).for_each(each);
    }
}

/// A side of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Its beginning.
    Pre,
    /// Its end.
    Post,
}

/// Sequences of one length, row by row, and that length: the longest one's, unless `maxlen` says
/// another.
pub fn pad_sequences(
    sequences: &[Vec<u32>],
    maxlen: Option<usize>,
    padding: Side,
    truncating: Side,
    value: u32,
) -> (Vec<u32>, usize) {
    let longest = || sequences.iter().map(Vec::len).max().unwrap_or(0);
    let length = maxlen.unwrap_or_else(longest);
    let mut rows = vec![value; sequences.len() * length];
    if length == 0 {
        return (rows, 0);
    }
    for (sequence, row) in sequences.iter().zip(rows.chunks_mut(length)) {
        let kept = sequence.len().min(length);
        let kept = match truncating {
            Side::Pre => &sequence[sequence.len() - kept..],
            Side::Post => &sequence[..kept],
        };
        let at = match padding {
            Side::Pre => length - kept.len(),
            Side::Post => 0,
        };
        row[at..at + kept.len()].copy_from_slice(kept);
    }
    (rows, length)
}
