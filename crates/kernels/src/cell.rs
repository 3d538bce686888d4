//! The cells a backend can run.

use crate::{ElmanCell, GruCell, LstmCell, State};
use burn::tensor::{Tensor, TensorCreationOptions};

/// What the time loop asks of a cell, see [`sequence`](crate::sequence).
///
/// The loop multiplies all inputs by `W` at once, and takes care of direction, lengths, initial state
/// and zoneout; a cell is what is left.
pub trait StepCell {
    /// The state before the first step when none is given, for `batch_size` sequences on a device and
    /// in a precision.
    fn initial_state(&self, batch_size: usize, options: TensorCreationOptions) -> State;

    /// One step; `gates` is the input product with its bias, `[batch_size, G * H]`, and `mask` what
    /// the hidden state is multiplied by before it meets `U`, see
    /// [`SequenceInput::recurrent_mask`](crate::SequenceInput::recurrent_mask).
    fn step(&self, gates: Tensor<2>, state: State, mask: Option<&Tensor<2>>) -> State;
}

impl StepCell for Cell {
    fn initial_state(&self, batch_size: usize, options: TensorCreationOptions) -> State {
        Cell::initial_state(self, batch_size, options)
    }

    fn step(&self, gates: Tensor<2>, state: State, mask: Option<&Tensor<2>>) -> State {
        Cell::step(self, gates, state, mask)
    }
}

/// A cell with its recurrent parameters: gate count, state, pointwise step.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // one exists a layer, and a box would show in every match
pub enum Cell {
    /// See [`ElmanCell`].
    Elman(ElmanCell),
    /// See [`LstmCell`].
    Lstm(LstmCell),
    /// See [`GruCell`].
    Gru(GruCell),
}

impl Cell {
    /// Number of packed gates `G`.
    pub fn gates(&self) -> usize {
        match self {
            Self::Elman(_) => 1,
            Self::Lstm(cell) => cell.gates(),
            Self::Gru(_) => 3,
        }
    }

    /// Number of hidden units `H`.
    pub fn d_hidden(&self) -> usize {
        match self {
            Self::Elman(cell) => cell.recurrent.dims()[0],
            Self::Lstm(cell) => cell.d_hidden(),
            Self::Gru(cell) => cell.recurrent.dims()[0],
        }
    }

    /// Size of the hidden state: `H`, or less where a projection makes it so.
    pub fn d_output(&self) -> usize {
        match self {
            Self::Elman(cell) => cell.recurrent.dims()[0],
            Self::Lstm(cell) => cell.recurrent.dims()[0],
            Self::Gru(cell) => cell.recurrent.dims()[0],
        }
    }

    /// The state before the first step when none is given: zeros.
    pub fn initial_state(
        &self,
        batch_size: usize,
        options: impl Into<TensorCreationOptions>,
    ) -> State {
        let d_cell = matches!(self, Self::Lstm(_)).then(|| self.d_hidden());
        State::zeros(batch_size, self.d_output(), d_cell, options)
    }

    /// One step; `gates` is the input product with its bias, `[batch_size, G * H]`, and `mask` what
    /// the hidden state is multiplied by before it meets `U`.
    pub fn step(&self, gates: Tensor<2>, state: State, mask: Option<&Tensor<2>>) -> State {
        match self {
            Self::Elman(cell) => cell.step(gates, state, mask),
            Self::Lstm(cell) => cell.step(gates, state, mask),
            Self::Gru(cell) => cell.step(gates, state, mask),
        }
    }
}

/// `(rows ⊙ mask)·weight`, with a mask for all gates, or one for what each of them sees: as many as fit
/// in a row of `mask`.
pub(crate) fn masked_product(
    rows: Tensor<2>,
    mask: Option<&Tensor<2>>,
    weight: Tensor<2>,
) -> Tensor<2> {
    let Some(mask) = mask else {
        return rows.matmul(weight);
    };
    let ([_, width], [_, masks], [_, columns]) = (rows.dims(), mask.dims(), weight.dims());
    if masks == width {
        return (rows * mask.clone()).matmul(weight);
    }
    let gates = masks / width;
    let of_gate = |gate: usize| {
        let mask = mask.clone().narrow(1, gate * width, width);
        let d_hidden = columns / gates;
        (rows.clone() * mask).matmul(weight.clone().narrow(1, gate * d_hidden, d_hidden))
    };
    Tensor::cat((0..gates).map(of_gate).collect(), 1)
}
