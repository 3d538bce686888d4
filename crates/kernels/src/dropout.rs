//! Dropout that draws its mask while it multiplies.

use crate::primitive::{record, tensor};
use crate::runner::Runner;
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{Distribution, Tensor};

/// Which elements are dropped: each with the same probability, by a hash of its place and a seed, so
/// that the backward pass drops the same ones and no mask is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Share that is dropped; the others are divided by one minus it.
    pub probability: f64,
    /// Seed of the mask.
    pub seed: u64,
}

/// Dropout as an operation of the CPU backends.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait DropoutOps: Backend {
    /// Drops elements of a tensor, or of its gradient; may overwrite its argument.
    #[allow(unused_variables, reason = "where no backend is built in")]
    fn dropout(input: FloatTensor<Self>, call: Dropout) -> FloatTensor<Self>;
}

impl<B: DropoutOps, C: CheckpointStrategy> DropoutOps for Autodiff<B, C> {
    fn dropout(input: FloatTensor<Self>, call: Dropout) -> FloatTensor<Self> {
        record::<B, C, _>(
            input,
            |input| B::dropout(input, call),
            |_| call,
            |call, gradient| B::dropout(gradient, call),
        )
    }
}

/// Drops a share of the elements and scales the others, so that the mean stays.
pub fn dropout<const D: usize>(input: Tensor<D>, probability: f64) -> Tensor<D> {
    match Runner::of(&input) {
        Some(Runner::Cpu) if input.is_autodiff() => {
            let call = Dropout {
                probability,
                seed: draw(&input),
            };
            tensor(<Dispatch as DropoutOps>::dropout(
                input.into_dispatch(),
                call,
            ))
        }
        _ => reference(input, probability),
    }
}

/// A seed from the backend's random numbers.
fn draw<const D: usize>(input: &Tensor<D>) -> u64 {
    let uniform = Distribution::Uniform(0.0, 1.0);
    let drawn = Tensor::<1>::random([2], uniform, &input.device().inner()).into_data();
    drawn.iter::<f64>().fold(0_u64, |seed, number| {
        (seed << 32) | (number * f64::from(1_u32 << 24)) as u64
    })
}

/// Dropout in tensor operations, by the backend's own random numbers.
fn reference<const D: usize>(input: Tensor<D>, probability: f64) -> Tensor<D> {
    let keep = 1.0 - probability;
    let mask = input.random_like(Distribution::Bernoulli(keep));
    input * mask * (1.0 / keep)
}
