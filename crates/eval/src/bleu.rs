//! BLEU: which share of a translation's word n-grams the reference has too.

use crate::corpus::CorpusCounts;
use crate::overlap::{clipped_matches, ngram_count};
use crate::tokenize_13a;
use serde::{Deserialize, Serialize};
use std::iter::Sum;

/// Length of the longest n-grams that BLEU counts.
pub const BLEU_ORDER: usize = 4;

/// How [`bleu`] scores, in the notation of sacreBLEU, to be printed beside every score.
///
/// All fields but the last are those that sacreBLEU prints for its defaults. The last names this
/// implementation; its tests hold it to values of sacreBLEU 2.6.0.
pub const BLEU_SIGNATURE: &str = concat!(
    "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|impl:rekindle-",
    env!("CARGO_PKG_VERSION")
);

/// What BLEU needs of a sentence: lengths and n-gram counts that add up over a corpus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BleuCounts {
    /// Tokens of the hypothesis.
    pub hypothesis_length: u64,
    /// Tokens of the reference.
    pub reference_length: u64,
    /// n-grams of the hypothesis that the reference has too, clipped, for n from 1 on.
    pub matches: [u64; BLEU_ORDER],
    /// n-grams of the hypothesis, for n from 1 on.
    pub totals: [u64; BLEU_ORDER],
}

impl BleuCounts {
    /// Counts one sentence, both sides as plain text; [`tokenize_13a`] splits them.
    pub fn of(hypothesis: &str, reference: &str) -> Self {
        let (hypothesis, reference) = (tokenize_13a(hypothesis), tokenize_13a(reference));
        let (hypothesis, reference) = (tokens(&hypothesis), tokens(&reference));
        Self {
            hypothesis_length: hypothesis.len() as u64,
            reference_length: reference.len() as u64,
            matches: std::array::from_fn(|i| clipped_matches(&hypothesis, &reference, i + 1)),
            totals: std::array::from_fn(|i| ngram_count(hypothesis.len(), i + 1)),
        }
    }

    /// BLEU of what these counts are of; see [`bleu`] for the equations.
    pub fn bleu(&self) -> Bleu {
        let brevity_penalty = self.brevity_penalty();
        // Without one common token no precision is made up, and all stay 0.
        if self.matches == [0; BLEU_ORDER] {
            return self.scored(0.0, [0.0; BLEU_ORDER], brevity_penalty);
        }
        let mut smoothing = 1.0;
        let mut shares = [0.0; BLEU_ORDER];
        for (i, share) in shares.iter_mut().enumerate() {
            *share = match (self.matches[i], self.totals[i] as f64) {
                (_, 0.0) => 0.0,
                (0, total) => {
                    smoothing *= 2.0;
                    1.0 / (smoothing * total)
                }
                (matches, total) => matches as f64 / total,
            };
        }
        let mean_log = shares.iter().map(|p| p.ln()).sum::<f64>() / BLEU_ORDER as f64;
        self.scored(
            100.0 * brevity_penalty * mean_log.exp(),
            shares.map(|p| 100.0 * p),
            brevity_penalty,
        )
    }

    fn brevity_penalty(&self) -> f64 {
        match (self.hypothesis_length, self.reference_length) {
            (hypothesis, reference) if hypothesis >= reference => 1.0,
            (0, _) => 0.0,
            (hypothesis, reference) => (1.0 - reference as f64 / hypothesis as f64).exp(),
        }
    }

    fn scored(&self, score: f64, precisions: [f64; BLEU_ORDER], brevity_penalty: f64) -> Bleu {
        Bleu {
            score,
            precisions,
            brevity_penalty,
            hypothesis_length: self.hypothesis_length,
            reference_length: self.reference_length,
        }
    }
}

