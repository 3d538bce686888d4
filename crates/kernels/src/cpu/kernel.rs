//! The engine behind Burn's CPU backends.

use super::beside::{adam, cross_entropy, dropout, embedding, split, tanh, tanh_backward};
use super::engine::{Batch, Engine, Kept, Kind, Upstream};
use super::forward::Given;
use super::host::HostTensors;
use super::pack::Weights;
use super::path::{Number, Path};
use crate::cross_entropy::CrossEntropyKernel;
use crate::dropout::DropoutKernel;
use crate::embedding::EmbeddingKernel;
use crate::fused::{
    CallSizes, Fused, FusedCall, FusedCell, FusedOutput, FusedTensors, FusedUpstream,
};
use crate::join::SplitKernel;
use crate::tanh::TanhKernel;
use crate::{AdamStep, AdamTensors};
use burn::tensor::ops::FloatTensor;
use burn::tensor::{DType, Element, TensorData, TensorMetadata};
use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

/// The fused kernel of the CPU backends.
#[derive(Debug, Clone, Copy)]
pub struct CpuKernel;

impl<B: HostTensors> Fused<B> for CpuKernel {
    fn name(&self) -> &'static str {
        Path::best().name()
    }

    fn covers(&self, _call: &FusedCall, tensors: &FusedTensors<FloatTensor<B>>) -> bool {
        let dtype = tensors.input.dtype();
        matches!(dtype, DType::F32 | DType::F64) && tensors.iter().all(|t| t.dtype() == dtype)
    }

    fn forward(
        &self,
        call: &FusedCall,
        tensors: &FusedTensors<FloatTensor<B>>,
        keep: bool,
    ) -> FusedOutput<FloatTensor<B>> {
        match tensors.input.dtype() {
            DType::F64 => forward::<B, f64>(call, tensors, keep),
            _ => forward::<B, f32>(call, tensors, keep),
        }
    }

    fn backward(
        &self,
        call: &FusedCall,
        tensors: &FusedTensors<FloatTensor<B>>,
        forwarded: (&FloatTensor<B>, &(dyn Any + Send + Sync)),
        upstream: FusedUpstream<FloatTensor<B>>,
        want_input: bool,
    ) -> FusedTensors<Option<FloatTensor<B>>> {
        match tensors.input.dtype() {
            DType::F64 => backward::<B, f64>(call, tensors, forwarded, upstream, want_input),
            _ => backward::<B, f32>(call, tensors, forwarded, upstream, want_input),
        }
    }

    fn adam(
        &self,
        step: &AdamStep,
        tensors: AdamTensors<FloatTensor<B>>,
        gradient: FloatTensor<B>,
    ) -> AdamTensors<FloatTensor<B>> {
        match gradient.dtype() {
            DType::F64 => adam::<B, f64>(step, tensors, gradient),
            _ => adam::<B, f32>(step, tensors, gradient),
        }
    }

    fn cross_entropy(&self, dtype: DType) -> Option<CrossEntropyKernel<B>> {
        of(dtype, cross_entropy::<B, f64>, cross_entropy::<B, f32>)
    }

    fn dropout(&self, dtype: DType) -> Option<DropoutKernel<B>> {
        of(dtype, dropout::<B, f64>, dropout::<B, f32>)
    }

    fn embedding(&self, dtype: DType) -> Option<EmbeddingKernel<B>> {
        of(dtype, embedding::<B, f64>, embedding::<B, f32>)
    }

    fn split(&self, dtype: DType) -> Option<SplitKernel<B>> {
        of(dtype, split::<B, f64>, split::<B, f32>)
    }

    fn tanh(&self, dtype: DType) -> Option<TanhKernel<B>> {
        let double = TanhKernel {
            forward: tanh::<B, f64>,
            backward: tanh_backward::<B, f64>,
        };
        let single = TanhKernel {
            forward: tanh::<B, f32>,
            backward: tanh_backward::<B, f32>,
        };
        of(dtype, double, single)
    }
}

/// The one of two that is for this precision.
fn of<T>(dtype: DType, double: T, single: T) -> Option<T> {
    match dtype {
        DType::F64 => Some(double),
        DType::F32 => Some(single),
        _ => None,
    }
}

impl From<FusedCell> for Kind {
    fn from(cell: FusedCell) -> Self {
        match cell {
            FusedCell::Elman { relu } => Self::Elman { relu },
            FusedCell::Gru { mirror } => Self::Gru { mirror },
            FusedCell::Lstm { peephole, clip } => Self::Lstm {
                peephole,
                clip: clip.unwrap_or(f64::INFINITY),
            },
        }
    }
}

fn batch<'a>(sizes: &CallSizes, call: &'a FusedCall) -> Batch<'a> {
    Batch {
        batch_size: sizes.batch_size,
        seq_length: sizes.seq_length,
        lengths: call.lengths.as_ref().map(|lengths| lengths.as_slice()),
        reverse: call.reverse,
    }
}

/// All numbers of a call, borrowed where they lie as they should.
type Numbers<'a, E> = FusedTensors<Cow<'a, [E]>>;

