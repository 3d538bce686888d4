//! Gated recurrent unit, in both published forms.

use crate::{State, masked_product, sigmoid::sigmoid};
use burn::tensor::Tensor;

/// Where the reset gate acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetGate {
    /// After the recurrent product: `n = tanh(x·W_n + b_n + r ⊙ (h·U_n + b_u))`, as in cuDNN,
    /// PyTorch and Keras (`reset_after=True`).
    AfterProduct,
    /// Before it: `n = tanh(x·W_n + b_n + (r ⊙ h)·U_n + b_u)`, as in the first paper.
    BeforeProduct,
}

/// Which of the two the update gate takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateGate {
    /// The state: `h_t = z ⊙ h_{t-1} + (1 - z) ⊙ n`, as in Cho et al. (2014), cuDNN, PyTorch and Keras.
    /// The default.
    TakesState,
    /// The candidate: `h_t = (1 - z) ⊙ h_{t-1} + z ⊙ n`, as in Chung et al., "Empirical Evaluation of
    /// Gated Recurrent Neural Networks on Sequence Modeling" (2014), and most courses. With the
    /// signs of the update gate's parameters turned it is the other one.
    TakesCandidate,
}

/// GRU cell, gates packed `r, z, n`:
///
/// ```text
/// r = σ(x_t·W_r + b_r + h_{t-1}·U_r)   z = σ(x_t·W_z + b_z + h_{t-1}·U_z)
/// n = the candidate, see [`ResetGate`]
/// h_t = z ⊙ h_{t-1} + (1 - z) ⊙ n, or its mirror, see [`UpdateGate`]
/// ```
///
/// Kyunghyun Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", EMNLP 2014.
#[derive(Debug, Clone)]
pub struct GruCell {
    /// Recurrent weight `U`, `[d_hidden, 3 * d_hidden]`.
    pub recurrent: Tensor<2>,
    /// Recurrent bias `b_u` of the candidate, `[d_hidden]`.
    pub candidate_bias: Option<Tensor<1>>,
    /// Where the reset gate acts.
    pub reset: ResetGate,
    /// What the update gate takes.
    pub update: UpdateGate,
}

impl GruCell {
    /// One step from the input product `gates` = `x_t·W + b`, `[batch_size, 3 * d_hidden]`.
    pub fn step(&self, gates: Tensor<2>, state: State, mask: Option<&Tensor<2>>) -> State {
        let [batch_size, d_hidden] = state.hidden.dims();
        let columns = |tensor: &Tensor<2>, from: usize, to: usize| {
            let rows = tensor.dims()[0];
            tensor
                .clone()
                .slice([0..rows, from * d_hidden..to * d_hidden])
        };
        let with_bias = |product: Tensor<2>| match &self.candidate_bias {
            Some(bias) => product + bias.clone().unsqueeze(),
            None => product,
        };
        let previous = state.hidden;
        let (reset_update, candidate) = match self.reset {
            ResetGate::AfterProduct => {
                let product = masked_product(previous.clone(), mask, self.recurrent.clone());
                let reset_update = sigmoid(columns(&gates, 0, 2) + columns(&product, 0, 2));
                let reset = columns(&reset_update, 0, 1);
                (reset_update, reset * with_bias(columns(&product, 2, 3)))
            }
            ResetGate::BeforeProduct => {
                // One mask for all gates, or three side by side.
                let part = |from: usize, to: usize| {
                    mask.map(|mask| match mask.dims()[1] == d_hidden {
                        true => mask.clone(),
                        false => columns(mask, from, to),
                    })
                };
                let weight = columns(&self.recurrent, 0, 2);
                let product = masked_product(previous.clone(), part(0, 2).as_ref(), weight);
                let reset_update = sigmoid(columns(&gates, 0, 2) + product);
                let reset = columns(&reset_update, 0, 1);
                let weight = columns(&self.recurrent, 2, 3);
                let seen = match part(2, 3) {
                    Some(mask) => previous.clone() * mask,
                    None => previous.clone(),
                };
                let product = (reset * seen).matmul(weight);
                (reset_update, with_bias(product))
            }
        };
        let candidate = (columns(&gates, 2, 3) + candidate).tanh();
        let update = reset_update.slice([0..batch_size, d_hidden..2 * d_hidden]);
        let (from, to) = match self.update {
            UpdateGate::TakesState => (candidate, previous),
            UpdateGate::TakesCandidate => (previous, candidate),
        };
        // z·to + (1-z)·from with one product less.
        let hidden = from.clone() + update * (to - from);
        State { hidden, cell: None }
    }
}
