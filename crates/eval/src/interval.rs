//! Uncertainty of what was measured: intervals for proportions and the block bootstrap.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::beta_reg;

use crate::quantile::empirical_quantile;

/// A count of hits among `n` trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Proportion {
    /// How many trials were hits.
    pub hits: u64,
    /// How many trials there were.
    pub n: u64,
}

impl Proportion {
    /// The share of hits, `hits / n`, from 0 to 1; NaN without trials.
    pub fn rate(&self) -> f64 {
        self.hits as f64 / self.n as f64
    }

    /// Wilson's score interval for the true share, within `[0, 1]` (Wilson 1927).
    ///
    /// With `z` the normal quantile of `(1 + confidence) / 2`: centre `(hits + z^2/2) / (n + z^2)`,
    /// half width `z / (n + z^2) * sqrt(hits (n - hits) / n + z^2 / 4)`. Without trials `(0, 1)`.
    /// Assumes independent trials: overlapping forecasts are not, and make it too narrow.
    ///
    /// # Panics
    /// If `confidence` is not inside `(0, 1)` or there are more hits than trials.
    pub fn wilson(&self, confidence: f64) -> (f64, f64) {
        self.check(confidence);
        if self.n == 0 {
            return (0.0, 1.0);
        }
        let (hits, n) = (self.hits as f64, self.n as f64);
        let z = normal_quantile(0.5 + 0.5 * confidence);
        let z2 = z * z;
        let centre = (hits + 0.5 * z2) / (n + z2);
        let half = z / (n + z2) * (hits * (n - hits) / n + 0.25 * z2).sqrt();
        // The bounds are exactly 0 and 1 at the ends, where rounding would leave a trace.
        let lower = if self.hits == 0 { 0.0 } else { centre - half };
        let upper = if self.hits == self.n {
            1.0
        } else {
            centre + half
        };
        (lower, upper)
    }

    /// Clopper and Pearson's exact interval for the true share, within `[0, 1]` (Clopper and
    /// Pearson 1934): it covers with at least the stated confidence, at the price of width.
    ///
    /// With `alpha = 1 - confidence`, the lower bound is the `alpha / 2` quantile of
    /// `Beta(hits, n - hits + 1)` and the upper bound the `1 - alpha / 2` quantile of
    /// `Beta(hits + 1, n - hits)`; 0 without hits, 1 without misses, `(0, 1)` without trials.
    /// Assumes independent trials.
    ///
    /// # Panics
    /// If `confidence` is not inside `(0, 1)` or there are more hits than trials.
    pub fn clopper_pearson(&self, confidence: f64) -> (f64, f64) {
        self.check(confidence);
        let (hits, misses) = (self.hits as f64, (self.n - self.hits) as f64);
        let tail = 0.5 - 0.5 * confidence;
        let lower = if self.hits == 0 {
            0.0
        } else {
            beta_quantile(hits, misses + 1.0, tail)
        };
        // By symmetry, so that both bounds come from a small tail, where precision is best.
        let upper = if self.hits == self.n {
            1.0
        } else {
            1.0 - beta_quantile(misses, hits + 1.0, tail)
        };
        (lower, upper)
    }

    fn check(&self, confidence: f64) {
        check_confidence(confidence);
        assert!(self.hits <= self.n, "more hits than trials");
    }
}

pub(crate) fn check_confidence(confidence: f64) {
    assert!(
        confidence > 0.0 && confidence < 1.0,
        "a confidence lies inside (0, 1)"
    );
}

fn normal_quantile(level: f64) -> f64 {
    Normal::standard().inverse_cdf(level)
}

/// Quantile of a beta distribution by bisection: as exact as its distribution function is.
fn beta_quantile(a: f64, b: f64, level: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // Halving the unit interval reaches neighbouring doubles well before the bound.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_reg(a, b, middle) < level {
            low = middle
        } else {
            high = middle
        }
    }
    0.5 * (low + high)
}

