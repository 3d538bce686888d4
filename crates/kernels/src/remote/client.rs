//! The process that asks: a sequence becomes one operation of the wire.

use super::wire::{self, BACKWARD, FORWARD};
use crate::call::{
    CallOutputs, CallSizes, CallTensors, CallUpstream, KernelCell, Saved, SequenceCall,
};
use crate::operation::{SequenceKernel, SequenceOps, outputs};
use crate::pairs::PairsOps;
use crate::tensors::SequenceTensors;
use burn::backend::ir::{CustomOpIr, ScalarIr, TensorIr};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Remote, TensorMetadata};
use burn::remote::CustomOpClient;
use burn::tensor::{DType, Shape};
use std::sync::Arc;

impl PairsOps for Remote {}

impl SequenceOps for Remote {
    fn sequence(
        call: SequenceCall,
        tensors: SequenceTensors<Self>,
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        Option<FloatTensor<Self>>,
    ) {
        outputs(Self::forward(&call, &tensors, false))
    }
}

impl SequenceKernel for Remote {
    fn forward(
        call: &SequenceCall,
        tensors: &SequenceTensors<Self>,
        save: bool,
    ) -> CallOutputs<FloatTensor<Self>> {
        let sizes = CallSizes::new(call, tensors);
        let dtype = tensors.input.dtype();
        let state = [sizes.batch_size, sizes.d_hidden];
        let mut shapes = vec![
            Shape::new([sizes.batch_size, sizes.seq_length, sizes.d_hidden]),
            Shape::new(state),
        ];
        if matches!(call.cell, KernelCell::Lstm { .. }) {
            shapes.push(Shape::new(state));
        }
        let numbers = wire::write(call, wire::optional(tensors), [false; 4]);
        let shapes = shapes.into_iter().map(|shape| (shape, dtype));
        let mut results = ask(FORWARD, tensors.iter().collect(), shapes.collect(), numbers);
        let (Some(hidden), Some(last_hidden)) = (results.next(), results.next()) else {
            unreachable!("an operation gives the outputs it was asked for");
        };
        CallOutputs {
            hidden,
            last_hidden,
            last_cell: results.next(),
            // Nothing: the worker runs the forward pass again.
            saved: save.then(|| Arc::new(()) as Saved),
        }
    }

    fn backward(
        call: &SequenceCall,
        tensors: &SequenceTensors<Self>,
        _forwarded: (&FloatTensor<Self>, &Saved),
        upstream: CallUpstream<FloatTensor<Self>>,
        want_input: bool,
    ) -> CallTensors<Option<FloatTensor<Self>>> {
        let upstream = [&upstream.hidden, &upstream.last_hidden, &upstream.last_cell];
        let [hidden, last_hidden, last_cell] = upstream.map(Option::is_some);
        let asked = [hidden, last_hidden, last_cell, want_input];
        let numbers = wire::write(call, wire::optional(tensors), asked);
        let inputs = tensors.iter().chain(upstream.into_iter().flatten());
        let wanted = CallTensors {
            mask: None,
            ..tensors.clone()
        };
        let shapes = wanted
            .iter()
            .skip(usize::from(!want_input))
            .map(|tensor| (tensor.shape(), tensor.dtype()));
        let mut results = ask(BACKWARD, inputs.collect(), shapes.collect(), numbers);
        let mut first = true;
        wanted.map(|_| match std::mem::take(&mut first) && !want_input {
            true => None,
            false => results.next(),
        })
    }
}

/// Sends an operation, and gives its outputs, which are not computed yet.
fn ask(
    name: &'static str,
    inputs: Vec<&FloatTensor<Remote>>,
    outputs: Vec<(Shape, DType)>,
    numbers: Vec<ScalarIr>,
) -> impl Iterator<Item = FloatTensor<Remote>> {
    let client = CustomOpClient::new(&inputs[0].device());
    let inputs: Vec<TensorIr> = inputs
        .into_iter()
        .map(|one| one.clone().into_ir())
        .collect();
    let outputs: Vec<TensorIr> = outputs
        .into_iter()
        .map(|(shape, dtype)| TensorIr::uninit(client.create_empty_handle(), shape, dtype))
        .collect();
    let operation = CustomOpIr::with_scalars(name, &inputs, &outputs, numbers);
    client.register(operation).into_iter()
}
