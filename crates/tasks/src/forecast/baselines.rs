//! What a model must be better than, on the same steps.

use super::config::{LEVELS, MEDIAN};
use super::panel::Panel;
use super::shape::Shape;
use super::window::{Window, ridge_forecast};
use rayon::prelude::*;
use rekindle_data::Timeline;
use rekindle_eval::{
    RidgeAutoregression, drift, empirical_quantile, moving_average, naive_scale, persistence,
    seasonal_naive, theta,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Names of the point baselines, in the order of reports.
pub const POINT: [&str; 5] = [
    "seasonal_naive",
    "drift",
    "moving_average",
    "theta",
    "ridge",
];
/// Names of the interval baselines.
pub const INTERVALS: [&str; 3] = [
    "seasonal_naive_quantiles",
    "volatility_scaled",
    "ridge_quantiles",
];
/// Origins of a series whose errors are looked at.
const ORIGINS: usize = 100;
/// Origins below which a series' own quantiles are not trusted.
const ENOUGH: usize = 30;
/// Steps without a season whose mean is the moving average.
const AVERAGE: usize = 8;
/// Values that Theta and drift read at most.
const HISTORY: usize = 3_000;

/// What is remembered of the history of each series; saved as `baselines.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Baselines {
    /// The ridge regression.
    pub ridge: Option<RidgeAutoregression>,
    /// Quantiles of its errors in windows' units, `[horizon * levels]`.
    pub ridge_quantiles: Vec<f64>,
    /// Quantiles of seasonal naive errors over their scale, over all series, `[horizon * levels]`.
    pub pooled: Vec<f64>,
    /// By name of the series.
    pub series: HashMap<String, SeriesHistory>,
}

/// What is remembered of a series.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SeriesHistory {
    /// Mean absolute seasonal change, for MASE.
    pub scale: f64,
    /// No value was below zero.
    pub not_negative: bool,
    /// Quantiles of seasonal naive errors, `[horizon * levels]`; none when the series is short.
    pub quantiles: Vec<f64>,
}

/// A season that fits the history, or 1.
fn season_of(history: &[f64], season: usize) -> usize {
    if season < history.len() { season } else { 1 }
}

/// Mean absolute seasonal change of a history; of its steps where no season fits, or the mean level.
pub fn scale(history: &[f64], season: usize) -> f64 {
    let good = |scale: &f64| scale.is_finite() && *scale > 0.0;
    let level = history.iter().map(|value| value.abs()).sum::<f64>() / history.len().max(1) as f64;
    let scales = [
        naive_scale(history, season_of(history, season)),
        naive_scale(history, 1),
        level,
    ];
    scales.into_iter().find(good).unwrap_or(1.0)
}

impl Baselines {
    /// Fits on the first `until` steps of each series.
    pub fn fit(
        timeline: &Timeline,
        shape: &Shape,
        until: impl Fn(usize) -> usize + Sync,
        ridge: Option<RidgeAutoregression>,
        ridge_quantiles: Vec<f64>,
    ) -> Self {
        let histories: Vec<&[f64]> = timeline
            .series
            .iter()
            .map(|one| &one.values[..until(one.values.len())])
            .collect();
        let errors: Vec<Vec<Vec<f64>>> = histories
            .par_iter()
            .map(|history| seasonal_errors(history, shape))
            .collect();
        let mut pool = vec![Vec::new(); shape.horizon];
        let mut series = HashMap::new();
        for ((one, history), errors) in timeline.series.iter().zip(&histories).zip(errors) {
            let scale = scale(history, shape.season);
            let enough = errors.first().is_some_and(|first| first.len() >= ENOUGH);
            for (pool, errors) in pool.iter_mut().zip(&errors) {
                pool.extend(
                    errors
                        .iter()
                        .step_by(errors.len().div_ceil(20).max(1))
                        .map(|error| error / scale),
                );
            }
            let known = SeriesHistory {
                scale,
                not_negative: history.iter().all(|value| *value >= 0.0),
                quantiles: if enough {
                    quantiles(errors)
                } else {
                    Vec::new()
                },
            };
            series.insert(one.name.clone(), known);
        }
        Self {
            ridge,
            ridge_quantiles,
            pooled: quantiles(pool),
            series,
        }
    }

