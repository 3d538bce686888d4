//! A fitted model tested on windows, and the result in words and numbers.

use super::baselines::Baselines;
use super::config::{LEVELS, MEDIAN, StockConfig};
use super::data::Form;
use super::forecast::{Forecaster, Forecasts};
use super::prepare::Series;
use super::scores::Points;
use crate::error::{Result, TaskError};
use crate::summary::Summary;
use jiff::civil::Date;
use std::sync::Arc;

/// What a test gave.
pub struct Tested {
    /// Points of the windows whose whole horizon is known.
    pub points: Points,
    /// Points one day ahead, of every test day.
    pub one_step: Points,
    /// The test days in one go, where asked for.
    pub ahead: Option<Ahead>,
    /// All forecasts, for drawing.
    pub forecasts: Forecasts,
}

/// A forecast of many days from one origin.
pub struct Ahead {
    /// The forecast, of one origin.
    pub forecasts: Forecasts,
    /// Its points.
    pub points: Points,
}

/// Tests on the days after `test` origins.
pub fn test(
    forecaster: &Forecaster<'_>,
    series: &Arc<Series>,
    origins: &[u32],
    baselines: &Baselines,
    config: &StockConfig,
    form: Form,
    ahead: bool,
) -> Result<Tested> {
    if origins.is_empty() {
        return Err(TaskError::usage(
            "there is no test window: no day of the data lies after the split with enough days \
             before it",
            format!(
                "a window needs {} days before its first day ahead",
                config.lookback
            ),
        ));
    }
    let collect = |forecasts: &Forecasts, whole| {
        Points::collect(series, forecasts, baselines, config.lookback, form, whole)
    };
    let forecasts = forecaster.forecast(series, origins, config.horizon);
    let points = collect(&forecasts, true);
    if points.len() == 0 {
        return Err(TaskError::usage(
            format!("no test window has {} days ahead of it", config.horizon),
            "use a file with more days, or a run with a smaller horizon",
        ));
    }
    let one_step = collect(&forecasts.first_step(), true);
    let ahead = ahead.then(|| {
        let origin = origins[0];
        let days = config.ahead.min(series.days_after(origin as usize));
        let forecasts = forecaster.forecast(series, &[origin], days);
        Ahead {
            points: collect(&forecasts, true),
            forecasts,
        }
    });
    Ok(Tested {
        points,
        one_step,
        ahead,
        forecasts,
    })
}

impl Tested {
    /// Adds the windows of a later fold.
    pub fn extend(&mut self, later: Self) {
        self.points.extend(later.points);
        self.one_step.extend(later.one_step);
        self.forecasts.origins.extend(later.forecasts.origins);
        self.forecasts.quantiles.extend(later.forecasts.quantiles);
    }

    /// Puts the figures into a summary.
    pub fn fill(&self, summary: &mut Summary, seed: u64) {
        let (metrics, baselines) = self.points.metrics();
        summary.metrics = metrics;
        summary.baselines = baselines;
        summary.intervals = self.points.intervals(seed);
        summary.data.test_items = self.points.windows();
        let mut pair = |name: &str, (ours, theirs): (f64, f64)| {
            summary.metrics.insert(name.to_string(), ours);
            let persistence = summary
                .baselines
                .entry("persistence".to_string())
                .or_default();
            persistence.insert(name.to_string(), theirs);
        };
        pair("one_step_rmse", self.one_step.rmse_pair());
        pair("one_step_mape", self.one_step.mape_pair());
        if let Some(ahead) = &self.ahead {
            pair("ahead_rmse", ahead.points.rmse_pair());
            pair("ahead_mape", ahead.points.mape_pair());
        }
    }
}

/// Closes forecast for the days after an origin.
pub struct Path {
    /// The day of the origin and its close.
    pub origin: (Date, f64),
    /// Days ahead: those of the table where it has them, else weekdays.
    pub dates: Vec<Date>,
    /// Observed closes.
    pub truth: Vec<Option<f64>>,
    /// Quantiles of the close, `[days][levels]`.
    pub quantiles: Vec<[f64; LEVELS.len()]>,
}

impl Path {
    /// The forecast of one origin (by position) in closes.
    pub fn new(series: &Series, forecasts: &Forecasts, index: usize) -> Self {
        let origin = forecasts.origins[index] as usize;
        let log_close = series.features.log_close[origin];
        let dates = series.table.dates();
        let known = series.days_after(origin);
        let mut day = dates[origin];
        let mut path = Self {
            origin: (day, log_close.exp()),
            dates: Vec::new(),
            truth: Vec::new(),
            quantiles: Vec::new(),
        };
        for step in 0..forecasts.horizon {
            day = if step < known {
                dates[origin + 1 + step]
            } else {
                next_weekday(day)
            };
            path.dates.push(day);
            let truth = (step < known).then(|| (log_close + series.log_return(origin, step)).exp());
            path.truth.push(truth);
            let levels = forecasts.at(index, step);
            path.quantiles
                .push(std::array::from_fn(|k| (log_close + levels[k]).exp()));
        }
        path
    }

    /// The medians.
    pub fn median(&self) -> Vec<f64> {
        self.level(MEDIAN)
    }

    /// One level of every day.
    pub fn level(&self, level: usize) -> Vec<f64> {
        self.quantiles.iter().map(|levels| levels[level]).collect()
    }
}

/// Markets rest at weekends; holidays are not known here.
fn next_weekday(day: Date) -> Date {
    let mut next = day;
    loop {
        next = next.tomorrow().unwrap_or(next);
        if next.weekday().to_monday_zero_offset() < 5 || next == Date::MAX {
            return next;
        }
    }
}
