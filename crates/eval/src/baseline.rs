//! Forecasts that cost nothing: what a model must beat before it is worth anything.
//!
//! Each takes the history up to and including the origin, as levels or as log levels, and gives the
//! next `horizon` values in the same units. A history too short to say anything gives NaN for every
//! step. See Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", section 5.2.

/// The last value, for every step: the best forecast of a random walk.
///
/// NaN when the history is empty.
pub fn persistence(history: &[f64], horizon: usize) -> Vec<f64> {
    vec![history.last().copied().unwrap_or(f64::NAN); horizon]
}

/// The line through the first and the last value, carried on: `last + h (last - first) / (n - 1)`
/// at step `h = 1, 2, ...`
///
/// On log levels it is the mean growth rate. NaN when the history has fewer than two values.
pub fn drift(history: &[f64], horizon: usize) -> Vec<f64> {
    let [first, .., last] = history else {
        return vec![f64::NAN; horizon];
    };
    let slope = (last - first) / (history.len() - 1) as f64;
    (1..=horizon)
        .map(|step| last + step as f64 * slope)
        .collect()
}

/// The value of the same season in the last cycle, repeated over cycles.
///
/// NaN when the history is shorter than one season.
///
/// # Panics
/// If `season` is zero.
pub fn seasonal_naive(history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    assert!(season > 0, "a season has at least one step");
    let Some(start) = history.len().checked_sub(season) else {
        return vec![f64::NAN; horizon];
    };
    history[start..]
        .iter()
        .copied()
        .cycle()
        .take(horizon)
        .collect()
}

/// The mean of the last `window` values, for every step.
///
/// NaN when the history is shorter than the window.
///
/// # Panics
/// If `window` is zero.
pub fn moving_average(history: &[f64], window: usize, horizon: usize) -> Vec<f64> {
    assert!(window > 0, "a window has at least one value");
    let mean = match history.len().checked_sub(window) {
        Some(start) => history[start..].iter().sum::<f64>() / window as f64,
        None => f64::NAN,
    };
    vec![mean; horizon]
}
