//! Long short-term memory cell.

use crate::{Peephole, State, masked_product, sigmoid::sigmoid};
use burn::tensor::Tensor;

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
///
/// Variants, all of which go together:
/// - [`peephole`](Self::peephole): gates that see the cell state;
/// - [`coupled`](Self::coupled): `i = 1 - f` and gates packed `f, g, o` (Greff et al., "LSTM: A
///   Search Space Odyssey", 2017);
/// - [`clip`](Self::clip) and [`projection`](Self::projection): `c_t` cut to `±clip` before it is
///   used, and `h_t = (o ⊙ tanh(c_t))·P` (Sak, Senior and Beaufays, "Long Short-Term Memory Recurrent
///   Neural Network Architectures for Large Scale Acoustic Modeling", 2014).
#[derive(Debug, Clone)]
pub struct LstmCell {
    /// Recurrent weight `U`, `[d_output, G * d_hidden]`, where `d_output` is the projection's size,
    /// or `d_hidden` without one.
    pub recurrent: Tensor<2>,
    /// See [`Peephole`].
    pub peephole: Option<Peephole>,
    /// One gate forgets and lets in.
    pub coupled: bool,
    /// Bound of the cell state.
    pub clip: Option<f64>,
    /// Projection `P`, `[d_hidden, d_projection]`.
    pub projection: Option<Tensor<2>>,
}

impl LstmCell {
    /// The plain cell.
    pub fn new(recurrent: Tensor<2>) -> Self {
        Self {
            recurrent,
            peephole: None,
            coupled: false,
            clip: None,
            projection: None,
        }
    }

    /// Number of packed gates.
    pub fn gates(&self) -> usize {
        if self.coupled { 3 } else { 4 }
    }

    /// Size of the cell state.
    pub fn d_hidden(&self) -> usize {
        self.recurrent.dims()[1] / self.gates()
    }

    /// One step from the input product `gates` = `x_t·W + b`, `[batch_size, G * d_hidden]`.
    ///
    /// # Panics
    /// When `state` has no cell state.
    pub fn step(&self, gates: Tensor<2>, state: State, mask: Option<&Tensor<2>>) -> State {
        let previous = state.cell.expect("an LSTM state has a cell");
        let [batch_size, d_hidden] = previous.dims();
        let mut sum = gates + masked_product(state.hidden, mask, self.recurrent.clone());
        if let Some(peephole) = &self.peephole {
            sum = peephole.add_before(sum, &previous, self.gates());
        }
        let part = |gate: usize, count: usize| {
            sum.clone()
                .slice([0..batch_size, gate * d_hidden..(gate + count) * d_hidden])
        };
        // The gates that meet `c_{t-1}` lie side by side: one sigmoid serves all.
        let squashed = sigmoid(part(0, self.gates() - 2));
        let gate = |at: usize| {
            let columns = at * d_hidden..(at + 1) * d_hidden;
            squashed.clone().slice([0..batch_size, columns])
        };
        let candidate = part(self.gates() - 2, 1).tanh();
        let mut cell = match self.coupled {
            true => candidate.clone() + gate(0) * (previous - candidate),
            false => gate(1) * previous + gate(0) * candidate,
        };
        if let Some(clip) = self.clip {
            cell = cell.clamp(-clip, clip);
        }
        let mut output = part(self.gates() - 1, 1);
        if let Some(peephole) = &self.peephole {
            output = output + peephole.output(&cell);
        }
        let mut hidden = sigmoid(output) * cell.clone().tanh();
        if let Some(projection) = &self.projection {
            hidden = hidden.matmul(projection.clone());
        }
        State {
            hidden,
            cell: Some(cell),
        }
    }
}
