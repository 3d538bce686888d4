//! The engine behind Burn's CPU backends.

use super::engine::{Engine, Kept};
use super::forward::Given;
use super::host::HostTensors;
use super::pack::Weights;
use super::path::Number;
use super::problem::{Batch, Kind, Upstream};
use crate::call::{
    CallOutputs, CallSizes, CallTensors, CallUpstream, KernelCell, Saved, SequenceCall,
};
use crate::operation::{SequenceKernel, SequenceOps, outputs};
use crate::tensors::SequenceTensors;
use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Element, TensorData};
use std::borrow::Cow;
use std::sync::Arc;

impl<B: HostTensors> SequenceOps for B {
    fn sequence(
        call: SequenceCall,
        tensors: SequenceTensors<Self>,
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        Option<FloatTensor<Self>>,
    ) {
        outputs(B::forward(&call, &tensors, false))
    }
}

impl<B: HostTensors> SequenceKernel for B {
    fn forward(
        call: &SequenceCall,
        tensors: &SequenceTensors<Self>,
        save: bool,
    ) -> CallOutputs<FloatTensor<Self>> {
        match tensors.input.dtype() {
            DType::F64 => forward::<B, f64>(call, tensors, save),
            _ => forward::<B, f32>(call, tensors, save),
        }
    }

    fn backward(
        call: &SequenceCall,
        tensors: &SequenceTensors<Self>,
        forwarded: (&FloatTensor<Self>, &Saved),
        upstream: CallUpstream<FloatTensor<Self>>,
        want_input: bool,
    ) -> CallTensors<Option<FloatTensor<Self>>> {
        match tensors.input.dtype() {
            DType::F64 => backward::<B, f64>(call, tensors, forwarded, upstream, want_input),
            _ => backward::<B, f32>(call, tensors, forwarded, upstream, want_input),
        }
    }
}

impl From<KernelCell> for Kind {
    fn from(cell: KernelCell) -> Self {
        match cell {
            KernelCell::Elman { relu } => Self::Elman { relu },
            KernelCell::Gru { mirror } => Self::Gru { mirror },
            KernelCell::Lstm { peephole, clip } => Self::Lstm {
                peephole,
                clip: clip.unwrap_or(f64::INFINITY),
            },
        }
    }
}

fn batch<'a>(sizes: &CallSizes, call: &'a SequenceCall) -> Batch<'a> {
    Batch {
        batch_size: sizes.batch_size,
        seq_length: sizes.seq_length,
        lengths: call.lengths.as_ref().map(|lengths| lengths.as_slice()),
        reverse: call.reverse,
    }
}

/// All numbers of a call, borrowed where they lie as they should.
type Numbers<'a, E> = CallTensors<Cow<'a, [E]>>;

fn numbers<B: HostTensors, E: Number + Element>(
    tensors: &CallTensors<FloatTensor<B>>,
) -> Numbers<'_, E> {
    CallTensors {
        input: B::numbers(&tensors.input),
        weight_input: B::numbers(&tensors.weight_input),
        weight_recurrent: B::numbers(&tensors.weight_recurrent),
        bias: tensors.bias.as_ref().map(B::numbers),
        candidate_bias: tensors.candidate_bias.as_ref().map(B::numbers),
        peephole: tensors.peephole.as_ref().map(B::numbers),
        hidden: tensors.hidden.as_ref().map(B::numbers),
        cell: tensors.cell.as_ref().map(B::numbers),
        mask: tensors.mask.as_ref().map(B::numbers),
        input_mask: tensors.input_mask.as_ref().map(B::numbers),
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
        input_mask: numbers.input_mask.as_deref(),
        d_input: sizes.d_input,
        d_hidden: sizes.d_hidden,
    }
}

fn forward<B: HostTensors, E: Number + Element>(
    call: &SequenceCall,
    tensors: &CallTensors<FloatTensor<B>>,
    save: bool,
) -> CallOutputs<FloatTensor<B>> {
    let sizes = CallSizes::new(call, tensors);
    let device = tensors.input.device();
    let numbers = numbers::<B, E>(tensors);
    let engine = Engine::new(call.checkpoint);
    let output = engine.forward(
        call.cell.into(),
        &weights(&numbers, &sizes),
        &given(&numbers, &sizes),
        batch(&sizes, call),
        save,
    );
    let state = [sizes.batch_size, sizes.d_hidden];
    let sequence = [sizes.batch_size, sizes.seq_length, sizes.d_hidden];
    let tensor = |values: Vec<E>, shape: &[usize]| {
        B::float_from_data(TensorData::new(values, shape.to_vec()), &device)
    };
    CallOutputs {
        hidden: tensor(output.hidden, &sequence),
        last_hidden: tensor(output.last_hidden, &state),
        last_cell: (!output.last_cell.is_empty()).then(|| tensor(output.last_cell, &state)),
        saved: output.kept.map(|kept| Arc::new(kept) as Saved),
    }
}

fn backward<B: HostTensors, E: Number + Element>(
    call: &SequenceCall,
    tensors: &CallTensors<FloatTensor<B>>,
    (hidden, saved): (&FloatTensor<B>, &Saved),
    upstream: CallUpstream<FloatTensor<B>>,
    want_input: bool,
) -> CallTensors<Option<FloatTensor<B>>> {
    let sizes = CallSizes::new(call, tensors);
    let device = tensors.input.device();
    let numbers = numbers::<B, E>(tensors);
    let Some(kept) = saved.downcast_ref::<Kept<E>>() else {
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
    CallTensors {
        input: want_input.then(|| like(gradients.input, &tensors.input)),
        weight_input: Some(like(gradients.weight_input, &tensors.weight_input)),
        weight_recurrent: Some(like(gradients.weight_recurrent, &tensors.weight_recurrent)),
        bias: optional(gradients.bias, &tensors.bias),
        candidate_bias: optional(gradients.candidate_bias, &tensors.candidate_bias),
        peephole: optional(gradients.extra, &tensors.peephole),
        hidden: optional(gradients.hidden, &tensors.hidden),
        cell: optional(gradients.cell, &tensors.cell),
        mask: None,
        input_mask: None,
    }
}
