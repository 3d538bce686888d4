//! Gradients against central differences.

/// Rounding of the difference is about `1e-15 / STEP`, what it leaves out about `STEP^2`.
const STEP: f64 = 1e-5;

/// Fails unless `gradient` is the slope of `moved` at 0.
#[track_caller]
pub fn assert_slope(what: &str, gradient: f64, moved: impl Fn(f64) -> f64) {
    let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
    // Below a thousandth the difference's own rounding shows: there the error counts as it is.
    let scale = gradient.abs().max(slope.abs()).max(1e-3);
    let error = (gradient - slope).abs() / scale;
    assert!(
        error < 1e-6,
        "{what}: gradient {gradient:e}, slope {slope:e}"
    );
}
