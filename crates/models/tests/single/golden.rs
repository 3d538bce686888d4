//! Outputs, states and gradients against PyTorch's.

#[cfg(any(feature = "ndarray", feature = "tch", feature = "wgpu"))]
use crate::support;
use crate::support::{Setup, golden};
use burn::tensor::Device;

const ROUNDING: f64 = 1e-5;
/// On CUDA, Burn multiplies numbers cut to eleven bits.
#[cfg(feature = "cuda")]
const TF32: f64 = 2e-3;

fn check(device: Device, tolerance: f64) {
    let setup = Setup::single(device);
    ["lstm", "gru", "elman", "variants"]
        .iter()
        .for_each(|file| golden::check(file, &setup, tolerance));
}

#[test]
fn flex() {
    check(Device::flex(), ROUNDING);
}

#[cfg(feature = "ndarray")]
#[test]
fn ndarray() {
    check(support::ndarray(), ROUNDING);
}

#[cfg(feature = "tch")]
#[test]
fn libtorch() {
    check(support::libtorch(), ROUNDING);
}

#[cfg(feature = "cuda")]
#[test]
fn cuda() {
    check(Device::cuda(0), TF32);
}

#[cfg(feature = "wgpu")]
#[test]
fn wgpu() {
    check(support::wgpu(), ROUNDING);
}
