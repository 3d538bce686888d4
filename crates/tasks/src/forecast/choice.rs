//! What the network's output is added to, where the settings leave it open.

use super::baselines::scale;
use super::config::PredictAs;
use super::panel::Panel;
use super::window::{Window, ridge_forecast};
use rekindle_data::Timeline;
use rekindle_eval::{RidgeAutoregression, persistence, seasonal_naive};

/// The blend can only gain on the regression that stands for it.
const GAIN: f64 = 0.95;
/// A series whose largest value is so many times its smallest has changes in proportion to its level.
const GROWTH: f64 = 2.0;

/// The choice, and the mean scaled error on validation of the plain forecast behind each.
pub struct Choice {
    /// What is best.
    pub predict_as: PredictAs,
    /// Mean absolute errors over the scale of MASE.
    pub errors: Vec<(PredictAs, f64)>,
}

impl Choice {
    /// Compares the plain forecasts on windows of validation.
    pub fn make(panel: &Panel, ridge: Option<&RidgeAutoregression>, valid: &[(u32, u32)]) -> Self {
        let shape = &panel.encoding.shape;
        let period = shape.periods.first().copied().unwrap_or(1);
        let mut kinds = vec![PredictAs::Level, PredictAs::Difference];
        if period > 1 {
            kinds.push(PredictAs::SeasonalDifference);
        }
        if ridge.is_some() {
            kinds.push(PredictAs::Blend);
        }
        let error = |kind: PredictAs| {
            let of = |&(series, end): &(u32, u32)| {
                let (series, end) = (series as usize, end as usize);
                let values = &panel.timeline.series[series].values;
                let history = &values[..end];
                let truth = &values[end..(end + shape.horizon).min(values.len())];
                let recent = &history[history.len().saturating_sub(shape.lookback)..];
                let forecast = match (kind, ridge) {
                    (PredictAs::Level, _) => {
                        vec![recent.iter().sum::<f64>() / recent.len() as f64; shape.horizon]
                    }
                    (PredictAs::SeasonalDifference, _) if history.len() >= period => {
                        seasonal_naive(history, period, shape.horizon)
                    }
                    (PredictAs::Blend, Some(ridge)) => {
                        let window = Window::new(panel, series, end);
                        ridge_forecast(ridge, &window)
                            .into_iter()
                            .map(|value| window.unscaled(value))
                            .collect()
                    }
                    _ => persistence(history, shape.horizon),
                };
                let errors = truth.iter().zip(&forecast).map(|(y, f)| (y - f).abs());
                errors.sum::<f64>() / truth.len().max(1) as f64 / scale(history, shape.season)
            };
            valid.iter().map(of).sum::<f64>() / valid.len().max(1) as f64
        };
        let errors: Vec<(PredictAs, f64)> =
            kinds.into_iter().map(|kind| (kind, error(kind))).collect();
        let gained = |&(kind, error): &(PredictAs, f64)| {
            if kind == PredictAs::Blend {
                error * GAIN
            } else {
                error
            }
        };
        let best = errors
            .iter()
            .min_by(|one, other| gained(one).total_cmp(&gained(other)));
        let best = best.map_or(PredictAs::Difference, |best| best.0);
        let predict_as = match best {
            PredictAs::Difference if grows(panel.timeline) => PredictAs::LogReturn,
            other => other,
        };
        Self { predict_as, errors }
    }

    /// In words.
    pub fn line(&self) -> String {
        let errors = self
            .errors
            .iter()
            .map(|(kind, error)| format!("{} {error:.3}", kind.name()));
        format!(
            "predict_as={} by errors on validation of the plain forecast behind each: {}",
            self.predict_as.name(),
            errors.collect::<Vec<_>>().join(", ")
        )
    }
}

/// Whether all values are above zero, and most series grow or shrink by a factor.
fn grows(timeline: &Timeline) -> bool {
    let factors = timeline.series.iter().map(|one| {
        let ends = one
            .values
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
                (low.min(*value), high.max(*value))
            });
        if ends.0 > 0.0 {
            ends.1 / ends.0
        } else {
            f64::NAN
        }
    });
    let factors: Vec<f64> = factors.collect();
    let growing = factors.iter().filter(|factor| **factor > GROWTH).count();
    factors.iter().all(|factor| !factor.is_nan()) && 2 * growing > factors.len()
}
