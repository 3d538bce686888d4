//! What every cell, in every direction and depth, has to satisfy.

use crate::support::{
    self, Direction, Forward, Initial, Numbers, Run, Sequence, Setup, Shape, assert_close,
    assert_gradients_close, flex, lengths, padded, parameters, run, run_with, states, values,
};
use burn::module::Module;
use burn::optim::{GradientsParams, SgdConfig};
use burn::store::ModuleRecord;
use burn::tensor::Tensor;
use rekindle_models::{CellKind, CellOptions, Lengths, RecurrentConfig, Stack, StackConfig, State};

/// Rounding of single precision over a few steps.
const ROUNDING: f64 = 1e-5;
const SEED: u64 = 7;

macro_rules! conformance {
    ($($check:ident)*) => {
        conformance!(@backend flex burn::tensor::Device::flex(); $($check)*);
        #[cfg(feature = "ndarray")]
        conformance!(@backend ndarray support::ndarray(); $($check)*);
        #[cfg(feature = "tch")]
        conformance!(@backend libtorch support::libtorch(); $($check)*);
        #[cfg(feature = "cuda")]
        conformance!(@backend cuda burn::tensor::Device::cuda(0); $($check)*);
        #[cfg(feature = "wgpu")]
        conformance!(@backend wgpu support::wgpu(); $($check)*);
    };
    (@backend $name:ident $device:expr; $($check:ident)*) => {
        mod $name {
            use super::*;
            $(
                #[test]
                fn $check() {
                    let setup = Setup::single($device).tracked();
                    let shapes = Shape::all(3, 4);
                    shapes.iter().for_each(|shape| super::$check(shape, &setup));
                }
            )*
        }
    };
}

conformance! {
    more_padding_changes_nothing
    what_is_in_the_padding_changes_nothing
    no_lengths_are_full_lengths
    batch_order_changes_nothing
    a_sequence_alone_is_the_same_in_a_batch
    one_step_has_no_direction
    length_one_is_one_step
    chunks_are_the_whole
    reverse_is_forward_on_the_flipped_prefix
    a_zero_state_is_no_state
    a_training_step_moves_every_parameter
    dropout_is_for_training_alone
    a_record_keeps_the_outputs
}

fn more_padding_changes_nothing(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    let sequences = Sequence::batch(shape, &[4, 2, 3], 1);
    let tight = run(&network, shape, &sequences, 4, 0.5, Initial::Given);
    let loose = run(&network, shape, &sequences, 7, 0.5, Initial::Given);
    loose.assert_close(&tight, &format!("{shape:?}"), ROUNDING);
}

/// The padding is not to be read at all. A mask by multiplication fails this.
fn what_is_in_the_padding_changes_nothing(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    let sequences = Sequence::batch(shape, &[2, 5, 1], 2);
    // All sequences padded, and one that fills the batch.
    for seq_length in [6, 5] {
        let run = |filler| {
            run(
                &network,
                shape,
                &sequences,
                seq_length,
                filler,
                Initial::Given,
            )
        };
        let zeros = run(0.0);
        for filler in [-3.5, 1e30, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let what = format!("{shape:?}, padded with {filler}");
            run(filler).assert_close(&zeros, &what, 0.0);
        }
    }
}

fn no_lengths_are_full_lengths(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    let sequences = Sequence::batch(shape, &[4, 4], 3);
    let full = run(&network, shape, &sequences, 4, 0.0, Initial::Given);
    let forward = |input, initial| network.forward(input, initial, None);
    let absent = run_with(&network, shape, &sequences, 4, 0.0, Initial::Given, forward);
    absent.assert_close(&full, &format!("{shape:?}"), 0.0);
}

fn batch_order_changes_nothing(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    let sequences = Sequence::batch(shape, &[3, 1, 5, 2], 4);
    let run = |sequences: &[Sequence]| run(&network, shape, sequences, 5, 0.5, Initial::Given);
    let straight = run(&sequences);
    let order = [2, 0, 3, 1];
    let want = Run {
        sequences: order
            .iter()
            .map(|&row| straight.sequences[row].clone())
            .collect(),
        parameters: straight.parameters,
    };
    let mixed: Vec<_> = order.iter().map(|&row| sequences[row].clone()).collect();
    run(&mixed).assert_close(&want, &format!("{shape:?}"), ROUNDING);
}

