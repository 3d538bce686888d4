//! Elman (simple) recurrent cell.

use crate::{State, masked_product};
use burn::tensor::{Tensor, activation};

/// The squashing function of an Elman cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Hyperbolic tangent.
    Tanh,
    /// Rectified linear unit.
    Relu,
}

/// Elman cell, one gate: `h_t = φ(x_t·W + b + h_{t-1}·U)`.
///
/// Jeffrey L. Elman, "Finding Structure in Time", Cognitive Science 14(2), 1990.
#[derive(Debug, Clone)]
pub struct ElmanCell {
    /// Recurrent weight `U`, `[d_hidden, d_hidden]`.
    pub recurrent: Tensor<2>,
    /// `φ`.
    pub activation: Activation,
}

impl ElmanCell {
    /// One step from the input product `gates` = `x_t·W + b`, `[batch_size, d_hidden]`.
    pub fn step(&self, gates: Tensor<2>, state: State, mask: Option<&Tensor<2>>) -> State {
        let sum = gates + masked_product(state.hidden, mask, self.recurrent.clone());
        let hidden = match self.activation {
            Activation::Tanh => sum.tanh(),
            Activation::Relu => activation::relu(sum),
        };
        State { hidden, cell: None }
    }
}
