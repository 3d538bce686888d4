//! A fused kernel as an operation that gradients flow through.
//!
//! An operation of Burn's autodiff has one output, a sequence has three. So the operation itself
//! gives a token, and hidden states, last hidden and last cell state each hang below it as an
//! operation of their own. On the way back each of them leaves its gradient where the sequence's
//! backward pass finds it and passes a token on; the graph runs them first, since they are deeper.

use crate::fused::{Fused, FusedCall, FusedOutput, FusedTensors, FusedUpstream};
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::tensor::TensorMetadata;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the three outputs leave their gradients.
type Slots<B> = Arc<Mutex<[Option<FloatTensor<B>>; 3]>>;

/// A tensor of the autodiff backend.
type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

/// Number of tensors that gradients may flow to: all but the mask.
const PARENTS: usize = 8;

/// Runs the forward pass and records the backward pass where a gradient is wanted.
pub(crate) fn record<B: Backend, C: CheckpointStrategy>(
    fused: &'static dyn Fused<B>,
    call: FusedCall,
    tensors: FusedTensors<Tracked<B, C>>,
    values: FusedTensors<FloatTensor<B>>,
) -> FusedOutput<Tracked<B, C>> {
    let token = token::<B>(&values.input);
    let absent = Tracked::<B, C>::new(token.clone());
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
    .map(|tensor| tensor.unwrap_or(&absent).node.clone());
    let prepared = Sequence.prepare::<C>(parents).compute_bound().stateful();
    let tracked = matches!(prepared, OpsKind::Tracked(_));
    let output = fused.forward(&call, &values, tracked);
    let slots = Slots::<B>::default();
    let root = match (prepared, output.kept) {
        (OpsKind::Tracked(prepared), Some(kept)) => {
            let state = SequenceState {
                fused: FusedRef(fused),
                call,
                values,
                hidden: output.hidden.clone(),
                kept,
                slots: slots.clone(),
            };
            prepared.finish(state, token)
        }
        (OpsKind::Tracked(_), None) => unreachable!("a forward pass keeps what it was asked to"),
        (OpsKind::UnTracked(prepared), _) => prepared.finish(token),
    };
    let below = |slot: usize, value: FloatTensor<B>| {
        let nodes = [root.node.clone()];
        match Part.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((slot, slots.clone()), value),
            OpsKind::UnTracked(prepared) => prepared.finish(value),
        }
    };
    FusedOutput {
        hidden: below(0, output.hidden),
        last_hidden: below(1, output.last_hidden),
        last_cell: output.last_cell.map(|cell| below(2, cell)),
        kept: None,
    }
}

/// What stands for the sequence in the graph: one zero.
fn token<B: Backend>(like: &FloatTensor<B>) -> FloatTensor<B> {
    B::float_zeros([1].into(), &B::float_device(like), like.dtype().into())
}

/// The sequence.
#[derive(Debug)]
struct Sequence;

/// One of its outputs.
#[derive(Debug)]
struct Part;

#[derive(Debug, Clone)]
struct SequenceState<B: Backend> {
    fused: FusedRef<B>,
    call: FusedCall,
    values: FusedTensors<FloatTensor<B>>,
    hidden: FloatTensor<B>,
    kept: Arc<dyn Any + Send + Sync>,
    slots: Slots<B>,
}

struct FusedRef<B: Backend>(&'static dyn Fused<B>);

impl<B: Backend> Clone for FusedRef<B> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<B: Backend> std::fmt::Debug for FusedRef<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("fused kernel")
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

impl<B: Backend> Backward<B, PARENTS> for Sequence {
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
        let upstream = FusedUpstream {
            hidden,
            last_hidden,
            last_cell,
        };
        let parents: [Option<NodeId>; PARENTS] =
            ops.parents.map(|parent| parent.map(|node| node.id));
        let gradients = state.fused.0.backward(
            &state.call,
            &state.values,
            (&state.hidden, &*state.kept),
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