fn a_sequence_alone_is_the_same_in_a_batch(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    for lengths in [&[3][..], &[2, 4], &[5, 1, 3, 2, 4, 5, 1]] {
        let sequences = Sequence::batch(shape, lengths, 5);
        let batch = run(&network, shape, &sequences, 5, 0.5, Initial::Given);
        let mut sum: Vec<(String, Vec<f64>)> = Vec::new();
        for (sequence, in_batch) in sequences.iter().zip(&batch.sequences) {
            let one = std::slice::from_ref(sequence);
            let len = sequence.len(shape);
            let alone = run(&network, shape, one, len, 0.0, Initial::Given);
            in_batch.assert_close(&alone.sequences[0], &format!("{shape:?}"), ROUNDING);
            support::add(&mut sum, alone.parameters);
        }
        assert_gradients_close(&format!("{shape:?}"), &batch.parameters, &sum, ROUNDING);
    }
}

fn one_step_has_no_direction(shape: &Shape, setup: &Setup) {
    if shape.direction != Direction::Reverse {
        return;
    }
    let sequences = Sequence::batch(shape, &[1, 1], 6);
    let run = |direction| {
        let shape = Shape {
            direction,
            ..*shape
        };
        run(
            &shape.network(SEED, setup),
            &shape,
            &sequences,
            1,
            0.0,
            Initial::Given,
        )
    };
    let forward = run(Direction::Forward);
    run(Direction::Reverse).assert_close(&forward, &format!("{shape:?}"), 0.0);
}

fn length_one_is_one_step(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    let sequences = Sequence::batch(shape, &[1, 1, 1], 7);
    let run = |seq_length| run(&network, shape, &sequences, seq_length, 0.5, Initial::Given);
    run(4).assert_close(&run(1), &format!("{shape:?}"), ROUNDING);
}

/// Values and gradients: the state carries both.
fn chunks_are_the_whole(shape: &Shape, setup: &Setup) {
    if shape.direction == Direction::Both {
        return;
    }
    let network = shape.network(SEED, setup);
    let sequences = Sequence::batch(shape, &[5, 5, 5], 8);
    let whole = run(&network, shape, &sequences, 5, 0.0, Initial::Given);
    for chunks in [&[2, 3][..], &[1, 1, 3]] {
        let in_chunks = |input: Tensor<3>, mut state: Option<Vec<State>>| {
            let mut pieces = input.split_with_sizes(chunks.to_vec(), 1);
            let reverse = shape.direction == Direction::Reverse;
            if reverse {
                pieces.reverse();
            }
            let mut hidden = Vec::new();
            for piece in pieces {
                let output = network.forward(piece, state.take(), None);
                hidden.push(output.hidden);
                state = Some(output.last);
            }
            if reverse {
                hidden.reverse();
            }
            Forward {
                hidden: Tensor::cat(hidden, 1),
                last: state.unwrap(),
            }
        };
        let got = run_with(
            &network,
            shape,
            &sequences,
            5,
            0.0,
            Initial::Given,
            in_chunks,
        );
        got.assert_close(
            &whole,
            &format!("{shape:?} in chunks of {chunks:?}"),
            ROUNDING,
        );
    }
}

fn reverse_is_forward_on_the_flipped_prefix(shape: &Shape, setup: &Setup) {
    if shape.direction != Direction::Reverse {
        return;
    }
    let sequences = Sequence::batch(shape, &[4, 1, 6, 3], 9);
    let reverse = shape.network(SEED, setup);
    let reverse = run(&reverse, shape, &sequences, 7, 0.5, Initial::Given);

    let shape = Shape {
        direction: Direction::Forward,
        ..*shape
    };
    let network = shape.network(SEED, setup);
    for (sequence, in_reverse) in sequences.iter().zip(&reverse.sequences) {
        let flipped = Sequence {
            steps: flip(&sequence.steps, shape.d_input),
            ..sequence.clone()
        };
        let len = flipped.len(&shape);
        let forward = run(&network, &shape, &[flipped], len, 0.0, Initial::Given);
        let want = &forward.sequences[0];
        let hidden = flip(&in_reverse.hidden, shape.d_output());
        assert_close(
            &format!("{shape:?}: hidden"),
            &hidden,
            &want.hidden,
            ROUNDING,
        );
        assert_close(
            &format!("{shape:?}: last"),
            &in_reverse.last,
            &want.last,
            ROUNDING,
        );
    }
}

