//! Losses of point forecasts, in the units of the series, in percent, and against a naive scale.
//!
//! Every function returns [`f64::NAN`] for empty slices and passes a NaN among the values on.

/// Mean of `term(actual, forecast)` over the points; NaN (0/0) when there are none.
fn mean_of_pairs(actual: &[f64], forecast: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    assert_eq!(
        actual.len(),
        forecast.len(),
        "actual and forecast differ in length"
    );
    let sum: f64 = actual.iter().zip(forecast).map(|(&a, &f)| term(a, f)).sum();
    sum / actual.len() as f64
}

/// `numerator / denominator`, NaN instead of an infinity when the denominator is zero.
fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 {
        f64::NAN
    } else {
        numerator / denominator
    }
}

/// Mean absolute error, `mean |a - f|`, in the units of the series.
///
/// NaN for empty slices.
///
/// # Panics
/// If the slices differ in length.
pub fn mae(actual: &[f64], forecast: &[f64]) -> f64 {
    mean_of_pairs(actual, forecast, |a, f| (a - f).abs())
}

/// Root mean squared error, `sqrt(mean (a - f)^2)`, in the units of the series.
///
/// NaN for empty slices.
///
/// # Panics
/// If the slices differ in length.
pub fn rmse(actual: &[f64], forecast: &[f64]) -> f64 {
    mean_of_pairs(actual, forecast, |a, f| (a - f).powi(2)).sqrt()
}

/// Mean absolute percentage error, `100 mean |a - f| / |a|`, in percent of the actual value.
///
/// NaN for empty slices and when any actual value is zero. Penalises forecasts that are too high
/// more than those too low (Hyndman and Koehler 2006, "Another look at measures of forecast
/// accuracy").
///
/// # Panics
/// If the slices differ in length.
pub fn mape(actual: &[f64], forecast: &[f64]) -> f64 {
    100.0 * mean_of_pairs(actual, forecast, |a, f| ratio((a - f).abs(), a.abs()))
}

/// Symmetric mean absolute percentage error, `100 mean 2 |a - f| / (|a| + |f|)`, from 0 to 200
/// percent: the definition of the M4 competition (Makridakis et al. 2020).
///
/// NaN for empty slices and when an actual value and its forecast are both zero.
///
/// # Panics
/// If the slices differ in length.
pub fn smape(actual: &[f64], forecast: &[f64]) -> f64 {
    200.0
        * mean_of_pairs(actual, forecast, |a, f| {
            ratio((a - f).abs(), a.abs() + f.abs())
        })
}

/// Coefficient of determination, `1 - sum (a - f)^2 / sum (a - mean a)^2`, without units.
///
/// 1 is a perfect forecast, 0 is the mean of the *test* values, below 0 is worse than that mean.
/// NaN for empty slices and when all actual values are equal.
///
/// # Panics
/// If the slices differ in length.
pub fn r2(actual: &[f64], forecast: &[f64]) -> f64 {
    let errors = mean_of_pairs(actual, forecast, |a, f| (a - f).powi(2));
    // Comparing the values finds a constant series even where its rounded mean differs from it.
    if actual.iter().all(|&a| a == actual[0]) {
        return f64::NAN;
    }
    let mean = actual.iter().sum::<f64>() / actual.len() as f64;
    let spread = mean_of_pairs(actual, actual, |a, _| (a - mean).powi(2));
    1.0 - ratio(errors, spread)
}

/// Theil's U in its second form, `rmse(forecast) / rmse(naive)`, without units: below 1 beats the
/// naive forecast (Theil 1966, "Applied Economic Forecasting").
///
/// NaN for empty slices and when the naive forecast is perfect.
///
/// # Panics
/// If the slices differ in length.
pub fn theil_u(actual: &[f64], forecast: &[f64], naive: &[f64]) -> f64 {
    ratio(rmse(actual, forecast), rmse(actual, naive))
}

/// Mean of `term(y_t - y_{t - season})` over the history.
fn mean_of_changes(history: &[f64], season: usize, term: impl Fn(f64) -> f64) -> f64 {
    assert!(season > 0, "a season has at least one step");
    let later = history.get(season..).unwrap_or(&[]);
    let sum: f64 = later
        .iter()
        .zip(history)
        .map(|(&y, &before)| term(y - before))
        .sum();
    sum / later.len() as f64
}

/// The scale of [`mase`]: `mean |y_t - y_{t - season}|` over a training history, the in-sample
/// mean absolute error of the (seasonal) naive forecast, in the units of the series.
///
/// NaN when the history has no more than `season` values.
///
/// # Panics
/// If `season` is zero.
pub fn naive_scale(history: &[f64], season: usize) -> f64 {
    mean_of_changes(history, season, f64::abs)
}

/// The scale of [`rmsse`]: `mean (y_t - y_{t - season})^2` over a training history, in squared
/// units of the series.
///
/// NaN when the history has no more than `season` values.
///
/// # Panics
/// If `season` is zero.
pub fn naive_scale_squared(history: &[f64], season: usize) -> f64 {
    mean_of_changes(history, season, |change| change * change)
}

/// Mean absolute scaled error, `mean |a_i - f_i| / scale_i`, without units (Hyndman and Koehler
/// 2006).
///
/// `scale` holds one [`naive_scale`] a point, so that points of many series can be pooled. NaN for
/// empty slices and when any scale is zero.
///
/// # Panics
/// If the slices differ in length.
pub fn mase(actual: &[f64], forecast: &[f64], scale: &[f64]) -> f64 {
    mean_of_scaled(actual, forecast, scale, f64::abs)
}

/// Root mean squared scaled error, `sqrt(mean (a_i - f_i)^2 / scale_i)`, without units: the loss of
/// the M5 competition (Makridakis et al. 2022).
///
/// `scale_squared` holds one [`naive_scale_squared`] a point. NaN for empty slices and when any
/// scale is zero.
///
/// # Panics
/// If the slices differ in length.
pub fn rmsse(actual: &[f64], forecast: &[f64], scale_squared: &[f64]) -> f64 {
    mean_of_scaled(actual, forecast, scale_squared, |error| error * error).sqrt()
}

fn mean_of_scaled(
    actual: &[f64],
    forecast: &[f64],
    scale: &[f64],
    loss: impl Fn(f64) -> f64,
) -> f64 {
    assert_eq!(
        actual.len(),
        forecast.len(),
        "actual and forecast differ in length"
    );
    assert_eq!(actual.len(), scale.len(), "one scale a point is needed");
    let errors = actual.iter().zip(forecast).map(|(a, f)| a - f);
    let sum: f64 = errors
        .zip(scale)
        .map(|(error, &scale)| ratio(loss(error), scale))
        .sum();
    sum / actual.len() as f64
}

/// Skill of a forecast over a baseline, `1 - loss / baseline_loss`, without units: 0 is no better
/// than the baseline, 1 is perfect, below 0 is worse (Murphy 1988).
///
/// NaN when the baseline's loss is zero.
pub fn skill(loss: f64, baseline_loss: f64) -> f64 {
    1.0 - ratio(loss, baseline_loss)
}
