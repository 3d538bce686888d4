//! Series as the network sees them: values, covariates and calendar, step by step.

use super::calendar;
use super::config::PredictAs;
use super::shape::Shape;
use rekindle_data::{Covariate, Frequency, Timeline};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Mean and standard deviation of a covariate of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation; 1 where there is none.
    pub deviation: f64,
}

/// How values become inputs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Encoding {
    /// Sizes.
    pub shape: Shape,
    /// The step.
    pub frequency: Frequency,
    /// What the network's output is added to; never `auto`.
    pub predict_as: PredictAs,
    /// Calendar features are inputs.
    pub calendar: bool,
    /// The columns beside the target.
    pub covariates: Vec<Covariate>,
    /// Their scales.
    pub spreads: Vec<Spread>,
    /// Weight of errors relative to the level beside those relative to the scale.
    pub level_weight: f64,
    /// Names of the series that have a vector.
    pub series: Vec<String>,
}

impl Encoding {
    /// Features of a step that are known up to the present.
    pub fn past_width(&self) -> usize {
        self.covariates.iter().map(Covariate::width).sum()
    }

    /// Features of a step that are known for the future too, calendar included.
    pub fn future_width(&self) -> usize {
        let known = self.covariates.iter().filter(|covariate| covariate.future);
        known.map(Covariate::width).sum::<usize>() + self.calendar_width()
    }

    /// Calendar features of a step.
    pub fn calendar_width(&self) -> usize {
        if self.calendar {
            calendar::width(self.frequency)
        } else {
            0
        }
    }

    /// Whether values are logarithms.
    pub fn is_log(&self) -> bool {
        self.predict_as == PredictAs::LogReturn
    }
}

/// Series ready to be cut into windows.
pub struct Panel<'a> {
    /// The values.
    pub timeline: &'a Timeline,
    /// How they are encoded.
    pub encoding: &'a Encoding,
    /// Values as the network forecasts them: as they are, or their logarithms.
    pub values: Vec<Vec<f64>>,
    /// Which vector each series has; the last one is for those not known.
    pub ids: Vec<u32>,
    past: Vec<Vec<f32>>,
    future: Vec<Vec<f32>>,
}

impl<'a> Panel<'a> {
    /// Encodes all steps.
    pub fn new(timeline: &'a Timeline, encoding: &'a Encoding) -> Self {
        let known: HashMap<&str, u32> = (0..)
            .zip(&encoding.series)
            .map(|(id, name)| (name.as_str(), id))
            .collect();
        let unknown = encoding.series.len() as u32;
        let ids = timeline
            .series
            .iter()
            .map(|one| known.get(one.name.as_str()).copied().unwrap_or(unknown));
        let log = encoding.is_log();
        let values = timeline.series.iter().map(|one| match log {
            true => one
                .values
                .iter()
                .map(|value| value.max(1e-12).ln())
                .collect(),
            false => one.values.clone(),
        });
        let (mut past, mut future) = (Vec::new(), Vec::new());
        for index in 0..timeline.series.len() {
            past.push(covariates(timeline, encoding, index, false));
            future.push(covariates(timeline, encoding, index, true));
        }
        Self {
            timeline,
            encoding,
            ids: ids.collect(),
            values: values.collect(),
            past,
            future,
        }
    }

    /// Covariates of a step; zeros where they are not known.
    pub fn past(&self, series: usize, step: usize) -> &[f32] {
        let width = self.encoding.past_width();
        self.past[series]
            .get(step * width..(step + 1) * width)
            .unwrap_or(&[])
    }

    /// Covariates of a step that are known for the future, and its calendar.
    pub fn future(&self, series: usize, step: usize) -> &[f32] {
        let width = self.encoding.future_width();
        self.future[series]
            .get(step * width..(step + 1) * width)
            .unwrap_or(&[])
    }

    /// Back from what the network forecasts.
    pub fn to_value(&self, value: f64) -> f64 {
        // Far beyond any value, but finite.
        if self.encoding.is_log() {
            value.min(500.0).exp()
        } else {
            value
        }
    }
}

/// Features of all steps of a series, `[steps * width]`; those known for the future go on a horizon.
fn covariates(timeline: &Timeline, encoding: &Encoding, index: usize, future: bool) -> Vec<f32> {
    let one = &timeline.series[index];
    let steps = one.values.len() + if future { encoding.shape.horizon } else { 0 };
    let width = if future {
        encoding.future_width()
    } else {
        encoding.past_width()
    };
    let mut features = Vec::with_capacity(steps * width);
    if width == 0 {
        return features;
    }
    let mut time = timeline.time(index, 0);
    for step in 0..steps {
        let all = encoding
            .covariates
            .iter()
            .zip(&encoding.spreads)
            .zip(&one.covariates);
        for ((covariate, spread), values) in
            all.filter(|((covariate, _), _)| covariate.future || !future)
        {
            let value = values.get(step).copied().unwrap_or(f64::NAN);
            if covariate.categories.is_empty() {
                let scaled = ((value - spread.mean) / spread.deviation).clamp(-10.0, 10.0);
                features.push(if value.is_nan() { 0.0 } else { scaled as f32 });
            } else {
                let at = |category: usize| f32::from(u8::from(value == category as f64));
                features.extend((0..covariate.categories.len()).map(at));
            }
        }
        if future && encoding.calendar_width() > 0 {
            calendar::features(encoding.frequency, time, &mut features);
            time = time.and_then(|time| encoding.frequency.advance(time, 1));
        }
    }
    features
}

/// Means and deviations of the first `until(series)` steps of each series.
pub fn spreads(timeline: &Timeline, until: impl Fn(usize) -> usize) -> Vec<Spread> {
    let of = |covariate: usize| {
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (index, one) in timeline.series.iter().enumerate() {
            for value in one.covariates[covariate]
                .iter()
                .take(until(index))
                .filter(|value| !value.is_nan())
            {
                count += 1.0;
                sum += value;
                squares += value * value;
            }
        }
        let mean = if count > 0.0 { sum / count } else { 0.0 };
        let deviation = if count > 0.0 {
            (squares / count - mean * mean).max(0.0).sqrt()
        } else {
            0.0
        };
        Spread {
            mean,
            deviation: if deviation > 1e-12 * mean.abs() && deviation > 0.0 {
                deviation
            } else {
                1.0
            },
        }
    };
    (0..timeline.covariates.len()).map(of).collect()
}
