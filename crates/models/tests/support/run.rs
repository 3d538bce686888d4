//! What a network gives for a padded batch, forwards and back.

use super::numbers::{assert_close, tensor, values};
use super::parameters::{assert_gradients_close, gradients};
use super::setup::Setup;
use super::shape::{Sequence, Shape};
use burn::tensor::Tensor;
use rekindle_models::{Lengths, Stack, StackOutput, State};

/// Which initial state a run is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initial {
    Absent,
    Zero,
    Given,
}

/// What a run gave for one sequence, padding left out.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub hidden: Vec<f64>,
    pub last: Vec<f64>,
    pub grad_input: Vec<f64>,
    pub grad_initial: Vec<f64>,
}

/// What a run gave.
#[derive(Debug, Clone)]
pub struct Run {
    pub sequences: Vec<Outcome>,
    pub parameters: Vec<(String, Vec<f64>)>,
}

impl Run {
    /// Fails unless both runs gave the same.
    #[track_caller]
    pub fn assert_close(&self, want: &Self, what: &str, tolerance: f64) {
        assert_eq!(
            self.sequences.len(),
            want.sequences.len(),
            "{what}: batch size"
        );
        for (row, (got, want)) in self.sequences.iter().zip(&want.sequences).enumerate() {
            got.assert_close(want, &format!("{what}, sequence {row}"), tolerance);
        }
        assert_gradients_close(what, &self.parameters, &want.parameters, tolerance);
    }
}

impl Outcome {
    /// Fails unless both runs gave this sequence the same.
    #[track_caller]
    pub fn assert_close(&self, want: &Self, what: &str, tolerance: f64) {
        let close = |name: &str, got: &[f64], want: &[f64]| {
            assert_close(&format!("{what}: {name}"), got, want, tolerance);
        };
        close("hidden", &self.hidden, &want.hidden);
        close("last", &self.last, &want.last);
        close("gradient of the input", &self.grad_input, &want.grad_input);
        close(
            "gradient of the state",
            &self.grad_initial,
            &want.grad_initial,
        );
    }
}

/// The input of a padded batch, `[batch_size, seq_length, d_input]`.
pub fn padded(
    shape: &Shape,
    sequences: &[Sequence],
    seq_length: usize,
    filler: f64,
    setup: &Setup,
) -> Tensor<3> {
    let row = seq_length * shape.d_input;
    let mut input = vec![filler; sequences.len() * row];
    for (at, sequence) in sequences.iter().enumerate() {
        input[at * row..][..sequence.steps.len()].copy_from_slice(&sequence.steps);
    }
    let size = [sequences.len(), seq_length, shape.d_input];
    tensor(&input, size, setup)
}

/// The lengths of a batch.
pub fn lengths(shape: &Shape, sequences: &[Sequence]) -> Lengths {
    Lengths::new(
        sequences
            .iter()
            .map(|sequence| sequence.len(shape))
            .collect(),
    )
    .unwrap()
}

/// The initial states of a batch.
pub fn states(shape: &Shape, sequences: &[Sequence], scale: f64, setup: &Setup) -> Vec<State> {
    let sizes = shape.parts();
    let of_state: usize = sizes.iter().sum();
    let part = |state: usize, part: usize| {
        let from = state * of_state + sizes[..part].iter().sum::<usize>();
        let of = |sequence: &Sequence| sequence.initial[from..][..sizes[part]].to_vec();
        let values: Vec<f64> = sequences
            .iter()
            .flat_map(of)
            .map(|value| value * scale)
            .collect();
        tensor(&values, [sequences.len(), sizes[part]], setup)
    };
    let state = |index: usize| State {
        hidden: part(index, 0),
        cell: (sizes.len() == 2).then(|| part(index, 1)),
    };
    (0..shape.states()).map(state).collect()
}

/// The tensors of states, hidden before cell.
pub fn parts(states: &[State]) -> Vec<Tensor<2>> {
    states
        .iter()
        .flat_map(|s| [Some(s.hidden.clone()), s.cell.clone()])
        .flatten()
        .collect()
}

