//! Quantiles of the days ahead of many origins.

use super::config::{LEVELS, MEDIAN, Strategy};
use super::features::{Day, FEATURES, MARKET_RATIO, Tracker, day};
use super::model::StockModel;
use super::prepare::{Inference, Series, StockBatcher};
use burn::tensor::{Device, Tensor, TensorData};
use std::sync::Arc;

/// Windows in a batch without gradients.
const BATCH: usize = 512;
/// Mean absolute value of a standard normal: what `|return|` is expected to be.
const MEAN_ABSOLUTE: f64 = 0.798;

/// Forecasts of many origins.
#[derive(Debug, Clone)]
pub struct Forecasts {
    /// Row of the last observed day.
    pub origins: Vec<u32>,
    /// Days ahead.
    pub horizon: usize,
    /// Log returns from the origin's close, `[origins, horizon, levels]`.
    pub quantiles: Vec<f64>,
}

impl Forecasts {
    /// The quantiles of a step (from 0) of an origin (by position).
    pub fn at(&self, index: usize, step: usize) -> &[f64] {
        let from = (index * self.horizon + step) * LEVELS.len();
        &self.quantiles[from..from + LEVELS.len()]
    }

    /// The same forecasts, cut to one day ahead.
    pub fn first_step(&self) -> Self {
        let quantiles = (0..self.origins.len())
            .flat_map(|index| self.at(index, 0))
            .copied();
        Self {
            origins: self.origins.clone(),
            horizon: 1,
            quantiles: quantiles.collect(),
        }
    }
}

/// A fitted model with what it needs.
pub struct Forecaster<'a> {
    /// The model.
    pub model: &'a StockModel,
    /// What was fitted beside it.
    pub inference: &'a Inference,
    /// Days it reads.
    pub lookback: usize,
    /// How several days are reached.
    pub strategy: Strategy,
    /// Where it runs.
    pub device: &'a Device,
}

impl Forecaster<'_> {
    /// Forecasts `horizon` days after each of `origins`.
    pub fn forecast(&self, series: &Arc<Series>, origins: &[u32], horizon: usize) -> Forecasts {
        let quantiles = match self.strategy {
            Strategy::Direct => self.direct(series, origins, horizon),
            Strategy::Recursive => self.recursive(series, origins, horizon),
        };
        Forecasts {
            origins: origins.to_vec(),
            horizon,
            quantiles,
        }
    }

    fn direct(&self, series: &Arc<Series>, origins: &[u32], horizon: usize) -> Vec<f64> {
        let batcher = StockBatcher {
            series,
            lookback: self.lookback,
            horizon: self.inference.horizon,
        };
        let mut quantiles = Vec::with_capacity(origins.len() * horizon * LEVELS.len());
        for batch in origins.chunks(BATCH) {
            let output = self.read(batcher.input(batch, self.device));
            for (origin, row) in batch.iter().zip(output.chunks(self.row())) {
                for (step, levels) in row.chunks(LEVELS.len()).take(horizon).enumerate() {
                    let to_return = |&q: &f64| series.to_log_return(*origin as usize, step, q);
                    quantiles.extend(levels.iter().map(to_return));
                }
            }
        }
        quantiles
    }

    /// Numbers the model gives for one window.
    fn row(&self) -> usize {
        self.inference.horizon * LEVELS.len()
    }

    fn read(&self, input: Tensor<3>) -> Vec<f64> {
        self.model
            .forward(input)
            .into_data()
            .iter::<f64>()
            .collect()
    }

    /// Repeats the one-day model on its own median. The days are taken as independent, so the
    /// distances of a quantile from the median add in quadrature; volatility stays as it is.
    fn recursive(&self, series: &Arc<Series>, origins: &[u32], horizon: usize) -> Vec<f64> {
        let mut quantiles = Vec::with_capacity(origins.len() * horizon * LEVELS.len());
        for batch in origins.chunks(BATCH) {
            let mut paths: Vec<Path> = batch
                .iter()
                .map(|&origin| Path::new(series, origin as usize, self.lookback))
                .collect();
            let mut steps = Vec::with_capacity(horizon);
            for _ in 0..horizon {
                let d_input = series.features.d_input;
                let values: Vec<f32> = paths
                    .iter()
                    .flat_map(|path| path.window.iter().copied())
                    .collect();
                let shape = [batch.len(), self.lookback, d_input];
                let input = Tensor::from_data(TensorData::new(values, shape), self.device);
                let output = self.read(input);
                let row = self.row();
                let step: Vec<[f64; LEVELS.len()]> = paths
                    .iter_mut()
                    .zip(output.chunks(row))
                    .map(|(path, row)| path.advance(series, self.inference, &row[..LEVELS.len()]))
                    .collect();
                steps.push(step);
            }
            for path in 0..batch.len() {
                steps.iter().for_each(|step| quantiles.extend(step[path]));
            }
        }
        quantiles
    }
}

