//! Ridge autoregression on a normalised window: the linear model that recurrent networks have to
//! beat.

use nalgebra::{Cholesky, DMatrix};
use serde::{Deserialize, Serialize};

/// Windows gathered before they are added to the sums in one matrix product.
const BLOCK: usize = 512;

/// A linear map from a window of past values to the next ones, both taken relative to the window's
/// last value.
///
/// This is NLinear (Zeng et al. 2023, "Are Transformers Effective for Time Series Forecasting?"),
/// fitted in closed form by ridge regression (Hoerl and Kennard 1970) instead of by descent:
/// `forecast_h = last + intercept_h + sum_i weight_{h,i} (window_i - last)`. Subtracting the last
/// value makes it follow the level of the series, and needs no weight for the last value itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct RidgeAutoregression {
    lookback: usize,
    horizon: usize,
    /// `[horizon * (lookback - 1)]`, row by row, oldest value first.
    weights: Vec<f64>,
    intercepts: Vec<f64>,
}

/// What was stored, before its shapes are checked.
#[derive(Deserialize)]
#[serde(rename = "RidgeAutoregression")]
struct Parts {
    lookback: usize,
    horizon: usize,
    weights: Vec<f64>,
    intercepts: Vec<f64>,
}

impl TryFrom<Parts> for RidgeAutoregression {
    type Error = &'static str;

    fn try_from(parts: Parts) -> Result<Self, Self::Error> {
        let Parts {
            lookback,
            horizon,
            weights,
            intercepts,
        } = parts;
        let needed = lookback
            .checked_sub(1)
            .and_then(|features| features.checked_mul(horizon));
        if horizon == 0 || needed != Some(weights.len()) || intercepts.len() != horizon {
            return Err("ridge autoregression: weights do not fit lookback and horizon");
        }
        Ok(Self {
            lookback,
            horizon,
            weights,
            intercepts,
        })
    }
}

impl RidgeAutoregression {
    /// Number of past values a window needs.
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// Number of steps forecast.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// The next `horizon` values after a window, in the units of the window.
    ///
    /// A NaN in the window makes the whole forecast NaN.
    ///
    /// # Panics
    /// If the window does not hold `lookback` values.
    pub fn forecast(&self, window: &[f64]) -> Vec<f64> {
        assert_eq!(
            window.len(),
            self.lookback,
            "the window holds lookback values"
        );
        let (&last, past) = window.split_last().expect("lookback is at least 1");
        let step = |h: usize| -> f64 {
            let row = &self.weights[h * past.len()..(h + 1) * past.len()];
            let change: f64 = row.iter().zip(past).map(|(w, y)| w * (y - last)).sum();
            last + self.intercepts[h] + change
        };
        (0..self.horizon).map(step).collect()
    }
}

/// Gathers the normal equations of a [`RidgeAutoregression`] from windows, one at a time.
///
/// Memory does not grow with the number of windows: only `X'X`, `X'Y` and a block of windows are
/// kept. One builder can be fitted at many values of lambda.
#[derive(Debug, Clone)]
pub struct RidgeBuilder {
    lookback: usize,
    horizon: usize,
    windows: u64,
    /// `[1, x, y]` of the windows not yet in `sums`, one a column.
    block: DMatrix<f64>,
    filled: usize,
    sums: Sums,
}

/// `[1, x]' [1, x, y]`, with `x` the past and `y` the future, both relative to the last value.
type Sums = DMatrix<f64>;

impl RidgeBuilder {
    /// An empty builder for windows of `lookback` values and targets of `horizon` values.
    ///
    /// # Panics
    /// If either is zero.
    pub fn new(lookback: usize, horizon: usize) -> Self {
        assert!(
            lookback > 0 && horizon > 0,
            "lookback and horizon are at least 1"
        );
        Self {
            lookback,
            horizon,
            windows: 0,
            block: DMatrix::zeros(lookback + horizon, BLOCK),
            filled: 0,
            sums: Sums::zeros(lookback, lookback + horizon),
        }
    }

    /// Number of windows added so far.
    pub fn windows(&self) -> u64 {
        self.windows
    }

