//! Every metric and test against values from scikit-learn, SciPy, statsmodels and NumPy; see
//! `scripts/golden.py`.

use rekindle_eval::*;
use values::*;

mod classification;
#[rustfmt::skip]
#[allow(clippy::approx_constant, clippy::excessive_precision)]
mod classes;
mod translation;
#[rustfmt::skip]
#[allow(clippy::approx_constant, clippy::excessive_precision, clippy::type_complexity)]
mod values;

/// Equal to a relative (below 1: absolute) tolerance.
#[track_caller]
fn close(ours: f64, golden: f64, tolerance: f64) {
    let allowed = tolerance * golden.abs().max(1.0);
    assert!(
        (ours - golden).abs() <= allowed,
        "{ours} is not {golden} within {allowed:e}"
    );
}

#[track_caller]
fn all_close(ours: &[f64], golden: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), golden.len());
    for (a, b) in ours.iter().zip(golden) {
        close(*a, *b, tolerance);
    }
}

#[test]
fn point_losses() {
    close(mae(&ACTUAL, &FORECAST), MAE, 1e-13);
    close(rmse(&ACTUAL, &FORECAST), RMSE, 1e-13);
    close(mape(&ACTUAL, &FORECAST), MAPE, 1e-13);
    close(smape(&ACTUAL, &FORECAST), SMAPE, 1e-13);
    close(r2(&ACTUAL, &FORECAST), R2, 1e-13);
    close(theil_u(&ACTUAL, &FORECAST, &NAIVE), THEIL_U, 1e-13);
    close(
        skill(rmse(&ACTUAL, &FORECAST), rmse(&ACTUAL, &NAIVE)),
        1.0 - THEIL_U,
        1e-13,
    );
}

#[test]
fn scaled_losses() {
    close(naive_scale(&HISTORY, 1), SCALE_1, 1e-13);
    close(naive_scale(&HISTORY, 5), SCALE_5, 1e-13);
    close(naive_scale_squared(&HISTORY, 1), SCALE_SQUARED_1, 1e-13);
    close(naive_scale_squared(&HISTORY, 5), SCALE_SQUARED_5, 1e-13);
    close(mase(&ACTUAL, &FORECAST, &SCALES), MASE, 1e-13);
    close(rmsse(&ACTUAL, &FORECAST, &SCALES), RMSSE, 1e-13);
}

#[test]
fn direction() {
    let change =
        |to: &[f64]| -> Vec<f64> { to[1..].iter().zip(ACTUAL).map(|(y, a)| y - a).collect() };
    let Proportion { hits, n } = directional_accuracy(&change(&ACTUAL), &change(&FORECAST));
    assert_eq!((hits, n), DIRECTION);
}

#[test]
fn baselines() {
    all_close(&drift(&HISTORY, 4), &DRIFT, 1e-12);
    assert_eq!(seasonal_naive(&HISTORY, 5, 12), SEASONAL_NAIVE);
    all_close(&moving_average(&HISTORY, 7, 2), &[MOVING_AVERAGE; 2], 1e-13);
    assert_eq!(persistence(&HISTORY, 2), [HISTORY[29]; 2]);
}

#[test]
fn quantile_losses() {
    close(
        mean_pinball(&QUANTILE_ACTUAL, &LEVELS, &QUANTILE_FORECASTS),
        MEAN_PINBALL,
        1e-13,
    );
    close(
        mean_crps(&QUANTILE_ACTUAL, &LEVELS, &QUANTILE_FORECASTS),
        MEAN_CRPS,
        1e-13,
    );
    let rows = QUANTILE_ACTUAL
        .iter()
        .zip(QUANTILE_FORECASTS.chunks(LEVELS.len()));
    let sum: f64 = rows
        .map(|(a, row)| crps_from_quantiles(*a, &LEVELS, row))
        .sum();
    close(sum / 20.0, MEAN_CRPS, 1e-13);
}

#[test]
fn interval_coverage_and_calibration() {
    let column = |i: usize| -> Vec<f64> {
        QUANTILE_FORECASTS
            .chunks(LEVELS.len())
            .map(|row| row[i])
            .collect()
    };
    let covered = coverage(&QUANTILE_ACTUAL, &column(1), &column(5));
    assert_eq!(
        covered,
        Proportion {
            hits: COVERED,
            n: 20
        }
    );
    close(mean_width(&column(1), &column(5)), MEAN_WIDTH, 1e-13);
    let points = quantile_calibration(&QUANTILE_ACTUAL, &LEVELS, &QUANTILE_FORECASTS);
    for ((point, level), hits) in points.iter().zip(LEVELS).zip(BELOW) {
        assert_eq!(
            *point,
            CalibrationPoint {
                level,
                observed: Proportion { hits, n: 20 }
            }
        );
    }
}

