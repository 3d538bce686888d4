//! The model and its baselines scored on the same windows.
//!
//! A single series is scored in its own unit (price); a panel in log returns from the origin, for
//! an average of prices over symbols would be an average of the expensive ones. MAPE, sMAPE, MASE
//! and RMSSE are free of the unit.

use super::baselines::{Baselines, EMPIRICAL, POINT, point_forecasts};
use super::config::{LEVELS, MEDIAN};
use super::data::Form;
use super::forecast::Forecasts;
use super::prepare::Series;
use crate::summary::Metrics;
use jiff::civil::Date;
use rekindle_eval::{self as eval, CalibrationPoint, Interval, Proportion};
use std::collections::BTreeMap;

/// Replicates of the bootstrap.
const REPLICATES: usize = 1_000;
/// The intervals' confidence.
const CONFIDENCE: f64 = 0.95;

/// All windows of a test part, flattened to points (a window's step each).
pub struct Points {
    /// Observed values.
    actual: Vec<f64>,
    /// Forecast quantiles, `[points, levels]`.
    quantiles: Vec<f64>,
    /// Quantiles of the interval baseline, `[points, levels]`.
    empirical: Vec<f64>,
    /// Point baselines.
    baselines: BTreeMap<&'static str, Vec<f64>>,
    /// Observed closes.
    close: Vec<f64>,
    /// Scales of MASE and RMSSE.
    scale: Vec<f64>,
    scale_squared: Vec<f64>,
    /// The origin's close in the unit of `actual`, from which changes are counted.
    from: Vec<f64>,
    /// Log close of the origin, which turns log returns into closes.
    origin_log_close: Vec<f64>,
    /// Day of the origin.
    day: Vec<Date>,
    /// Step ahead, from 0.
    step: Vec<usize>,
    form: Form,
}

impl Points {
    /// Collects the points of the windows whose every day ahead is known (`whole`) or of all known
    /// days.
    pub fn collect(
        series: &Series,
        forecasts: &Forecasts,
        baselines: &Baselines,
        lookback: usize,
        form: Form,
        whole: bool,
    ) -> Self {
        let table = &series.table;
        let values = point_forecasts(baselines, series, forecasts, lookback);
        let mut points = Self {
            actual: Vec::new(),
            quantiles: Vec::new(),
            empirical: Vec::new(),
            baselines: POINT.iter().map(|&name| (name, Vec::new())).collect(),
            close: Vec::new(),
            scale: Vec::new(),
            scale_squared: Vec::new(),
            from: Vec::new(),
            origin_log_close: Vec::new(),
            day: Vec::new(),
            step: Vec::new(),
            form,
        };
        for (index, &origin) in forecasts.origins.iter().enumerate() {
            let origin = origin as usize;
            let known = series.days_after(origin);
            if whole && known < forecasts.horizon {
                continue;
            }
            let name = table.series(table.series_of_row(origin));
            let scales = baselines.scales(name);
            let base = series.features.log_close[origin];
            for step in 0..known.min(forecasts.horizon) {
                let unit = |log_return: f64| match form {
                    Form::Single => (base + log_return).exp(),
                    Form::Panel => log_return,
                };
                points.actual.push(unit(series.log_return(origin, step)));
                points
                    .quantiles
                    .extend(forecasts.at(index, step).iter().map(|&q| unit(q)));
                match baselines.quantiles(name, step) {
                    Some(levels) => points.empirical.extend(levels.iter().map(|&q| unit(q))),
                    None => points.empirical.extend([f64::NAN; LEVELS.len()]),
                }
                for (name, values) in &values {
                    let value = unit(values[index * forecasts.horizon + step]);
                    points.baselines.entry(name).or_default().push(value);
                }
                points
                    .close
                    .push((base + series.log_return(origin, step)).exp());
                points.scale.push(scales.0);
                points.scale_squared.push(scales.1);
                points.from.push(unit(0.0));
                points.origin_log_close.push(base);
                points.day.push(table.dates()[origin]);
                points.step.push(step);
            }
        }
        points
    }

