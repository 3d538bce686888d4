//! Outputs, states and gradients against PyTorch's.

use crate::support::{Setup, golden::check};

/// The files hold twelve digits.
const ROUNDING: f64 = 1e-9;

on_every_backend! { lstm gru elman variants }

fn lstm(setup: &Setup) {
    check("lstm", setup, ROUNDING);
}

fn gru(setup: &Setup) {
    check("gru", setup, ROUNDING);
}

fn elman(setup: &Setup) {
    check("elman", setup, ROUNDING);
}

fn variants(setup: &Setup) {
    check("variants", setup, ROUNDING);
}
