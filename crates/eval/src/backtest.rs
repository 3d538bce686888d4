//! Splits of a time series that train on the past and test on the future.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One split: positions to train on and later positions to test on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fold {
    /// Positions to train on, from the first one.
    pub train: Range<usize>,
    /// Positions to test on.
    pub test: Range<usize>,
}

/// Rolling-origin evaluation with an expanding window (Tashman 2000, "Out-of-sample tests of
/// forecasting accuracy").
///
/// Splits positions `0..n` into `folds` folds in time order. The test ranges hold `test_len`
/// positions each, follow one another without a hole, and the last ends at `n`; every training
/// range starts at 0 and ends `gap` positions before its test range, so that targets that reach
/// `gap` steps ahead stay out of the test period.
///
/// `None` when it does not fit: no folds, an empty test range, or a first training range with fewer
/// than `min_train` positions (or none).
pub fn rolling_origin(
    n: usize,
    folds: usize,
    test_len: usize,
    gap: usize,
    min_train: usize,
) -> Option<Vec<Fold>> {
    if folds == 0 || test_len == 0 {
        return None;
    }
    let first_test = n.checked_sub(folds.checked_mul(test_len)?)?;
    if first_test.checked_sub(gap)? < min_train.max(1) {
        return None;
    }
    let fold = |k: usize| {
        let start = first_test + k * test_len;
        Fold {
            train: 0..start - gap,
            test: start..start + test_len,
        }
    };
    Some((0..folds).map(fold).collect())
}
