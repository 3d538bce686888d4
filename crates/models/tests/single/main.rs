//! The checks in single precision, on Flex and NdArray.
//!
//! One binary a precision: Burn keeps a device's default precision for the whole process, and both
//! precisions of NdArray call their device the same.

mod conformance;
mod gates;
mod golden;
mod layers;
mod quantile;
mod scaled_quantile;
mod seq2seq;
#[path = "../support/mod.rs"]
mod support;
mod text;
