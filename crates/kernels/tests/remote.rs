//! The sequence operation on a device that a server lends, here one in the same process, against the same
//! device without a server.
#![cfg(all(feature = "remote", feature = "flex"))]
// Burn's next line drops NdArray and LibTorch; until then they are supported.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

mod calls;

use burn::tensor::{DType, Device, Tensor};
use calls::{CELLS, Case, Reads, difference, random, read};
use rekindle_kernels::{AdamStep, AdamTensors, pairs, recurrent_sequence, remote, sequence};
use std::net::TcpListener;

/// A device of a server that lives as long as the process.
fn lent() -> Device {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(|| remote::serve(vec![Device::flex()], listener));
    remote::connect(&address, 0).unwrap()
}

/// Every cell, with and without all that a call may lack.
fn cases() -> impl Iterator<Item = Case> {
    (0..2 * CELLS).map(|at| Case {
        cell: at % CELLS,
        batch_size: 3,
        seq_length: 5,
        d_input: 4,
        d_hidden: 19,
        lengths: (at % 2 == 0).then(|| vec![5, 1, 3]),
        reverse: at % 3 == 0,
        initial: at >= CELLS,
        mask: at % 4 == 1,
        gate_masks: at % 7 == 1,
        reads: [Reads::All, Reads::Hidden, Reads::Last][at % 3],
        checkpoint: (at % 5 == 1).then_some(2),
    })
}

#[test]
fn a_lent_device_computes_the_same() {
    let lent = lent();
    for case in cases() {
        let values = case.values();
        let run =
            |device: &Device, forward| case.run(&values, (device.clone(), DType::F32), forward);
        let there = run(&lent, recurrent_sequence);
        let here = run(&Device::flex(), recurrent_sequence);
        if case.gate_masks {
            // The wire has one mask: tensor operations round in another order than the kernel.
            assert_eq!(difference(&there, &here, 1e-5), None, "{case:?}");
        } else {
            assert_eq!(there, here, "{case:?}");
        }
        let reference = run(&lent, sequence::reference);
        assert_eq!(difference(&there, &reference, 1e-5), None, "{case:?}");
    }
}

#[test]
fn what_has_no_operation_of_the_wire_runs_in_tensor_operations() {
    let lent = lent();
    let (queries, keys) = (random::<3>([2, 3, 4], 1.0), random::<3>([2, 5, 4], 1.0));
    let scores = |device: &Device| {
        let device = device.clone().autodiff();
        let [queries, keys] = [&queries, &keys]
            .map(|one| Tensor::<3>::from_data(one.to_data(), &device).require_grad());
        let gradients = pairs(queries.clone(), keys.clone())
            .powi_scalar(2)
            .sum()
            .backward();
        [queries, keys].map(|one| read(one.grad(&gradients).unwrap()))
    };
    let [there, here] = [scores(&lent), scores(&Device::flex())];
    assert_eq!(difference(&there, &here, 1e-6), None);

    let [parameter, gradient] = [random::<1>([7], 1.0), random::<1>([7], 1.0)];
    let step = AdamStep {
        lr: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.1,
        time: 3,
    };
    let updated = |device: &Device| {
        let at = |one: &Tensor<1>| Tensor::<1>::from_data(one.to_data(), device);
        let tensors = AdamTensors {
            parameter: at(&parameter),
            moment_1: at(&gradient) * 0.1,
            moment_2: at(&gradient).powi_scalar(2),
        };
        vec![read(step.update(tensors, at(&gradient)).parameter)]
    };
    assert_eq!(
        difference(&updated(&lent), &updated(&Device::flex()), 1e-6),
        None
    );
}

#[test]
fn a_device_that_is_not_there_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(|| remote::serve(vec![Device::flex()], listener));
    let refused = remote::connect(&address, 1).unwrap_err().to_string();
    assert_eq!(refused, "the server hosts only 1 device(s)");
}
