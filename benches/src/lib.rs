//! The work that benchmarks time: layers forwards and back, whole training steps, streaming.
//!
//! Criterion benchmarks are in `benches/`; `cargo xtask bench peers` runs the same work in PyTorch
//! side by side.
#![forbid(unsafe_code)]

pub mod lengths;
pub mod memory;
pub mod torch;
pub mod translate;
pub mod work;

use std::process::ExitCode;

/// Ends a program, saying what went wrong.
pub fn end(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The value below which a share of them lies; there is at least one.
pub fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() as f64 * share) as usize]
}
