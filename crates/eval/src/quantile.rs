//! Losses and summaries of quantile forecasts and prediction intervals.

use crate::interval::Proportion;

/// Pinball (quantile) loss of one forecast, in the units of the series (Koenker and Bassett 1978):
/// `level (a - f)` when the actual value is above the forecast, `(1 - level) (f - a)` otherwise.
///
/// Its expectation is least at the true quantile of that level. At level 0.5 it is half the
/// absolute error.
///
/// # Panics
/// If `level` is outside `[0, 1]`.
pub fn pinball(actual: f64, level: f64, forecast: f64) -> f64 {
    assert!(
        (0.0..=1.0).contains(&level),
        "a quantile level lies in [0, 1]"
    );
    let error = actual - forecast;
    if error >= 0.0 {
        level * error
    } else {
        (level - 1.0) * error
    }
}

/// Checks a panel of `n` points by `k` levels and gives its rows with their actual values.
pub(crate) fn rows<'a>(
    actual: &'a [f64],
    levels: &[f64],
    forecasts: &'a [f64],
) -> impl Iterator<Item = (f64, &'a [f64])> {
    assert_eq!(
        forecasts.len(),
        actual.len() * levels.len(),
        "one forecast a point and level"
    );
    // A chunk of zero is not allowed; without levels there are no forecasts, hence no rows.
    actual
        .iter()
        .copied()
        .zip(forecasts.chunks_exact(levels.len().max(1)))
}

/// Mean [`pinball`] loss over all points and all levels, in the units of the series.
///
/// `forecasts` holds `levels.len()` values a point, row by row. NaN without points or levels.
///
/// # Panics
/// If `forecasts` is not `actual.len() * levels.len()` long or a level is outside `[0, 1]`.
pub fn mean_pinball(actual: &[f64], levels: &[f64], forecasts: &[f64]) -> f64 {
    let losses = rows(actual, levels, forecasts).flat_map(|(a, row)| {
        levels
            .iter()
            .zip(row)
            .map(move |(&level, &f)| pinball(a, level, f))
    });
    losses.sum::<f64>() / forecasts.len() as f64
}

/// Continuous ranked probability score of one forecast given by its quantiles, approximated, in
/// the units of the series.
///
/// The score is twice the integral of the pinball loss over all levels (Gneiting and Ranjan 2011),
/// `CRPS = 2 * integral over u in (0, 1) of pinball(a, u, q(u))`. The integral is taken by the
/// trapezoid rule on the nodes `0, level_1, ..., level_k, 1`. At the two outer nodes the loss is
/// taken as 0, which it is whenever `q(0)` and `q(1)` bound the actual value. Hence
///
/// ```text
/// CRPS ~ sum_i (level_{i+1} - level_{i-1}) pinball(a, level_i, q_i),  level_0 = 0, level_{k+1} = 1
/// ```
///
/// With evenly spaced levels `i / (k + 1)` this is `2 k / (k + 1)` times the mean pinball loss.
/// The value depends on the grid: for a forecast that is the standard normal truth, nine levels
/// (0.1 to 0.9) give a mean score 1.5 % below the exact `1 / sqrt(pi)`, 99 levels 0.02 % below. So
/// compare scores only between forecasts on the same levels. Quantiles that cross are used as they
/// are. NaN without levels.
///
/// # Panics
/// If the slices differ in length, or the levels do not rise strictly within `(0, 1)`.
pub fn crps_from_quantiles(actual: f64, levels: &[f64], forecasts: &[f64]) -> f64 {
    mean_crps(&[actual], levels, forecasts)
}

/// Mean of [`crps_from_quantiles`] over the points, in the units of the series.
///
/// `forecasts` holds `levels.len()` values a point, row by row. NaN without points or levels.
///
/// # Panics
/// If `forecasts` is not `actual.len() * levels.len()` long, or the levels do not rise strictly
/// within `(0, 1)`.
pub fn mean_crps(actual: &[f64], levels: &[f64], forecasts: &[f64]) -> f64 {
    if levels.is_empty() {
        assert!(forecasts.is_empty(), "one forecast a point and level");
        return f64::NAN;
    }
    let weights = trapezoid_weights(levels);
    let score = |(a, row): (f64, &[f64])| -> f64 {
        let losses = levels
            .iter()
            .zip(row)
            .map(|(&level, &f)| pinball(a, level, f));
        losses
            .zip(&weights)
            .map(|(loss, weight)| loss * weight)
            .sum()
    };
    rows(actual, levels, forecasts).map(score).sum::<f64>() / actual.len() as f64
}

/// Twice the trapezoid weight of every inner node of `0, levels, 1`.
fn trapezoid_weights(levels: &[f64]) -> Vec<f64> {
    let node = |i: usize| match i {
        0 => 0.0,
        i => levels.get(i - 1).copied().unwrap_or(1.0),
    };
    let rising = (0..=levels.len()).all(|i| node(i) < node(i + 1));
    assert!(rising, "quantile levels rise strictly within (0, 1)");
    (1..=levels.len())
        .map(|i| node(i + 1) - node(i - 1))
        .collect()
}

/// Quantile of a sorted sample by linear interpolation, type 7 of Hyndman and Fan (1996): the value
/// at position `(n - 1) level`, as R and NumPy do by default.
///
/// NaN for an empty sample.
///
/// # Panics
/// If `level` is outside `[0, 1]`. Order is the caller's promise and is checked in debug builds
/// only.
pub fn empirical_quantile(sorted: &[f64], level: f64) -> f64 {
    assert!(
        (0.0..=1.0).contains(&level),
        "a quantile level lies in [0, 1]"
    );
    debug_assert!(sorted.is_sorted(), "the sample must be sorted");
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = last as f64 * level;
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let share = position - below as f64;
    // Equal neighbours need no arithmetic, which also keeps infinities from giving NaN.
    if share == 0.0 || sorted[below] == sorted[above] {
        return sorted[below];
    }
    sorted[below] + share * (sorted[above] - sorted[below])
}

/// How many actual values fall into their closed interval `[lower, upper]`.
///
/// A NaN anywhere counts as a miss, as does an interval whose bounds cross.
///
/// # Panics
/// If the slices differ in length.
pub fn coverage(actual: &[f64], lower: &[f64], upper: &[f64]) -> Proportion {
    assert_eq!(
        actual.len(),
        lower.len(),
        "one lower bound a point is needed"
    );
    assert_eq!(
        actual.len(),
        upper.len(),
        "one upper bound a point is needed"
    );
    let bounds = lower.iter().zip(upper);
    let hits = actual
        .iter()
        .zip(bounds)
        .filter(|(a, (l, u))| l <= a && a <= u)
        .count();
    Proportion {
        hits: hits as u64,
        n: actual.len() as u64,
    }
}

/// Mean width of prediction intervals, `mean (upper - lower)`, in the units of the series.
///
/// NaN for empty slices. Crossed bounds count with their negative width.
///
/// # Panics
/// If the slices differ in length.
pub fn mean_width(lower: &[f64], upper: &[f64]) -> f64 {
    assert_eq!(lower.len(), upper.len(), "lower and upper differ in length");
    lower.iter().zip(upper).map(|(l, u)| u - l).sum::<f64>() / lower.len() as f64
}
