//! The quantile head and the loss it is trained by. Its gradients are in `double`.

use crate::support::heads::{LEVELS, assert_no_crossing, levels, train, true_quantiles};
use crate::support::{self, Numbers, assert_close, tensor, values};
use burn::backend::Autodiff;
use burn::tensor::{Tensor, backend::Backend};
use burn_flex::Flex;
use burn_ndarray::NdArray;
use proptest::prelude::*;
use rekindle_models::{QuantileHead, QuantileHeadConfig, pinball_loss};

fn head<B: Backend>(
    d_input: usize,
    horizon: usize,
    levels: &[f64],
    start: &[f64],
) -> QuantileHead<B> {
    let config = QuantileHeadConfig::new(d_input, horizon, levels.to_vec(), start.to_vec());
    config.init(&Default::default())
}

fn no_crossing<B: Backend>(shape: [usize; 3], levels: &[f64], seed: u64, scale: f64) {
    let [batch_size, d_input, horizon] = shape;
    let start: Vec<f64> = (0..levels.len()).map(|k| k as f64).collect();
    let head = head::<B>(d_input, horizon, levels, &start);
    let shape = [batch_size, d_input, horizon, levels.len()];
    assert_no_crossing(head, QuantileHead::forward, shape, seed, scale);
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
        no_crossing::<Flex>(shape, &levels, seed, scale);
        no_crossing::<NdArray<f32>>(shape, &levels, seed, scale);
    }
}

#[test]
fn gradients_of_huge_features_are_finite() {
    let features = tensor::<Autodiff<Flex>, 2>(&[1e3, -1e3, 0.0, 1e3], [2, 2]);
    let target = tensor(&[0.5, -0.5], [2, 1]);
    let head = head::<Autodiff<Flex>>(2, 1, &LEVELS, &[-2.0, -1.0, 0.0, 1.0, 2.0]);
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
    fn check<B: Backend>(start: [f64; 5]) {
        let features = Tensor::<B, 2>::zeros([3, 4], &Default::default());
        let quantiles = head::<B>(4, 2, &LEVELS, &start).forward(features);
        assert_close("quantiles", &values(quantiles), &start.repeat(6), 1e-6);
    }
    for start in [
        [-2.0, -1.0, -0.1, 0.7, 3.0],
        [-0.02, -0.01, 0.0, 0.005, 0.03],
        // Prices: e^1500 does not fit a number.
        [1000.0, 2500.0, 4000.0, 4100.0, 9000.0],
    ] {
        check::<Flex>(start);
        check::<NdArray<f32>>(start);
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

    fn check<B: Backend>(quantiles: &[f64], target: &[f64], [b, h]: [usize; 2], want: f64) {
        let quantiles = tensor::<B, 3>(quantiles, [b, h, LEVELS.len()]);
        let loss = pinball_loss(quantiles, tensor(target, [b, h]), &LEVELS);
        assert_close("pinball loss", &values(loss), &[want], 1e-6);
    }
    check::<Flex>(&quantiles, &target, [batch_size, horizon], want);
    check::<NdArray<f32>>(&quantiles, &target, [batch_size, horizon], want);
}

#[test]
fn training_finds_the_quantiles_of_each_group() {
    let inverse: [fn(f64) -> f64; 2] = [
        // Exponential, and uniform between -3 and -1.
        |level| -(1.0 - level).ln(),
        |level| 2.0 * level - 3.0,
    ];
    let head = head::<Autodiff<Flex>>(2, 1, &LEVELS, &[-1.0, -0.5, 0.0, 0.5, 1.0]);
    let got = train(head, QuantileHead::forward, inverse);
    assert_close("quantiles", &got, &true_quantiles(inverse), 0.02);
}

fn refused(levels: &[f64], start: &[f64]) {
    head::<Flex>(2, 1, levels, start);
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