/// The accuracy that the documentation of `crps_from_quantiles` states, against `1 / sqrt(pi)`.
#[test]
fn crps_of_the_true_normal() {
    use statrs::distribution::{ContinuousCDF, Normal};
    let normal = Normal::standard();
    for (k, share) in [(9, CRPS_SHARE_9), (19, CRPS_SHARE_19), (99, CRPS_SHARE_99)] {
        let levels: Vec<f64> = (1..=k).map(|i| i as f64 / (k + 1) as f64).collect();
        let row: Vec<f64> = levels
            .iter()
            .map(|&level| normal.inverse_cdf(level))
            .collect();
        // Quantiles at the middles of 20,000 equal slices stand for the normal distribution.
        let actual: Vec<f64> = (0..20_000)
            .map(|i| normal.inverse_cdf((i as f64 + 0.5) / 20_000.0))
            .collect();
        let forecasts = row.repeat(actual.len());
        let exact = 1.0 / std::f64::consts::PI.sqrt();
        close(mean_crps(&actual, &levels, &forecasts) / exact, share, 1e-4);
    }
}

#[test]
fn empirical_quantiles() {
    let mut sorted = QUANTILE_ACTUAL;
    sorted.sort_by(f64::total_cmp);
    for (level, golden) in TYPE_SEVEN {
        close(empirical_quantile(&sorted, level), golden, 1e-13);
    }
    let fitted = EmpiricalQuantiles::fit(&WALK, 3, &[0.1, 0.5, 0.9]).unwrap();
    all_close(&fitted.values, &CHANGE_QUANTILES, 1e-13);
    all_close(fitted.at(2), &CHANGE_QUANTILES[6..], 1e-13);
}

#[test]
fn proportion_intervals() {
    for (hits, n, confidence, wilson_lower, wilson_upper, exact_lower, exact_upper) in PROPORTIONS {
        let proportion = Proportion { hits, n };
        let (lower, upper) = proportion.wilson(confidence);
        all_close(&[lower, upper], &[wilson_lower, wilson_upper], 1e-12);
        let (lower, upper) = proportion.clopper_pearson(confidence);
        all_close(&[lower, upper], &[exact_lower, exact_upper], 1e-12);
    }
}

#[test]
fn binomial_p_values() {
    for (hits, n, p, golden) in BINOMIAL {
        let ours = binomial_test(hits, n, p);
        assert!(
            (ours / golden - 1.0).abs() < 1e-9,
            "{hits} of {n} at {p}: {ours} is not {golden}"
        );
    }
}

#[test]
fn diebold_mariano_statistics() {
    for (n, horizon, lag, statistic, p_value, mean, lower, upper) in DIEBOLD_MARIANO {
        let test = diebold_mariano(&LOSS_A[..n], &LOSS_B[..n], horizon).unwrap();
        assert_eq!((test.n, test.lag), (n, lag));
        close(test.statistic, statistic, 1e-11);
        close(test.p_value, p_value, 1e-11);
        close(test.mean_difference, mean, 1e-11);
        all_close(&[test.interval.0, test.interval.1], &[lower, upper], 1e-9);
    }
}

/// The percentile interval tends to the quantiles of all resamples the scheme can draw.
#[test]
fn bootstrap_against_enumeration() {
    for (block, lower, upper) in BOOTSTRAP_EXACT {
        let interval = block_bootstrap_mean(&BOOTSTRAP, block, 200_000, 0.8, 11);
        all_close(&[interval.lower, interval.upper], &[lower, upper], 0.01);
    }
}

#[test]
fn ridge_forecasts() {
    let mut builder = RidgeBuilder::new(6, 3);
    for t in 0..=RIDGE_SERIES.len() - 9 {
        builder.add(&RIDGE_SERIES[t..t + 6], &RIDGE_SERIES[t + 6..t + 9]);
    }
    // More windows than one block holds, so that the whole and the partial block are both summed.
    assert_eq!(builder.windows(), 692);
    for (lambda, first, second, third) in RIDGE {
        let model = builder.fit(lambda).unwrap();
        all_close(
            &model.forecast(&RIDGE_PROBE),
            &[first, second, third],
            1e-10,
        );
    }
}
