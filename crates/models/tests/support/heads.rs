//! What is asked of every quantile head.

use super::slopes::assert_slope;
use super::{Numbers, Setup, gradients, parameters, tensor, values, with_parameters};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Tensor;
use rekindle_models::pinball_loss;

/// The levels of a head that is differentiated or trained.
pub const LEVELS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];
/// Shape of a head that is differentiated.
pub const D_INPUT: usize = 3;
pub const HORIZON: usize = 2;
const BATCH: usize = 4;

/// Ascending levels with the median among them.
pub fn levels(below: usize, above: usize) -> Vec<f64> {
    let down = (1..=below).map(|k| 0.5 * k as f64 / (below + 1) as f64);
    let up = (1..=above).map(|k| 0.5 + 0.5 * k as f64 / (above + 1) as f64);
    down.chain([0.5]).chain(up).collect()
}

/// Random weights on random features as large as `scale` give finite quantiles in order.
pub fn assert_no_crossing<M: Module>(
    setup: &Setup,
    head: M,
    forward: impl Fn(&M, Tensor<2>) -> Tensor<3>,
    [batch_size, d_input, horizon, levels]: [usize; 4],
    seed: u64,
    scale: f64,
) {
    let mut numbers = Numbers::new(seed);
    let drawn: Vec<_> = parameters(&head)
        .iter()
        .map(|(_, old)| numbers.vector(old.len(), 3.0))
        .collect();
    let features = numbers.vector(batch_size * d_input, scale);
    let features = tensor(&features, [batch_size, d_input], setup);
    let quantiles = forward(&with_parameters(head, &drawn, setup), features);
    assert_eq!(quantiles.dims(), [batch_size, horizon, levels]);
    for row in values(quantiles).chunks(levels) {
        assert!(row.iter().all(|q| q.is_finite()), "not finite: {row:?}");
        assert!(row.is_sorted(), "crossing: {row:?}");
    }
}

/// Gradients of the pinball loss of a head against differences: its parameters and its features.
pub fn check_gradients<M: Module>(
    setup: &Setup,
    head: M,
    forward: impl Fn(&M, Tensor<2>) -> Tensor<3>,
) {
    let mut numbers = Numbers::new(31);
    let weights: Vec<_> = parameters(&head)
        .iter()
        .map(|(_, old)| numbers.vector(old.len(), 1.0))
        .collect();
    let features = numbers.vector(BATCH * D_INPUT, 1.5);
    let target = numbers.vector(BATCH * HORIZON, 2.0);

    let with_gradients = setup.tracked();
    let tracked = with_parameters(head.clone(), &weights, &with_gradients);
    let input = tensor::<2>(&features, [BATCH, D_INPUT], &with_gradients).require_grad();
    let quantiles = forward(&tracked, input.clone());
    let targets = tensor(&target, [BATCH, HORIZON], &with_gradients);
    let grads = pinball_loss(quantiles.clone(), targets, &LEVELS).backward();
    for (at, quantile) in values(quantiles).into_iter().enumerate() {
        let error = target[at / LEVELS.len()] - quantile;
        assert!(
            error.abs() > 1e-3,
            "a quantile at its target: the loss has a kink there"
        );
    }

    let evaluate = |weights: &[Vec<f64>], features: &[f64]| {
        let head = with_parameters(head.clone(), weights, setup);
        let quantiles = forward(&head, tensor(features, [BATCH, D_INPUT], setup));
        let targets = tensor(&target, [BATCH, HORIZON], setup);
        values(pinball_loss(quantiles, targets, &LEVELS))[0]
    };
    for (index, (name, gradient)) in gradients(&tracked, &grads).iter().enumerate() {
        for (at, &gradient) in gradient.iter().enumerate() {
            let moved = |by: f64| {
                let mut weights = weights.clone();
                weights[index][at] += by;
                evaluate(&weights, &features)
            };
            assert_slope(&format!("{name}, entry {at}"), gradient, moved);
        }
    }
    for (at, gradient) in values(input.grad(&grads).unwrap()).into_iter().enumerate() {
        let moved = |by: f64| {
            let mut features = features.clone();
            features[at] += by;
            evaluate(&weights, &features)
        };
        assert_slope(&format!("features, entry {at}"), gradient, moved);
    }
}

/// Members of a group.
const GROUP: usize = 1000;

/// Trains a head to tell two groups apart by a one-hot feature; gives the quantiles of either.
pub fn train<M: Module>(
    setup: &Setup,
    mut head: M,
    forward: impl Fn(&M, Tensor<2>) -> Tensor<3>,
    inverse: [fn(f64) -> f64; 2],
) -> Vec<f64> {
    // Evenly spread over each distribution, so that no luck is involved.
    let sample =
        |inverse: fn(f64) -> f64| (0..GROUP).map(move |i| inverse((i as f64 + 0.5) / GROUP as f64));
    let target: Vec<f64> = inverse.into_iter().flat_map(sample).collect();
    let target = tensor::<2>(&target, [2 * GROUP, 1], setup);
    let features: Vec<f64> = [[1.0, 0.0], [0.0, 1.0]]
        .iter()
        .flat_map(|x| x.repeat(GROUP))
        .collect();
    let features = tensor::<2>(&features, [2 * GROUP, 2], setup);

    let mut optimizer = AdamConfig::new().init();
    for (rate, steps) in [(0.05, 500), (0.005, 500), (0.0005, 300)] {
        for _ in 0..steps {
            let quantiles = forward(&head, features.clone());
            let grads = pinball_loss(quantiles, target.clone(), &LEVELS).backward();
            let grads = GradientsParams::from_grads(grads, &head);
            head = optimizer.step(rate, head, grads);
        }
    }
    values(forward(&head, tensor(&[1.0, 0.0, 0.0, 1.0], [2, 2], setup)))
}

/// The quantiles that [`train`] has to find.
pub fn true_quantiles(inverse: [fn(f64) -> f64; 2]) -> Vec<f64> {
    inverse
        .iter()
        .flat_map(|inverse| LEVELS.map(inverse))
        .collect()
}
