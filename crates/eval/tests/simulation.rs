//! Error rates of the inference on simulated series where the truth is known; seeds are fixed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rekindle_eval::*;

/// Standard normal shocks by the polar form of Box and Muller.
fn normals(rng: &mut ChaCha8Rng, n: usize) -> Vec<f64> {
    let draw = |_| {
        let (u, v): (f64, f64) = (rng.random(), rng.random());
        (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    (0..n).map(draw).collect()
}

/// Sums of `order + 1` consecutive shocks: what losses of overlapping forecasts look like.
fn moving_sums(rng: &mut ChaCha8Rng, n: usize, order: usize) -> Vec<f64> {
    normals(rng, n + order)
        .windows(order + 1)
        .map(|w| w.iter().sum())
        .collect()
}

/// How often `rejects` says so over 2,000 samples of two losses of equal expectation.
fn rejection_rate(n: usize, order: usize, rejects: impl Fn(&[f64], &[f64]) -> bool) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let mut trial = |_: &u32| {
        rejects(
            &moving_sums(&mut rng, n, order),
            &moving_sums(&mut rng, n, order),
        )
    };
    let samples: Vec<u32> = (0..2000).collect();
    samples.iter().filter(|i| trial(i)).count() as f64 / 2000.0
}

fn rejects(test: Option<DieboldMariano>) -> bool {
    let test = test.expect("the losses differ");
    // The interval and the p-value are two views of one test.
    let excludes = test.interval.0 > 0.0 || test.interval.1 < 0.0;
    assert_eq!(excludes, test.p_value < 0.05);
    excludes
}

#[test]
fn diebold_mariano_keeps_its_size_one_step_ahead() {
    let rate = rejection_rate(250, 0, |a, b| rejects(diebold_mariano(a, b, 1)));
    println!("horizon 1: {rate}");
    assert!((0.04..0.07).contains(&rate), "{rate}");
}

/// Overlap makes the test liberal, as its documentation says; more lags help a little.
#[test]
fn diebold_mariano_is_liberal_under_overlap() {
    let automatic = rejection_rate(1000, 4, |a, b| rejects(diebold_mariano(a, b, 5)));
    let longer = rejection_rate(1000, 4, |a, b| {
        rejects(diebold_mariano_with_lag(a, b, 5, 41))
    });
    println!("horizon 5: {automatic}, with 10 lags {longer}");
    assert!((0.04..0.12).contains(&automatic), "{automatic}");
    assert!((0.04..0.09).contains(&longer), "{longer}");
    assert!(longer < automatic);
}

#[test]
fn diebold_mariano_finds_a_difference() {
    let rate = rejection_rate(250, 0, |a, b| {
        let worse: Vec<f64> = b.iter().map(|loss| loss + 0.5).collect();
        rejects(diebold_mariano(a, &worse, 1))
    });
    assert!(rate > 0.99, "{rate}");
}

/// Blocks as long as the dependence cover the mean; single observations are far too sure.
#[test]
fn block_bootstrap_covers_the_mean_of_a_dependent_series() {
    let covers = |block: usize| {
        let mut rng = ChaCha8Rng::seed_from_u64(21);
        let hit = |trial: u64| {
            let series = moving_sums(&mut rng, 300, 4);
            let interval = block_bootstrap_mean(&series, block, 300, 0.9, trial);
            interval.lower <= 0.0 && 0.0 <= interval.upper
        };
        (0..600).map(hit).filter(|hit| *hit).count() as f64 / 600.0
    };
    let (single, blocks) = (covers(1), covers(15));
    println!("block 1: {single}, block 15: {blocks}");
    assert!((0.45..0.65).contains(&single), "{single}");
    assert!((0.82..0.93).contains(&blocks), "{blocks}");
}
