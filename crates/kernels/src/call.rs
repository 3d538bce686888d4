//! A call of a sequence kernel: its cell, its tensors, and the checks of their sizes.

use crate::primitive::dispatched;
use crate::{Activation, Cell, Lengths, Peephole, ResetGate, SequenceInput, UpdateGate};
use burn::backend::Dispatch;
use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use std::any::Any;
use std::sync::Arc;

/// The cells that kernels run; the others run in tensor operations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KernelCell {
    /// Elman, with `tanh` or `relu`.
    Elman {
        /// `relu` in place of `tanh`.
        relu: bool,
    },
    /// LSTM without projection and coupled gates.
    Lstm {
        /// There are diagonal peepholes.
        peephole: bool,
        /// Bound of the cell state.
        clip: Option<f64>,
    },
    /// GRU with the reset after the product.
    Gru {
        /// The update gate takes the candidate instead of the state.
        mirror: bool,
    },
}

/// A sequence operation without its tensors.
#[derive(Debug, Clone)]
pub struct SequenceCall {
    /// The cell.
    pub cell: KernelCell,
    /// Valid lengths; all steps are valid when absent.
    pub lengths: Option<Lengths>,
    /// Last valid step first.
    pub reverse: bool,
    /// See [`SequenceInput::checkpoint`].
    pub checkpoint: Option<usize>,
}

/// The tensors of a sequence operation, or what belongs to each of them.
#[derive(Debug, Clone)]
pub struct CallTensors<T> {
    /// `[batch_size, seq_length, d_input]`.
    pub input: T,
    /// `W`, `[d_input, G * H]`.
    pub weight_input: T,
    /// `U`, `[H, G * H]`.
    pub weight_recurrent: T,
    /// `b`, `[G * H]`.
    pub bias: Option<T>,
    /// A GRU's `b_u`, `[H]`.
    pub candidate_bias: Option<T>,
    /// Diagonal peepholes, `[3, H]`.
    pub peephole: Option<T>,
    /// `h_0`, `[batch_size, H]`.
    pub hidden: Option<T>,
    /// `c_0`, `[batch_size, H]`.
    pub cell: Option<T>,
    /// See [`SequenceInput::recurrent_mask`].
    pub mask: Option<T>,
    /// See [`SequenceInput::input_mask`].
    pub input_mask: Option<T>,
}

/// The results of a forward pass.
#[derive(Debug)]
pub struct CallOutputs<T> {
    /// `[batch_size, seq_length, H]`, zero at padded steps.
    pub hidden: T,
    /// `[batch_size, H]`.
    pub last_hidden: T,
    /// `[batch_size, H]`, for cells that have one.
    pub last_cell: Option<T>,
    /// What the backward pass reads, if the forward pass was told to save it.
    pub saved: Option<Saved>,
}

/// What a kernel saves for its backward pass.
pub type Saved = Arc<dyn Any + Send + Sync>;

/// Gradients of a [`CallOutputs`]; absent where none came in.
#[derive(Debug)]
pub struct CallUpstream<T> {
    /// Of all hidden states.
    pub hidden: Option<T>,
    /// Of the last hidden state.
    pub last_hidden: Option<T>,
    /// Of the last cell state.
    pub last_cell: Option<T>,
}

impl KernelCell {
    /// Number of packed gates.
    pub fn gates(self) -> usize {
        match self {
            Self::Elman { .. } => 1,
            Self::Gru { .. } => 3,
            Self::Lstm { .. } => 4,
        }
    }

    /// The cell, if kernels know it.
    pub fn new(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Elman(cell) => Some(Self::Elman {
                relu: cell.activation == Activation::Relu,
            }),
            Cell::Gru(cell) => (cell.reset == ResetGate::AfterProduct).then_some(Self::Gru {
                mirror: cell.update == UpdateGate::TakesCandidate,
            }),
            Cell::Lstm(cell) => {
                let full = matches!(cell.peephole, Some(Peephole::Full(_)));
                let known = !full && !cell.coupled && cell.projection.is_none();
                known.then_some(Self::Lstm {
                    peephole: cell.peephole.is_some(),
                    clip: cell.clip,
                })
            }
        }
    }
}

