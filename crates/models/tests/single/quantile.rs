//! The quantile head and the loss it is trained by. Its gradients are in `double`.

use crate::support::heads::{LEVELS, assert_no_crossing, levels, train, true_quantiles};
use crate::support::{self, Numbers, Setup, assert_close, cpu_devices, flex, tensor, values};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use rekindle_models::{QuantileHead, QuantileHeadConfig, pinball_loss};

fn head(
    d_input: usize,
    horizon: usize,
    levels: &[f64],
    start: &[f64],
    device: &Device,
) -> QuantileHead {
    let config = QuantileHeadConfig::new(d_input, horizon, levels.to_vec(), start.to_vec());
    config.init(device)
}

fn no_crossing(shape: [usize; 3], levels: &[f64], seed: u64, scale: f64, device: Device) {
    let [batch_size, d_input, horizon] = shape;
    let start: Vec<f64> = (0..levels.len()).map(|k| k as f64).collect();
    let head = head(d_input, horizon, levels, &start, &device);
    let shape = [batch_size, d_input, horizon, levels.len()];
    let setup = Setup::single(device);
    assert_no_crossing(&setup, head, QuantileHead::forward, shape, seed, scale);
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn quantiles_never_cross(
        seed in any::<u64>(),
        shape in prop::array::uniform3(1..5_usize),
        below in 0..5_usize,
        above in 0..5_usize,
        scale in prop::sample::select(vec![1e-3, 1.0, 30.0, 1e3]),
    ) {
        let levels = levels(below, above);
        for device in cpu_devices() {
            no_crossing(shape, &levels, seed, scale, device);
        }
    }
}

#[test]
fn gradients_of_huge_features_are_finite() {
    let setup = flex().tracked();
    let features = tensor::<2>(&[1e3, -1e3, 0.0, 1e3], [2, 2], &setup);
    let target = tensor(&[0.5, -0.5], [2, 1], &setup);
    let head = head(2, 1, &LEVELS, &[-2.0, -1.0, 0.0, 1.0, 2.0], &setup.device);
    let grads = pinball_loss(head.forward(features), target, &LEVELS).backward();
    for (name, gradient) in support::gradients(&head, &grads) {
        assert!(
            gradient.iter().all(|x| x.is_finite()),
            "gradient of {name}: {gradient:?}"
        );
    }
}

#[test]
fn an_untrained_head_gives_its_start() {
    fn check(start: [f64; 5], device: &Device) {
        let features = Tensor::<2>::zeros([3, 4], device);
        let quantiles = head(4, 2, &LEVELS, &start, device).forward(features);
        assert_close("quantiles", &values(quantiles), &start.repeat(6), 1e-6);
    }
    for start in [
        [-2.0, -1.0, -0.1, 0.7, 3.0],
        [-0.02, -0.01, 0.0, 0.005, 0.03],
        // Prices: e^1500 does not fit a number.
        [1000.0, 2500.0, 4000.0, 4100.0, 9000.0],
    ] {
        for device in cpu_devices() {
            check(start, &device);
        }
    }
}

#[test]
fn pinball_loss_is_its_definition() {
    let (batch_size, horizon) = (5, 3);
    let mut numbers = Numbers::new(1);
    let quantiles = numbers.vector(batch_size * horizon * LEVELS.len(), 3.0);
    let mut target = numbers.vector(batch_size * horizon, 3.0);
    // One target on its quantile: the loss there is zero.
    target[0] = quantiles[2];
    let mut want = 0.0;
    for (at, y) in target.iter().enumerate() {
        for (k, level) in LEVELS.iter().enumerate() {
            let q = quantiles[at * LEVELS.len() + k];
            want += if *y >= q {
                level * (y - q)
            } else {
                (1.0 - level) * (q - y)
            };
        }
    }
    want /= quantiles.len() as f64;

    for setup in cpu_devices().into_iter().map(Setup::single) {
        let quantiles = tensor(&quantiles, [batch_size, horizon, LEVELS.len()], &setup);
        let target = tensor(&target, [batch_size, horizon], &setup);
        let loss = pinball_loss(quantiles, target, &LEVELS);
        assert_close("pinball loss", &values(loss), &[want], 1e-6);
    }
}

#[test]
fn training_finds_the_quantiles_of_each_group() {
    let inverse: [fn(f64) -> f64; 2] = [
        // Exponential, and uniform between -3 and -1.
        |level| -(1.0 - level).ln(),
        |level| 2.0 * level - 3.0,
    ];
    let setup = flex().tracked();
    let start = [-1.0, -0.5, 0.0, 0.5, 1.0];
    let head = head(2, 1, &LEVELS, &start, &setup.device);
    let got = train(&setup, head, QuantileHead::forward, inverse);
    assert_close("quantiles", &got, &true_quantiles(inverse), 0.02);
}

fn refused(levels: &[f64], start: &[f64]) {
    head(2, 1, levels, start, &flex().device);
}

#[test]
#[should_panic = "0.5 is among the levels"]
fn levels_without_a_median_are_refused() {
    refused(&[0.1, 0.9], &[-1.0, 1.0]);
}

#[test]
#[should_panic = "levels ascend between 0 and 1"]
fn unsorted_levels_are_refused() {
    refused(&[0.9, 0.5, 0.1], &[-1.0, 0.0, 1.0]);
}

#[test]
#[should_panic = "levels ascend between 0 and 1"]
fn a_level_of_one_is_refused() {
    refused(&[0.5, 1.0], &[0.0, 1.0]);
}

#[test]
#[should_panic = "starting quantiles ascend"]
fn an_unsorted_start_is_refused() {
    refused(&[0.1, 0.5], &[1.0, 0.0]);
}

#[test]
#[should_panic = "one starting quantile a level"]
fn a_start_too_short_is_refused() {
    refused(&[0.1, 0.5], &[0.0]);
}