/// A window that moves into the days ahead.
struct Path {
    origin: usize,
    window: Vec<f32>,
    tracker: Tracker,
    last: Day,
    median: f64,
    squares: [f64; LEVELS.len()],
}

impl Path {
    fn new(series: &Series, origin: usize, lookback: usize) -> Self {
        let d_input = series.features.d_input;
        let end = (origin + 1) * d_input;
        let mut tracker = Tracker::default();
        let first = series.table.range(series.table.series_of_row(origin)).start;
        for row in first..=origin {
            tracker.push(day(&series.table, row));
        }
        Self {
            origin,
            window: series.features.values[end - lookback * d_input..end].to_vec(),
            tracker,
            last: day(&series.table, origin),
            median: 0.0,
            squares: [0.0; LEVELS.len()],
        }
    }

    /// Takes the model's quantiles of the next day; gives those of the sum so far.
    fn advance(
        &mut self,
        series: &Series,
        inference: &Inference,
        units: &[f64],
    ) -> [f64; LEVELS.len()] {
        let volatility = self.tracker.volatility();
        let step: Vec<f64> = match series.target() {
            super::config::Target::Return => units.iter().map(|unit| unit * volatility).collect(),
            super::config::Target::Level => units
                .iter()
                .map(|&unit| series.to_log_return(self.origin, 0, unit) - self.median)
                .collect(),
        };
        self.median += step[MEDIAN];
        for (square, quantile) in self.squares.iter_mut().zip(&step) {
            *square += (quantile - step[MEDIAN]).powi(2);
        }
        self.push(series, inference, step[MEDIAN], volatility);
        std::array::from_fn(|k| {
            self.median + self.squares[k].sqrt().copysign(k as f64 - MEDIAN as f64)
        })
    }

    /// Appends the expected next day to the window.
    fn push(&mut self, series: &Series, inference: &Inference, change: f64, volatility: f64) {
        // The range that leaves the running variance where it is.
        let variance = (2.0 * volatility.powi(2) - change.powi(2)).max(0.0);
        let next = Day {
            log_close: self.last.log_close + change,
            log_range: (4.0 * std::f64::consts::LN_2 * variance).sqrt(),
            log_open: self.last.log_close,
            volume: f64::NAN,
            weekday: (self.last.weekday + 1) % 5,
        };
        let mut row: Vec<f32> = self.tracker.push(next).to_vec();
        row[1] = MEAN_ABSOLUTE as f32;
        if series.features.d_input > FEATURES.len() {
            row.push(series.unit_level(self.origin, next.log_close) as f32);
        }
        inference.scaler.transform(&mut row);
        // What the other symbols will do is not known: the market stays as it is.
        row[MARKET_RATIO] = self.window[self.window.len() - row.len() + MARKET_RATIO];
        self.window.drain(..row.len());
        self.window.extend(row);
        self.last = next;
    }
}
