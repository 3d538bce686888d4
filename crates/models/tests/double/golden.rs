//! Outputs, states and gradients against PyTorch's.

use crate::{Tracked, support::golden::check};

/// The files hold twelve digits.
const ROUNDING: f64 = 1e-9;

#[test]
fn lstm() {
    check::<Tracked>("lstm", ROUNDING);
}

#[test]
fn gru() {
    check::<Tracked>("gru", ROUNDING);
}

#[test]
fn elman() {
    check::<Tracked>("elman", ROUNDING);
}

#[test]
fn variants() {
    check::<Tracked>("variants", ROUNDING);
}
