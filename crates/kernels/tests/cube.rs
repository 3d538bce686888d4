//! The CubeCL kernel against the reference of another backend: cells that stay on chip and cells
//! that do not, in single and half precision.
// Burn's next line drops NdArray and LibTorch; until then they are supported.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]
#![cfg(any(feature = "wgpu", feature = "cuda"))]

mod calls;

use burn::tensor::{DType, Device, Tensor};
use calls::{CELLS, Case, Reads, difference, random, read};
use rekindle_kernels::{AdamStep, AdamTensors, recurrent_sequence, sequence};

fn gpu() -> Device {
    #[cfg(feature = "cuda")]
    return Device::cuda(0);
    #[cfg(not(feature = "cuda"))]
    return Device::wgpu(burn::tensor::DeviceKind::DefaultDevice);
}

/// Of single precision. On CUDA, Burn multiplies numbers cut to TF32, eleven bits of them.
const ROUNDING: f64 = if cfg!(feature = "cuda") { 2e-3 } else { 1e-5 };

/// Compares a case with the reference on Flex, which computes in single precision.
fn check(case: &Case, precision: DType, tolerance: f64) {
    let values = case.values();
    let kernel = case.run(&values, (gpu(), precision), recurrent_sequence);
    let reference = case.run(&values, (Device::flex(), DType::F32), sequence::reference);
    if let Some(difference) = difference(&kernel, &reference, tolerance) {
        panic!("{case:?}: {difference}");
    }
}

/// Every cell, at sizes from one unit to those that leave the chip, with and without everything.
fn cases() -> impl Iterator<Item = Case> {
    let sizes = [
        (1, 1, 1, 1),
        (2, 3, 2, 5),
        (7, 6, 5, 33),
        (3, 4, 3, 110),
        (5, 3, 2, 140),
        (3, 4, 3, 300),
    ];
    (0..CELLS).flat_map(move |cell| {
        sizes.into_iter().enumerate().map(move |(at, size)| {
            let (batch_size, seq_length, d_input, d_hidden) = size;
            let odd = (cell + at) % 2 == 1;
            Case {
                cell,
                batch_size,
                seq_length,
                d_input,
                d_hidden,
                lengths: (at > 0).then(|| {
                    (0..batch_size)
                        .map(|row| 1 + (row * 5) % seq_length)
                        .collect()
                }),
                reverse: odd,
                initial: at > 0,
                mask: (cell + at) % 3 == 2,
                gate_masks: false,
                reads: [Reads::All, Reads::Hidden, Reads::Last][(cell + at) % 3],
                checkpoint: None,
            }
        })
    })
}

#[test]
fn the_kernel_is_the_reference() {
    for case in cases() {
        check(&case, DType::F32, ROUNDING);
    }
}

/// Many more sequences than processors, so that a cube takes several: on chip and by steps.
#[test]
fn sequences_share_a_cube() {
    let sizes = [(0, 12), (3, 12), (4, 12), (0, 300), (3, 300), (4, 300)];
    // Off the chip where shared memory is small, with fewer units in a cube than sequences.
    for (cell, d_hidden) in sizes.into_iter().chain([(3, 120)]) {
        let case = Case {
            cell,
            batch_size: 650,
            seq_length: 5,
            d_input: 3,
            d_hidden,
            lengths: Some((0..650).map(|row| 1 + row % 5).collect()),
            reverse: cell == 3,
            initial: true,
            mask: true,
            gate_masks: false,
            reads: Reads::All,
            checkpoint: None,
        };
        check(&case, DType::F32, ROUNDING);
    }
}

/// Of the size from which products of all steps take larger tiles on CUDA, forwards and both ways back.
#[test]
#[cfg(feature = "cuda")]
fn large_products_are_the_reference() {
    for cell in [3, 4] {
        let case = Case {
            cell,
            batch_size: 690,
            seq_length: 8,
            d_input: 512,
            d_hidden: 512,
            lengths: None,
            reverse: false,
            initial: true,
            mask: false,
            gate_masks: false,
            reads: Reads::All,
            checkpoint: None,
        };
        check(&case, DType::F32, ROUNDING);
    }
}

/// Half precision keeps three digits, and the states do not lose more over the steps. Cells with a
/// corner are left out: rounding puts a number on its other side.
#[test]
fn half_precision_is_near() {
    let smooth = |case: &Case| [0, 3, 4, 5].contains(&case.cell) && case.batch_size != 7;
    for (precision, tolerance) in [(DType::F16, 1e-2), (DType::BF16, 8e-2)] {
        if gpu().supports_dtype(precision) {
            for case in cases().filter(smooth) {
                check(&case, precision, tolerance);
            }
        } else {
            println!("{precision:?}: not on this device");
        }
    }
}

#[test]
fn the_adam_kernel_is_the_reference() {
    let step = AdamStep {
        lr: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.1,
        time: 7,
    };
    for len in [1, 255, 256, 1000] {
        let tensors = AdamTensors {
            parameter: random([len], 1.0),
            moment_1: random([len], 0.1),
            moment_2: random([len], 0.1).abs(),
        };
        let gradient = random([len], 1.0);
        let here = |one: &Tensor<1>| Tensor::<1>::from_data(one.to_data(), &gpu());
        let kernel = step.update(
            AdamTensors {
                parameter: here(&tensors.parameter),
                moment_1: here(&tensors.moment_1),
                moment_2: here(&tensors.moment_2),
            },
            here(&gradient),
        );
        let reference = step.reference(tensors, gradient);
        let kernel = [kernel.parameter, kernel.moment_1, kernel.moment_2].map(read);
        let reference = [reference.parameter, reference.moment_1, reference.moment_2].map(read);
        assert_eq!(difference(&kernel, &reference, 1e-6), None, "{len} numbers");
    }
}

/// One thread reads what the other computed and goes on with.
#[test]
fn another_thread_reads_what_was_computed() {
    let (send, receive) = std::sync::mpsc::channel::<Tensor<1>>();
    let reader = std::thread::spawn(move || receive.into_iter().flat_map(read).collect());
    let mut sum = Tensor::<1>::zeros([1], &gpu());
    let mut doubled = Vec::new();
    for _ in 0..300 {
        sum = sum + 1.0;
        send.send(sum.clone()).expect("a reader");
        doubled.push(sum.clone() * 2.0);
    }
    drop(send);
    let numbers: Vec<f64> = reader.join().expect("the numbers");
    let want = |factor: usize| (1..=300).map(move |step| (step * factor) as f64);
    assert!(numbers.into_iter().eq(want(1)));
    assert!(read(Tensor::cat(doubled, 0)).into_iter().eq(want(2)));
}
