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
