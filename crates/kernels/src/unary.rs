//! An operation on one tensor in the graph, whose gradient needs the output's and no more than was kept.

use crate::fused::{primitive, tensor};
use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use std::fmt::Debug;
use std::marker::PhantomData;

/// From what was kept and the output's gradient to the input's.
type WayBack<B, S> = fn(S, FloatTensor<B>) -> FloatTensor<B>;

/// Runs `forward`, which may write over what nothing else holds; `keep` is asked for only where a
/// gradient is wanted.
pub(crate) fn record<
    B: Backend,
    C: CheckpointStrategy,
    S: Kept,
    const D: usize,
    const OUT: usize,
>(
    input: Tensor<Autodiff<B, C>, D>,
    forward: impl FnOnce(FloatTensor<B>) -> FloatTensor<B>,
    keep: impl FnOnce(&FloatTensor<B>) -> S,
    back: WayBack<B, S>,
) -> Tensor<Autodiff<B, C>, OUT> {
    let tracked = primitive(&input);
    drop(input);
    let output = forward(tracked.primitive);
    let prepared = Unary(PhantomData)
        .prepare::<C>([tracked.node])
        .compute_bound();
    tensor(match prepared.stateful() {
        OpsKind::Tracked(prepared) => prepared.finish((back, keep(&output)), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    })
}

/// What can wait in the graph.
pub(crate) trait Kept: Clone + Debug + Send + 'static {}

impl<S: Clone + Debug + Send + 'static> Kept for S {}

/// The operation in the graph.
#[derive(Debug)]
struct Unary<S>(PhantomData<S>);

impl<B: Backend, S: Kept> Backward<B, 1> for Unary<S> {
    type State = (WayBack<B, S>, S);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (back, kept) = ops.state;
        if let [Some(parent)] = ops.parents {
            grads.register::<B>(parent.id, back(kept, gradient));
        }
    }
}
