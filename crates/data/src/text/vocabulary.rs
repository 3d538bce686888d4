//! The tokens a model knows.

use super::counter::TokenCounter;
use crate::error::{DataError, Place, Result};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const FIRST: usize = 2;

/// Tokens with their numbers: 0 is padding, 1 any token not known, then by falling frequency, ties by
/// first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    tokens: Vec<String>,
    counts: Vec<u64>,
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// Number of a padded step.
    pub const PAD: u32 = 0;
    /// Number of a token that is not known.
    pub const UNKNOWN: u32 = 1;

    /// Counts the tokens of documents and keeps those seen at least `min_count` times, at most
    /// `max_size` of them.
    pub fn build<T, S>(documents: &[T], min_count: usize, max_size: Option<usize>) -> Self
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str> + Sync,
    {
        let mut counter = TokenCounter::default();
        counter.add(documents);
        counter.vocabulary(min_count, max_size)
    }

    pub(super) fn new(ranked: impl Iterator<Item = (String, u64)>) -> Self {
        let (tokens, counts): (Vec<String>, Vec<u64>) = ranked.unzip();
        let ids = tokens.iter().enumerate();
        let ids = ids
            .map(|(at, token)| (token.clone(), (at + FIRST) as u32))
            .collect();
        Self {
            tokens,
            counts,
            ids,
        }
    }

    /// Number of tokens, with padding and the unknown one.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.tokens.len() + FIRST
    }

    /// The number of a token, if it is known.
    pub fn get(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// The number of a token, or that of the unknown one.
    pub fn id(&self, token: &str) -> u32 {
        self.get(token).unwrap_or(Self::UNKNOWN)
    }

    /// The token of a number; `<pad>` and `<unknown>` are the first two.
    pub fn token(&self, id: u32) -> &str {
        match id {
            Self::PAD => "<pad>",
            _ => (id as usize)
                .checked_sub(FIRST)
                .and_then(|at| self.tokens.get(at))
                .map_or("<unknown>", String::as_str),
        }
    }

    /// How often a token was seen.
    pub fn count(&self, id: u32) -> u64 {
        let at = (id as usize).checked_sub(FIRST);
        at.and_then(|at| self.counts.get(at)).copied().unwrap_or(0)
    }

    /// The numbers of tokens.
    pub fn encode<S: AsRef<str>>(&self, tokens: &[S]) -> Vec<u32> {
        tokens.iter().map(|token| self.id(token.as_ref())).collect()
    }

    /// [`Vocabulary::encode`] of all documents, in parallel.
    pub fn encode_all<T, S>(&self, documents: &[T]) -> Vec<Vec<u32>>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str> + Sync,
    {
        let documents = documents.par_iter();
        documents
            .map(|document| self.encode(document.as_ref()))
            .collect()
    }

    /// Sixteen hexadecimal digits that tell vocabularies apart.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for token in &self.tokens {
            hash.update(token.as_bytes());
            hash.update([0]);
        }
        let hex = hash.finalize().into_iter().take(8);
        hex.map(|byte| format!("{byte:02x}")).collect()
    }

    /// One token and its count a line.
    pub fn to_text(&self) -> String {
        ranks_to_text(self.tokens.iter().zip(&self.counts))
    }

    /// Reads [`Vocabulary::to_text`]; `name` stands for the file in errors.
    ///
    /// # Errors
    /// When a line is not a token and a count, or a token comes twice.
    pub fn from_text(text: &str, name: &str) -> Result<Self> {
        Ok(Self::new(ranks_from_text(text, name)?.into_iter()))
    }
}

pub(crate) fn ranks_to_text<'a>(ranks: impl Iterator<Item = (&'a String, &'a u64)>) -> String {
    let mut text = String::new();
    for (token, count) in ranks {
        for letter in token.chars() {
            match letter {
                '\\' => text += "\\\\",
                '\t' => text += "\\t",
                '\n' => text += "\\n",
                '\r' => text += "\\r",
                other => text.push(other),
            }
        }
        text += &format!("\t{count}\n");
    }
    text
}

pub(crate) fn ranks_from_text(text: &str, name: &str) -> Result<Vec<(String, u64)>> {
    let mut seen = std::collections::HashSet::new();
    let mut ranks = Vec::new();
    for (at, line) in text.split_terminator('\n').enumerate() {
        let bad = |what: &str| {
            let place = Place {
                file: name.to_string(),
                row: Some(at as u64 + 1),
                column: None,
            };
            DataError::content(what, place, "use the vocabulary as the run wrote it")
        };
        let (token, count) = line
            .rsplit_once('\t')
            .ok_or_else(|| bad("the line is not a token, a tab and a count"))?;
        let count = count
            .parse()
            .map_err(|_| bad("the count is not a whole number"))?;
        let token = unescaped(token);
        if !seen.insert(token.clone()) {
            return Err(bad("the token comes twice"));
        }
        ranks.push((token, count));
    }
    Ok(ranks)
}

fn unescaped(token: &str) -> String {
    let mut letters = token.chars();
    let mut text = String::with_capacity(token.len());
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_are_ranked_by_count_then_by_first_appearance() {
        let documents = [vec!["b", "a", "c"], vec!["a", "d", "b"]];
        let vocabulary = Vocabulary::build(&documents, 1, None);
        let tokens: Vec<&str> = (0..vocabulary.len() as u32)
            .map(|id| vocabulary.token(id))
            .collect();
        assert_eq!(tokens, ["<pad>", "<unknown>", "b", "a", "c", "d"]);
        assert_eq!(vocabulary.encode(&["a", "x"]), [3, Vocabulary::UNKNOWN]);
        assert_eq!(vocabulary.count(3), 2);
        assert_eq!(Vocabulary::build(&documents, 2, None).len(), 4);
        assert_eq!(Vocabulary::build(&documents, 1, Some(1)).len(), 3);
    }

    #[test]
    fn a_damaged_file_is_refused_with_its_line() {
        for (text, line) in [("a\t1\nb\n", 2), ("a\tx\n", 1), ("a\t1\na\t2\n", 2)] {
            let error = Vocabulary::from_text(text, "v.txt").expect_err(text);
            assert_eq!(error.place(), Some(format!("v.txt, row {line}")));
        }
    }

    proptest! {
        #[test]
        fn a_vocabulary_is_read_as_it_was_written(words in prop::collection::vec(".*", 0..40)) {
            let vocabulary = Vocabulary::build(&[words], 1, None);
            let read = Vocabulary::from_text(&vocabulary.to_text(), "v").unwrap();
            prop_assert_eq!(&vocabulary, &read);
            prop_assert_eq!(vocabulary.fingerprint(), read.fingerprint());
        }
    }
}
