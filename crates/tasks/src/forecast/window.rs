//! A window of a series in units of its own, and simple forecasts from it.

use super::config::PredictAs;
use super::panel::Panel;
use rekindle_eval::RidgeAutoregression;

/// Smallest scale relative to the level: what changes less is constant.
const FINEST: f64 = 1e-3;
/// Values that a short mean takes.
const SHORT: usize = 8;

/// The values before an origin, centred and scaled; zeros before the first value.
pub struct Window {
    /// `[lookback]`.
    pub values: Vec<f64>,
    /// How many of them, counted from the end, are values of the series.
    pub length: usize,
    /// What was subtracted.
    pub centre: f64,
    /// What the rest was divided by.
    pub scale: f64,
    /// Mean absolute value.
    pub level: f64,
}

impl Window {
    /// The window of the values before step `end` of a series, of which there is at least one.
    pub fn new(panel: &Panel, series: usize, end: usize) -> Self {
        let shape = &panel.encoding.shape;
        let length = end.min(shape.lookback).max(1);
        let past = &panel.values[series][end.max(1) - length..end.max(1)];
        let mean = past.iter().sum::<f64>() / length as f64;
        let last = past[length - 1];
        let centre = match panel.encoding.predict_as {
            PredictAs::Difference | PredictAs::LogReturn | PredictAs::SeasonalDifference => last,
            _ => mean,
        };
        let level = match panel.encoding.is_log() {
            true => 1.0,
            false => past.iter().map(|value| value.abs()).sum::<f64>() / length as f64,
        };
        let season = if shape.season > 1 && shape.season < length {
            shape.season
        } else {
            0
        };
        let spread = match season {
            0 => (past.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / length as f64)
                .sqrt(),
            season => {
                let changes = past[season..]
                    .iter()
                    .zip(past)
                    .map(|(now, before)| (now - before).abs());
                changes.sum::<f64>() / (length - season) as f64
            }
        };
        let scale = spread.max(FINEST * level);
        let scale = if scale > 0.0 && scale.is_finite() {
            scale
        } else {
            1.0
        };
        let mut values = vec![0.0; shape.lookback];
        let start = shape.lookback - length;
        for (slot, value) in values[start..].iter_mut().zip(past) {
            *slot = (value - centre) / scale;
        }
        Self {
            values,
            length,
            centre,
            scale,
            level,
        }
    }

    /// A value in the window's units.
    pub fn scaled(&self, value: f64) -> f64 {
        (value - self.centre) / self.scale
    }

    /// Back from the window's units.
    pub fn unscaled(&self, value: f64) -> f64 {
        self.centre + value * self.scale
    }

    /// How much an error counts that is relative to the scale.
    pub fn weight(&self, level_weight: f64) -> f64 {
        let level = if self.level > 0.0 {
            self.scale / self.level
        } else {
            0.0
        };
        (1.0 + level_weight * level).min(20.0)
    }

    /// The value `lag` steps before the step `ahead` (from 0) after the window, if the window has it.
    fn before(&self, ahead: usize, lag: usize) -> Option<f64> {
        let back = lag.checked_sub(ahead)?;
        (1..=self.length)
            .contains(&back)
            .then(|| self.values[self.values.len() - back])
    }

    /// Simple forecasts of a step ahead (from 0), one a base.
    pub fn bases(&self, panel: &Panel, ridge: Option<&[f64]>, ahead: usize, bases: &mut Vec<f32>) {
        let encoding = panel.encoding;
        let last = self.values[self.values.len() - 1];
        let naive = |period: usize| {
            let lag = period * (ahead / period + 1);
            self.before(ahead, lag).unwrap_or(last)
        };
        match encoding.predict_as {
            PredictAs::Level => bases.push(0.0),
            PredictAs::Difference | PredictAs::LogReturn => bases.push(last as f32),
            PredictAs::SeasonalDifference => {
                let period = encoding.shape.periods.first().copied();
                bases.push(period.map_or(last, naive) as f32);
            }
            PredictAs::Auto | PredictAs::Blend => {
                let short = SHORT.min(self.length);
                let recent = &self.values[self.values.len() - short..];
                bases.push(last as f32);
                bases.push((recent.iter().sum::<f64>() / short as f64) as f32);
                for &period in &encoding.shape.periods {
                    let season = naive(period);
                    let lags = (1..=encoding.shape.lookback / period)
                        .map(|nth| period * (ahead / period + nth));
                    let (mut count, mut sum) = (0.0, 0.0);
                    for value in lags.filter_map(|lag| self.before(ahead, lag)) {
                        count += 1.0;
                        sum += value;
                    }
                    // The season before, moved to where the series is now.
                    let then = self.before(0, period * (ahead / period + 1) + 1);
                    let moved = then.map_or(last, |then| last + season - then);
                    bases.push(season as f32);
                    bases.push(if count > 0.0 { sum / count } else { last } as f32);
                    bases.push(moved as f32);
                }
                bases.push(ridge.map_or(last, |ridge| ridge[ahead]) as f32);
            }
        }
    }
}

/// Number of bases.
pub fn bases(predict_as: PredictAs, periods: usize) -> usize {
    match predict_as {
        PredictAs::Auto | PredictAs::Blend => 3 + 3 * periods,
        _ => 1,
    }
}

/// The forecast of a ridge regression, in the window's units.
pub fn ridge_forecast(ridge: &RidgeAutoregression, window: &Window) -> Vec<f64> {
    ridge
        .forecast(&window.values)
        .into_iter()
        .map(|value| value.clamp(-1e3, 1e3))
        .collect()
}
