//! The figures of forecasts beside the baselines.

use super::baselines::{Baselines, INTERVALS, POINT};
use super::config::{INTERVAL, LEVELS, MEDIAN};
use super::forecaster::Forecasts;
use super::panel::Panel;
use crate::summary::{Metrics, Summary};
use rayon::prelude::*;
use rekindle_eval::{block_bootstrap, diebold_mariano_with_lag, pinball, skill};

/// Series from which on they are resampled, and not origins.
const MANY: usize = 8;
/// Samples of the bootstrap.
const SAMPLES: usize = 999;

/// Forecasts with what came, and the baselines on the same steps.
pub struct Tested {
    /// The model's.
    pub forecasts: Forecasts,
    /// What came, `[origins * horizon]`; NaN where it is not known.
    pub truth: Vec<f64>,
    /// Scale of MASE of each origin's series.
    pub scales: Vec<f64>,
    /// Point baselines, `[origins * horizon]` each.
    pub points: Vec<(&'static str, Vec<f64>)>,
    /// Interval baselines, `[origins * horizon * levels]` each.
    pub intervals: Vec<(&'static str, Vec<f64>)>,
}

/// Figures of a unit of the bootstrap, each the mean over its steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unit {
    /// `200·|y - f| / (|y| + |f|)`.
    pub smape: f64,
    /// `|y - f| / scale`.
    pub mase: f64,
    /// `|y - f|`.
    pub absolute: f64,
    /// `(y - f)²`.
    pub squared: f64,
    /// `((y - f) / scale)²`.
    pub scaled_squared: f64,
    /// Pinball loss over the scale, mean over the levels.
    pub pinball: f64,
    /// Share within the 80 % interval.
    pub covered: f64,
}

impl Tested {
    /// Puts forecasts beside what came and the baselines.
    pub fn new(panel: &Panel, forecasts: Forecasts, baselines: &Baselines) -> Self {
        let (origins, horizon) = (&forecasts.origins, forecasts.horizon);
        let season = panel.encoding.shape.season;
        let truth = origins.iter().flat_map(|&(series, end)| {
            let values = &panel.timeline.series[series as usize].values;
            (0..horizon)
                .map(move |step| values.get(end as usize + step).copied().unwrap_or(f64::NAN))
        });
        let scales = origins.iter().map(|&(series, end)| {
            let one = &panel.timeline.series[series as usize];
            baselines
                .of(&one.name, &one.values[..end as usize], season)
                .scale
        });
        let points = POINT
            .into_iter()
            .filter(|name| *name != "ridge" || baselines.ridge.is_some());
        let points = points.map(|name| {
            let of = |&(series, end): &(u32, u32)| {
                baselines.point(name, panel, series as usize, end as usize)
            };
            (name, origins.par_iter().flat_map_iter(of).collect())
        });
        let intervals = INTERVALS.into_iter().filter_map(|name| {
            let of = |&(series, end): &(u32, u32)| {
                baselines.interval(name, panel, series as usize, end as usize)
            };
            let all: Option<Vec<Vec<f64>>> = origins.par_iter().map(of).collect();
            Some((name, all?.concat()))
        });
        Self {
            truth: truth.collect(),
            scales: scales.collect(),
            points: points.collect(),
            intervals: intervals.collect(),
            forecasts,
        }
    }

    /// Steps whose value is known.
    pub fn known(&self) -> usize {
        self.truth.iter().filter(|value| !value.is_nan()).count()
    }

    /// Medians of the model, `[origins * horizon]`.
    fn medians(&self) -> Vec<f64> {
        self.forecasts
            .quantiles
            .iter()
            .skip(MEDIAN)
            .step_by(LEVELS.len())
            .copied()
            .collect()
    }

    /// Origins by unit: by series where there are many, else each one.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let origins = &self.forecasts.origins;
        let mut series: Vec<u32> = origins.iter().map(|origin| origin.0).collect();
        series.dedup();
        let by_series = series.len() >= MANY;
        for index in 0..origins.len() {
            match groups.last_mut() {
                Some(group) if by_series && origins[group[0]].0 == origins[index].0 => {
                    group.push(index)
                }
                _ => groups.push(vec![index]),
            }
        }
        groups
    }

    /// Figures of each unit, of points and quantiles; the median is the point where none are given.
    pub fn units(&self, points: Option<&[f64]>, quantiles: Option<&[f64]>) -> Vec<Unit> {
        let steps = self.groups().into_iter().map(|group| {
            let horizon = self.forecasts.horizon;
            group
                .into_iter()
                .flat_map(move |origin| origin * horizon..(origin + 1) * horizon)
        });
        steps
            .filter_map(|steps| self.unit(steps, points, quantiles))
            .collect()
    }

