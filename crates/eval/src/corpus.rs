//! Scores of a corpus that come from counts of its sentences, and how sure they are.

use crate::Interval;
use crate::interval::{check_confidence, percentile_interval, replicates_of};
use serde::{Deserialize, Serialize};
use std::iter::Sum;

/// What a score of a whole corpus needs of each sentence: counts that add up.
///
/// The score of some sentences is the score of the sum of their counts, not the mean of their
/// scores. Resampling therefore adds counts and never looks at a text again.
pub trait CorpusCounts: Copy + Sum {
    /// The score of what these counts are of.
    fn score(&self) -> f64;
}

/// Percentile interval for the score of a corpus by the ordinary bootstrap over its sentences
/// (Koehn 2004), in the units of the score; `counts` has one element a sentence.
///
/// This is [`block_bootstrap`](crate::block_bootstrap) with blocks of one sentence: it takes
/// sentences for independent and says nothing about another training run of the same system. The
/// estimate is the score of the corpus, also without sentences; the bounds are NaN with fewer than
/// two sentences or without replicates.
///
/// Philipp Koehn, "Statistical Significance Tests for Machine Translation Evaluation", EMNLP 2004.
///
/// # Panics
/// If `confidence` is not inside `(0, 1)`.
pub fn corpus_interval<C: CorpusCounts>(
    counts: &[C],
    replicates: usize,
    confidence: f64,
    seed: u64,
) -> Interval {
    check_confidence(confidence);
    let drawn = replicates_of(counts.len(), 1, replicates, seed, |sample| {
        score_of(counts, sample)
    });
    percentile_interval(score(counts), drawn, confidence)
}

/// Outcome of [`paired_bootstrap`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedBootstrap {
    /// Score of the first system minus score of the second, with its percentile interval.
    pub difference: Interval,
    /// Two-sided p-value of no difference, above 0 and at most 1.
    pub p_value: f64,
}

/// Whether two systems differ on the same sentences by more than the choice of sentences explains:
/// paired bootstrap resampling (Koehn 2004).
///
/// Every replicate `r` draws as many sentences as there are, with replacement, and takes the
/// difference `d_r` of both systems' scores on them. With `d` the difference on the corpus and `m`
/// the mean of `R` replicates, the p-value is `(1 + #{r: |d_r - m| >= |d|}) / (1 + R)`: how often
/// resampling alone strays from its centre as far as the systems lie apart (Riezler and Maxwell
/// 2005). NaN where the bounds are, see [`corpus_interval`].
///
/// `sacrebleu --paired-bs` puts `|d_r|` in the place of `d_r`: it counts one tail alone where
/// systems lie apart, and gives `1 / (1 + R)` to a system against itself, where this p-value is 1.
///
/// Stefan Riezler and John T. Maxwell, "On Some Pitfalls in Automatic Evaluation and Significance
/// Testing for MT", ACL Workshop on Evaluation Measures 2005.
///
/// # Panics
/// If the slices differ in length or `confidence` is not inside `(0, 1)`.
pub fn paired_bootstrap<C: CorpusCounts>(
    first: &[C],
    second: &[C],
    replicates: usize,
    confidence: f64,
    seed: u64,
) -> PairedBootstrap {
    assert_eq!(first.len(), second.len(), "the same sentences");
    check_confidence(confidence);
    let difference = score(first) - score(second);
    let drawn = replicates_of(first.len(), 1, replicates, seed, |sample| {
        score_of(first, sample) - score_of(second, sample)
    });
    PairedBootstrap {
        p_value: shifted_p_value(difference, &drawn),
        difference: percentile_interval(difference, drawn, confidence),
    }
}

fn score<C: CorpusCounts>(counts: &[C]) -> f64 {
    counts.iter().copied().sum::<C>().score()
}

fn score_of<C: CorpusCounts>(counts: &[C], sample: &[usize]) -> f64 {
    sample.iter().map(|&i| counts[i]).sum::<C>().score()
}

fn shifted_p_value(difference: f64, drawn: &[f64]) -> f64 {
    if drawn.is_empty() {
        return f64::NAN;
    }
    let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
    let as_far = |value: &&f64| (*value - mean).abs() >= difference.abs();
    let extreme = drawn.iter().filter(as_far).count();
    (1 + extreme) as f64 / (1 + drawn.len()) as f64
}
