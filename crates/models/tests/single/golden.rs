//! Outputs, states and gradients against PyTorch's.

use crate::support::golden::check;
use burn::backend::Autodiff;
use burn_flex::Flex;
use burn_ndarray::NdArray;

const ROUNDING: f64 = 1e-5;
/// On CUDA, Burn multiplies numbers cut to eleven bits.
#[cfg(feature = "cuda")]
const TF32: f64 = 2e-3;

#[test]
fn flex() {
    ["lstm", "gru", "elman", "variants"]
        .iter()
        .for_each(|file| check::<Autodiff<Flex>>(file, ROUNDING));
}

#[test]
fn ndarray() {
    ["lstm", "gru", "elman", "variants"]
        .iter()
        .for_each(|file| check::<Autodiff<NdArray<f32>>>(file, ROUNDING));
}

#[cfg(feature = "tch")]
#[test]
fn libtorch() {
    ["lstm", "gru", "elman", "variants"]
        .iter()
        .for_each(|file| check::<Autodiff<rekindle_kernels::LibTorch<f32>>>(file, ROUNDING));
}

#[cfg(feature = "cuda")]
#[test]
fn cuda() {
    ["lstm", "gru", "elman", "variants"]
        .iter()
        .for_each(|file| check::<Autodiff<rekindle_kernels::Cuda<f32, i32>>>(file, TF32));
}

#[cfg(feature = "wgpu")]
#[test]
fn wgpu() {
    ["lstm", "gru", "elman", "variants"]
        .iter()
        .for_each(|file| check::<Autodiff<rekindle_kernels::Wgpu<f32, i32>>>(file, ROUNDING));
}