/// An estimate with the interval around it.
///
/// Bounds can be NaN, which JSON writes as `null` and cannot read back into this type.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The statistic of the sample itself.
    pub estimate: f64,
    /// Lower end of the interval.
    pub lower: f64,
    /// Upper end of the interval.
    pub upper: f64,
}

/// Interval for the mean of a series whose neighbours depend on each other: [`block_bootstrap`] of
/// the mean, in the units of the values.
///
/// All NaN for an empty slice; see [`block_bootstrap`] for the rest.
///
/// # Panics
/// If `block` is zero or `confidence` is not inside `(0, 1)`.
pub fn block_bootstrap_mean(
    values: &[f64],
    block: usize,
    replicates: usize,
    confidence: f64,
    seed: u64,
) -> Interval {
    let mean =
        |sample: &[usize]| sample.iter().map(|&i| values[i]).sum::<f64>() / sample.len() as f64;
    block_bootstrap(values.len(), block, replicates, confidence, seed, mean)
}

/// Interval for any statistic of `n` time-ordered observations by the circular block bootstrap
/// (Politis and Romano 1992), percentile method.
///
/// Every replicate draws `ceil(n / block)` blocks of `block` consecutive positions, starting
/// anywhere and wrapping at the end, cuts them to `n` positions and gives those to `statistic`. The
/// bounds are the type 7 quantiles `(1 -+ confidence) / 2` of the replicates; the estimate is the
/// statistic of the positions `0..n` in order. Blocks keep the dependence within `block` steps, so
/// a block should span at least the forecast horizon; `block = 1` is the ordinary bootstrap.
///
/// The same seed gives the same interval on every machine. All three are NaN when `n` is zero. The
/// bounds alone are NaN when `block >= n` (every sample would be the series itself, rotated),
/// without replicates, and when the statistic of any replicate is NaN.
///
/// # Panics
/// If `block` is zero or `confidence` is not inside `(0, 1)`.
pub fn block_bootstrap(
    n: usize,
    block: usize,
    replicates: usize,
    confidence: f64,
    seed: u64,
    statistic: impl Fn(&[usize]) -> f64,
) -> Interval {
    assert!(block > 0, "a block has at least one observation");
    check_confidence(confidence);
    let estimate = match n {
        0 => f64::NAN,
        n => statistic(&(0..n).collect::<Vec<_>>()),
    };
    let drawn = replicates_of(n, block, replicates, seed, statistic);
    percentile_interval(estimate, drawn, confidence)
}

/// The statistic of every sample that [`block_bootstrap`] draws, in that order; none when
/// `block >= n`.
pub(crate) fn replicates_of(
    n: usize,
    block: usize,
    replicates: usize,
    seed: u64,
    statistic: impl Fn(&[usize]) -> f64,
) -> Vec<f64> {
    if block >= n {
        return Vec::new();
    }
    let mut sample = vec![0; n];
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = Vec::with_capacity(replicates);
    for _ in 0..replicates {
        for positions in sample.chunks_mut(block) {
            // Drawn as u64, as the width of usize must not change the stream.
            let start = rng.random_range(0..n as u64) as usize;
            for (offset, position) in positions.iter_mut().enumerate() {
                let at = start + offset;
                *position = if at < n { at } else { at - n };
            }
        }
        drawn.push(statistic(&sample));
    }
    drawn
}

/// The estimate between the quantiles `(1 -+ confidence) / 2` of its replicates; bounds are NaN
/// without any and when one is NaN.
pub(crate) fn percentile_interval(estimate: f64, mut drawn: Vec<f64>, confidence: f64) -> Interval {
    if drawn.iter().any(|value| value.is_nan()) {
        drawn.clear();
    }
    drawn.sort_unstable_by(f64::total_cmp);
    Interval {
        estimate,
        lower: empirical_quantile(&drawn, 0.5 - 0.5 * confidence),
        upper: empirical_quantile(&drawn, 0.5 + 0.5 * confidence),
    }
}