    /// Adds the points of another fold.
    pub fn extend(&mut self, other: Self) {
        self.actual.extend(other.actual);
        self.quantiles.extend(other.quantiles);
        self.empirical.extend(other.empirical);
        for (name, values) in other.baselines {
            self.baselines.entry(name).or_default().extend(values);
        }
        self.close.extend(other.close);
        self.scale.extend(other.scale);
        self.scale_squared.extend(other.scale_squared);
        self.from.extend(other.from);
        self.origin_log_close.extend(other.origin_log_close);
        self.day.extend(other.day);
        self.step.extend(other.step);
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.actual.len()
    }

    /// Number of windows.
    pub fn windows(&self) -> usize {
        self.step.iter().filter(|&&step| step == 0).count()
    }

    fn level(&self, level: usize) -> Vec<f64> {
        self.quantiles
            .iter()
            .skip(level)
            .step_by(LEVELS.len())
            .copied()
            .collect()
    }

    fn to_close(&self, values: &[f64]) -> Vec<f64> {
        match self.form {
            Form::Single => values.to_vec(),
            Form::Panel => values
                .iter()
                .zip(&self.origin_log_close)
                .map(|(value, base)| (base + value).exp())
                .collect(),
        }
    }

    /// Figures of a point forecast.
    fn point_metrics(&self, forecast: &[f64]) -> Metrics {
        let close = self.to_close(forecast);
        let persistence = &self.baselines["persistence"];
        let rmse = eval::rmse(&self.actual, forecast);
        let mut metrics = Metrics::new();
        let mut put = |name: &str, value: f64| metrics.insert(name.to_string(), value);
        put("mae", eval::mae(&self.actual, forecast));
        put("rmse", rmse);
        put("mape", eval::mape(&self.close, &close));
        put("smape", eval::smape(&self.close, &close));
        put("mase", eval::mase(&self.close, &close, &self.scale));
        put(
            "rmsse",
            eval::rmsse(&self.close, &close, &self.scale_squared),
        );
        put("r2", eval::r2(&self.actual, forecast));
        put(
            "theil_u",
            eval::theil_u(&self.actual, forecast, persistence),
        );
        put(
            "rmse_skill",
            eval::skill(rmse, eval::rmse(&self.actual, persistence)),
        );
        let change = |values: &[f64]| -> Vec<f64> {
            values
                .iter()
                .zip(&self.from)
                .map(|(value, from)| value - from)
                .collect()
        };
        let hits = eval::directional_accuracy(&change(&self.actual), &change(forecast));
        // A forecast that never leaves the last close says nothing of direction.
        if change(forecast).iter().any(|change| *change != 0.0) {
            put("directional_accuracy", hits.rate());
        }
        metrics
    }

    /// Figures of quantile forecasts.
    fn quantile_metrics(&self, quantiles: &[f64]) -> Metrics {
        let level = |k: usize| -> Vec<f64> {
            quantiles
                .iter()
                .skip(k)
                .step_by(LEVELS.len())
                .copied()
                .collect()
        };
        let mut metrics = Metrics::new();
        let mut put = |name: &str, value: f64| metrics.insert(name.to_string(), value);
        put(
            "pinball",
            eval::mean_pinball(&self.actual, &LEVELS, quantiles),
        );
        put("crps", eval::mean_crps(&self.actual, &LEVELS, quantiles));
        for (name, low, high) in [("80", 1, 5), ("90", 0, 6)] {
            let (lower, upper) = (level(low), level(high));
            put(
                &format!("coverage_{name}"),
                eval::coverage(&self.actual, &lower, &upper).rate(),
            );
            put(&format!("width_{name}"), eval::mean_width(&lower, &upper));
        }
        metrics
    }

