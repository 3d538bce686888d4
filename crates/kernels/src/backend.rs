//! The trait a backend implements to run recurrent layers.

use crate::cross_entropy::{self, CrossEntropy, CrossEntropyTensors};
use crate::fused::{Fused, FusedCall, FusedOutput, tensor};
use crate::{
    Cell, SequenceInput, SequenceOutput, State, autodiff, dropout, embedding, join, pairs,
    sequence, tanh,
};
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Int, Tensor};
use std::sync::Once;

/// A Burn backend that runs recurrent sequences.
///
/// With nothing but the provided methods it runs the reference in tensor operations.
pub trait RecurrentBackend: Backend {
    /// Runs `cell` over a whole sequence; see [`sequence::reference`] for the exact meaning.
    fn recurrent_sequence(cell: &Cell<Self>, input: SequenceInput<Self>) -> SequenceOutput<Self> {
        if let Some(fused) = Self::fused()
            && let Some((call, tensors)) = FusedCall::new(cell, &input)
            && fused.covers(&call, &tensors)
        {
            say_once(&FUSED, fused.name());
            return output(fused.forward(&call, &tensors, false));
        }
        say_once(&REFERENCE, "tensor operations");
        sequence::reference(cell, input)
    }

    /// Mean cross-entropy of the rows that count; see [`CrossEntropy`].
    fn cross_entropy(
        call: &CrossEntropy,
        tensors: CrossEntropyTensors<Self>,
        targets: &[usize],
    ) -> Tensor<Self, 1> {
        cross_entropy::reference(call, tensors, targets)
    }

    /// Drops a share of the numbers and scales the others, so that their mean stays.
    fn dropout<const D: usize>(input: Tensor<Self, D>, probability: f64) -> Tensor<Self, D> {
        dropout::reference(input, probability)
    }

    /// The vectors of tokens, `[batch_size, seq_length, d]`, of `[vocabulary, d]` and
    /// `[batch_size, seq_length]`.
    fn look_up(vectors: Tensor<Self, 2>, tokens: Tensor<Self, 2, Int>) -> Tensor<Self, 3> {
        burn::tensor::module::embedding(vectors, tokens)
    }

    /// Joins features, the last dimension of tensors that are alike in the others.
    fn join<const D: usize, const N: usize>(parts: [Tensor<Self, D>; N]) -> Tensor<Self, D> {
        Tensor::cat(parts.into(), D - 1)
    }

    /// Every query against every key: `q kᵀ`, `[batch_size, queries, keys]`, of `[batch_size, queries, d]` and
    /// `[batch_size, keys, d]`.
    fn pairs(queries: Tensor<Self, 3>, keys: Tensor<Self, 3>) -> Tensor<Self, 3> {
        queries.matmul(keys.swap_dims(1, 2))
    }

    /// The hyperbolic tangent of every number.
    fn tanh<const D: usize>(input: Tensor<Self, D>) -> Tensor<Self, D> {
        match Self::fused().and_then(|fused| fused.tanh(input.dtype())) {
            Some(kernel) => tensor((kernel.forward)(input.into_primitive().tensor())),
            None => input.tanh(),
        }
    }

    /// The same numbers without their graph, for another thread to read, once, while this one goes on: what this
    /// one computes is then the same as if nobody had read.
    ///
    /// With Burn's Fusion, one that is let go of unread, cloned or computed with keeps its memory for good.
    fn for_another_thread<const D: usize>(shared: Tensor<Self, D>) -> Tensor<Self, D> {
        shared
    }

    /// The backend's fused kernel.
    fn fused() -> Option<&'static dyn Fused<Self>> {
        None
    }
}

impl<B: RecurrentBackend, C: CheckpointStrategy> RecurrentBackend for Autodiff<B, C> {
    fn recurrent_sequence(cell: &Cell<Self>, input: SequenceInput<Self>) -> SequenceOutput<Self> {
        if let Some(fused) = B::fused()
            && let Some((call, tensors)) = FusedCall::new(cell, &input)
        {
            let values = tensors.clone().map(|tensor| tensor.primitive);
            if fused.covers(&call, &values) {
                say_once(&FUSED, fused.name());
                return output(autodiff::record::<B, C>(fused, call, tensors, values));
            }
        }
        say_once(&REFERENCE, "tensor operations");
        sequence::reference(cell, input)
    }

