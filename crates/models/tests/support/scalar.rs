//! The cells' equations once more, number by number: no tensors, no packing tricks, no masks.

use super::Shape;
use rekindle_models::CellKind;

/// The parameters of one layer as [`super::parameters`] lists them.
pub struct Layer<'a> {
    pub weight_input: &'a [f64],
    pub weight_recurrent: &'a [f64],
    pub bias: &'a [f64],
    /// Of a GRU's candidate; empty for other cells.
    pub bias_candidate: &'a [f64],
    /// Empty without peepholes.
    pub peephole: &'a [f64],
    /// Empty without a projection.
    pub projection: &'a [f64],
}

impl<'a> Layer<'a> {
    /// The only layer of a network.
    pub fn of(parameters: &'a [(String, Vec<f64>)]) -> Self {
        let find = |name: &str| {
            let at = parameters.iter().find(|(path, _)| path.ends_with(name));
            at.map_or(&[][..], |(_, values)| values)
        };
        Self {
            weight_input: find(".weight_input"),
            weight_recurrent: find(".weight_recurrent"),
            bias: find(".bias"),
            bias_candidate: find(".bias_candidate"),
            peephole: find(".weight_peephole"),
            projection: find(".weight_projection"),
        }
    }

    /// Hidden state after every step, forwards, and the last state, hidden before cell.
    pub fn run(&self, shape: &Shape, steps: &[f64], initial: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut state = initial.to_vec();
        let mut hidden = Vec::new();
        for step in steps.chunks(shape.d_input) {
            state = self.step(shape, step, &state);
            hidden.extend_from_slice(&state[..shape.d_state()]);
        }
        (hidden, state)
    }

    fn step(&self, shape: &Shape, x: &[f64], state: &[f64]) -> Vec<f64> {
        let d = shape.d_hidden;
        let columns = self.bias.len();
        let (h, c) = state.split_at(shape.d_state());
        let column = |weight: &[f64], x: &[f64], at: usize| -> f64 {
            x.iter()
                .enumerate()
                .map(|(row, x)| x * weight[row * columns + at])
                .sum()
        };
        // One unit of one gate: what it gets from the input, and from the hidden state.
        let from_input = |gate: usize, unit: usize| {
            column(self.weight_input, x, gate * d + unit) + self.bias[gate * d + unit]
        };
        let from_hidden =
            |h: &[f64], gate: usize, unit: usize| column(self.weight_recurrent, h, gate * d + unit);
        let sum = |gate: usize, unit: usize| from_input(gate, unit) + from_hidden(h, gate, unit);
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());

        match shape.kind {
            CellKind::Elman => (0..d).map(|j| sum(0, j).tanh()).collect(),
            CellKind::ElmanRelu => (0..d).map(|j| sum(0, j).max(0.0)).collect(),
            CellKind::Lstm | CellKind::LstmPeephole | CellKind::LstmPeepholeFull => {
                let gates = columns / d;
                // What gate `at` of those that see a cell state sees of `c`.
                let seen = |c: &[f64], at: usize, j: usize| -> f64 {
                    let width = (gates - 1) * d;
                    match shape.kind {
                        CellKind::LstmPeephole => c[j] * self.peephole[at * d + j],
                        CellKind::LstmPeepholeFull => (0..d)
                            .map(|from| c[from] * self.peephole[from * width + at * d + j])
                            .sum(),
                        _ => 0.0,
                    }
                };
                let before = |gate: usize, j: usize| sigmoid(sum(gate, j) + seen(c, gate, j));
                let cell: Vec<f64> = (0..d)
                    .map(|j| {
                        let candidate = sum(gates - 2, j).tanh();
                        let (let_in, kept) = match shape.options.coupled {
                            true => (1.0 - before(0, j), before(0, j)),
                            false => (before(0, j), before(1, j)),
                        };
                        let cell = kept * c[j] + let_in * candidate;
                        let bound = shape.options.clip.unwrap_or(f64::INFINITY);
                        cell.clamp(-bound, bound)
                    })
                    .collect();
                let hidden: Vec<f64> = (0..d)
                    .map(|j| {
                        let output = sum(gates - 1, j) + seen(&cell, gates - 2, j);
                        sigmoid(output) * cell[j].tanh()
                    })
                    .collect();
                let projected = |to: usize| -> f64 {
                    let wide = shape.d_state();
                    let weight = |j: usize| self.projection[j * wide + to];
                    (0..d).map(|j| hidden[j] * weight(j)).sum()
                };
                let hidden = match shape.options.d_projection {
                    Some(size) => (0..size).map(projected).collect(),
                    None => hidden,
                };
                hidden.into_iter().chain(cell).collect()
            }
            CellKind::Gru | CellKind::GruResetBefore => {
                let reset: Vec<f64> = (0..d).map(|j| sigmoid(sum(0, j))).collect();
                let kept: Vec<f64> = (0..d).map(|j| reset[j] * h[j]).collect();
                let candidate = |j: usize| match shape.kind {
                    CellKind::Gru => {
                        let product = from_hidden(h, 2, j) + self.bias_candidate[j];
                        (from_input(2, j) + reset[j] * product).tanh()
                    }
                    _ => {
                        let product = from_hidden(&kept, 2, j) + self.bias_candidate[j];
                        (from_input(2, j) + product).tanh()
                    }
                };
                let update = |j: usize| sigmoid(sum(1, j));
                (0..d)
                    .map(|j| match shape.options.mirrored {
                        true => (1.0 - update(j)) * h[j] + update(j) * candidate(j),
                        false => update(j) * h[j] + (1.0 - update(j)) * candidate(j),
                    })
                    .collect()
            }
        }
    }
}
