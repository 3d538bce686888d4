//! Joining features, so that each part's gradient comes back on its own.

use crate::primitive::tensor;
use crate::runner::Runner;
use crate::tensors::{FloatTensors, List};
use burn::backend::TensorMetadata;
use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

/// Joining tensors along their last dimension as an operation of the CPU backends.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait JoinOps: Backend {
    /// `N` tensors `[.., a]`, `[.., b]` and so on as `[.., a + b + …]`.
    fn join<const N: usize>(#[extension_type] parts: FloatTensors<Self>) -> FloatTensor<Self> {
        let last = parts.0[0].rank() - 1;
        Self::float_cat(parts.0, last)
    }
}

/// The gradient of [`JoinOps`].
pub trait JoinGradient: JoinOps {
    /// Splits `[.., a + b + …]` into `[.., a]`, `[.., b]` and so on, each in memory of its own.
    fn split(joined: FloatTensor<Self>, widths: &[usize]) -> Vec<FloatTensor<Self>>;
}

impl<B: JoinGradient, C: CheckpointStrategy> JoinOps for Autodiff<B, C> {
    fn join<const N: usize>(parts: FloatTensors<Self>) -> FloatTensor<Self> {
        let last = parts.0[0].rank() - 1;
        let widths = parts.0.iter().map(|part| part.shape()[last]).collect();
        let (values, nodes): (Vec<_>, Vec<_>) =
            parts.0.into_iter().map(|part| part.into_parts()).unzip();
        let Ok(nodes) = <[_; N]>::try_from(nodes) else {
            unreachable!("`join` passes N parts");
        };
        let output = B::join::<N>(List(values));
        match Join.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(widths, output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }
}

#[derive(Debug)]
struct Join;

impl<B: JoinGradient, const N: usize> Backward<B, N> for Join {
    type State = Vec<usize>;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let parts = B::split(gradient, &ops.state);
        for (parent, part) in ops.parents.into_iter().zip(parts) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, part);
            }
        }
    }
}

/// Joins features: the last dimension of tensors that are alike in the others.
///
/// Burn's own returns gradients as views of one tensor, and adding a view to another gradient is slow on Flex.
pub fn join<const D: usize, const N: usize>(parts: [Tensor<D>; N]) -> Tensor<D> {
    let kernel = |part: &Tensor<D>| Runner::of(part) == Some(Runner::Cpu) && part.is_autodiff();
    let alike = parts.iter().all(|part| part.dtype() == parts[0].dtype());
    match N > 0 && alike && parts.iter().all(kernel) {
        true => {
            let parts = parts.map(Tensor::into_dispatch).into();
            tensor(<Dispatch as JoinOps>::join::<N>(List(parts)))
        }
        false => Tensor::cat(parts.into(), D - 1),
    }
}
