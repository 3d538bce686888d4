//! What the gates of a layer do along one sequence.

use crate::{CellKind, Recurrent};
use burn::module::Param;
use burn::tensor::{Tensor, TensorData};

/// Activations of one gate, or of a state.
#[derive(Debug, Clone, PartialEq)]
pub struct GateTrace {
    /// Its name in the field: `input`, `forget`, `candidate`, `output`, `reset`, `update`, `cell`,
    /// `hidden`.
    pub name: &'static str,
    /// `[seq_length, d_hidden]`, step by step.
    pub values: Vec<f32>,
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The numbers of a parameter, or zeros where there is none.
fn numbers<const D: usize>(parameter: &Option<Param<Tensor<D>>>, len: usize) -> Vec<f32> {
    match parameter {
        Some(values) => values.val().into_data().iter::<f32>().collect(),
        None => vec![0.0; len],
    }
}

impl Recurrent {
    /// The gates' activations over one sequence, `[1, seq_length, d_input]`, computed anew from the
    /// hidden states that the layer gives. None for cells with options, full peepholes or the reset
    /// before the product, and for layers that run in reverse or with zoneout.
    ///
    /// # Panics
    /// When there is more than one sequence.
    pub fn gates(&self, input: Tensor<3>) -> Option<Vec<GateTrace>> {
        let config = self.config();
        let zoneout = config.zoneout != (0.0, 0.0);
        if config.options != Default::default() || config.reverse || zoneout {
            return None;
        }
        let [batch_size, steps, d_input] = input.dims();
        assert_eq!(batch_size, 1, "gates are those of one sequence");
        let output = self.forward(input.clone(), None, None);
        let h = config.d_hidden;
        let hidden: Vec<f32> = output.hidden.into_data().iter::<f32>().collect();
        let before = numbers(&self.initial_hidden, h);
        let before = [&before[..], &hidden[..(steps - 1) * h]].concat();
        let rows = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [steps, h]);
            Tensor::<2>::from_data(data, &input.device())
        };
        let flat = input.clone().reshape([steps, d_input]);
        let mut read = flat.matmul(self.weight_input.val());
        if let Some(bias) = &self.bias {
            read = read + bias.val().unsqueeze();
        }
        let recalled = rows(&before).matmul(self.weight_recurrent.val());
        let flat = |tensor: Tensor<2>| tensor.into_data().iter::<f32>().collect::<Vec<f32>>();
        let (read, recalled) = (flat(read), flat(recalled));
        let mut traces = match config.cell {
            CellKind::Elman | CellKind::ElmanRelu => Vec::new(),
            CellKind::Lstm | CellKind::LstmPeephole => self.lstm_gates(&read, &recalled, h),
            CellKind::Gru => self.gru_gates(&read, &recalled, h),
            CellKind::LstmPeepholeFull | CellKind::GruResetBefore => return None,
        };
        traces.push(GateTrace {
            name: "hidden",
            values: hidden,
        });
        Some(traces)
    }

    fn lstm_gates(&self, read: &[f32], recalled: &[f32], h: usize) -> Vec<GateTrace> {
        let peephole = numbers(&self.weight_peephole, 3 * h);
        let names = ["input", "forget", "candidate", "output", "cell"];
        let mut traces = names.map(|name| GateTrace {
            name,
            values: Vec::with_capacity(read.len() / 4),
        });
        let mut cell = numbers(&self.initial_cell, h);
        for (read, recalled) in read.chunks(4 * h).zip(recalled.chunks(4 * h)) {
            for unit in 0..h {
                let sum = |gate: usize| read[gate * h + unit] + recalled[gate * h + unit];
                let i = sigmoid(sum(0) + peephole[unit] * cell[unit]);
                let f = sigmoid(sum(1) + peephole[h + unit] * cell[unit]);
                let g = sum(2).tanh();
                cell[unit] = f * cell[unit] + i * g;
                let o = sigmoid(sum(3) + peephole[2 * h + unit] * cell[unit]);
                for (trace, value) in traces.iter_mut().zip([i, f, g, o, cell[unit]]) {
                    trace.values.push(value);
                }
            }
        }
        traces.to_vec()
    }

    fn gru_gates(&self, read: &[f32], recalled: &[f32], h: usize) -> Vec<GateTrace> {
        let bias = numbers(&self.bias_candidate, h);
        let mut traces = ["reset", "update", "candidate"].map(|name| GateTrace {
            name,
            values: Vec::with_capacity(read.len() / 3),
        });
        for (read, recalled) in read.chunks(3 * h).zip(recalled.chunks(3 * h)) {
            for unit in 0..h {
                let sum = |gate: usize| read[gate * h + unit] + recalled[gate * h + unit];
                let r = sigmoid(sum(0));
                let z = sigmoid(sum(1));
                let n = (read[2 * h + unit] + r * (recalled[2 * h + unit] + bias[unit])).tanh();
                for (trace, value) in traces.iter_mut().zip([r, z, n]) {
                    trace.values.push(value);
                }
            }
        }
        traces.to_vec()
    }
}