    /// What is remembered of a series, or what its own first steps say.
    pub fn of(&self, name: &str, history: &[f64], season: usize) -> SeriesHistory {
        self.series
            .get(name)
            .cloned()
            .unwrap_or_else(|| SeriesHistory {
                scale: scale(history, season),
                not_negative: history.iter().all(|value| *value >= 0.0),
                quantiles: Vec::new(),
            })
    }

    /// A point baseline after the first `end` steps of a series.
    pub fn point(&self, name: &str, panel: &Panel, series: usize, end: usize) -> Vec<f64> {
        let shape = &panel.encoding.shape;
        let history = &panel.timeline.series[series].values[..end];
        let history = &history[history.len().saturating_sub(HISTORY)..];
        let (season, horizon) = (season_of(history, shape.season), shape.horizon);
        match name {
            "drift" if history.len() > 1 => drift(history, horizon),
            "moving_average" => {
                let window = if season > 1 { season } else { AVERAGE };
                moving_average(history, window.min(history.len()), horizon)
            }
            "theta" => theta(history, season, horizon),
            "ridge" => match &self.ridge {
                None => seasonal_naive(history, season, horizon),
                Some(ridge) => {
                    let window = Window::new(panel, series, end);
                    let forecast = ridge_forecast(ridge, &window).into_iter();
                    forecast
                        .map(|value| panel.to_value(window.unscaled(value)))
                        .collect()
                }
            },
            "seasonal_naive" => seasonal_naive(history, season, horizon),
            _ => persistence(history, horizon),
        }
    }

    /// An interval baseline, `[horizon * levels]`; none where it has nothing to go by.
    pub fn interval(
        &self,
        name: &str,
        panel: &Panel,
        series: usize,
        end: usize,
    ) -> Option<Vec<f64>> {
        let shape = &panel.encoding.shape;
        let one = &panel.timeline.series[series];
        let history = &one.values[..end];
        let add = |point: Vec<f64>, quantiles: &[f64], scale: f64| -> Option<Vec<f64>> {
            let levels = LEVELS.len();
            (quantiles.len() == point.len() * levels).then(|| {
                let of = |(at, quantile): (usize, &f64)| point[at / levels] + quantile * scale;
                quantiles.iter().enumerate().map(of).collect()
            })
        };
        match name {
            "seasonal_naive_quantiles" => {
                let known = self.of(&one.name, history, shape.season);
                let point = self.point("seasonal_naive", panel, series, end);
                match known.quantiles.is_empty() {
                    true => add(point, &self.pooled, known.scale),
                    false => add(point, &known.quantiles, 1.0),
                }
            }
            "volatility_scaled" => {
                let recent = &history[history.len().saturating_sub(shape.lookback)..];
                let point = self.point("seasonal_naive", panel, series, end);
                add(point, &self.pooled, scale(recent, shape.season))
            }
            _ => {
                let ridge = self.ridge.as_ref()?;
                let window = Window::new(panel, series, end);
                let all = add(ridge_forecast(ridge, &window), &self.ridge_quantiles, 1.0)?;
                Some(
                    all.into_iter()
                        .map(|value| panel.to_value(window.unscaled(value)))
                        .collect(),
                )
            }
        }
    }
}

/// Errors of the seasonal naive forecast by step ahead, from origins spread over the history.
fn seasonal_errors(history: &[f64], shape: &Shape) -> Vec<Vec<f64>> {
    let season = season_of(history, shape.season);
    let mut errors = vec![Vec::new(); shape.horizon];
    let Some(last) = history
        .len()
        .checked_sub(shape.horizon)
        .filter(|&last| last > season)
    else {
        return errors;
    };
    let every = (last - season).div_ceil(ORIGINS).max(1);
    for end in (season..=last).step_by(every) {
        let forecast = seasonal_naive(&history[..end], season, shape.horizon);
        for (step, value) in forecast.into_iter().enumerate() {
            errors[step].push(history[end + step] - value);
        }
    }
    errors
}

/// Quantiles by step, `[horizon * levels]`; that of 0.5 is zero, so that the point forecast stays.
fn quantiles(errors: Vec<Vec<f64>>) -> Vec<f64> {
    let mut all = Vec::with_capacity(errors.len() * LEVELS.len());
    for mut errors in errors {
        errors.sort_by(f64::total_cmp);
        for (at, level) in LEVELS.iter().enumerate() {
            let value = if errors.is_empty() || at == MEDIAN {
                0.0
            } else {
                empirical_quantile(&errors, *level)
            };
            all.push(value);
        }
    }
    all
}
