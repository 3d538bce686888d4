//! One layer in ATen's terms.

use super::packing::Packing;
use crate::call::{CallSizes, CallTensors, KernelCell, SequenceCall};
use tch::Tensor;

/// What a layer gives.
pub struct Outputs<T> {
    /// `[batch_size, seq_length, H]`.
    pub hidden: T,
    /// `[batch_size, H]`.
    pub last_hidden: T,
    /// `[batch_size, H]`, of an LSTM.
    pub last_cell: Option<T>,
}

impl<T> Outputs<T> {
    /// Changes every tensor.
    pub fn map<U>(self, change: impl Fn(T) -> U) -> Outputs<U> {
        Outputs {
            hidden: change(self.hidden),
            last_hidden: change(self.last_hidden),
            last_cell: self.last_cell.map(change),
        }
    }
}

/// Runs the layer, recording a graph if gradients are switched on.
pub fn run(
    call: &SequenceCall,
    sizes: CallSizes,
    tensors: &CallTensors<Tensor>,
) -> Outputs<Tensor> {
    let input = &tensors.input;
    let [batch_size, seq_length, d_hidden] =
        [sizes.batch_size, sizes.seq_length, sizes.d_hidden].map(|size| size as i64);
    let packing = call
        .lengths
        .as_ref()
        .filter(|lengths| lengths.min() < sizes.seq_length)
        .map(|lengths| Packing::new(lengths, seq_length, call.reverse, input.device()));
    let zeros = || Tensor::zeros([1, batch_size, d_hidden], (input.kind(), input.device()));
    let initial = |state: &Option<Tensor>| {
        let state = state
            .as_ref()
            .map_or_else(zeros, |state| state.unsqueeze(0));
        match &packing {
            Some(packing) => packing.sort(&state),
            None => state,
        }
    };
    let mut states = vec![initial(&tensors.hidden)];
    if matches!(call.cell, KernelCell::Lstm { .. }) {
        states.push(initial(&tensors.cell));
    }
    let (weights, biased) = weights(call.cell, tensors, d_hidden);
    let (hidden, mut last) = match &packing {
        Some(packing) => {
            let (data, sizes) = (packing.pack(input), packing.sizes());
            let (data, last) = packed(call.cell, &data, sizes, &states, &weights, biased);
            let last: Vec<Tensor> = last.iter().map(|state| packing.unsort(state)).collect();
            (packing.unpack(&data), last)
        }
        None if call.reverse => {
            let (hidden, last) = whole(call.cell, &input.flip([1]), &states, &weights, biased);
            (hidden.flip([1]), last)
        }
        None => whole(call.cell, input, &states, &weights, biased),
    };
    let last_cell = (last.len() > 1).then(|| last.remove(1).squeeze_dim(0));
    Outputs {
        hidden,
        last_hidden: last.remove(0).squeeze_dim(0),
        last_cell,
    }
}

/// `weight_ih`, `weight_hh` and, if there are any, `bias_ih` and `bias_hh`.
fn weights(cell: KernelCell, tensors: &CallTensors<Tensor>, d_hidden: i64) -> (Vec<Tensor>, bool) {
    let transposed = |weight: &Tensor| weight.tr().contiguous();
    let mut weights = vec![
        transposed(&tensors.weight_input),
        transposed(&tensors.weight_recurrent),
    ];
    let (_, d_gates) = tensors.weight_recurrent.size2().unwrap_or_default();
    let options = (tensors.input.kind(), tensors.input.device());
    let biased = tensors.bias.is_some() || tensors.candidate_bias.is_some();
    if biased {
        let zeros = |size: i64| Tensor::zeros([size], options);
        let bias = tensors.bias.as_ref();
        weights.push(bias.map_or_else(|| zeros(d_gates), Tensor::shallow_clone));
        weights.push(match (cell, &tensors.candidate_bias) {
            (KernelCell::Gru { .. }, Some(bias)) => Tensor::cat(&[&zeros(2 * d_hidden), bias], 0),
            _ => zeros(d_gates),
        });
    }
    (weights, biased)
}

fn whole(
    cell: KernelCell,
    input: &Tensor,
    states: &[Tensor],
    weights: &[Tensor],
    biased: bool,
) -> (Tensor, Vec<Tensor>) {
    let state = &states[0];
    match cell {
        KernelCell::Lstm { .. } => {
            let (hidden, last, cell) =
                input.lstm(states, weights, biased, 1, 0.0, train(weights), false, true);
            (hidden, vec![last, cell])
        }
        KernelCell::Gru { .. } => {
            one(input.gru(state, weights, biased, 1, 0.0, train(weights), false, true))
        }
        KernelCell::Elman { relu: false } => {
            one(input.rnn_tanh(state, weights, biased, 1, 0.0, train(weights), false, true))
        }
        KernelCell::Elman { relu: true } => {
            one(input.rnn_relu(state, weights, biased, 1, 0.0, train(weights), false, true))
        }
    }
}

fn packed(
    cell: KernelCell,
    data: &Tensor,
    sizes: &Tensor,
    states: &[Tensor],
    weights: &[Tensor],
    biased: bool,
) -> (Tensor, Vec<Tensor>) {
    let state = &states[0];
    match cell {
        KernelCell::Lstm { .. } => {
            let (hidden, last, cell) = Tensor::lstm_data(
                data,
                sizes,
                states,
                weights,
                biased,
                1,
                0.0,
                train(weights),
                false,
            );
            (hidden, vec![last, cell])
        }
        KernelCell::Gru { .. } => one(Tensor::gru_data(
            data,
            sizes,
            state,
            weights,
            biased,
            1,
            0.0,
            train(weights),
            false,
        )),
        KernelCell::Elman { relu: false } => one(Tensor::rnn_tanh_data(
            data,
            sizes,
            state,
            weights,
            biased,
            1,
            0.0,
            train(weights),
            false,
        )),
        KernelCell::Elman { relu: true } => one(Tensor::rnn_relu_data(
            data,
            sizes,
            state,
            weights,
            biased,
            1,
            0.0,
            train(weights),
            false,
        )),
    }
}

/// cuDNN and oneDNN keep what a backward pass needs only of a layer in training.
fn train(weights: &[Tensor]) -> bool {
    weights.iter().any(Tensor::requires_grad)
}

fn one((hidden, last): (Tensor, Tensor)) -> (Tensor, Vec<Tensor>) {
    (hidden, vec![last])
}
