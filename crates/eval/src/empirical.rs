//! Prediction intervals from nothing but past changes: the baseline of the quantile forecasts.

use serde::{Deserialize, Serialize};

use crate::quantile::empirical_quantile;

/// Empirical quantiles of the changes over 1 to `horizon` steps of a history.
///
/// Added to the last value they are a quantile forecast that knows how far the series usually moves
/// and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmpiricalQuantiles {
    /// The levels, each in `[0, 1]`.
    pub levels: Vec<f64>,
    /// `[horizon * levels]`, row by row: the quantiles of the changes over 1 step, 2 steps, ...
    pub values: Vec<f64>,
}

impl EmpiricalQuantiles {
    /// Takes the type 7 quantiles of all changes `y_{t+h} - y_t` in the history, for every step
    /// `h = 1..=horizon`, in the units of the history (levels or log levels).
    ///
    /// Changes over more than one step overlap, so their tails rest on fewer independent
    /// observations than there are changes. `None` when the history holds fewer than `horizon + 1`
    /// values or one that is not finite, and when there are no levels or no steps.
    ///
    /// # Panics
    /// If a level is outside `[0, 1]`.
    pub fn fit(history: &[f64], horizon: usize, levels: &[f64]) -> Option<Self> {
        assert!(
            levels.iter().all(|l| (0.0..=1.0).contains(l)),
            "a quantile level lies in [0, 1]"
        );
        let usable = history.len() > horizon && history.iter().all(|y| y.is_finite());
        if !usable || horizon == 0 || levels.is_empty() {
            return None;
        }
        let mut values = Vec::with_capacity(horizon * levels.len());
        for step in 1..=horizon {
            let later = history[step..].iter();
            let mut changes: Vec<f64> = later.zip(history).map(|(y, before)| y - before).collect();
            changes.sort_unstable_by(f64::total_cmp);
            values.extend(
                levels
                    .iter()
                    .map(|&level| empirical_quantile(&changes, level)),
            );
        }
        Some(Self {
            levels: levels.to_vec(),
            values,
        })
    }

    /// The quantiles of the change over `step + 1` steps, one a level: `at(0)` is the next period.
    ///
    /// # Panics
    /// If `step` is not below the horizon.
    pub fn at(&self, step: usize) -> &[f64] {
        let k = self.levels.len();
        &self.values[step * k..(step + 1) * k]
    }
}
