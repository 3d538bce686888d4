//! Every query against every key, so that both gradients come back row by row.

use crate::primitive::tensor;
use crate::runner::Runner;
use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

/// The product of queries and keys as an operation.
#[backend_extension(
    Cube: cfg(feature = "cube"),
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch"),
    Remote: cfg(feature = "remote"),
    Autodiff
)]
pub trait PairsOps: Backend {
    /// `q kᵀ`, `[batch_size, queries, keys]`.
    fn pairs(queries: FloatTensor<Self>, keys: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_matmul(queries, Self::float_swap_dims(keys, 1, 2))
    }
}

#[cfg(feature = "cube")]
impl PairsOps for burn::backend::Cube {}
#[cfg(feature = "flex")]
impl PairsOps for burn::backend::Flex {}
#[cfg(feature = "ndarray")]
impl PairsOps for burn::backend::NdArray {}
#[cfg(feature = "tch")]
impl PairsOps for burn::backend::LibTorch {}

/// `q kᵀ`, whose gradients are `g k` and `gᵀ q`. Burn's own product with a transposed view returns a
/// transposed view, and adding that to another gradient is slow on Flex.
impl<B: PairsOps, C: CheckpointStrategy> PairsOps for Autodiff<B, C> {
    fn pairs(queries: FloatTensor<Self>, keys: FloatTensor<Self>) -> FloatTensor<Self> {
        let [(queries, query_node), (keys, key_node)] =
            [queries, keys].map(|tensor| tensor.into_parts());
        let output = B::pairs(queries.clone(), keys.clone());
        let prepared = Pairs.prepare::<C>([query_node, key_node]).compute_bound();
        match prepared.stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((queries, keys), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }
}

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
            let transposed = B::float_swap_dims(gradient, 1, 2);
            grads.register::<B>(parent.id, B::float_matmul(transposed, queries));
        }
    }
}

/// Every query against every key: `q kᵀ`, `[batch_size, queries, keys]`, of `[batch_size, queries, d]` and
/// `[batch_size, keys, d]`.
pub fn pairs(queries: Tensor<3>, keys: Tensor<3>) -> Tensor<3> {
    let known = Runner::of_device(queries.device().as_dispatch()).is_some();
    match known && queries.is_autodiff() {
        true => {
            let (queries, keys) = (queries.into_dispatch(), keys.into_dispatch());
            tensor(<Dispatch as PairsOps>::pairs(queries, keys))
        }
        false => queries.matmul(keys.swap_dims(1, 2)),
    }
}
