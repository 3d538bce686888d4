//! chrF: the F-score of a translation's character n-grams.

use crate::corpus::CorpusCounts;
use crate::overlap::{clipped_matches, ngram_count};
use crate::tokenizer_13a::is_space;
use serde::{Deserialize, Serialize};
use std::iter::Sum;

/// Length of the longest n-grams that chrF counts.
pub const CHRF_ORDER: usize = 6;

/// Weight of recall against precision in [`chrf`].
const BETA: f64 = 2.0;

/// How [`chrf`] scores, in the notation of sacreBLEU, to be printed beside every score.
///
/// All fields but the last are those that sacreBLEU prints for its defaults. The last names this
/// implementation; its tests hold it to values of sacreBLEU 2.6.0.
pub const CHRF_SIGNATURE: &str = concat!(
    "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|impl:rekindle-",
    env!("CARGO_PKG_VERSION")
);

/// What chrF needs of a sentence: counts of character n-grams, for n from 1 on, that add up over a
/// corpus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChrfCounts {
    /// n-grams of the hypothesis; 0 where the reference is too short to have any.
    pub hypothesis: [u64; CHRF_ORDER],
    /// n-grams of the reference.
    pub reference: [u64; CHRF_ORDER],
    /// n-grams that both have, clipped.
    pub matches: [u64; CHRF_ORDER],
}

impl ChrfCounts {
    /// Counts one sentence. Characters are Unicode's scalar values; white space is left out.
    pub fn of(hypothesis: &str, reference: &str) -> Self {
        let visible = |text: &str| text.chars().filter(|&c| !is_space(c)).collect();
        let (hypothesis, reference): (Vec<char>, Vec<char>) =
            (visible(hypothesis), visible(reference));
        let of_reference = std::array::from_fn(|i| ngram_count(reference.len(), i + 1));
        Self {
            hypothesis: std::array::from_fn(|i| match of_reference[i] {
                0 => 0,
                _ => ngram_count(hypothesis.len(), i + 1),
            }),
            reference: of_reference,
            matches: std::array::from_fn(|i| clipped_matches(&hypothesis, &reference, i + 1)),
        }
    }

    /// chrF of what these counts are of, from 0 to 100; see [`chrf`] for the equations.
    pub fn chrf(&self) -> f64 {
        let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
        for i in 0..CHRF_ORDER {
            if self.hypothesis[i] > 0 && self.reference[i] > 0 {
                precision += self.matches[i] as f64 / self.hypothesis[i] as f64;
                recall += self.matches[i] as f64 / self.reference[i] as f64;
                orders += 1.0;
            }
        }
        if precision + recall == 0.0 {
            return 0.0;
        }
        let (precision, recall) = (precision / orders, recall / orders);
        let factor = BETA * BETA;
        let score = 100.0 * (1.0 + factor) * precision * recall / (factor * precision + recall);
        // Rounding could leave a trace above.
        score.min(100.0)
    }
}

impl Sum for ChrfCounts {
    fn sum<I: Iterator<Item = Self>>(sentences: I) -> Self {
        let mut sum = Self::default();
        for sentence in sentences {
            for i in 0..CHRF_ORDER {
                sum.hypothesis[i] += sentence.hypothesis[i];
                sum.reference[i] += sentence.reference[i];
                sum.matches[i] += sentence.matches[i];
            }
        }
        sum
    }
}

impl CorpusCounts for ChrfCounts {
    fn score(&self) -> f64 {
        self.chrf()
    }
}

/// chrF2 of a corpus, from 0 to 100, as sacreBLEU computes it by default: one reference a sentence,
/// case kept, character n-grams up to 6 without white space, no word n-grams, recall weighing twice
/// as much as precision.
///
/// Over the whole corpus, with `m_n` the clipped matches, `h_n` and `r_n` the n-grams of hypotheses
/// and references, and means over those n of which both have any,
///
/// ```text
/// P = mean of m_n / h_n,  R = mean of m_n / r_n
/// chrF = 100 (1 + beta^2) P R / (beta^2 P + R),  beta = 2
/// ```
///
/// The score is 0 where nothing matches and without sentences: like sacreBLEU, and unlike the rest
/// of this crate, it is never NaN.
///
/// Maja Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015; Matt Post,
/// "A Call for Clarity in Reporting BLEU Scores", WMT 2018.
///
/// # Panics
/// If the slices differ in length.
pub fn chrf(hypotheses: &[impl AsRef<str>], references: &[impl AsRef<str>]) -> f64 {
    let counts = chrf_counts(hypotheses, references);
    counts.into_iter().sum::<ChrfCounts>().chrf()
}

/// The counts of every sentence, for scores of parts and for [`corpus_interval`] and
/// [`paired_bootstrap`].
///
/// # Panics
/// If the slices differ in length.
///
/// [`corpus_interval`]: crate::corpus_interval
/// [`paired_bootstrap`]: crate::paired_bootstrap
pub fn chrf_counts(
    hypotheses: &[impl AsRef<str>],
    references: &[impl AsRef<str>],
) -> Vec<ChrfCounts> {
    assert_eq!(hypotheses.len(), references.len(), "a reference for each");
    let pairs = hypotheses.iter().zip(references);
    pairs
        .map(|(hypothesis, reference)| ChrfCounts::of(hypothesis.as_ref(), reference.as_ref()))
        .collect()
}
