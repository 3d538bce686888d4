//! Dropout that draws its mask while it multiplies, where the backend has a kernel.

use crate::unary;
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Distribution, Tensor};

/// Which numbers are dropped: each with the same probability, by a hash of its place and a seed, so
/// that the way back drops the same ones and no mask is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Share that is dropped; the others are divided by one minus it.
    pub probability: f64,
    /// Seed of the mask.
    pub seed: u64,
}

/// Drops numbers of a tensor, or of its gradient.
pub type DropoutKernel<B> = fn(&Dropout, FloatTensor<B>) -> FloatTensor<B>;

/// Dropout in tensor operations, by the backend's own random numbers.
pub(crate) fn reference<B: Backend, const D: usize>(
    input: Tensor<B, D>,
    probability: f64,
) -> Tensor<B, D> {
    let keep = 1.0 - probability;
    let mask = input.random_like(Distribution::Bernoulli(keep));
    input * mask * (1.0 / keep)
}

/// Dropout by a kernel; its seed comes from the backend's random numbers.
pub(crate) fn record<B: Backend, C: CheckpointStrategy, const D: usize>(
    kernel: DropoutKernel<B>,
    input: Tensor<Autodiff<B, C>, D>,
    probability: f64,
) -> Tensor<Autodiff<B, C>, D> {
    let uniform = Distribution::Uniform(0.0, 1.0);
    let drawn = Tensor::<B, 1>::random([2], uniform, &input.device()).into_data();
    let seed = drawn.iter::<f64>().fold(0_u64, |seed, number| {
        (seed << 32) | (number * f64::from(1_u32 << 24)) as u64
    });
    let call = Dropout { probability, seed };
    unary::record(
        input,
        |input| kernel(&call, input),
        |_| (kernel, call),
        |(kernel, call), gradient| kernel(&call, gradient),
    )
}