impl SequenceCall {
    /// The call and its tensors, if kernels know the cell; zoneout they do not.
    pub fn new(
        cell: &Cell,
        input: &SequenceInput,
    ) -> Option<(Self, CallTensors<FloatTensor<Dispatch>>)> {
        if input.zoneout.is_some() {
            return None;
        }
        let kernel_cell = KernelCell::new(cell)?;
        let (recurrent, candidate_bias, peephole) = match cell {
            Cell::Elman(cell) => (&cell.recurrent, None, None),
            Cell::Gru(cell) => (&cell.recurrent, cell.candidate_bias.as_ref(), None),
            Cell::Lstm(cell) => {
                let peephole = match &cell.peephole {
                    Some(Peephole::Diagonal(weight)) => Some(weight),
                    _ => None,
                };
                (&cell.recurrent, None, peephole)
            }
        };
        let initial = input.initial.as_ref();
        let tensors = CallTensors {
            input: dispatched(&input.input),
            weight_input: dispatched(&input.weight_input),
            weight_recurrent: dispatched(recurrent),
            bias: input.bias.as_ref().map(dispatched),
            candidate_bias: candidate_bias.map(dispatched),
            peephole: peephole.map(dispatched),
            hidden: initial.map(|state| dispatched(&state.hidden)),
            cell: initial.and_then(|state| state.cell.as_ref().map(dispatched)),
            mask: input.recurrent_mask.as_ref().map(dispatched),
            input_mask: input.input_mask.as_ref().map(dispatched),
        };
        let call = Self {
            cell: kernel_cell,
            lengths: input.lengths.clone(),
            reverse: input.reverse,
            checkpoint: input.checkpoint,
        };
        Some((call, tensors))
    }
}

impl<T> CallTensors<T> {
    /// Changes every tensor.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> CallTensors<U> {
        CallTensors {
            input: change(self.input),
            weight_input: change(self.weight_input),
            weight_recurrent: change(self.weight_recurrent),
            bias: self.bias.map(&mut change),
            candidate_bias: self.candidate_bias.map(&mut change),
            peephole: self.peephole.map(&mut change),
            hidden: self.hidden.map(&mut change),
            cell: self.cell.map(&mut change),
            mask: self.mask.map(&mut change),
            input_mask: self.input_mask.map(change),
        }
    }

    /// All tensors there are, the masks last.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        [&self.input, &self.weight_input, &self.weight_recurrent]
            .into_iter()
            .chain(&self.bias)
            .chain(&self.candidate_bias)
            .chain(&self.peephole)
            .chain(&self.hidden)
            .chain(&self.cell)
            .chain(&self.mask)
            .chain(&self.input_mask)
    }
}

impl<T: TensorMetadata> CallTensors<T> {
    /// Every gate has masks of its own, which the CPU's kernel alone knows.
    pub(crate) fn masked_by_gate(&self) -> bool {
        let width = |tensor: &T| tensor.shape().to_vec().last().copied();
        let d_hidden = self.weight_recurrent.shape().to_vec().first().copied();
        let wide = |mask| width(mask) != d_hidden;
        self.input_mask.is_some() || self.mask.as_ref().is_some_and(wide)
    }
}

/// Sizes of a call whose tensors fit each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallSizes {
    pub(crate) batch_size: usize,
    pub(crate) seq_length: usize,
    pub(crate) d_input: usize,
    pub(crate) d_hidden: usize,
}

impl CallSizes {
    /// # Panics
    /// When shapes or lengths do not fit each other.
    pub(crate) fn new<T: TensorMetadata>(call: &SequenceCall, tensors: &CallTensors<T>) -> Self {
        let dims = |tensor: &T| tensor.shape().to_vec();
        let [batch_size, seq_length, d_input] = dims(&tensors.input)[..] else {
            panic!("a sequence is [batch_size, seq_length, d_input]");
        };
        let d_hidden = dims(&tensors.weight_recurrent)[0];
        let columns = call.cell.gates() * d_hidden;
        let state = [batch_size, d_hidden];
        let fits = |what: &str, tensor: Option<&T>, shape: &[usize]| {
            if let Some(tensor) = tensor {
                assert_eq!(dims(tensor), shape, "shape of {what}");
            }
        };
        let input = Some(&tensors.weight_input);
        fits("the input weight", input, &[d_input, columns]);
        let recurrent = Some(&tensors.weight_recurrent);
        fits("the recurrent weight", recurrent, &[d_hidden, columns]);
        fits("the bias", tensors.bias.as_ref(), &[columns]);
        let candidate = tensors.candidate_bias.as_ref();
        fits("the candidate's bias", candidate, &[d_hidden]);
        fits("the peepholes", tensors.peephole.as_ref(), &[3, d_hidden]);
        fits("the hidden state", tensors.hidden.as_ref(), &state);
        fits("the cell state", tensors.cell.as_ref(), &state);
        let by_gate = tensors.mask.as_ref();
        let by_gate = by_gate.filter(|mask| dims(mask) == [batch_size, columns]);
        if by_gate.is_none() {
            fits("the recurrent mask", tensors.mask.as_ref(), &state);
        }
        let masks = [batch_size, call.cell.gates() * d_input];
        fits("the input mask", tensors.input_mask.as_ref(), &masks);
        assert!(
            batch_size > 0 && seq_length > 0,
            "a batch needs a sequence, and a sequence a step"
        );
        if let Some(lengths) = &call.lengths {
            assert_eq!(
                lengths.as_slice().len(),
                batch_size,
                "one length for every sequence of the batch"
            );
            let steps = lengths.max();
            assert!(
                steps <= seq_length,
                "lengths reach {steps} of {seq_length} steps"
            );
        }
        Self {
            batch_size,
            seq_length,
            d_input,
            d_hidden,
        }
    }
}
