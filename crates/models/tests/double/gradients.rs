//! Every gradient against central differences, in double precision.

use crate::support::heads::{self, LEVELS, check_gradients};
use crate::support::slopes::assert_slope;
use crate::support::{
    Initial, Sequence, Setup, Shape, lengths, loss, padded, parameters, run, states, values,
    with_parameters,
};
use rekindle_models::{
    QuantileHead, QuantileHeadConfig, ScaledQuantileHead, ScaledQuantileHeadConfig,
};

on_every_backend! {
    every_cell_whole
    every_cell_ragged
    every_cell_padded_throughout
    quantile_head_and_pinball_loss
    scaled_quantile_head_and_pinball_loss
}

fn every_cell_whole(setup: &Setup) {
    Shape::all(2, 3)
        .iter()
        .for_each(|shape| check(setup, shape, &[4, 4], 4));
}

fn every_cell_ragged(setup: &Setup) {
    Shape::all(2, 3)
        .iter()
        .for_each(|shape| check(setup, shape, &[2, 4], 4));
}

fn every_cell_padded_throughout(setup: &Setup) {
    Shape::all(2, 3)
        .iter()
        .for_each(|shape| check(setup, shape, &[3, 1], 4));
}

fn check(setup: &Setup, shape: &Shape, batch_lengths: &[usize], seq_length: usize) {
    let sequences = Sequence::batch(shape, batch_lengths, 21);
    let tracked = shape.network(22, &setup.tracked());
    let got = run(&tracked, shape, &sequences, seq_length, 0.5, Initial::Given);

    let network = shape.network(22, setup);
    let evaluate = |weights: &[Vec<f64>], sequences: &[Sequence]| {
        let network = with_parameters(network.clone(), weights, setup);
        let input = padded(shape, sequences, seq_length, 0.5, setup);
        let initial = Some(states(shape, sequences, 1.0, setup));
        let output = network.forward(input, initial, Some(lengths(shape, sequences)));
        values(loss(sequences, output.hidden, &output.last))[0]
    };
    let what = |name: &str, at: usize| format!("{shape:?}, {batch_lengths:?}: {name}, entry {at}");
    let weights: Vec<_> = parameters(&network)
        .into_iter()
        .map(|(_, values)| values)
        .collect();

    for (index, (name, gradient)) in got.parameters.iter().enumerate() {
        for (at, &gradient) in gradient.iter().enumerate() {
            let moved = |by: f64| {
                let mut weights = weights.clone();
                weights[index][at] += by;
                evaluate(&weights, &sequences)
            };
            assert_slope(&what(name, at), gradient, moved);
        }
    }
    for (row, outcome) in got.sequences.iter().enumerate() {
        for (at, &gradient) in outcome.grad_input.iter().enumerate() {
            let moved = |by: f64| {
                let mut sequences = sequences.clone();
                sequences[row].steps[at] += by;
                evaluate(&weights, &sequences)
            };
            assert_slope(&what("input", at), gradient, moved);
        }
        assert_eq!(outcome.grad_initial.len(), sequences[row].initial.len());
        for (at, &gradient) in outcome.grad_initial.iter().enumerate() {
            let moved = |by: f64| {
                let mut sequences = sequences.clone();
                sequences[row].initial[at] += by;
                evaluate(&weights, &sequences)
            };
            assert_slope(&what("initial state", at), gradient, moved);
        }
    }
}

const START: [f64; 5] = [-1.0, -0.3, 0.1, 0.4, 2.0];

fn quantile_head_and_pinball_loss(setup: &Setup) {
    let (levels, start) = (LEVELS.to_vec(), START.to_vec());
    let config = QuantileHeadConfig::new(heads::D_INPUT, heads::HORIZON, levels, start);
    check_gradients(setup, config.init(&setup.device), QuantileHead::forward);
}

fn scaled_quantile_head_and_pinball_loss(setup: &Setup) {
    let (levels, start) = (LEVELS.to_vec(), START.to_vec());
    let medians = vec![0.1; heads::HORIZON];
    let config = ScaledQuantileHeadConfig::new(heads::D_INPUT, levels, start, medians);
    check_gradients(
        setup,
        config.init(&setup.device),
        ScaledQuantileHead::forward,
    );
}
