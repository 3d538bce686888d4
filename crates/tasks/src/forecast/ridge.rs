//! The ridge regression on windows: a baseline, and the most able of the network's bases.

use super::config::{LEVELS, MEDIAN};
use super::panel::Panel;
use super::window::{Window, ridge_forecast};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use rekindle_eval::{RidgeAutoregression, RidgeBuilder, empirical_quantile};

/// Windows that are enough for its weights.
const WINDOWS: usize = 40_000;
/// Windows that are enough for quantiles of its errors.
const ERRORS: usize = 2_000;
/// Penalties to choose from, relative to the mean diagonal.
const LAMBDAS: [f64; 4] = [0.001, 0.01, 0.1, 0.5];
/// A target beyond this many scales is an accident that squares would follow.
const ACCIDENT: f64 = 60.0;

/// Draws at most `count` of the windows, the same ones for a seed.
pub fn draw(windows: &[(u32, u32)], count: usize, seed: u64) -> Vec<(u32, u32)> {
    if windows.len() <= count {
        return windows.to_vec();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = index::sample(&mut rng, windows.len(), count).into_vec();
    drawn.sort_unstable();
    drawn.into_iter().map(|at| windows[at]).collect()
}

/// Fits on windows of training and chooses the penalty on those of validation.
pub fn fit(
    panel: &Panel,
    train: &[(u32, u32)],
    valid: &[(u32, u32)],
    penalty: Option<f64>,
    seed: u64,
) -> Option<(RidgeAutoregression, f64)> {
    let shape = &panel.encoding.shape;
    let mut builder = RidgeBuilder::new(shape.lookback, shape.horizon);
    let drawn = draw(train, WINDOWS, seed);
    for block in drawn.chunks(4_096) {
        let rows: Vec<(Window, Vec<f64>)> = block
            .par_iter()
            .map(|&at| (window(panel, at), target(panel, at)))
            .collect();
        for (window, target) in rows {
            let target: Vec<f64> = target
                .into_iter()
                .map(|value| window.scaled(value))
                .collect();
            if target.len() == shape.horizon && target.iter().all(|value| value.abs() < ACCIDENT) {
                builder.add(&window.values, &target);
            }
        }
    }
    if (builder.windows() as usize) < 4 * shape.patch.max(2) {
        return None;
    }
    let fits = LAMBDAS
        .into_iter()
        .filter(|lambda| penalty.is_none_or(|penalty| penalty == *lambda));
    let fits = fits.filter_map(|lambda| Some((builder.fit(lambda)?, lambda)));
    fits.map(|(ridge, lambda)| (error(panel, &ridge, valid), ridge, lambda))
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, ridge, lambda)| (ridge, lambda))
}

fn window(panel: &Panel, (series, end): (u32, u32)) -> Window {
    Window::new(panel, series as usize, end as usize)
}

fn target(panel: &Panel, (series, end): (u32, u32)) -> Vec<f64> {
    let values = &panel.values[series as usize];
    let from = (end as usize).min(values.len());
    values[from..(from + panel.encoding.shape.horizon).min(values.len())].to_vec()
}

/// Mean absolute error on windows, as the network's loss weighs them.
fn error(panel: &Panel, ridge: &RidgeAutoregression, windows: &[(u32, u32)]) -> f64 {
    let of = |&at: &(u32, u32)| {
        let window = window(panel, at);
        let weight = window.weight(panel.encoding.level_weight);
        let forecast = ridge_forecast(ridge, &window);
        let target = target(panel, at);
        let errors = target
            .iter()
            .zip(&forecast)
            .map(|(y, f)| (window.scaled(*y) - f).abs());
        weight * errors.sum::<f64>() / target.len().max(1) as f64
    };
    windows.par_iter().map(of).sum::<f64>() / windows.len().max(1) as f64
}

/// Quantiles of its errors on windows, in their units, `[horizon * levels]`.
pub fn error_quantiles(
    panel: &Panel,
    ridge: &RidgeAutoregression,
    windows: &[(u32, u32)],
    seed: u64,
) -> Vec<f64> {
    let horizon = panel.encoding.shape.horizon;
    let mut errors = vec![Vec::new(); horizon];
    for at in draw(windows, ERRORS, seed) {
        let window = window(panel, at);
        let forecast = ridge_forecast(ridge, &window);
        for (step, value) in target(panel, at).into_iter().enumerate() {
            errors[step].push(window.scaled(value) - forecast[step]);
        }
    }
    let mut quantiles = Vec::with_capacity(horizon * LEVELS.len());
    for mut errors in errors {
        errors.sort_by(f64::total_cmp);
        let of = |(at, level): (usize, &f64)| match at {
            MEDIAN => 0.0,
            _ if errors.is_empty() => 0.0,
            _ => empirical_quantile(&errors, *level),
        };
        quantiles.extend(LEVELS.iter().enumerate().map(of));
    }
    quantiles
}