    /// Figures of some steps; none when no value is known.
    pub fn unit(
        &self,
        steps: impl Iterator<Item = usize>,
        points: Option<&[f64]>,
        quantiles: Option<&[f64]>,
    ) -> Option<Unit> {
        let (mut sum, mut count) = (Unit::default(), 0.0);
        for at in steps.filter(|&at| !self.truth[at].is_nan()) {
            let (truth, scale) = (self.truth[at], self.scales[at / self.forecasts.horizon]);
            let levels = quantiles.map(|all| &all[at * LEVELS.len()..(at + 1) * LEVELS.len()]);
            let point = points
                .map(|points| points[at])
                .or(levels.map(|levels| levels[MEDIAN]));
            if let Some(point) = point {
                let error = (truth - point).abs();
                let size = truth.abs() + point.abs();
                sum.smape += if size > 0.0 {
                    200.0 * error / size
                } else {
                    0.0
                };
                sum.mase += error / scale;
                sum.absolute += error;
                sum.squared += error * error;
                sum.scaled_squared += (error / scale).powi(2);
            }
            if let Some(levels) = levels {
                let loss: f64 = LEVELS
                    .iter()
                    .zip(levels)
                    .map(|(level, q)| pinball(truth, *level, *q))
                    .sum();
                sum.pinball += loss / LEVELS.len() as f64 / scale;
                let within = levels[INTERVAL[0]] <= truth && truth <= levels[INTERVAL[1]];
                sum.covered += f64::from(u8::from(within));
            }
            count += 1.0;
        }
        (count > 0.0).then(|| Unit {
            smape: sum.smape / count,
            mase: sum.mase / count,
            absolute: sum.absolute / count,
            squared: sum.squared / count,
            scaled_squared: sum.scaled_squared / count,
            pinball: sum.pinball / count,
            covered: sum.covered / count,
        })
    }

    /// The interval baseline with the lowest pinball loss.
    pub fn best_interval(&self) -> Option<(&'static str, Vec<Unit>)> {
        let units = self
            .intervals
            .iter()
            .map(|(name, all)| (*name, self.units(None, Some(all))));
        units.min_by(|one, other| pinball_of(&one.1).total_cmp(&pinball_of(&other.1)))
    }

    /// Writes all figures into a summary.
    pub fn fill(&self, summary: &mut Summary, seed: u64) {
        let own = self.units(Some(&self.medians()), Some(&self.forecasts.quantiles));
        summary.data.test_items = self.known();
        summary.metrics = figures(&own, true);
        for (name, all) in &self.points {
            summary.baselines.insert(
                name.to_string(),
                figures(&self.units(Some(all), None), false),
            );
        }
        for (name, all) in &self.intervals {
            let units = self.units(None, Some(all));
            let mut figures = Metrics::new();
            figures.insert("pinball".into(), pinball_of(&units));
            figures.insert("coverage_80".into(), mean(&units, |unit| unit.covered));
            summary.baselines.insert(name.to_string(), figures);
        }
        let mut interval = |name: &str, statistic: &dyn Fn(&[usize]) -> f64| {
            let of = block_bootstrap(own.len(), 1, SAMPLES, 0.95, seed, statistic);
            summary
                .intervals
                .insert(name.to_string(), (of.lower, of.upper));
        };
        let sampled = |units: &[Unit], sample: &[usize], part: fn(&Unit) -> f64| {
            sample.iter().map(|&at| part(&units[at])).sum::<f64>() / sample.len().max(1) as f64
        };
        interval("smape", &|sample| sampled(&own, sample, |unit| unit.smape));
        interval("mase", &|sample| sampled(&own, sample, |unit| unit.mase));
        interval("coverage_80", &|sample| {
            sampled(&own, sample, |unit| unit.covered)
        });
        let naive = self.points.iter().find(|(name, _)| *name == POINT[0]);
        if let Some((_, naive)) = naive {
            let naive = self.units(Some(naive), None);
            let of = |sample: &[usize]| {
                let root =
                    |units: &[Unit]| sampled(units, sample, |unit| unit.scaled_squared).sqrt();
                skill(root(&own), root(&naive))
            };
            interval("rmse_skill", &of);
            let all: Vec<usize> = (0..own.len()).collect();
            summary.metrics.insert("rmse_skill".into(), of(&all));
        }
        if let Some((_, best)) = self.best_interval() {
            let of = |sample: &[usize]| {
                let loss = |units: &[Unit]| sampled(units, sample, |unit| unit.pinball);
                skill(loss(&own), loss(&best))
            };
            let bounds = block_bootstrap(own.len(), 1, SAMPLES, 0.95, seed, of);
            summary
                .intervals
                .insert("pinball_skill".into(), (bounds.lower, bounds.upper));
            summary
                .metrics
                .insert("pinball_skill".into(), bounds.estimate);
            let losses = |units: &[Unit]| units.iter().map(|unit| unit.pinball).collect::<Vec<_>>();
            let test = diebold_mariano_with_lag(&losses(&own), &losses(&best), 1, 0);
            if let Some(test) = test {
                summary.metrics.insert("dm_p_pinball".into(), test.p_value);
            }
        }
    }
}

fn mean(units: &[Unit], part: impl Fn(&Unit) -> f64) -> f64 {
    units.iter().map(part).sum::<f64>() / units.len() as f64
}

fn pinball_of(units: &[Unit]) -> f64 {
    mean(units, |unit| unit.pinball)
}

fn figures(units: &[Unit], quantiles: bool) -> Metrics {
    let mut figures = Metrics::new();
    let mut add = |name: &str, value: f64| figures.insert(name.to_string(), value);
    add("smape", mean(units, |unit| unit.smape));
    add("mase", mean(units, |unit| unit.mase));
    add("mae", mean(units, |unit| unit.absolute));
    add("rmse", mean(units, |unit| unit.squared).sqrt());
    if quantiles {
        add("pinball", pinball_of(units));
        add("coverage_80", mean(units, |unit| unit.covered));
    }
    figures
}
