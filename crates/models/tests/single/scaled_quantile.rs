//! The quantile head whose width alone depends on the features. Its gradients are in `double`.

use crate::support::heads::{LEVELS, assert_no_crossing, levels, train, true_quantiles};
use crate::support::{Setup, assert_close, cpu_devices, flex, values};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use rekindle_models::{ScaledQuantileHead, ScaledQuantileHeadConfig};

fn config(
    d_input: usize,
    levels: &[f64],
    start: &[f64],
    medians: &[f64],
) -> ScaledQuantileHeadConfig {
    let (levels, start) = (levels.to_vec(), start.to_vec());
    ScaledQuantileHeadConfig::new(d_input, levels, start, medians.to_vec())
}

fn no_crossing(shape: [usize; 3], levels: &[f64], seed: u64, scale: f64, device: Device) {
    let [batch_size, d_input, horizon] = shape;
    let start: Vec<f64> = (0..levels.len()).map(|k| k as f64).collect();
    let medians: Vec<f64> = (0..horizon).map(|k| k as f64 - 1.0).collect();
    let head = config(d_input, levels, &start, &medians).init(&device);
    let shape = [batch_size, d_input, horizon, levels.len()];
    let setup = Setup::single(device);
    assert_no_crossing(
        &setup,
        head,
        ScaledQuantileHead::forward,
        shape,
        seed,
        scale,
    );
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
        prop_assume!(below + above > 0);
        let levels = levels(below, above);
        for device in cpu_devices() {
            no_crossing(shape, &levels, seed, scale, device);
        }
    }
}

#[test]
fn an_untrained_head_gives_its_start_about_its_medians() {
    let device = flex().device;
    let start = [-2.0, -1.0, -0.1, 0.7, 3.0];
    let medians = [-0.1, 2.0];
    let head = config(4, &LEVELS, &start, &medians).init(&device);
    let quantiles = head.forward(Tensor::zeros([3, 4], &device));
    let want: Vec<f64> = medians
        .iter()
        .flat_map(|median| start.map(|q| q - start[2] + median))
        .collect();
    assert_close("quantiles", &values(quantiles), &want.repeat(3), 1e-6);
}

#[test]
fn training_finds_the_width_of_each_group() {
    let inverse: [fn(f64) -> f64; 2] = [
        // Uniform about a half, one four times as wide as the other.
        |level| level,
        |level| 0.5 + 4.0 * (level - 0.5),
    ];
    let config = config(2, &LEVELS, &[-1.0, -0.5, 0.0, 0.5, 1.0], &[0.5]);
    let setup = flex().tracked();
    let got = train(
        &setup,
        config.init(&setup.device),
        ScaledQuantileHead::forward,
        inverse,
    );
    assert_close("quantiles", &got, &true_quantiles(inverse), 0.02);
}
