//! The cells a backend can run.

use crate::{ElmanCell, GruCell, LstmCell, State};
use burn::tensor::{Tensor, TensorCreationOptions, backend::Backend};

/// A cell with its recurrent parameters: gate count, state, pointwise step.
#[derive(Debug, Clone)]
pub enum Cell<B: Backend> {
    /// See [`ElmanCell`].
    Elman(ElmanCell<B>),
    /// See [`LstmCell`].
    Lstm(LstmCell<B>),
    /// See [`GruCell`].
    Gru(GruCell<B>),
}

impl<B: Backend> Cell<B> {
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
        options: impl Into<TensorCreationOptions<B>>,
    ) -> State<B> {
        let d_cell = matches!(self, Self::Lstm(_)).then(|| self.d_hidden());
        State::zeros(batch_size, self.d_output(), d_cell, options)
    }

    /// One step; `gates` is the input product with its bias, `[batch_size, G * H]`, and `mask` what
    /// the hidden state is multiplied by before it meets `U`.
    pub fn step(
        &self,
        gates: Tensor<B, 2>,
        state: State<B>,
        mask: Option<&Tensor<B, 2>>,
    ) -> State<B> {
        match self {
            Self::Elman(cell) => cell.step(gates, state, mask),
            Self::Lstm(cell) => cell.step(gates, state, mask),
            Self::Gru(cell) => cell.step(gates, state, mask),
        }
    }
}

/// `hidden ⊙ mask`.
pub(crate) fn masked<B: Backend>(
    hidden: Tensor<B, 2>,
    mask: Option<&Tensor<B, 2>>,
) -> Tensor<B, 2> {
    match mask {
        Some(mask) => hidden * mask.clone(),
        None => hidden,
    }
}
