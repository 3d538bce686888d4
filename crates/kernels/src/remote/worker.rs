//! The process that computes: runs the operations of the wire by the kernels of its backend.
//!
//! What a kernel saves for its backward pass is no tensor and has no place in a session, so the backward
//! pass begins with the forward pass again.

use super::wire::{self, BACKWARD, FORWARD};
use crate::call::{CallUpstream, SequenceCall};
use crate::operation::SequenceKernel;
use crate::tensors::SequenceTensors;
use burn::backend::ir::{BackendIr, CustomOpIr, HandleContainer};
use burn::backend::tensor::FloatTensor;
use burn::server::RemoteServer;

/// The server, with the sequence operation of its backend.
pub(super) fn with_sequences<B: SequenceKernel + BackendIr>(server: RemoteServer) -> RemoteServer {
    server
        .with_custom_op::<B, _>(FORWARD, |handles, asked, _| forward::<B>(handles, asked))
        .with_custom_op::<B, _>(BACKWARD, |handles, asked, _| backward::<B>(handles, asked))
}

fn forward<B: SequenceKernel + BackendIr>(
    handles: &mut HandleContainer<B::Handle>,
    asked: &CustomOpIr,
) {
    let given = Given::<B>::new(handles, asked);
    let output = B::forward(&given.call, &given.tensors, false);
    let results = [
        Some(output.hidden),
        Some(output.last_hidden),
        output.last_cell,
    ];
    answer::<B>(handles, asked, results.into_iter().flatten());
}

fn backward<B: SequenceKernel + BackendIr>(
    handles: &mut HandleContainer<B::Handle>,
    asked: &CustomOpIr,
) {
    let given = Given::<B>::new(handles, asked);
    let output = B::forward(&given.call, &given.tensors, true);
    let Some(saved) = output.saved else {
        unreachable!("a forward pass saves what it was told to");
    };
    let gradients = B::backward(
        &given.call,
        &given.tensors,
        (&output.hidden, &saved),
        given.upstream,
        given.want_input,
    );
    answer::<B>(handles, asked, gradients.iter().flatten().cloned());
}

/// What an operation was given.
struct Given<B: SequenceKernel> {
    call: SequenceCall,
    tensors: SequenceTensors<B>,
    upstream: CallUpstream<FloatTensor<B>>,
    want_input: bool,
}

impl<B: SequenceKernel + BackendIr> Given<B> {
    /// # Panics
    /// When the other process did not write it. Burn ends that session, and no other.
    fn new(handles: &mut HandleContainer<B::Handle>, asked: &CustomOpIr) -> Self {
        let Some((call, optional, [hidden, last_hidden, last_cell, want_input])) =
            wire::read(&asked.scalars)
        else {
            panic!("a sequence that this version of rekindle did not write");
        };
        let mut inputs = asked
            .inputs
            .iter()
            .map(|one| handles.get_float_tensor::<B>(one));
        let Some(tensors) = wire::tensors(optional, &mut inputs) else {
            panic!("a sequence without its tensors");
        };
        let mut next = |there: bool| there.then(|| inputs.next()).flatten();
        Self {
            call,
            tensors,
            upstream: CallUpstream {
                hidden: next(hidden),
                last_hidden: next(last_hidden),
                last_cell: next(last_cell),
            },
            want_input,
        }
    }
}

/// Leaves the results where the session looks for them.
fn answer<B: SequenceKernel + BackendIr>(
    handles: &mut HandleContainer<B::Handle>,
    asked: &CustomOpIr,
    results: impl Iterator<Item = FloatTensor<B>>,
) {
    for (output, result) in asked.outputs.iter().zip(results) {
        handles.register_float_tensor::<B>(&output.id, result);
    }
}