    /// The model's figures, and each baseline's.
    pub fn metrics(&self) -> (Metrics, BTreeMap<String, Metrics>) {
        let median = self.level(MEDIAN);
        let mut model = self.point_metrics(&median);
        model.extend(self.quantile_metrics(&self.quantiles));
        let mut baselines: BTreeMap<String, Metrics> = self
            .baselines
            .iter()
            .map(|(name, values)| (name.to_string(), self.point_metrics(values)))
            .collect();
        let empirical = self.quantile_metrics(&self.empirical);
        for (skill, loss) in [("pinball_skill", "pinball"), ("crps_skill", "crps")] {
            model.insert(skill.to_string(), eval::skill(model[loss], empirical[loss]));
        }
        baselines.insert(EMPIRICAL.to_string(), empirical);

        let days = self.by_day();
        let lag = self.step.iter().max().map_or(1, |step| step + 1);
        let mean = |f: fn(&DaySums) -> f64| -> Vec<f64> {
            days.iter().map(|day| f(day) / day.points).collect()
        };
        let pairs = [
            (
                "point",
                mean(|d| d.squares),
                mean(|d| d.squares_persistence),
            ),
            (
                "pinball",
                mean(|d| d.pinball),
                mean(|d| d.pinball_empirical),
            ),
        ];
        for (name, ours, theirs) in pairs {
            // Overlapping windows: the usual lag rejects true equality too often.
            if let Some(test) = eval::diebold_mariano_with_lag(&ours, &theirs, lag, 2 * lag) {
                model.insert(format!("dm_p_{name}"), test.p_value);
                model.insert(format!("dm_{name}"), test.statistic);
            }
        }
        (model, baselines)
    }

    /// 95 % intervals of the main figures: whole days are drawn, in blocks as long as windows
    /// overlap; the directional accuracy's is binomial over windows that do not overlap.
    pub fn intervals(&self, seed: u64) -> BTreeMap<String, (f64, f64)> {
        let days = self.by_day();
        let lag = self.step.iter().max().map_or(1, |step| step + 1);
        let block = (2 * lag).min(days.len().max(1));
        type Statistic = fn(&DaySums) -> f64;
        let statistics: [(&str, Statistic); 8] = [
            ("rmse", |sum| (sum.squares / sum.points).sqrt()),
            ("mae", |sum| sum.absolute / sum.points),
            ("pinball", |sum| sum.pinball / sum.points),
            ("rmse_skill", |sum| {
                1.0 - (sum.squares / sum.squares_persistence).sqrt()
            }),
            ("pinball_skill", |sum| {
                1.0 - sum.pinball / sum.pinball_empirical
            }),
            ("mae_minus_persistence", |sum| {
                (sum.absolute - sum.absolute_persistence) / sum.points
            }),
            ("coverage_80", |sum| sum.inside_80 / sum.points),
            ("coverage_90", |sum| sum.inside_90 / sum.points),
        ];
        let mut intervals: BTreeMap<String, (f64, f64)> = statistics
            .into_iter()
            .filter(|_| days.len() > 1)
            .map(|(name, statistic)| {
                let Interval { lower, upper, .. } = eval::block_bootstrap(
                    days.len(),
                    block,
                    REPLICATES,
                    CONFIDENCE,
                    seed,
                    |drawn| statistic(&DaySums::total(drawn.iter().map(|&day| &days[day]))),
                );
                (name.to_string(), (lower, upper))
            })
            .collect();
        let hits = self.direction(lag);
        let median = self.level(MEDIAN);
        let moves = median
            .iter()
            .zip(&self.from)
            .any(|(value, from)| value != from);
        if hits.n > 0 && moves {
            intervals.insert(
                "directional_accuracy".into(),
                hits.clopper_pearson(CONFIDENCE),
            );
        }
        intervals
    }

    /// Direction over the whole horizon, of windows that do not overlap.
    fn direction(&self, lag: usize) -> Proportion {
        let mut days: Vec<Date> = self.day.clone();
        days.sort();
        days.dedup();
        let chosen: std::collections::BTreeSet<Date> = days.into_iter().step_by(lag).collect();
        let median = self.level(MEDIAN);
        let (mut actual, mut forecast) = (Vec::new(), Vec::new());
        for (point, value) in median.iter().enumerate() {
            if self.step[point] + 1 == lag && chosen.contains(&self.day[point]) {
                actual.push(self.actual[point] - self.from[point]);
                forecast.push(value - self.from[point]);
            }
        }
        eval::directional_accuracy(&actual, &forecast)
    }

