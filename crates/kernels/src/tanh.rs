//! The hyperbolic tangent in one pass each way.

use crate::primitive::{record, tensor};
use crate::runner::Runner;
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

/// The hyperbolic tangent as an operation of the CPU backends.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait TanhOps: Backend {
    /// `y = tanh(x)`; may overwrite its argument.
    fn tanh(input: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// The gradient of [`TanhOps`], `g · (1 - y²)` from the output `y` and its gradient `g`.
pub trait TanhGradient: TanhOps {
    /// The input's gradient.
    fn tanh_gradient(output: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl<B: TanhGradient, C: CheckpointStrategy> TanhOps for Autodiff<B, C> {
    fn tanh(input: FloatTensor<Self>) -> FloatTensor<Self> {
        record::<B, C, _>(input, B::tanh, Clone::clone, B::tanh_gradient)
    }
}

/// The hyperbolic tangent of every element. Burn's own computes it once more in the backward pass.
pub fn tanh<const D: usize>(input: Tensor<D>) -> Tensor<D> {
    match Runner::of(&input) {
        Some(Runner::Cpu) => tensor(<Dispatch as TanhOps>::tanh(input.into_dispatch())),
        _ => input.tanh(),
    }
}