fn numbers<B: HostTensors, E: Number + Element>(
    tensors: &FusedTensors<FloatTensor<B>>,
) -> Numbers<'_, E> {
    FusedTensors {
        input: B::numbers(&tensors.input),
        weight_input: B::numbers(&tensors.weight_input),
        weight_recurrent: B::numbers(&tensors.weight_recurrent),
        bias: tensors.bias.as_ref().map(B::numbers),
        candidate_bias: tensors.candidate_bias.as_ref().map(B::numbers),
        peephole: tensors.peephole.as_ref().map(B::numbers),
        hidden: tensors.hidden.as_ref().map(B::numbers),
        cell: tensors.cell.as_ref().map(B::numbers),
        mask: tensors.mask.as_ref().map(B::numbers),
    }
}

fn weights<'a, E: Number>(numbers: &'a Numbers<'_, E>, sizes: &CallSizes) -> Weights<'a, E> {
    Weights {
        input: &numbers.weight_input,
        recurrent: &numbers.weight_recurrent,
        bias: numbers.bias.as_deref(),
        candidate_bias: numbers.candidate_bias.as_deref(),
        extra: numbers.peephole.as_deref(),
        d_input: sizes.d_input,
        d_hidden: sizes.d_hidden,
    }
}

fn given<'a, E: Number>(numbers: &'a Numbers<'_, E>, sizes: &CallSizes) -> Given<'a, E> {
    Given {
        input: &numbers.input,
        hidden: numbers.hidden.as_deref(),
        cell: numbers.cell.as_deref(),
        mask: numbers.mask.as_deref(),
        d_input: sizes.d_input,
        d_hidden: sizes.d_hidden,
    }
}

fn forward<B: HostTensors, E: Number + Element>(
    call: &FusedCall,
    tensors: &FusedTensors<FloatTensor<B>>,
    keep: bool,
) -> FusedOutput<FloatTensor<B>> {
    let sizes = CallSizes::new(call, tensors);
    let device = B::float_device(&tensors.input);
    let numbers = numbers::<B, E>(tensors);
    let engine = Engine::new(call.checkpoint);
    let output = engine.forward(
        call.cell.into(),
        &weights(&numbers, &sizes),
        &given(&numbers, &sizes),
        batch(&sizes, call),
        keep,
    );
    let state = [sizes.batch_size, sizes.d_hidden];
    let sequence = [sizes.batch_size, sizes.seq_length, sizes.d_hidden];
    let tensor = |values: Vec<E>, shape: &[usize]| {
        B::float_from_data(TensorData::new(values, shape.to_vec()), &device)
    };
    FusedOutput {
        hidden: tensor(output.hidden, &sequence),
        last_hidden: tensor(output.last_hidden, &state),
        last_cell: (!output.last_cell.is_empty()).then(|| tensor(output.last_cell, &state)),
        kept: output
            .kept
            .map(|kept| Arc::new(kept) as Arc<dyn Any + Send + Sync>),
    }
}

fn backward<B: HostTensors, E: Number + Element>(
    call: &FusedCall,
    tensors: &FusedTensors<FloatTensor<B>>,
    (hidden, kept): (&FloatTensor<B>, &(dyn Any + Send + Sync)),
    upstream: FusedUpstream<FloatTensor<B>>,
    want_input: bool,
) -> FusedTensors<Option<FloatTensor<B>>> {
    let sizes = CallSizes::new(call, tensors);
    let device = B::float_device(&tensors.input);
    let numbers = numbers::<B, E>(tensors);
    let Some(kept) = kept.downcast_ref::<Kept<E>>() else {
        unreachable!("the backward pass follows a forward pass of the same precision");
    };
    let [d_all, d_hidden, d_cell] = [&upstream.hidden, &upstream.last_hidden, &upstream.last_cell]
        .map(|gradient| gradient.as_ref().map(B::numbers::<E>));
    let gradients = Engine::new(call.checkpoint).backward(
        call.cell.into(),
        &weights(&numbers, &sizes),
        &given(&numbers, &sizes),
        (&B::numbers(hidden), kept),
        Upstream {
            hidden: d_all.as_deref(),
            last_hidden: d_hidden.as_deref(),
            last_cell: d_cell.as_deref(),
        },
        want_input,
    );
    let like = |values: Vec<E>, like: &FloatTensor<B>| {
        B::float_from_data(TensorData::new(values, like.shape().to_vec()), &device)
    };
    let optional = |values: Vec<E>, of: &Option<FloatTensor<B>>| {
        of.as_ref().map(|tensor| Some(like(values, tensor)))
    };
    FusedTensors {
        input: want_input.then(|| like(gradients.input, &tensors.input)),
        weight_input: Some(like(gradients.weight_input, &tensors.weight_input)),
        weight_recurrent: Some(like(gradients.weight_recurrent, &tensors.weight_recurrent)),
        bias: optional(gradients.bias, &tensors.bias),
        candidate_bias: optional(gradients.candidate_bias, &tensors.candidate_bias),
        peephole: optional(gradients.extra, &tensors.peephole),
        hidden: optional(gradients.hidden, &tensors.hidden),
        cell: optional(gradients.cell, &tensors.cell),
        mask: None,
    }
}
