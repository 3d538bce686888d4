//! The recurrent sequence as an operation of every backend.

use crate::call::{CallOutputs, CallTensors, CallUpstream, KernelCell, Saved, SequenceCall};
use crate::primitive::tensor;
use crate::runner::Runner;
use crate::tensors::SequenceTensors;
use crate::{Cell, SequenceInput, SequenceOutput, State, sequence};
use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, DispatchTensor, backend_extension};
use std::sync::Once;

/// The sequence operation of every backend that has a kernel for it.
///
/// [`recurrent_sequence`] calls it where the kernel knows the cell and the precision.
#[backend_extension(
    Cube: cfg(feature = "cube"),
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch"),
    Remote: cfg(feature = "remote"),
    Autodiff
)]
pub trait SequenceOps: Backend {
    /// Runs a cell over a whole sequence: the hidden states of all steps, `[batch_size, seq_length, H]`, zero at
    /// padded steps, the last hidden state, `[batch_size, H]`, and the last cell state of an LSTM.
    ///
    /// # Panics
    /// When shapes or lengths do not fit each other.
    #[allow(unused_variables, reason = "where no backend is built in")]
    fn sequence(
        call: SequenceCall,
        #[extension_type] tensors: SequenceTensors<Self>,
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        Option<FloatTensor<Self>>,
    );
}

/// A backend's kernel with its written-out backward pass.
pub trait SequenceKernel: SequenceOps {
    /// The forward pass; with `save` the backward pass may follow.
    fn forward(
        call: &SequenceCall,
        tensors: &SequenceTensors<Self>,
        save: bool,
    ) -> CallOutputs<FloatTensor<Self>>;

    /// Gradients of all tensors but the masks; that of the input if `want_input`.
    fn backward(
        call: &SequenceCall,
        tensors: &SequenceTensors<Self>,
        forwarded: (&FloatTensor<Self>, &Saved),
        upstream: CallUpstream<FloatTensor<Self>>,
        want_input: bool,
    ) -> CallTensors<Option<FloatTensor<Self>>>;
}

/// The three outputs of an operation.
pub(crate) fn outputs<T>(outputs: CallOutputs<T>) -> (T, T, Option<T>) {
    (outputs.hidden, outputs.last_hidden, outputs.last_cell)
}

/// Runs `cell` over a whole sequence by the kernel of its backend, or by [`sequence::reference`], which
/// defines the exact meaning.
///
/// # Panics
/// When the sequence is empty, or shapes or lengths do not fit each other.
pub fn recurrent_sequence(cell: &Cell, input: SequenceInput) -> SequenceOutput {
    if let Some((call, tensors)) = SequenceCall::new(cell, &input)
        && let Some(runner) = covering(&call, &tensors)
    {
        say_once(&KERNEL, runner.name());
        let (hidden, last_hidden, last_cell) = <Dispatch as SequenceOps>::sequence(call, tensors);
        return SequenceOutput {
            hidden: tensor(hidden),
            last: State {
                hidden: tensor(last_hidden),
                cell: last_cell.map(tensor),
            },
        };
    }
    say_once(&REFERENCE, "tensor operations");
    sequence::reference(cell, input)
}

/// The kernel that runs this call, if there is one.
fn covering(call: &SequenceCall, tensors: &CallTensors<DispatchTensor>) -> Option<Runner> {
    let runner = Runner::of_dispatched(&tensors.input)?;
    let dtype = tensors.input.dtype();
    let alike = tensors.iter().all(|one| one.dtype() == dtype);
    let known = match (runner, call.cell) {
        (Runner::Cpu, _) => true,
        _ if tensors.masked_by_gate() => false,
        (Runner::Cube | Runner::Remote, _) => true,
        (Runner::LibTorch, cell) => {
            tensors.mask.is_none()
                && match cell {
                    KernelCell::Elman { .. } => true,
                    KernelCell::Lstm { peephole, clip } => !peephole && clip.is_none(),
                    KernelCell::Gru { mirror } => !mirror,
                }
        }
    };
    (alike && known).then_some(runner)
}

static KERNEL: Once = Once::new();
static REFERENCE: Once = Once::new();

/// Says the first time what runs a sequence.
fn say_once(once: &Once, name: &str) {
    once.call_once(|| tracing::info!("recurrent layers run on: {name}"));
}
