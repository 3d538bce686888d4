//! Long short-term memory cell.

use crate::{State, sigmoid::sigmoid};
use burn::tensor::{Tensor, backend::Backend};

/// LSTM cell, gates packed `i, f, g, o`. With `a = x_t·W + b + h_{t-1}·U`:
///
/// ```text
/// i = σ(a_i)   f = σ(a_f)   g = tanh(a_g)   o = σ(a_o)
/// c_t = f ⊙ c_{t-1} + i ⊙ g
/// h_t = o ⊙ tanh(c_t)
/// ```
///
/// Sepp Hochreiter and Jürgen Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997;
/// with the forget gate of Gers, Schmidhuber and Cummins, "Learning to Forget", 2000.
#[derive(Debug, Clone)]
pub struct LstmCell<B: Backend> {
    /// Recurrent weight `U`, `[d_hidden, 4 * d_hidden]`.
    pub recurrent: Tensor<B, 2>,
}

impl<B: Backend> LstmCell<B> {
    /// One step from the input product `gates` = `x_t·W + b`, `[batch_size, 4 * d_hidden]`.
    ///
    /// # Panics
    /// When `state` has no cell state.
    pub fn step(&self, gates: Tensor<B, 2>, state: State<B>) -> State<B> {
        let previous = state.cell.expect("an LSTM state has a cell");
        let [batch_size, d_hidden] = previous.dims();
        let sum = gates + state.hidden.matmul(self.recurrent.clone());
        let part = |gate: usize, count: usize| {
            sum.clone()
                .slice([0..batch_size, gate * d_hidden..(gate + count) * d_hidden])
        };
        // i and f lie side by side: one sigmoid serves both.
        let input_forget = sigmoid(part(0, 2));
        let input = input_forget.clone().slice([0..batch_size, 0..d_hidden]);
        let forget = input_forget.slice([0..batch_size, d_hidden..2 * d_hidden]);
        let cell = forget * previous + input * part(2, 1).tanh();
        let hidden = sigmoid(part(3, 1)) * cell.clone().tanh();
        State {
            hidden,
            cell: Some(cell),
        }
    }
}