impl Sum for BleuCounts {
    fn sum<I: Iterator<Item = Self>>(sentences: I) -> Self {
        let mut sum = Self::default();
        for sentence in sentences {
            sum.hypothesis_length += sentence.hypothesis_length;
            sum.reference_length += sentence.reference_length;
            for i in 0..BLEU_ORDER {
                sum.matches[i] += sentence.matches[i];
                sum.totals[i] += sentence.totals[i];
            }
        }
        sum
    }
}

impl CorpusCounts for BleuCounts {
    fn score(&self) -> f64 {
        self.bleu().score
    }
}

/// A BLEU score and what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bleu {
    /// The score, from 0 to 100.
    pub score: f64,
    /// Precisions of the n-grams in percent, for n from 1 on, smoothed where nothing matches.
    pub precisions: [f64; BLEU_ORDER],
    /// The factor for hypotheses that are shorter than their references, from 0 to 1.
    pub brevity_penalty: f64,
    /// Tokens of all hypotheses.
    pub hypothesis_length: u64,
    /// Tokens of all references.
    pub reference_length: u64,
}

/// BLEU of a corpus, as sacreBLEU computes it by default: one reference a sentence, tokenizer
/// `13a`, case kept, n-grams up to 4, exponential smoothing.
///
/// Over the whole corpus, with `m_n` the clipped matches and `t_n` the number of n-grams of the
/// hypotheses, `c` their tokens and `r` those of the references,
///
/// ```text
/// p_n  = m_n / t_n,  or  1 / (2^k t_n)  where m_n = 0, for the k-th such n
/// BP   = min(1, exp(1 - r / c))
/// BLEU = 100 BP (p_1 p_2 p_3 p_4)^(1/4)
/// ```
///
/// The score is 0 where nothing matches, where no hypothesis has four tokens, and without
/// sentences: like sacreBLEU, and unlike the rest of this crate, it is never NaN. It is a score of
/// a corpus: the mean over sentences of [`BleuCounts::bleu`] is another number. Texts are to be
/// given as a reader sees them, without tokenization of their own.
///
/// Kishore Papineni, Salim Roukos, Todd Ward and Wei-Jing Zhu, "BLEU: a Method for Automatic
/// Evaluation of Machine Translation", ACL 2002; Matt Post, "A Call for Clarity in Reporting BLEU
/// Scores", WMT 2018.
///
/// ```
/// use rekindle_eval::*;
///
/// let hypotheses = ["The cat sat on the mat.", "It rains."];
/// let references = ["The cat sat on a mat.", "It is raining."];
/// println!("{:.1} ({BLEU_SIGNATURE})", bleu(&hypotheses, &references).score);
///
/// let counts = bleu_counts(&hypotheses, &references);
/// let interval = corpus_interval(&counts, 1000, 0.95, 7);
/// assert!(interval.lower <= interval.estimate && interval.estimate <= interval.upper);
/// ```
///
/// # Panics
/// If the slices differ in length.
pub fn bleu(hypotheses: &[impl AsRef<str>], references: &[impl AsRef<str>]) -> Bleu {
    let counts = bleu_counts(hypotheses, references);
    counts.into_iter().sum::<BleuCounts>().bleu()
}

/// The counts of every sentence, for scores of parts and for [`corpus_interval`] and
/// [`paired_bootstrap`].
///
/// # Panics
/// If the slices differ in length.
///
/// [`corpus_interval`]: crate::corpus_interval
/// [`paired_bootstrap`]: crate::paired_bootstrap
pub fn bleu_counts(
    hypotheses: &[impl AsRef<str>],
    references: &[impl AsRef<str>],
) -> Vec<BleuCounts> {
    assert_eq!(hypotheses.len(), references.len(), "a reference for each");
    let pairs = hypotheses.iter().zip(references);
    pairs
        .map(|(hypothesis, reference)| BleuCounts::of(hypothesis.as_ref(), reference.as_ref()))
        .collect()
}

fn tokens(line: &str) -> Vec<&str> {
    line.split(' ').filter(|token| !token.is_empty()).collect()
}
