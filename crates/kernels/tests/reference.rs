//! The fused operation against the reference in tensor operations, outputs and gradients, through
//! Burn's autodiff.

mod fused;

use burn::backend::Autodiff;
use burn::tensor::FloatDType;
use burn_flex::Flex;
use fused::{CELLS, Case, Reads, difference, random, read};
use proptest::prelude::*;
use rekindle_kernels::{AdamStep, AdamTensors, RecurrentBackend, sequence};

type B = Autodiff<Flex>;

prop_compose! {
    fn cases()(
        batch_size in 1..=6_usize,
        seq_length in 1..=8_usize,
    )(
        cell in 0..CELLS,
        batch_size in Just(batch_size),
        seq_length in Just(seq_length),
        d_input in 1..=20_usize,
        d_hidden in 1..=35_usize,
        lengths in prop::option::of(prop::collection::vec(1..=seq_length, batch_size)),
        flags in any::<[bool; 3]>(),
        reads in prop::sample::select(vec![Reads::All, Reads::Hidden, Reads::Last]),
        checkpoint in prop::option::of(1..=3_usize),
    ) -> Case {
        let [reverse, initial, mask] = flags;
        Case {
            cell, batch_size, seq_length, d_input, d_hidden, lengths, reverse, initial, mask, reads,
            checkpoint,
        }
    }
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_is_the_reference(case in cases()) {
        let values = case.values();
        let fused = case.run(&values, FloatDType::F32, B::recurrent_sequence);
        let reference = case.run(&values, FloatDType::F32, sequence::reference::<B>);
        prop_assert_eq!(difference(&fused, &reference, 1e-5), None);
    }

    #[test]
    fn the_adam_kernel_is_the_reference(
        len in 1..=70_usize,
        time in 1..=1000_usize,
        weight_decay in prop::sample::select(vec![0.0, 0.1]),
    ) {
        let step = AdamStep {
            lr: 0.01, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, weight_decay, time,
        };
        let tensors = AdamTensors {
            parameter: random([len], 1.0),
            moment_1: random([len], 0.1),
            moment_2: random([len], 0.1).abs(),
        };
        let gradient = random([len], 1.0);
        let fused = step.apply::<Flex, 1>(tensors.clone(), gradient.clone());
        let reference = step.reference::<Flex, 1>(tensors, gradient);
        for (fused, reference) in [
            (fused.parameter, reference.parameter),
            (fused.moment_1, reference.moment_1),
            (fused.moment_2, reference.moment_2),
        ] {
            for (fused, reference) in read(fused).into_iter().zip(read(reference)) {
                prop_assert!((fused - reference).abs() < 1e-5, "{} and {}", fused, reference);
            }
        }
    }
}