    fn cross_entropy(
        call: &CrossEntropy,
        tensors: CrossEntropyTensors<Self>,
        targets: &[usize],
    ) -> Tensor<Self, 1> {
        let kernel = B::fused().and_then(|fused| fused.cross_entropy(tensors.features.dtype()));
        match kernel {
            Some(kernel) => cross_entropy::record::<B, C>(kernel, call, tensors, targets),
            None => cross_entropy::reference(call, tensors, targets),
        }
    }

    fn dropout<const D: usize>(input: Tensor<Self, D>, probability: f64) -> Tensor<Self, D> {
        match B::fused().and_then(|fused| fused.dropout(input.dtype())) {
            Some(kernel) => dropout::record::<B, C, D>(kernel, input, probability),
            None => dropout::reference(input, probability),
        }
    }

    fn look_up(vectors: Tensor<Self, 2>, tokens: Tensor<Self, 2, Int>) -> Tensor<Self, 3> {
        match B::fused().and_then(|fused| fused.embedding(vectors.dtype())) {
            Some(kernel) => embedding::record::<B, C>(kernel, vectors, tokens),
            None => burn::tensor::module::embedding(vectors, tokens),
        }
    }

    fn join<const D: usize, const N: usize>(parts: [Tensor<Self, D>; N]) -> Tensor<Self, D> {
        let dtype = parts.first().map(Tensor::dtype);
        match B::fused().and_then(|fused| fused.split(dtype?)) {
            Some(kernel) => join::record::<B, C, D, N>(kernel, parts),
            None => Tensor::cat(parts.into(), D - 1),
        }
    }

    fn pairs(queries: Tensor<Self, 3>, keys: Tensor<Self, 3>) -> Tensor<Self, 3> {
        pairs::record::<B, C>(queries, keys)
    }

    fn tanh<const D: usize>(input: Tensor<Self, D>) -> Tensor<Self, D> {
        match B::fused().and_then(|fused| fused.tanh(input.dtype())) {
            Some(kernel) => tanh::record::<B, C, D>(kernel, input),
            None => input.tanh(),
        }
    }

    fn for_another_thread<const D: usize>(shared: Tensor<Self, D>) -> Tensor<Self, D> {
        Tensor::from_inner(B::for_another_thread(shared.inner()))
    }
}

static FUSED: Once = Once::new();
static REFERENCE: Once = Once::new();

/// Says the first time what runs a sequence.
fn say_once(once: &Once, name: &str) {
    once.call_once(|| tracing::info!("recurrent layers run on: {name}"));
}

fn output<B: Backend>(output: FusedOutput<FloatTensor<B>>) -> SequenceOutput<B> {
    SequenceOutput {
        hidden: tensor(output.hidden),
        last: State {
            hidden: tensor(output.last_hidden),
            cell: output.last_cell.map(tensor),
        },
    }
}

#[cfg(feature = "flex")]
impl RecurrentBackend for burn_flex::Flex {
    fn fused() -> Option<&'static dyn Fused<Self>> {
        Some(&crate::cpu::CpuKernel)
    }
}

#[cfg(feature = "ndarray")]
impl RecurrentBackend for burn_ndarray::NdArray<f32> {
    fn fused() -> Option<&'static dyn Fused<Self>> {
        Some(&crate::cpu::CpuKernel)
    }
}

#[cfg(feature = "ndarray")]
impl RecurrentBackend for burn_ndarray::NdArray<f64> {
    fn fused() -> Option<&'static dyn Fused<Self>> {
        Some(&crate::cpu::CpuKernel)
    }
}

#[cfg(feature = "tch")]
impl<E: burn_tch::TchElement> RecurrentBackend for burn_tch::LibTorch<E> {
    fn fused() -> Option<&'static dyn Fused<Self>> {
        Some(&crate::libtorch::AtenKernel)
    }
}
