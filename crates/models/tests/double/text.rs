//! Gradients of pooling, against finite differences.

use crate::support::{Setup, in_precision, tensor, values};
use rekindle_models::{AttentionPoolConfig, Lengths};

on_every_backend! { the_gradient_of_attention_is_that_of_finite_differences }

fn the_gradient_of_attention_is_that_of_finite_differences(setup: &Setup) {
    let setup = setup.tracked();
    let layer = AttentionPoolConfig::new(2, 3).init(&setup.device);
    let layer = in_precision(layer, &setup);
    let lengths = Lengths::new(vec![3, 2]).unwrap();
    let start: Vec<f64> = (0..12).map(|at| (at as f64 * 0.7).sin()).collect();
    let loss = |numbers: &[f64]| {
        let input = tensor::<3>(numbers, [2, 3, 2], &setup).require_grad();
        let (pooled, weights) = layer.forward(input.clone(), Some(&lengths));
        let loss = (pooled.clone() * pooled).sum() + (weights.clone() * weights).sum();
        (
            values(loss.clone())[0],
            values(input.grad(&loss.backward()).unwrap()),
        )
    };
    let gradient = loss(&start).1;
    for at in 0..start.len() {
        let moved = |step: f64| {
            let mut numbers = start.clone();
            numbers[at] += step;
            loss(&numbers).0
        };
        let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        assert!(
            (slope - gradient[at]).abs() < 1e-8,
            "{at}: {slope} is not {}",
            gradient[at]
        );
    }
}
