//! Quantiles of the steps after an origin, back in the units of the series.

use super::batch::ForecastBatcher;
use super::config::{INTERVAL, LEVELS, MEDIAN};
use super::model::Ensemble;
use super::panel::Panel;
use super::window::Window;
use burn::tensor::{Device, Tensor};
use rekindle_data::Timeline;
use rekindle_eval::RidgeAutoregression;

/// Windows at a time.
const BATCH: usize = 256;
/// Bounds of the factor on the width of intervals.
const WIDTHS: [f64; 2] = [0.4, 3.0];
/// Points of validation below which the width is left as it is.
const ENOUGH: usize = 12;

/// What forecasts need.
pub struct Forecaster<'a> {
    /// The networks.
    pub model: &'a Ensemble,
    /// The ridge regression among the bases.
    pub ridge: Option<&'a RidgeAutoregression>,
    /// Factor on the distance of quantiles from the median.
    pub width: f64,
    /// Series whose values are never below zero, by position in the panel.
    pub not_negative: Vec<bool>,
    /// The device.
    pub device: &'a Device,
}

/// Quantiles after origins.
#[derive(Debug, Clone)]
pub struct Forecasts {
    /// Series and number of values before each origin.
    pub origins: Vec<(u32, u32)>,
    /// `[origins * horizon * levels]`.
    pub quantiles: Vec<f64>,
    /// Steps ahead.
    pub horizon: usize,
}

impl Forecasts {
    /// Quantiles after an origin, `[horizon * levels]`.
    pub fn at(&self, index: usize) -> &[f64] {
        let size = self.horizon * LEVELS.len();
        &self.quantiles[index * size..(index + 1) * size]
    }

    /// A level of the steps after an origin.
    pub fn level(&self, index: usize, level: usize) -> Vec<f64> {
        self.at(index)
            .iter()
            .skip(level)
            .step_by(LEVELS.len())
            .copied()
            .collect()
    }
}

impl Forecaster<'_> {
    /// Forecasts from these origins, each with at least one value before it.
    pub fn forecast<'a>(&'a self, panel: Panel<'a>, origins: &[(u32, u32)]) -> Forecasts {
        let horizon = panel.encoding.shape.horizon;
        let batcher = ForecastBatcher {
            panel,
            ridge: self.ridge,
            windows: &[],
        };
        let panel = &batcher.panel;
        let mut quantiles = Vec::with_capacity(origins.len() * horizon * LEVELS.len());
        for origins in origins.chunks(BATCH) {
            let batch = batcher.cut(origins, self.device);
            let all: Vec<Tensor<3>> = self
                .model
                .networks
                .iter()
                .map(|network| network.forward(&batch))
                .collect();
            let count = all.len().max(1) as f64;
            let sum = all.into_iter().reduce(|one, other| one + other);
            let mean: Vec<f64> = sum
                .map(|sum| (sum / count).into_data().iter().collect())
                .unwrap_or_default();
            let each = horizon * LEVELS.len();
            for (&(series, end), raw) in origins.iter().zip(mean.chunks(each)) {
                let window = Window::new(panel, series as usize, end as usize);
                let positive = self
                    .not_negative
                    .get(series as usize)
                    .copied()
                    .unwrap_or(false);
                for step in raw.chunks(LEVELS.len()) {
                    let median = step[MEDIAN];
                    quantiles.extend(step.iter().map(|value| {
                        let value = window.unscaled(median + (value - median) * self.width);
                        let value = panel.to_value(value);
                        if positive { value.max(0.0) } else { value }
                    }));
                }
            }
        }
        Forecasts {
            origins: origins.to_vec(),
            quantiles,
            horizon,
        }
    }
}

/// The factor on the distance of quantiles from the median by which the 80 % interval covers 80 % of the
/// values that came: split conformal prediction with one factor for all.
pub fn width(timeline: &Timeline, forecasts: &[&Forecasts]) -> f64 {
    let mut ratios = Vec::new();
    let all = forecasts.iter().flat_map(|forecasts| {
        let origins = forecasts.origins.iter().enumerate();
        origins.map(|(index, &origin)| (origin, forecasts.at(index)))
    });
    for ((series, end), steps) in all {
        let values = &timeline.series[series as usize].values;
        for (step, quantiles) in steps.chunks(LEVELS.len()).enumerate() {
            let Some(&value) = values.get(end as usize + step) else {
                continue;
            };
            let error = value - quantiles[MEDIAN];
            let bound = quantiles[INTERVAL[usize::from(error >= 0.0)]] - quantiles[MEDIAN];
            ratios.push(match bound {
                0.0 if error == 0.0 => 0.0,
                0.0 => f64::INFINITY,
                bound => error / bound,
            });
        }
    }
    if ratios.len() < ENOUGH {
        return 1.0;
    }
    ratios.sort_by(f64::total_cmp);
    let at = ((ratios.len() as f64 * 0.8).ceil() as usize).clamp(1, ratios.len()) - 1;
    ratios[at].clamp(WIDTHS[0], WIDTHS[1])
}