fn flip(steps: &[f64], d: usize) -> Vec<f64> {
    steps.chunks(d).rev().flatten().copied().collect()
}

fn a_zero_state_is_no_state(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    let sequences = Sequence::batch(shape, &[4, 2], 10);
    let run = |initial| run(&network, shape, &sequences, 4, 0.5, initial);
    let absent = run(Initial::Absent);
    let mut zero = run(Initial::Zero);
    for outcome in &mut zero.sequences {
        assert!(
            outcome.grad_initial.iter().any(|&x| x != 0.0),
            "{shape:?}: no gradient"
        );
        outcome.grad_initial.clear();
    }
    zero.assert_close(&absent, &format!("{shape:?}"), 0.0);
    let given = run(Initial::Given);
    for (given, absent) in given.sequences.iter().zip(&absent.sequences) {
        assert_ne!(
            given.last, absent.last,
            "{shape:?}: the given state went unread"
        );
    }
}

fn a_training_step_moves_every_parameter(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    let sequences = Sequence::batch(shape, &[4, 2], 11);
    let input = padded(shape, &sequences, 4, 0.0, setup);
    let output = network.forward(input, None, Some(lengths(shape, &sequences)));
    let grads = support::loss(&sequences, output.hidden, &output.last).backward();
    for (name, gradient) in support::gradients(&network, &grads) {
        assert!(
            gradient.iter().any(|&x| x != 0.0),
            "{shape:?}: gradient of {name} is zero"
        );
    }
    let before = parameters(&network);
    let grads = GradientsParams::from_grads(grads, &network);
    let network = SgdConfig::new().init().step(0.1, network, grads);
    for ((name, before), (_, after)) in before.iter().zip(parameters(&network)) {
        assert_ne!(before, &after, "{shape:?}: {name} stayed");
    }
}

fn dropout_is_for_training_alone(shape: &Shape, setup: &Setup) {
    let sequences = Sequence::batch(shape, &[5, 4, 5, 3], 12);
    let lengths = Some(lengths(shape, &sequences));
    let dropping = shape.network_with_dropout(SEED, 0.5, setup);
    let plain = shape.network(SEED, setup);

    let input = padded(shape, &sequences, 5, 0.0, &setup.plain());
    let infer = |network: &Stack| {
        values(
            network
                .valid()
                .forward(input.clone(), None, lengths.clone())
                .hidden,
        )
    };
    let what = format!("{shape:?}: dropout while not training");
    assert_close(&what, &infer(&dropping), &infer(&plain), 0.0);

    let input = padded(shape, &sequences, 5, 0.0, setup);
    let train = || {
        values(
            dropping
                .forward(input.clone(), None, lengths.clone())
                .hidden,
        )
    };
    // There is nothing between the layers of a single one.
    assert_eq!(
        train() != train(),
        shape.num_layers > 1,
        "{shape:?}: dropout while training"
    );
}

fn a_record_keeps_the_outputs(shape: &Shape, setup: &Setup) {
    let network = shape.network(SEED, setup);
    let bytes = network.clone().into_record().into_bytes().unwrap();
    let record = ModuleRecord::from_bytes(bytes).unwrap();
    let loaded = shape.network(SEED + 1, setup).load_record(record);

    let sequences = Sequence::batch(shape, &[4, 2], 13);
    let run = |network| run(network, shape, &sequences, 4, 0.5, Initial::Given);
    run(&loaded).assert_close(&run(&network), &format!("{shape:?}"), 0.0);
}

#[test]
fn the_last_hidden_state_joins_both_ends() {
    let shape = Shape::all(3, 4)
        .into_iter()
        .rfind(|s| s.direction == Direction::Both)
        .unwrap();
    let sequences = Sequence::batch(&shape, &[4, 2], 14);
    let network = shape.network(SEED, &flex());
    let input = padded(&shape, &sequences, 4, 0.0, &flex());
    let output = network.forward(input, None, Some(lengths(&shape, &sequences)));
    let last = values(output.last_hidden());
    let hidden = values(output.hidden);
    for (row, length) in [4, 2].into_iter().enumerate() {
        let step = |time: usize| &hidden[(row * 4 + time) * 8..][..8];
        assert_eq!(
            last[row * 8..][..4],
            step(length - 1)[..4],
            "forwards ends at the last step"
        );
        assert_eq!(
            last[row * 8 + 4..][..4],
            step(0)[4..],
            "reverse ends at the first"
        );
    }
}

