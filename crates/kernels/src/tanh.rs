//! The hyperbolic tangent in one pass each way, where the backend has a kernel.

use crate::unary;
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;

/// `y = tanh(x)`, and `g · (1 - y²)` from `y` and a gradient `g`.
#[derive(Debug)]
pub struct TanhKernel<B: Backend> {
    /// Squashes; may write over its argument.
    pub forward: fn(FloatTensor<B>) -> FloatTensor<B>,
    /// The gradient by what was squashed, from the output and its gradient.
    pub backward: fn(&FloatTensor<B>, FloatTensor<B>) -> FloatTensor<B>,
}

/// The hyperbolic tangent by a kernel. Burn's own would compute it once more on the way back.
pub(crate) fn record<B: Backend, C: CheckpointStrategy, const D: usize>(
    kernel: TanhKernel<B>,
    input: Tensor<Autodiff<B, C>, D>,
) -> Tensor<Autodiff<B, C>, D> {
    unary::record(
        input,
        kernel.forward,
        |output| (kernel.backward, output.clone()),
        |(backward, output), gradient| backward(&output, gradient),
    )
}
