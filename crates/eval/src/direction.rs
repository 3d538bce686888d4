//! Whether a forecast gets the sign of the change right.

use crate::interval::Proportion;

/// How often the forecast change has the sign of the actual change.
///
/// Actual changes of zero have no direction and are left out of `n`; a forecast of no change counts
/// as a miss, and so does a NaN on either side. Nothing to judge gives a proportion of 0 in 0.
/// Judge the rate against the larger share of ups or downs rather than against one half: a rising
/// market makes "always up" look skilled (Pesaran and Timmermann 1992).
///
/// # Panics
/// If the slices differ in length.
pub fn directional_accuracy(actual_change: &[f64], forecast_change: &[f64]) -> Proportion {
    assert_eq!(
        actual_change.len(),
        forecast_change.len(),
        "changes differ in length"
    );
    let mut proportion = Proportion { hits: 0, n: 0 };
    for (&actual, &forecast) in actual_change.iter().zip(forecast_change) {
        if actual == 0.0 {
            continue;
        }
        proportion.n += 1;
        let hit = (actual > 0.0 && forecast > 0.0) || (actual < 0.0 && forecast < 0.0);
        proportion.hits += u64::from(hit);
    }
    proportion
}