    fn by_day(&self) -> Vec<DaySums> {
        let mut days: BTreeMap<Date, DaySums> = BTreeMap::new();
        let persistence = &self.baselines["persistence"];
        for (point, (&actual, &persistence)) in self.actual.iter().zip(persistence).enumerate() {
            let levels = &self.quantiles[point * LEVELS.len()..(point + 1) * LEVELS.len()];
            let empirical = &self.empirical[point * LEVELS.len()..(point + 1) * LEVELS.len()];
            let error = actual - levels[MEDIAN];
            let naive = actual - persistence;
            let inside = |low: usize, high: usize| {
                f64::from(u8::from(levels[low] <= actual && actual <= levels[high]))
            };
            days.entry(self.day[point]).or_default().add(&DaySums {
                points: 1.0,
                squares: error * error,
                squares_persistence: naive * naive,
                absolute: error.abs(),
                absolute_persistence: naive.abs(),
                pinball: eval::mean_pinball(&[actual], &LEVELS, levels),
                pinball_empirical: eval::mean_pinball(&[actual], &LEVELS, empirical),
                inside_80: inside(1, 5),
                inside_90: inside(0, 6),
            });
        }
        days.into_values().collect()
    }

    /// Share of observations below each quantile.
    pub fn calibration(&self) -> Vec<CalibrationPoint> {
        eval::quantile_calibration(&self.actual, &LEVELS, &self.quantiles)
    }

    /// Mean pinball loss of the model and of the empirical quantiles, by step.
    pub fn pinball_by_step(&self) -> Vec<(f64, f64)> {
        let steps = self.step.iter().max().map_or(0, |step| step + 1);
        (0..steps)
            .map(|step| {
                let mut sums = (0.0, 0.0, 0.0);
                for point in (0..self.len()).filter(|&point| self.step[point] == step) {
                    let slice = point * LEVELS.len()..(point + 1) * LEVELS.len();
                    let actual = [self.actual[point]];
                    sums.0 += eval::mean_pinball(&actual, &LEVELS, &self.quantiles[slice.clone()]);
                    sums.1 += eval::mean_pinball(&actual, &LEVELS, &self.empirical[slice]);
                    sums.2 += 1.0;
                }
                (sums.0 / sums.2, sums.1 / sums.2)
            })
            .collect()
    }

    /// RMSE of the model and of persistence.
    pub fn rmse_pair(&self) -> (f64, f64) {
        let ours = eval::rmse(&self.actual, &self.level(MEDIAN));
        (
            ours,
            eval::rmse(&self.actual, &self.baselines["persistence"]),
        )
    }

    /// MAPE of the model and of persistence, percent.
    pub fn mape_pair(&self) -> (f64, f64) {
        let mape = |values: &[f64]| eval::mape(&self.close, &self.to_close(values));
        (
            mape(&self.level(MEDIAN)),
            mape(&self.baselines["persistence"]),
        )
    }
}

/// Sums over the points of a day.
#[derive(Debug, Clone, Copy, Default)]
struct DaySums {
    points: f64,
    squares: f64,
    squares_persistence: f64,
    absolute: f64,
    absolute_persistence: f64,
    pinball: f64,
    pinball_empirical: f64,
    inside_80: f64,
    inside_90: f64,
}

impl DaySums {
    fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.squares += other.squares;
        self.squares_persistence += other.squares_persistence;
        self.absolute += other.absolute;
        self.absolute_persistence += other.absolute_persistence;
        self.pinball += other.pinball;
        self.pinball_empirical += other.pinball_empirical;
        self.inside_80 += other.inside_80;
        self.inside_90 += other.inside_90;
    }

    fn total<'a>(days: impl Iterator<Item = &'a Self>) -> Self {
        days.fold(Self::default(), |mut sum, day| {
            sum.add(day);
            sum
        })
    }
}