/// A weighted sum of all outputs, padded ones too. The weights of a sequence depend on its `id` and
/// the place in the sequence alone.
pub fn loss(sequences: &[Sequence], hidden: Tensor<3>, last: &[State]) -> Tensor<1> {
    let weight = |id: usize, kind: usize, at: usize| ((id * 131 + kind * 17 + at * 3) as f64).sin();
    let setup = Setup::of(&hidden);
    let size @ [batch_size, seq_length, d_output] = hidden.dims();
    let weights: Vec<f64> = sequences
        .iter()
        .flat_map(|s| (0..seq_length * d_output).map(move |at| weight(s.id, 0, at)))
        .collect();
    let mut loss = (hidden * tensor(&weights, size, &setup)).sum();
    for (kind, part) in parts(last).into_iter().enumerate() {
        let [_, size] = part.dims();
        let weights: Vec<f64> = sequences
            .iter()
            .flat_map(|s| (0..size).map(move |at| weight(s.id, kind + 1, at)))
            .collect();
        loss = loss + (part * tensor(&weights, [batch_size, size], &setup)).sum();
    }
    loss
}

/// Runs a padded batch forwards and back; what is at padded steps has to be exactly zero.
pub fn run(
    network: &Stack,
    shape: &Shape,
    sequences: &[Sequence],
    seq_length: usize,
    filler: f64,
    initial: Initial,
) -> Run {
    let lengths = Some(lengths(shape, sequences));
    let forward = |input, initial| network.forward(input, initial, lengths.clone());
    run_with(
        network, shape, sequences, seq_length, filler, initial, forward,
    )
}

/// [`run`] by a forward pass of another kind.
pub fn run_with<O: Into<Forward>>(
    network: &Stack,
    shape: &Shape,
    sequences: &[Sequence],
    seq_length: usize,
    filler: f64,
    initial: Initial,
    forward: impl Fn(Tensor<3>, Option<Vec<State>>) -> O,
) -> Run {
    let setup = Setup::of(&network.forward[0].weight_input.val());
    let input = padded(shape, sequences, seq_length, filler, &setup).require_grad();
    let scale = if initial == Initial::Given { 1.0 } else { 0.0 };
    let initial = (initial != Initial::Absent).then(|| {
        let tracked = |state: State| State {
            hidden: state.hidden.require_grad(),
            cell: state.cell.map(Tensor::require_grad),
        };
        states(shape, sequences, scale, &setup)
            .into_iter()
            .map(tracked)
            .collect::<Vec<_>>()
    });
    let output: Forward = forward(input.clone(), initial.clone()).into();
    assert_eq!(
        output.hidden.dims(),
        [sequences.len(), seq_length, shape.d_output()]
    );
    assert_eq!(output.last.len(), shape.states());

    let grads = loss(sequences, output.hidden.clone(), &output.last).backward();
    let hidden = values(output.hidden);
    let grad_input = values(input.grad(&grads).expect("the input has a gradient"));
    let last: Vec<_> = parts(&output.last).into_iter().map(values).collect();
    let grad_initial: Vec<_> = parts(&initial.unwrap_or_default())
        .into_iter()
        .map(|part| values(part.grad(&grads).expect("the state has a gradient")))
        .collect();

    let valid = |of: &[f64], row: usize, d: usize, what: &str| {
        let steps = &of[row * seq_length * d..][..seq_length * d];
        let (valid, padding) = steps.split_at(sequences[row].len(shape) * d);
        assert!(
            padding.iter().all(|&x| x == 0.0),
            "{shape:?}: {what} at padded steps {padding:?}"
        );
        valid.to_vec()
    };
    let of_row = |parts: &[Vec<f64>], row: usize| {
        parts
            .iter()
            .flat_map(|part| {
                let size = part.len() / sequences.len();
                &part[row * size..][..size]
            })
            .copied()
            .collect()
    };
    let outcome = |row: usize| Outcome {
        hidden: valid(&hidden, row, shape.d_output(), "output"),
        last: of_row(&last, row),
        grad_input: valid(&grad_input, row, shape.d_input, "gradient"),
        grad_initial: of_row(&grad_initial, row),
    };
    Run {
        sequences: (0..sequences.len()).map(outcome).collect(),
        parameters: gradients(network, &grads),
    }
}

/// What a forward pass has to give.
pub struct Forward {
    pub hidden: Tensor<3>,
    pub last: Vec<State>,
}

impl From<StackOutput> for Forward {
    fn from(output: StackOutput) -> Self {
        Self {
            hidden: output.hidden,
            last: output.last,
        }
    }
}
