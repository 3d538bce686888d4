//! The checks that need double precision, on NdArray; see `single` for why they are apart.

mod golden;
mod gradients;
mod properties;
#[path = "../support/mod.rs"]
mod support;
mod text;

/// The backend of these checks.
type Plain = burn_ndarray::NdArray<f64>;
/// The same with gradients.
type Tracked = burn::backend::Autodiff<Plain>;
