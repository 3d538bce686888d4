//! The cells a backend can run.

use crate::{ElmanCell, GruCell, LstmCell, State};
use burn::tensor::{Tensor, backend::Backend};

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
            Self::Lstm(_) => 4,
            Self::Gru(_) => 3,
        }
    }

    /// Number of hidden units `H`.
    pub fn d_hidden(&self) -> usize {
        match self {
            Self::Elman(cell) => cell.recurrent.dims()[0],
            Self::Lstm(cell) => cell.recurrent.dims()[0],
            Self::Gru(cell) => cell.recurrent.dims()[0],
        }
    }

    /// The state before the first step when none is given: zeros.
    pub fn initial_state(&self, batch_size: usize, device: &B::Device) -> State<B> {
        State::zeros(
            batch_size,
            self.d_hidden(),
            matches!(self, Self::Lstm(_)),
            device,
        )
    }

    /// One step; `gates` is the input product with its bias, `[batch_size, G * H]`.
    pub fn step(&self, gates: Tensor<B, 2>, state: State<B>) -> State<B> {
        match self {
            Self::Elman(cell) => cell.step(gates, state),
            Self::Lstm(cell) => cell.step(gates, state),
            Self::Gru(cell) => cell.step(gates, state),
        }
    }
}
