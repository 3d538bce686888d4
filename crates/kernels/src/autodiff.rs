//! The sequence operation with gradients.
//!
//! An operation of Burn's autodiff has one output, a sequence has three. So the operation itself
//! returns a token, and hidden states, last hidden and last cell state each hang below it as an
//! operation of their own. In the backward pass each of them leaves its gradient where the sequence's
//! backward pass finds it and passes a token on; the graph runs them first, since they are deeper.

use crate::call::{CallTensors, CallUpstream, Saved, SequenceCall};
use crate::operation::{SequenceKernel, SequenceOps};
use crate::tensors::SequenceTensors;
use burn::backend::Backend;
use burn::backend::TensorMetadata;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::tensor::FloatTensor;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the three outputs leave their gradients.
type Slots<B> = Arc<Mutex<[Option<FloatTensor<B>>; 3]>>;

/// Number of tensors that gradients may flow to: all but the masks.
const PARENTS: usize = 8;

impl<B: SequenceKernel, C: CheckpointStrategy> SequenceOps for Autodiff<B, C> {
    fn sequence(
        call: SequenceCall,
        tensors: SequenceTensors<Self>,
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        Option<FloatTensor<Self>>,
    ) {
        let token = token::<B>(tensors.input.primitive());
        let absent = FloatTensor::<Self>::new(token.clone());
        let parents = [
            Some(&tensors.input),
            Some(&tensors.weight_input),
            Some(&tensors.weight_recurrent),
            tensors.bias.as_ref(),
            tensors.candidate_bias.as_ref(),
            tensors.peephole.as_ref(),
            tensors.hidden.as_ref(),
            tensors.cell.as_ref(),
        ]
        .map(|tensor| tensor.unwrap_or(&absent).node());
        let values = tensors.map(|tensor| tensor.into_primitive());
        let prepared = Backward::<B, PARENTS>::prepare::<C>(Sequence, parents);
        let prepared = prepared.compute_bound().stateful();
        let tracked = matches!(prepared, OpsKind::Tracked(_));
        let output = B::forward(&call, &values, tracked);
        let slots = Slots::<B>::default();
        let root = match (prepared, output.saved) {
            (OpsKind::Tracked(prepared), Some(saved)) => {
                let state = SequenceState::<B> {
                    call,
                    values,
                    hidden: output.hidden.clone(),
                    saved: Opaque(saved),
                    slots: slots.clone(),
                };
                prepared.finish(state, token)
            }
            (OpsKind::Tracked(_), None) => unreachable!("a forward pass saves what it was told to"),
            (OpsKind::UnTracked(prepared), _) => prepared.finish(token),
        };
        let below = |slot: usize, value: FloatTensor<B>| {
            let nodes: [NodeGuard; 1] = [root.node()];
            match Part.prepare::<C>(nodes).compute_bound().stateful() {
                OpsKind::Tracked(prepared) => prepared.finish((slot, slots.clone()), value),
                OpsKind::UnTracked(prepared) => prepared.finish(value),
            }
        };
        (
            below(0, output.hidden),
            below(1, output.last_hidden),
            output.last_cell.map(|cell| below(2, cell)),
        )
    }
}

/// What stands for the sequence in the graph: one zero.
fn token<B: Backend>(like: &FloatTensor<B>) -> FloatTensor<B> {
    B::float_zeros([1].into(), &like.device(), like.dtype().into())
}

/// The sequence.
#[derive(Debug)]
struct Sequence;

/// One of its outputs.
#[derive(Debug)]
struct Part;

#[derive(Debug, Clone)]
struct SequenceState<B: Backend> {
    call: SequenceCall,
    values: CallTensors<FloatTensor<B>>,
    hidden: FloatTensor<B>,
    saved: Opaque,
    slots: Slots<B>,
}

#[derive(Clone)]
struct Opaque(Saved);

impl std::fmt::Debug for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("saved by the kernel")
    }
}

impl<B: Backend> Backward<B, 1> for Part {
    type State = (usize, Slots<B>);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            grads.register::<B>(parent.id, token::<B>(&gradient));
        }
        let (slot, slots) = ops.state;
        slots.lock().unwrap_or_else(PoisonError::into_inner)[slot] = Some(gradient);
    }
}

impl<B: SequenceKernel> Backward<B, PARENTS> for Sequence {
    type State = SequenceState<B>;

    fn backward(
        self,
        ops: Ops<Self::State, PARENTS>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        grads.consume::<B>(&ops.node);
        let state = ops.state;
        let mut slots = state.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let [hidden, last_hidden, last_cell] = std::mem::take(&mut *slots);
        let upstream = CallUpstream {
            hidden,
            last_hidden,
            last_cell,
        };
        let parents: [Option<NodeId>; PARENTS] =
            ops.parents.map(|parent| parent.map(|node| node.id));
        let gradients = B::backward(
            &state.call,
            &state.values,
            (&state.hidden, &state.saved.0),
            upstream,
            parents[0].is_some(),
        );
        let gradients = [
            gradients.input,
            gradients.weight_input,
            gradients.weight_recurrent,
            gradients.bias.flatten(),
            gradients.candidate_bias.flatten(),
            gradients.peephole.flatten(),
            gradients.hidden.flatten(),
            gradients.cell.flatten(),
        ];
        for (parent, gradient) in parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(parent, gradient);
            }
        }
    }
}
