//! The hyperbolic tangent in one pass each way, where the backend has a kernel.

use crate::fused::{primitive, tensor};
use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
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
    let tracked = primitive(&input);
    drop(input);
    let output = (kernel.forward)(tracked.primitive);
    let prepared = Tanh.prepare::<C>([tracked.node]).compute_bound();
    tensor(match prepared.stateful() {
        OpsKind::Tracked(prepared) => prepared.finish((kernel.backward, output.clone()), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    })
}

/// The operation in the graph.
#[derive(Debug)]
struct Tanh;

impl<B: Backend> Backward<B, 1> for Tanh {
    type State = (
        fn(&FloatTensor<B>, FloatTensor<B>) -> FloatTensor<B>,
        FloatTensor<B>,
    );

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (backward, output) = ops.state;
        if let [Some(parent)] = ops.parents {
            grads.register::<B>(parent.id, backward(&output, gradient));
        }
    }
}
