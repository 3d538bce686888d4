//! How many n-grams two sequences share.

use std::collections::HashMap;
use std::hash::Hash;

/// Matches of the n-grams of length `n`, each counted at most as often as the reference has it:
/// `sum over g of min(count of g in hypothesis, count of g in reference)`.
pub(crate) fn clipped_matches<T: Eq + Hash>(hypothesis: &[T], reference: &[T], n: usize) -> u64 {
    let mut left: HashMap<&[T], u32> = HashMap::with_capacity(reference.len());
    for gram in reference.windows(n) {
        *left.entry(gram).or_default() += 1;
    }
    let mut matches = 0;
    for gram in hypothesis.windows(n) {
        if let Some(count) = left.get_mut(gram).filter(|count| **count > 0) {
            *count -= 1;
            matches += 1;
        }
    }
    matches
}

/// How many n-grams of length `n` a sequence of `len` items has.
pub(crate) fn ngram_count(len: usize, n: usize) -> u64 {
    (len + 1).saturating_sub(n) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_clipped_on_both_sides() {
        // Papineni's example: seven times "the" against a reference that has it twice.
        let reference = ["the", "cat", "is", "on", "the", "mat"];
        assert_eq!(clipped_matches(&["the"; 7], &reference, 1), 2);
        assert_eq!(clipped_matches(&reference, &["the"; 7], 1), 2);
        assert_eq!(clipped_matches(&reference, &reference, 7), 0);
        assert_eq!((ngram_count(3, 1), ngram_count(3, 3)), (3, 1));
        assert_eq!((ngram_count(3, 4), ngram_count(0, 1)), (0, 0));
    }
}
