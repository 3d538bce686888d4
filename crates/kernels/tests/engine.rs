//! The CPU engine on every instruction set this processor has, against itself in double precision on
//! plain loops; that one is checked against finite differences by the tests of `rekindle-models`.

mod case;

use case::Case;
use proptest::prelude::*;
use rekindle_kernels::cpu::{Batch, Engine, Given, Kind, StreamLayer, Weights};

/// Sizes around a block of sixteen and a panel of four; few under an interpreter.
const INPUTS: &[usize] = if cfg!(miri) {
    &[1, 3, 17]
} else {
    &[1, 2, 3, 7, 16, 17, 33, 70]
};
const UNITS: &[usize] = if cfg!(miri) {
    &[1, 5, 17]
} else {
    &[1, 2, 5, 15, 16, 17, 31, 50, 67]
};

fn kinds() -> impl Strategy<Value = Kind> {
    let lstm = |peephole, clip| Kind::Lstm { peephole, clip };
    prop::sample::select(vec![
        Kind::Elman { relu: false },
        Kind::Elman { relu: true },
        lstm(false, f64::INFINITY),
        lstm(true, f64::INFINITY),
        lstm(false, 0.5),
        lstm(true, 0.5),
        Kind::Gru { mirror: false },
        Kind::Gru { mirror: true },
    ])
}

prop_compose! {
    fn cases()(
        kind in kinds(),
        batch_size in 1..=if cfg!(miri) { 3 } else { 9_usize },
        seq_length in 1..=if cfg!(miri) { 4 } else { 12_usize },
        d_input in prop::sample::select(INPUTS),
        d_hidden in prop::sample::select(UNITS),
        flags in any::<[bool; 5]>(),
        threads in 1..=3_usize,
        checkpoint in prop::option::of(1..=5_usize),
        seed in any::<u64>(),
    )(
        lengths in prop::option::of(prop::collection::vec(1..=seq_length, batch_size)),
        kind in Just(kind),
        batch_size in Just(batch_size),
        seq_length in Just(seq_length),
        d_input in Just(d_input),
        d_hidden in Just(d_hidden),
        flags in Just(flags),
        threads in Just(threads),
        checkpoint in Just(checkpoint),
        seed in Just(seed),
    ) -> Case {
        let [reverse, initial, mask, gate_masks, bias] = flags;
        Case {
            kind, batch_size, seq_length, d_input, d_hidden, lengths, reverse, initial, mask,
            gate_masks, bias, threads, checkpoint, seed,
        }
    }
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: if cfg!(miri) { 3 } else { 256 },
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_path_computes_the_same(case in cases()) {
        case.check();
    }
}

/// The smallest there is, and a batch of single steps.
#[test]
fn one_of_everything_and_all_lengths_one() {
    let smallest = Case {
        kind: Kind::Lstm {
            peephole: false,
            clip: f64::INFINITY,
        },
        batch_size: 1,
        seq_length: 1,
        d_input: 1,
        d_hidden: 1,
        lengths: None,
        reverse: false,
        initial: true,
        mask: false,
        gate_masks: false,
        bias: true,
        threads: 1,
        checkpoint: None,
        seed: 3,
    };
    smallest.check();
    Case {
        batch_size: 7,
        seq_length: 6,
        lengths: Some(vec![1; 7]),
        threads: 2,
        ..smallest
    }
    .check();
}

/// Large enough that the ring is emptied many times, rows come in groups, a panel in pieces, and
/// panels of all widths occur.
#[test]
#[cfg_attr(miri, ignore = "too large for an interpreter")]
fn a_large_batch() {
    for kind in [
        Kind::Lstm {
            peephole: true,
            clip: 2.0,
        },
        Kind::Gru { mirror: false },
        Kind::Elman { relu: false },
    ] {
        for threads in [1, 2] {
            Case {
                kind,
                batch_size: 45,
                seq_length: 40,
                d_input: 130,
                d_hidden: 100,
                lengths: Some((0..45).map(|row| 1 + row * 7 % 40).collect()),
                reverse: true,
                initial: true,
                mask: true,
                gate_masks: threads == 2,
                bias: true,
                threads,
                checkpoint: Some(7),
                seed: 5,
            }
            .check();
        }
    }
}

/// What a layer streams is what it gives for the sequence.
#[test]
fn a_stream_is_the_sequence() {
    let (t, i, h) = (5, 3, 18);
    for (kind, g) in [
        (Kind::Elman { relu: false }, 1),
        (Kind::Gru { mirror: true }, 3),
        (
            Kind::Lstm {
                peephole: true,
                clip: 0.5,
            },
            4,
        ),
    ] {
        let numbers = |len: usize, scale: f32| -> Vec<f32> {
            (0..len).map(|at| (at as f32 * 0.7).sin() * scale).collect()
        };
        let (input, w, u) = (
            numbers(t * i, 1.0),
            numbers(i * g * h, 0.5),
            numbers(h * g * h, 0.2),
        );
        let (bias, candidate, extra) = (numbers(g * h, 0.3), numbers(h, 0.4), numbers(3 * h, 0.6));
        let weights = Weights {
            input: &w,
            recurrent: &u,
            bias: Some(&bias),
            candidate_bias: (g == 3).then_some(&candidate[..]),
            extra: (g == 4).then_some(&extra[..]),
            d_input: i,
            d_hidden: h,
        };
        let given = Given {
            input: &input,
            hidden: None,
            cell: None,
            mask: None,
            input_mask: None,
            d_input: i,
            d_hidden: h,
        };
        let batch = Batch {
            batch_size: 1,
            seq_length: t,
            lengths: None,
            reverse: false,
        };
        let whole = Engine::new(None).forward(kind, &weights, &given, batch, false);
        let layer = StreamLayer::new(kind, &weights);
        let mut state = layer.state();
        for (x, want) in input.chunks(i).zip(whole.hidden.chunks(h)) {
            layer.step(x, &mut state);
            assert_eq!(state.hidden(), want, "{kind:?}");
        }
        assert_eq!(state.cell(), whole.last_cell, "{kind:?}");
    }
}
