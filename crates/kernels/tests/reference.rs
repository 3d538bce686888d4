//! The sequence kernel of every backend on a CPU against the reference in tensor operations, outputs and
//! gradients, through Burn's autodiff.
// Burn's next line drops NdArray and LibTorch; until then they are supported.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

mod calls;

use burn::tensor::Tensor;
use calls::{CELLS, Case, Reads, difference, on_cpu, random, read};
use proptest::prelude::*;
use rekindle_kernels::{AdamStep, AdamTensors, recurrent_sequence, sequence};

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
        flags in any::<[bool; 4]>(),
        reads in prop::sample::select(vec![Reads::All, Reads::Hidden, Reads::Last]),
        checkpoint in prop::option::of(1..=3_usize),
    ) -> Case {
        let [reverse, initial, mask, gate_masks] = flags;
        Case {
            cell, batch_size, seq_length, d_input, d_hidden, lengths, reverse, initial, mask,
            gate_masks, reads, checkpoint,
        }
    }
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_is_the_reference(case in cases()) {
        let values = case.values();
        for (device, dtype, error) in on_cpu() {
            let kernel = case.run(&values, (device.clone(), dtype), recurrent_sequence);
            let reference = case.run(&values, (device.clone(), dtype), sequence::reference);
            prop_assert_eq!(
                difference(&kernel, &reference, error), None, "{:?} in {:?}", device, dtype
            );
        }
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
        let (parameter, gradient) = (random([len], 1.0), random([len], 1.0));
        let (moment_1, moment_2) = (random([len], 0.1), random([len], 0.1).abs());
        for (device, dtype, error) in on_cpu() {
            let here = |one: &Tensor<1>| Tensor::<1>::from_data(one.to_data(), (&device, dtype));
            let tensors = AdamTensors {
                parameter: here(&parameter),
                moment_1: here(&moment_1),
                moment_2: here(&moment_2),
            };
            let kernel = step.update(tensors.clone(), here(&gradient));
            let reference = step.reference(tensors, here(&gradient));
            for (kernel, reference) in [
                (kernel.parameter, reference.parameter),
                (kernel.moment_1, reference.moment_1),
                (kernel.moment_2, reference.moment_2),
            ] {
                for (kernel, reference) in read(kernel).into_iter().zip(read(reference)) {
                    prop_assert!(
                        (kernel - reference).abs() < error,
                        "{} and {}, {:?} in {:?}", kernel, reference, device, dtype
                    );
                }
            }
        }
    }
}
