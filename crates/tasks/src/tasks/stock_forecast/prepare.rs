//! From prices to windows: the split, and everything fitted on the training part alone.

use super::config::{LEVELS, StockConfig, Target};
use super::data::{Form, Prices};
use super::features::{FEATURES, Features, features};
use super::model::StockBatch;
use crate::error::{Result, TaskError};
use crate::fit::{Batcher, windows};
use burn::tensor::{Device, Tensor, TensorData};
use jiff::civil::Date;
use rekindle_data::{Part, Scaler, SeriesTable, TimeSplit, Windows};
use rekindle_eval::empirical_quantile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a saved model needs beside its weights; `inference.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inference {
    /// Scales the features.
    pub scaler: Scaler,
    /// Lowest and highest close of each series in the training part, for the level target.
    pub levels: BTreeMap<String, (f64, f64)>,
    /// Quantiles the untrained head starts from: those of the training targets.
    pub start: Vec<f64>,
    /// Median of each day ahead, as far as the training part can tell it from zero.
    pub medians: Vec<f64>,
    /// Days ahead the model gives.
    pub horizon: usize,
    /// What is forecast.
    pub target: Target,
    /// Last day of the training part.
    pub train_until: Date,
    /// First day of the test part.
    pub test_from: Date,
    /// One series or a panel.
    pub form: Form,
    /// The test days in one go are asked for.
    pub ahead: bool,
}

impl Inference {
    /// What cannot be, if anything: the file may have been changed by hand.
    pub fn unsound(&self, config: &StockConfig) -> Option<&'static str> {
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let features = FEATURES.len() + usize::from(self.target == Target::Level);
        let range = |(low, high): &(f64, f64)| finite(&[*low, *high]) && low <= high;
        match () {
            () if self.target != config.target => Some("it forecasts another target"),
            () if self.scaler.center.len() != features => Some("it scales other features"),
            () if self.start.len() != LEVELS.len() || !finite(&self.start) => {
                Some("its starting quantiles")
            }
            () if self.horizon == 0 || self.medians.len() != self.horizon => Some("its horizon"),
            () if !finite(&self.medians) => Some("its medians"),
            () if !self.levels.values().all(range) => Some("its ranges of the close"),
            () => None,
        }
    }
}

/// Scaled features with the units the model works in; windows are cut from it.
pub struct Series {
    /// The prices.
    pub table: SeriesTable,
    /// Scaled features and what they were made of.
    pub features: Features,
    /// Lowest and highest close by series number.
    levels: Vec<(f64, f64)>,
    target: Target,
}

impl Series {
    /// Prepares prices for a model that is already fitted.
    pub fn new(table: SeriesTable, inference: &Inference) -> Self {
        let levels = (0..table.n_series())
            .map(|series| {
                let known = inference.levels.get(table.series(series)).copied();
                known.unwrap_or_else(|| close_range(&table, series, inference.test_from))
            })
            .collect();
        let mut series = Self::unscaled(table, levels, inference.target);
        inference.scaler.transform(&mut series.features.values);
        series
    }

    fn unscaled(table: SeriesTable, levels: Vec<(f64, f64)>, target: Target) -> Self {
        let features = features(&table, target, |series, close| {
            to_unit(levels[series], close)
        });
        Self {
            table,
            features,
            levels,
            target,
        }
    }

    /// Log return of `step` (from 0) days after `origin`, in the units the model works in.
    pub fn to_units(&self, origin: usize, step: usize, log_return: f64) -> f64 {
        match self.target {
            Target::Return => log_return / self.spread(origin, step),
            Target::Level => {
                let close = (self.features.log_close[origin] + log_return).exp();
                to_unit(self.level_range(origin), close)
            }
        }
    }

    /// The inverse of [`Series::to_units`].
    pub fn to_log_return(&self, origin: usize, step: usize, value: f64) -> f64 {
        match self.target {
            Target::Return => value * self.spread(origin, step),
            Target::Level => {
                let (low, high) = self.level_range(origin);
                // A model can give a price below zero, which no log can hold.
                let close = (low + value * (high - low)).max(1e-3 * low);
                close.ln() - self.features.log_close[origin]
            }
        }
    }

    /// Scaled level of a log close, as the level target's own feature.
    pub fn unit_level(&self, origin: usize, log_close: f64) -> f64 {
        to_unit(self.level_range(origin), log_close.exp())
    }

    /// What is forecast.
    pub fn target(&self) -> Target {
        self.target
    }

    /// Volatility grows with the square root of the days.
    fn spread(&self, origin: usize, step: usize) -> f64 {
        self.features.volatility[origin] * ((step + 1) as f64).sqrt()
    }

    fn level_range(&self, origin: usize) -> (f64, f64) {
        self.levels[self.table.series_of_row(origin)]
    }

    /// Observed log return from `origin` to `step` (from 0) days later.
    pub fn log_return(&self, origin: usize, step: usize) -> f64 {
        self.features.log_close[origin + 1 + step] - self.features.log_close[origin]
    }

    /// Rows after `origin` in its series.
    pub fn days_after(&self, origin: usize) -> usize {
        self.table.range(self.table.series_of_row(origin)).end - 1 - origin
    }

    /// Origins with `lookback` days behind and at least one day after, that `keep` accepts.
    pub fn origins(&self, lookback: usize, keep: impl FnMut(usize) -> bool) -> Result<Vec<u32>> {
        let Features {
            values,
            d_input,
            usable,
            ..
        } = &self.features;
        let windows = Windows::without_targets(values, *d_input, usable, lookback)?;
        Ok(windows.retain(keep).origins().to_vec())
    }
}

fn to_unit((low, high): (f64, f64), close: f64) -> f64 {
    (close - low) / (high - low).max(1e-9 * high)
}

fn close_range(table: &SeriesTable, series: usize, before: Date) -> (f64, f64) {
    let close = table.column("close").unwrap_or_default();
    let range = table.range(series);
    let earlier = range.clone().filter(|&row| table.dates()[row] < before);
    let fold = |rows: &mut dyn Iterator<Item = usize>| {
        rows.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), row| {
            (low.min(close[row]), high.max(close[row]))
        })
    };
    let (low, high) = fold(&mut earlier.into_iter());
    if low.is_finite() {
        (low, high)
    } else {
        fold(&mut range.clone())
    }
}

/// Everything a fit needs.
pub struct Prepared {
    /// Prices, features and units.
    pub series: Arc<Series>,
    /// The split.
    pub split: TimeSplit,
    /// What is saved for inference.
    pub inference: Inference,
    /// Origins to train on.
    pub train: Vec<u32>,
    /// Origins to validate on.
    pub valid: Vec<u32>,
    /// Origins whose first day ahead is in the test part.
    pub test: Vec<u32>,
}

/// Splits, and fits scaler, units and starting quantiles on the training part.
pub fn prepare(
    prices: &Prices,
    split: TimeSplit,
    config: &StockConfig,
    horizon: usize,
    test_until: Option<Date>,
) -> Result<Prepared> {
    let table = prices.table.clone();
    let test_from = split.test_start();
    let train_until = split
        .spans()
        .iter()
        .find(|span| span.part == Some(Part::Train))
        .map(|span| span.to)
        .ok_or_else(too_short)?;
    let levels: Vec<(f64, f64)> = (0..table.n_series())
        .map(|series| close_range(&table, series, train_until))
        .collect();
    let names = (0..table.n_series()).map(|series| table.series(series).to_string());
    let named_levels = match config.target {
        Target::Level => names.zip(levels.iter().copied()).collect(),
        Target::Return => BTreeMap::new(),
    };
    let mut series = Series::unscaled(table, levels, config.target);

    let dates = series.table.dates();
    let features = &series.features;
    let training_rows: Vec<usize> = features
        .usable
        .iter()
        .flat_map(|range| range.clone())
        .filter(|&row| dates[row] <= train_until)
        .collect();
    let scaler = Scaler::fit(
        config.scaler,
        &features.values,
        features.d_input,
        training_rows,
    )?;

    let windows = Windows::new(
        &features.values,
        features.d_input,
        &features.usable,
        config.lookback,
        horizon,
    )?;
    let (mut train, mut valid) = (Vec::new(), Vec::new());
    for &origin in windows.origins() {
        let at = origin as usize;
        let first_read = dates[at + 1 - config.lookback];
        match split.part_of_window(first_read, dates[at + 1], dates[at + horizon]) {
            Some(Part::Train) => train.push(origin),
            Some(Part::Valid) => valid.push(origin),
            Some(Part::Test) | None => {}
        }
    }
    if train.is_empty() || valid.is_empty() {
        return Err(too_short());
    }
    let test = series.origins(config.lookback, |origin| {
        series.days_after(origin) > 0
            && dates[origin + 1] >= test_from
            && test_until.is_none_or(|until| dates[origin + 1] <= until)
    })?;

    let start = starting_quantiles(&series, &train, horizon);
    let training_days = split.days().partition_point(|&day| day <= train_until);
    let medians = shrunk_medians(&series, &train, horizon, training_days);
    scaler.transform(&mut series.features.values);
    let inference = Inference {
        scaler,
        levels: named_levels,
        start,
        medians,
        horizon,
        target: config.target,
        train_until,
        test_from,
        form: prices.form,
        ahead: prices.ahead,
    };
    // Validation need not see every window of a large panel to rank epochs.
    let valid = thin(valid, 8_192);
    Ok(Prepared {
        series: Arc::new(series),
        split,
        inference,
        train,
        valid,
        test,
    })
}

fn too_short() -> TaskError {
    TaskError::usage(
        "the data are too short for training, validation and test windows",
        "use more rows (--limit), or a smaller --set lookback or horizon",
    )
}

fn thin(items: Vec<u32>, most: usize) -> Vec<u32> {
    let step = items.len().div_ceil(most).max(1);
    items.into_iter().step_by(step).collect()
}

/// Annual Sharpe ratio a price is expected to have, give or take, before its history is seen: that
/// of stock markets over a century (Dimson, Marsh and Staunton, 2002).
const SHARPE: f64 = 0.4;
/// Trading days in a year.
const YEAR: f64 = 252.0;

/// Medians of the training targets, shrunk to zero as a drift must be that few years of data can
/// hardly tell from none: the posterior mean under a normal prior of deviation [`SHARPE`]. Days
/// count, not windows: windows overlap and the symbols of a panel move together.
fn shrunk_medians(series: &Series, train: &[u32], horizon: usize, days: usize) -> Vec<f64> {
    let signal = days as f64 / YEAR * SHARPE * SHARPE;
    // The median of a normal sample varies pi/2 times as much as its mean.
    let shrink = signal / (signal + std::f64::consts::FRAC_PI_2);
    let sample = thin(train.to_vec(), 50_000);
    (0..horizon)
        .map(|step| {
            let mut values: Vec<f64> = sample
                .iter()
                .map(|&origin| origin as usize)
                .map(|origin| series.to_units(origin, step, series.log_return(origin, step)))
                .collect();
            values.sort_by(f64::total_cmp);
            shrink * empirical_quantile(&values, 0.5)
        })
        .collect()
}

/// Quantiles of the training targets over all days ahead, kept apart so that none touch.
fn starting_quantiles(series: &Series, train: &[u32], horizon: usize) -> Vec<f64> {
    let mut values: Vec<f64> = thin(train.to_vec(), 50_000)
        .into_iter()
        .flat_map(|origin| (0..horizon).map(move |step| (origin as usize, step)))
        .map(|(origin, step)| series.to_units(origin, step, series.log_return(origin, step)))
        .collect();
    values.sort_by(f64::total_cmp);
    let mut quantiles: Vec<f64> = LEVELS
        .iter()
        .map(|&level| empirical_quantile(&values, level))
        .collect();
    for k in 1..quantiles.len() {
        quantiles[k] = quantiles[k].max(quantiles[k - 1] + 1e-3);
    }
    quantiles
}

/// Cuts batches out of the table.
pub struct StockBatcher<'a> {
    /// The table.
    pub series: &'a Series,
    /// Days the model reads.
    pub lookback: usize,
    /// Days ahead it gives.
    pub horizon: usize,
}

impl StockBatcher<'_> {
    /// Features of the windows that end at `origins`, `[batch_size, lookback, d_input]`.
    pub fn input(&self, origins: &[u32], device: &Device) -> Tensor<3> {
        let Features {
            values, d_input, ..
        } = &self.series.features;
        windows(values, *d_input, self.lookback, origins, device)
    }
}

impl Batcher for StockBatcher<'_> {
    type Batch = StockBatch;

    fn batch(&self, items: &[u32], _: usize, device: &Device) -> StockBatch {
        let series = self.series;
        let targets: Vec<f32> = items
            .iter()
            .flat_map(|&origin| (0..self.horizon).map(move |step| (origin as usize, step)))
            .map(|(origin, step)| {
                series.to_units(origin, step, series.log_return(origin, step)) as f32
            })
            .collect();
        let target = TensorData::new(targets, [items.len(), self.horizon]);
        StockBatch {
            input: self.input(items, device),
            target: Tensor::from_data(target, device),
        }
    }
}