#[test]
fn a_fresh_layer_starts_where_its_docs_say() {
    let device = flex().device;
    for kind in CellKind::ALL {
        let layer = RecurrentConfig::new(kind, 3, 4).init(&device);
        let gates = kind.gates(&CellOptions::default());
        let weight = values(layer.weight_input.val());
        let bound = f64::sqrt(6.0 / (3.0 + 4.0));
        assert!(
            weight.iter().all(|w| w.abs() <= bound),
            "{kind:?}: W beyond Glorot's bound"
        );
        assert!(
            weight.iter().any(|w| w.abs() > bound / 2.0),
            "{kind:?}: W is too narrow"
        );
        for (gate, block) in layer
            .weight_recurrent
            .val()
            .chunk(gates, 1)
            .into_iter()
            .enumerate()
        {
            let product = values(block.clone().transpose().matmul(block));
            let identity = values(Tensor::<2>::eye(4, &device));
            assert_close(
                &format!("{kind:?}: UᵀU of gate {gate}"),
                &product,
                &identity,
                1e-5,
            );
        }
        let mut want = vec![0.0; gates * 4];
        if kind.is_lstm() {
            want[4..8].fill(1.0);
        }
        assert_eq!(values(layer.bias.unwrap().val()), want, "{kind:?}: bias");
        let candidate = layer.bias_candidate.map(|bias| values(bias.val()));
        assert_eq!(
            candidate,
            (gates == 3).then(|| vec![0.0; 4]),
            "{kind:?}: candidate's bias"
        );
    }
}

#[test]
fn a_layer_without_biases_runs() {
    for kind in CellKind::ALL {
        let stack = StackConfig::new(kind, 3, 4).with_bias(false);
        let stack = stack.init(&flex().device);
        let peepholes = matches!(kind, CellKind::LstmPeephole | CellKind::LstmPeepholeFull);
        let want = 2 + usize::from(peepholes);
        assert_eq!(parameters(&stack).len(), want, "{kind:?}");
        let input = support::tensor::<3>(&Numbers::new(1).vector(12, 1.0), [2, 2, 3], &flex());
        assert_eq!(stack.forward(input, None, None).hidden.dims(), [2, 2, 4]);
    }
}

/// Runs two sequences of four steps with these lengths and this many initial states.
fn misuse(lengths: Option<Vec<usize>>, seq_length: usize, states_given: Option<usize>) {
    let setup = &flex();
    let shape = Shape::all(3, 4)[0];
    let sequences = Sequence::batch(&shape, &[seq_length, seq_length], 1);
    let input = padded(&shape, &sequences, seq_length, 0.0, setup);
    let one = states(&shape, &sequences, 1.0, setup);
    let initial = states_given.map(|count| one.iter().cycle().take(count).cloned().collect());
    let lengths = lengths.map(|lengths| Lengths::new(lengths).unwrap());
    shape.network(SEED, setup).forward(input, initial, lengths);
}

#[test]
#[should_panic = "lengths reach 5 of 4 steps"]
fn a_length_beyond_the_input_is_refused() {
    misuse(Some(vec![5, 2]), 4, None);
}

#[test]
#[should_panic = "one length for every sequence of the batch"]
fn a_length_too_few_is_refused() {
    misuse(Some(vec![3]), 4, None);
}

#[test]
#[should_panic = "one length for every sequence of the batch"]
fn a_full_length_too_few_is_refused() {
    misuse(Some(vec![4]), 4, None);
}

#[test]
#[should_panic = "one initial state a layer and direction"]
fn a_state_too_many_is_refused() {
    misuse(None, 4, Some(2));
}

#[test]
#[should_panic = "at least one step"]
fn no_steps_are_refused() {
    misuse(None, 0, None);
}

#[test]
#[should_panic = "at least one layer"]
fn no_layers_are_refused() {
    let config = StackConfig::new(CellKind::Gru, 3, 4);
    config.with_num_layers(0).init(&flex().device);
}
