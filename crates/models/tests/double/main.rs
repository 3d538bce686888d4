//! The checks that need double precision, on NdArray, or on LibTorch with the feature `tch`; see
//! `single` for why they are apart.

mod golden;
mod gradients;
mod properties;
mod seq2seq;
#[path = "../support/mod.rs"]
mod support;
mod text;

/// The backend of these checks.
#[cfg(not(feature = "tch"))]
type Plain = burn_ndarray::NdArray<f64>;
/// The backend of these checks.
#[cfg(feature = "tch")]
type Plain = rekindle_kernels::LibTorch<f64>;
/// The same with gradients.
type Tracked = burn::backend::Autodiff<Plain>;
