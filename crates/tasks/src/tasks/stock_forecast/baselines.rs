//! What a model must be better than, on the same windows.

use super::config::LEVELS;
use super::forecast::Forecasts;
use super::prepare::Series;
use jiff::civil::Date;
use rekindle_data::SeriesTable;
use rekindle_eval::{
    EmpiricalQuantiles, RidgeAutoregression, RidgeBuilder, drift, moving_average, naive_scale,
    naive_scale_squared, persistence, seasonal_naive,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A week of trading.
const SEASON: usize = 5;
/// A month of trading.
const AVERAGE: usize = 20;
/// Ridge penalty, relative to the mean diagonal; daily returns hardly follow one another.
const LAMBDA: f64 = 0.01;
/// Days of history below which a series' own quantiles and scale are not trusted.
const ENOUGH: usize = 250;

/// Names of the point baselines, in the order of reports.
pub const POINT: [&str; 5] = [
    "persistence",
    "drift",
    "seasonal_naive",
    "moving_average",
    "ridge",
];
/// Name of the interval baseline.
pub const EMPIRICAL: &str = "empirical_quantiles";

/// The baselines fitted on the training part; saved as `baselines.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Baselines {
    ridge: Option<RidgeAutoregression>,
    /// By series name.
    history: BTreeMap<String, History>,
    /// Over all series, for one that is not known.
    pooled: Option<History>,
}

/// What is remembered of a series' training part.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct History {
    /// Quantiles of the log returns of each step ahead.
    quantiles: EmpiricalQuantiles,
    /// Mean absolute daily change of the close, for MASE.
    scale: f64,
    /// Mean squared daily change of the close, for RMSSE.
    scale_squared: f64,
}

impl History {
    fn fit(table: &SeriesTable, rows: std::ops::Range<usize>, horizon: usize) -> Option<Self> {
        let close = &table.column("close")?[rows];
        let log_close: Vec<f64> = close.iter().map(|close| close.ln()).collect();
        Some(Self {
            quantiles: EmpiricalQuantiles::fit(&log_close, horizon, &LEVELS)?,
            scale: naive_scale(close, 1),
            scale_squared: naive_scale_squared(close, 1),
        })
    }
}

impl Baselines {
    /// Fits on the days up to `until`, and on windows that end their targets there.
    pub fn fit(
        series: &Series,
        train: &[u32],
        lookback: usize,
        horizon: usize,
        until: Date,
    ) -> Self {
        let table = &series.table;
        let mut history = BTreeMap::new();
        for index in 0..table.n_series() {
            let rows = rows_until(table, index, until);
            if let Some(fitted) = History::fit(table, rows, horizon) {
                history.insert(table.series(index).to_string(), fitted);
            }
        }
        let mut builder = RidgeBuilder::new(lookback, horizon);
        let log_close = &series.features.log_close;
        for &origin in train
            .iter()
            .filter(|&&origin| series.days_after(origin as usize) >= horizon)
        {
            let end = origin as usize + 1;
            builder.add(
                &log_close[end - lookback..end],
                &log_close[end..end + horizon],
            );
        }
        Self {
            ridge: builder.fit(LAMBDA),
            pooled: pool(&history),
            history,
        }
    }

    /// The same, with what another file says of its own days up to `until`.
    pub fn with_file(mut self, table: &SeriesTable, horizon: usize, until: Date) -> Self {
        for index in 0..table.n_series() {
            let rows = rows_until(table, index, until);
            let name = table.series(index);
            if (rows.len() >= ENOUGH || !self.history.contains_key(name))
                && let Some(fitted) = History::fit(table, rows, horizon)
            {
                self.history.insert(name.to_string(), fitted);
            }
        }
        self
    }

    /// Whether they can be asked for so many steps from so many days: the file may have been changed by
    /// hand.
    pub fn is_sound(&self, lookback: usize, horizon: usize) -> bool {
        let ridge = self.ridge.as_ref();
        let mut histories = self.history.values().chain(&self.pooled);
        ridge.is_none_or(|ridge| ridge.lookback() == lookback && ridge.horizon() >= horizon)
            && histories.all(|known| {
                let quantiles = &known.quantiles;
                quantiles.levels == LEVELS
                    && quantiles.values.len() >= horizon * LEVELS.len()
                    && quantiles.values.len() % LEVELS.len() == 0
                    && quantiles.values.iter().all(|value| value.is_finite())
                    && known.scale.is_finite()
                    && known.scale_squared.is_finite()
            })
    }

    fn of(&self, name: &str) -> Option<&History> {
        self.history.get(name).or(self.pooled.as_ref())
    }

    /// Empirical quantiles of the log return of a step (from 0) of a series.
    pub fn quantiles(&self, name: &str, step: usize) -> Option<&[f64]> {
        self.of(name).map(|history| history.quantiles.at(step))
    }

    /// The scales of MASE and RMSSE of a series.
    pub fn scales(&self, name: &str) -> (f64, f64) {
        self.of(name).map_or((f64::NAN, f64::NAN), |history| {
            (history.scale, history.scale_squared)
        })
    }

    /// Log returns of a point baseline for the steps ahead of an origin.
    pub fn point(
        &self,
        name: &str,
        series: &Series,
        origin: usize,
        lookback: usize,
        horizon: usize,
    ) -> Vec<f64> {
        let end = origin + 1;
        let history = &series.features.log_close[end - lookback..end];
        let level = match name {
            "drift" => drift(history, horizon),
            "seasonal_naive" => seasonal_naive(history, SEASON.min(lookback), horizon),
            "moving_average" => moving_average(history, AVERAGE.min(lookback), horizon),
            "ridge" => match &self.ridge {
                Some(ridge) => ridge.forecast(history),
                None => persistence(history, horizon),
            },
            _ => persistence(history, horizon),
        };
        let last = history[lookback - 1];
        level
            .into_iter()
            .take(horizon)
            .map(|value| value - last)
            .collect()
    }
}

fn rows_until(table: &SeriesTable, series: usize, until: Date) -> std::ops::Range<usize> {
    let range = table.range(series);
    let dates = &table.dates()[range.clone()];
    range.start..range.start + dates.partition_point(|&date| date <= until)
}

/// The mean of the series' histories.
fn pool(history: &BTreeMap<String, History>) -> Option<History> {
    let first = history.values().next()?;
    let count = history.len() as f64;
    let mut quantiles = first.quantiles.clone();
    for (index, value) in quantiles.values.iter_mut().enumerate() {
        *value = history
            .values()
            .map(|one| one.quantiles.values[index])
            .sum::<f64>()
            / count;
    }
    Some(History {
        quantiles,
        scale: history.values().map(|one| one.scale).sum::<f64>() / count,
        scale_squared: history.values().map(|one| one.scale_squared).sum::<f64>() / count,
    })
}

/// Log returns of every point baseline, `[origins, horizon]` each.
pub fn point_forecasts(
    baselines: &Baselines,
    series: &Series,
    forecasts: &Forecasts,
    lookback: usize,
) -> BTreeMap<&'static str, Vec<f64>> {
    POINT
        .iter()
        .map(|&name| {
            let values = forecasts
                .origins
                .iter()
                .flat_map(|&origin| {
                    baselines.point(name, series, origin as usize, lookback, forecasts.horizon)
                })
                .collect();
            (name, values)
        })
        .collect()
}
