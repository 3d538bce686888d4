//! Forecasts of an event by its probability.

use crate::Proportion;
use serde::{Deserialize, Serialize};

/// Mean squared distance of the probability from what happened (1 or 0); NaN without forecasts.
///
/// Glenn W. Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather
/// Review 78(1), 1950; this is half of his score for two classes.
///
/// # Panics
/// If the slices differ in length.
pub fn brier(happened: &[bool], probabilities: &[f64]) -> f64 {
    assert_eq!(happened.len(), probabilities.len(), "an outcome for each");
    let pairs = happened.iter().zip(probabilities);
    let sum: f64 = pairs
        .map(|(&happened, p)| (p - f64::from(happened)).powi(2))
        .sum();
    sum / happened.len() as f64
}

/// Forecasts whose probabilities lie in one stretch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EventBin {
    /// Their mean probability.
    pub forecast: f64,
    /// Share of them after which it happened.
    pub observed: f64,
    /// 95 % interval of that share, as Wilson gives it.
    pub interval: (f64, f64),
    /// How many they are.
    pub count: usize,
}

/// How often it happened when its probability was said to be so much, in `bins` stretches of equal
/// width from 0 to 1; empty ones are left out.
///
/// # Panics
/// If the slices differ in length.
pub fn event_reliability(happened: &[bool], probabilities: &[f64], bins: usize) -> Vec<EventBin> {
    assert_eq!(happened.len(), probabilities.len(), "an outcome for each");
    let bins = bins.max(1);
    let mut sums = vec![(0.0, 0_u64, 0_u64); bins];
    for (&happened, &p) in happened.iter().zip(probabilities) {
        let bin = ((p.clamp(0.0, 1.0) * bins as f64) as usize).min(bins - 1);
        sums[bin].0 += p;
        sums[bin].1 += u64::from(happened);
        sums[bin].2 += 1;
    }
    let filled = sums.into_iter().filter(|&(_, _, n)| n > 0);
    filled
        .map(|(sum, hits, n)| {
            let share = Proportion { hits, n };
            EventBin {
                forecast: sum / n as f64,
                observed: share.rate(),
                interval: share.wilson(0.95),
                count: n as usize,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_of_a_constant_is_known() {
        let happened = [true, false, false, false];
        assert_eq!(brier(&happened, &[0.25; 4]), 0.25 * 0.75);
        assert_eq!(brier(&happened, &[1.0, 0.0, 0.0, 0.0]), 0.0);
        assert_eq!(brier(&happened, &[0.0, 1.0, 1.0, 1.0]), 1.0);
        assert!(brier(&[], &[]).is_nan());
    }

    #[test]
    fn every_forecast_is_in_one_bin() {
        let happened = [true, false, true, true, false];
        let bins = event_reliability(&happened, &[0.0, 0.1, 0.95, 1.0, 0.5], 10);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), 5);
        assert_eq!(bins.len(), 4);
        assert_eq!((bins[0].forecast, bins[0].observed), (0.0, 1.0));
        assert_eq!((bins[3].count, bins[3].observed), (2, 1.0));
        assert!(bins[3].interval.0 > 0.3 && bins[3].interval.1 <= 1.0);
    }
}
