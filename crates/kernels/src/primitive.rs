//! Between a backend's own tensors and Burn's, and operations with one input and a written-out gradient.

use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, DispatchTensor};
use burn::tensor::Tensor;
use std::fmt::Debug;
use std::marker::PhantomData;

/// The tensor that operations dispatch on.
pub(crate) fn dispatched<const D: usize>(tensor: &Tensor<D>) -> DispatchTensor {
    tensor.clone().into_dispatch()
}

/// A float tensor of what an operation returned.
pub(crate) fn tensor<const D: usize>(output: FloatTensor<Dispatch>) -> Tensor<D> {
    Tensor::from_dispatch(output)
}

/// Computes the input's gradient from the saved state and the output's gradient.
type BackwardFn<B, S> = fn(S, FloatTensor<B>) -> FloatTensor<B>;

/// A differentiable operation with one input; backward gets the saved state and the output gradient.
///
/// `forward` may overwrite a tensor that nothing else holds; `save` is called only where a gradient is wanted.
pub(crate) fn record<B: Backend, C: CheckpointStrategy, S: Saved>(
    input: FloatTensor<Autodiff<B, C>>,
    forward: impl FnOnce(FloatTensor<B>) -> FloatTensor<B>,
    save: impl FnOnce(&FloatTensor<B>) -> S,
    backward: BackwardFn<B, S>,
) -> FloatTensor<Autodiff<B, C>> {
    let (primitive, node) = input.into_parts();
    let output = forward(primitive);
    let prepared = Unary(PhantomData).prepare::<C>([node]).compute_bound();
    match prepared.stateful() {
        OpsKind::Tracked(prepared) => prepared.finish((backward, save(&output)), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

/// State that an operation saves for its backward pass.
pub(crate) trait Saved: Clone + Debug + Send + 'static {}

impl<S: Clone + Debug + Send + 'static> Saved for S {}

#[derive(Debug)]
struct Unary<S>(PhantomData<S>);

impl<B: Backend, S: Saved> Backward<B, 1> for Unary<S> {
    type State = (BackwardFn<B, S>, S);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (backward, saved) = ops.state;
        if let [Some(parent)] = ops.parents {
            grads.register::<B>(parent.id, backward(saved, gradient));
        }
    }
}
