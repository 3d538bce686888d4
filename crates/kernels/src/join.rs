//! Joining features, so that each part's gradient comes back on its own.

use crate::fused::{primitive, tensor};
use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Tensor, TensorMetadata};

/// Takes `[.., a + b + …]` apart into `[.., a]`, `[.., b]` and so on, each in memory of its own.
pub type SplitKernel<B> = fn(FloatTensor<B>, &[usize]) -> Vec<FloatTensor<B>>;

/// Joins along the last dimension. Burn's own hands gradients back as views of one tensor, and adding
/// a view to another gradient is slow on Flex.
pub(crate) fn record<B: Backend, C: CheckpointStrategy, const D: usize, const N: usize>(
    split: SplitKernel<B>,
    parts: [Tensor<Autodiff<B, C>, D>; N],
) -> Tensor<Autodiff<B, C>, D> {
    let parts = parts.map(|part| primitive(&part));
    let widths = parts.each_ref().map(|part| part.primitive.shape()[D - 1]);
    let nodes = parts.each_ref().map(|part| part.node.clone());
    let output = B::float_cat(parts.map(|part| part.primitive).into(), D - 1);
    tensor(match Join.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish((split, widths), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    })
}

/// The operation in the graph.
#[derive(Debug)]
struct Join;

impl<B: Backend, const N: usize> Backward<B, N> for Join {
    type State = (SplitKernel<B>, [usize; N]);

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (split, widths) = ops.state;
        let parts = split(gradient, &widths);
        for (parent, part) in ops.parents.into_iter().zip(parts) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, part);
            }
        }
    }
}
