//! Every query against every key, so that both gradients come back row by row.

use crate::fused::{primitive, tensor};
use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;

/// `q kᵀ`, whose gradients are `g k` and `gᵀ q`. Burn's own product with a turned view hands back a
/// turned view, and adding that to another gradient is slow on Flex.
pub(crate) fn record<B: Backend, C: CheckpointStrategy>(
    queries: Tensor<Autodiff<B, C>, 3>,
    keys: Tensor<Autodiff<B, C>, 3>,
) -> Tensor<Autodiff<B, C>, 3> {
    let [queries, keys] = [queries, keys].map(|tensor| primitive(&tensor));
    let turned = B::float_swap_dims(keys.primitive.clone(), 1, 2);
    let output = B::float_matmul(queries.primitive.clone(), turned);
    let prepared = Pairs
        .prepare::<C>([queries.node, keys.node])
        .compute_bound();
    tensor(match prepared.stateful() {
        OpsKind::Tracked(prepared) => prepared.finish((queries.primitive, keys.primitive), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    })
}

/// The operation in the graph.
#[derive(Debug)]
struct Pairs;

impl<B: Backend> Backward<B, 2> for Pairs {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (queries, keys) = ops.state;
        let [of_queries, of_keys] = ops.parents;
        if let Some(parent) = of_queries {
            grads.register::<B>(parent.id, B::float_matmul(gradient.clone(), keys));
        }
        if let Some(parent) = of_keys {
            let turned = B::float_swap_dims(gradient, 1, 2);
            grads.register::<B>(parent.id, B::float_matmul(turned, queries));
        }
    }
}
