//! Counting tokens piece by piece.

use super::vocabulary::Vocabulary;
use rayon::prelude::*;
use std::collections::HashMap;

/// Texts counted by one thread before counts are joined.
const CHUNK: usize = 4096;

/// Counts the tokens of texts that come piece by piece, each in parallel: what it keeps grows with
/// the different tokens, not with the texts.
///
/// ```
/// let mut counter = rekindle_data::TokenCounter::default();
/// for piece in [[vec!["a", "b"]], [vec!["b"]]] {
///     counter.add(&piece);
/// }
/// let vocabulary = counter.vocabulary(1, None);
/// assert_eq!(vocabulary.count(vocabulary.id("b")), 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct TokenCounter {
    /// Counts, with chunk and place of the first appearance.
    counts: HashMap<String, (u64, (usize, usize))>,
    chunks: usize,
}

impl TokenCounter {
    /// Counts the tokens of documents.
    pub fn add<T, S>(&mut self, documents: &[T])
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str> + Sync,
    {
        self.add_by(documents, |document, count| {
            document
                .as_ref()
                .iter()
                .for_each(|token| count(token.as_ref()));
        });
    }

    /// Counts what `tokens` gives of every document.
    pub(super) fn add_by<T: Sync>(
        &mut self,
        documents: &[T],
        tokens: impl Fn(&T, &mut dyn FnMut(&str)) + Sync,
    ) {
        let chunks: Vec<_> = documents
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut counts: HashMap<String, (u64, usize)> = HashMap::new();
                let mut count = |token: &str| match counts.get_mut(token) {
                    Some((count, _)) => *count += 1,
                    None => {
                        let first = counts.len();
                        counts.insert(token.to_string(), (1, first));
                    }
                };
                chunk
                    .iter()
                    .for_each(|document| tokens(document, &mut count));
                counts
            })
            .collect();
        for counts in chunks {
            for (token, (count, first)) in counts {
                let none = (0, (self.chunks, first));
                self.counts.entry(token).or_insert(none).0 += count;
            }
            self.chunks += 1;
        }
    }

    /// Keeps tokens seen at least `min_count` times, at most `max_size` of them.
    pub fn vocabulary(self, min_count: usize, max_size: Option<usize>) -> Vocabulary {
        let least = min_count as u64;
        let ranked = self.ranked().into_iter();
        let kept = ranked.filter(|(_, count)| *count >= least);
        Vocabulary::new(kept.take(max_size.unwrap_or(usize::MAX)))
    }

    /// Tokens by falling count, ties by first appearance.
    pub(super) fn ranked(self) -> Vec<(String, u64)> {
        let mut ranked: Vec<_> = self.counts.into_iter().collect();
        ranked.par_sort_unstable_by(|a, b| b.1.0.cmp(&a.1.0).then(a.1.1.cmp(&b.1.1)));
        ranked
            .into_iter()
            .map(|(token, (count, _))| (token, count))
            .collect()
    }
}