    /// Adds one window, whose last value is the origin, with the values that followed it.
    ///
    /// # Panics
    /// If the window does not hold `lookback` values or the target not `horizon`.
    pub fn add(&mut self, window: &[f64], target: &[f64]) {
        assert_eq!(
            window.len(),
            self.lookback,
            "the window holds lookback values"
        );
        assert_eq!(
            target.len(),
            self.horizon,
            "the target holds horizon values"
        );
        let (&last, past) = window.split_last().expect("lookback is at least 1");
        let mut column = self.block.column_mut(self.filled);
        let (one, values) = column
            .as_mut_slice()
            .split_first_mut()
            .expect("at least one row");
        *one = 1.0;
        for (slot, y) in values.iter_mut().zip(past.iter().chain(target)) {
            *slot = y - last;
        }
        self.filled += 1;
        self.windows += 1;
        if self.filled == BLOCK {
            add_block(&mut self.sums, &self.block, BLOCK);
            self.filled = 0;
        }
    }

    /// Solves for the weights at one strength of the penalty.
    ///
    /// Minimises `sum |y - c - W x|^2 + penalty |W|^2` with `penalty = lambda *` the mean diagonal
    /// of the centred `X'X`, so that `lambda` has no units and means the same for every series; the
    /// intercept is not penalised. As `lambda` grows the forecast tends to the mean drift.
    ///
    /// `None` when the equations have no sound solution: no windows, values that are not finite, a
    /// `lambda` that is negative or not finite, or inputs that depend on each other linearly (such
    /// as a constant series, or fewer windows than weights) with a `lambda` too small to settle it.
    pub fn fit(&self, lambda: f64) -> Option<RidgeAutoregression> {
        if self.windows == 0 || !lambda.is_finite() || lambda < 0.0 {
            return None;
        }
        let mut sums = self.sums.clone();
        add_block(&mut sums, &self.block, self.filled);
        let (features, horizon, n) = (self.lookback - 1, self.horizon, self.windows as f64);
        let totals = sums.row(0).clone_owned();
        let (x_total, y_total) = (
            totals.columns(1, features),
            totals.columns(1 + features, horizon),
        );
        let mut xx = sums.view((1, 1), (features, features)) - x_total.transpose() * x_total / n;
        let xy =
            sums.view((1, 1 + features), (features, horizon)) - x_total.transpose() * y_total / n;
        let mean_diagonal = xx.trace() / features.max(1) as f64;
        for i in 0..features {
            xx[(i, i)] += lambda * mean_diagonal;
        }
        let solution = solve(xx, xy)?; // [features, horizon], one step a column
        let intercepts: Vec<f64> = ((y_total - x_total * &solution) / n)
            .iter()
            .copied()
            .collect();
        let weights = solution.as_slice().to_vec();
        let sound = weights
            .iter()
            .chain(&intercepts)
            .all(|value| value.is_finite());
        sound.then_some(RidgeAutoregression {
            lookback: self.lookback,
            horizon,
            weights,
            intercepts,
        })
    }
}

/// Adds the first `filled` windows of a block to the sums, as one product of matrices.
fn add_block(sums: &mut Sums, block: &DMatrix<f64>, filled: usize) {
    let all = block.columns(0, filled);
    let inputs = all.rows(0, sums.nrows());
    sums.gemm(1.0, &inputs, &all.transpose(), 1.0);
}

/// Solves a symmetric positive definite system; `None` where it is singular to working precision.
fn solve(xx: DMatrix<f64>, xy: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let diagonal = xx.diagonal();
    let factor = Cholesky::new(xx)?;
    let l = factor.l_dirty();
    // A pivot that lost thirteen digits of its diagonal is rounding, not information.
    let sound = (0..diagonal.len()).all(|i| l[(i, i)] * l[(i, i)] > 1e-13 * diagonal[i]);
    sound.then(|| factor.solve(&xy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_models_must_fit_their_shapes() {
        let parts = |lookback, horizon, weights: usize, intercepts: usize| {
            let (weights, intercepts) = (vec![0.5; weights], vec![1.0; intercepts]);
            RidgeAutoregression::try_from(Parts {
                lookback,
                horizon,
                weights,
                intercepts,
            })
        };
        assert_eq!(
            parts(3, 2, 4, 2).unwrap().forecast(&[2.0, 4.0, 6.0]),
            [4.0, 4.0]
        );
        for broken in [
            parts(0, 2, 0, 2),
            parts(3, 0, 0, 0),
            parts(3, 2, 5, 2),
            parts(3, 2, 4, 1),
        ] {
            assert!(broken.is_err());
        }
    }
}
