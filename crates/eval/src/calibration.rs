//! Whether quantile forecasts keep their word: how often the actual value stays below each.

use serde::{Deserialize, Serialize};

use crate::interval::Proportion;
use crate::quantile::rows;

/// One point of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationPoint {
    /// The level that was promised.
    pub level: f64,
    /// How often the actual value was at or below the forecast quantile.
    pub observed: Proportion,
}

/// The share of actual values at or below the forecast quantile, for every level (Gneiting,
/// Balabdaoui and Raftery 2007, "Probabilistic forecasts, calibration and sharpness").
///
/// `forecasts` holds `levels.len()` values a point, row by row. Well calibrated forecasts have
/// shares equal to their levels. A NaN counts as not below; without points every `n` is 0.
///
/// # Panics
/// If `forecasts` is not `actual.len() * levels.len()` long.
pub fn quantile_calibration(
    actual: &[f64],
    levels: &[f64],
    forecasts: &[f64],
) -> Vec<CalibrationPoint> {
    let mut hits = vec![0; levels.len()];
    for (a, row) in rows(actual, levels, forecasts) {
        for (count, forecast) in hits.iter_mut().zip(row) {
            *count += u64::from(a <= *forecast);
        }
    }
    let n = actual.len() as u64;
    let point = |(&level, hits)| CalibrationPoint {
        level,
        observed: Proportion { hits, n },
    };
    levels.iter().zip(hits).map(point).collect()
}
