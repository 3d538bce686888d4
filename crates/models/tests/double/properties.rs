//! Any batch against each of its sequences alone, in double precision, and against the equations
//! written out number by number.

use crate::setups;
use crate::support::scalar::Layer;
use crate::support::{
    Direction, Initial, Sequence, Setup, Shape, add, assert_close, assert_gradients_close, cells,
    parameters, run,
};
use proptest::prelude::*;

const ROUNDING: f64 = 1e-11;

fn shapes(layers: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Shape> {
    let directions = [Direction::Forward, Direction::Reverse, Direction::Both];
    let kind = prop::sample::select(cells());
    let direction = prop::sample::select(directions.to_vec());
    (kind, direction, layers, 1..=4_usize, 1..=5_usize).prop_map(
        |((kind, options), direction, num_layers, d_input, d_hidden)| Shape {
            kind,
            options,
            direction,
            num_layers,
            d_input,
            d_hidden,
        },
    )
}

/// Lengths of up to four sequences of up to six steps.
fn ragged() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1..=6_usize, 1..=4)
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_is_its_sequences(
        shape in shapes(1..=2),
        lengths in ragged(),
        more in 0..3_usize,
        given in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let initial = if given { Initial::Given } else { Initial::Absent };
        for setup in setups() {
            check_batch(&setup.tracked(), &shape, &lengths, more, initial, seed);
        }
    }

    #[test]
    fn a_layer_is_its_equations(
        mut shape in shapes(1..=1),
        lengths in ragged(),
        seed in any::<u64>(),
    ) {
        if shape.direction == Direction::Both {
            shape.direction = Direction::Forward;
        }
        for setup in setups() {
            check_equations(&setup.tracked(), &shape, &lengths, seed);
        }
    }
}

fn check_batch(
    setup: &Setup,
    shape: &Shape,
    lengths: &[usize],
    more: usize,
    initial: Initial,
    seed: u64,
) {
    let network = shape.network(seed, setup);
    let sequences = Sequence::batch(shape, lengths, seed ^ 1);
    let seq_length = lengths.iter().max().unwrap() + more;
    let batch = run(&network, shape, &sequences, seq_length, f64::NAN, initial);
    let mut sum = Vec::new();
    for (sequence, in_batch) in sequences.iter().zip(&batch.sequences) {
        let one = std::slice::from_ref(sequence);
        let alone = run(&network, shape, one, sequence.len(shape), 0.0, initial);
        let what = format!("{setup:?}: sequence");
        in_batch.assert_close(&alone.sequences[0], &what, ROUNDING);
        add(&mut sum, alone.parameters);
    }
    let what = format!("{setup:?}: batch");
    assert_gradients_close(&what, &batch.parameters, &sum, ROUNDING);
}

fn check_equations(setup: &Setup, shape: &Shape, lengths: &[usize], seed: u64) {
    let network = shape.network(seed, setup);
    let sequences = Sequence::batch(shape, lengths, seed ^ 1);
    let seq_length = *lengths.iter().max().unwrap();
    let batch = run(&network, shape, &sequences, seq_length, 0.0, Initial::Given);
    let parameters = parameters(&network);
    let layer = Layer::of(&parameters);
    let turned = |steps: &[f64], d: usize| -> Vec<f64> {
        match shape.direction {
            Direction::Reverse => steps.chunks(d).rev().flatten().copied().collect(),
            _ => steps.to_vec(),
        }
    };
    let close = |what: &str, got: &[f64], want: &[f64]| {
        assert_close(&format!("{setup:?}: {what}"), got, want, ROUNDING);
    };
    for (sequence, got) in sequences.iter().zip(&batch.sequences) {
        let steps = turned(&sequence.steps, shape.d_input);
        let (hidden, last) = layer.run(shape, &steps, &sequence.initial);
        close("hidden", &got.hidden, &turned(&hidden, shape.d_state()));
        close("last", &got.last, &last);
    }
}
