//! From observations to windows: the split, and everything fitted on the training part alone.

use super::baselines::Baselines;
use super::config::{Features, WeatherConfig};
use super::data::{TODAY, TOMORROW, measured};
use super::model::WeatherBatch;
use crate::error::{Result, TaskError};
use crate::fit::{Batcher, windows};
use burn::tensor::{Device, Tensor, TensorData};
use jiff::civil::Date;
use rekindle_data::{Part, Scaler, ScalerKind, SeriesTable, SplitConfig, TimeSplit};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Days that may be missing inside a window: more, and it does not show what came before.
const HOLES: i32 = 3;

/// Spreads from the mean of the training part beyond which most values of a column are of another kind.
const FAR: f32 = 4.0;
/// Spreads beyond which a single value is.
const FARTHEST: f32 = 12.0;

/// What a saved model needs beside its weights; `inference.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inference {
    /// Scales the features.
    pub scaler: Scaler,
    /// First day of the test part.
    pub test_from: Date,
    /// Fitted on the training part.
    pub baselines: Baselines,
}

impl Inference {
    /// What cannot be, if anything: the file may have been changed by hand.
    pub fn unsound(&self, config: &WeatherConfig) -> Option<&'static str> {
        let season = if config.features == Features::All {
            2
        } else {
            0
        };
        let features = measured(config.features).len() + season;
        match () {
            () if self.scaler.center.len() != features => Some("it scales other features"),
            () if !self.baselines.is_sound() => Some("its frequencies of rain"),
            () => None,
        }
    }
}

/// Observations as networks read them.
pub struct Days {
    /// The observations.
    pub table: SeriesTable,
    /// Scaled features, row by row.
    values: Vec<f32>,
    d_input: usize,
    lookback: usize,
}

/// All that `run` fits on.
pub struct Prepared {
    /// The observations.
    pub days: Arc<Days>,
    /// For later.
    pub inference: Inference,
    /// Rows that windows end at.
    pub train: Vec<u32>,
    /// Those that validate.
    pub valid: Vec<u32>,
    /// Those that test, by day.
    pub test: Vec<u32>,
    /// The parts in time.
    pub split: TimeSplit,
}

/// Splits by time and fits scaler and baselines.
pub fn prepare(table: SeriesTable, config: &WeatherConfig) -> Result<Prepared> {
    let dates: Vec<Date> = table.dates().to_vec();
    let split = TimeSplit::new(
        &dates,
        SplitConfig {
            valid: config.valid,
            test: config.test,
            lookback: config.lookback,
            horizon: 1,
        },
    )?;
    let (mut values, d_input) = features(&table, config.features);
    let lookback = config.lookback;
    let ends = ends(&table, lookback);
    let of = |wanted: Part| -> Vec<u32> {
        let mut rows: Vec<u32> = ends
            .iter()
            .copied()
            .filter(|&end| {
                let (first, last) = (dates[end as usize + 1 - lookback], dates[end as usize]);
                let next = last.tomorrow().unwrap_or(last);
                split.part_of_window(first, next, next) == Some(wanted)
            })
            .collect();
        rows.sort_by_key(|&row| dates[row as usize]);
        rows
    };
    let (train, valid, test) = (of(Part::Train), of(Part::Valid), of(Part::Test));
    for (part, rows) in [
        ("training", &train),
        ("validation", &valid),
        ("test", &test),
    ] {
        if rows.is_empty() {
            return Err(TaskError::usage(
                format!("the {part} part has no window of {lookback} days"),
                "give a longer file, or choose a smaller lookback",
            ));
        }
    }
    let rains = |row: &&u32| flag(&table, TOMORROW, **row as usize) == Some(true);
    let rain = train.iter().filter(rains).count();
    if rain == 0 || rain == train.len() {
        let days = if rain == 0 { "no day" } else { "every day" };
        return Err(TaskError::usage(
            format!(
                "it rains after {days} of the {} of the training part: there is nothing to tell apart",
                train.len()
            ),
            "give a file with days of both kinds; rain tomorrow is read from the column RainTomorrow",
        ));
    }
    let scaler = fit_scaler(&values, d_input, &train)?;
    scale(&mut values, d_input, &scaler);
    let days = Days {
        table,
        values,
        d_input,
        lookback,
    };
    let inference = Inference {
        scaler,
        test_from: split.test_start(),
        baselines: Baselines::fit(&days, &train),
    };
    Ok(Prepared {
        days: Arc::new(days),
        inference,
        train,
        valid,
        test,
        split,
    })
}

impl Days {
    /// Observations for networks that are already fitted.
    pub fn new(table: SeriesTable, config: &WeatherConfig, inference: &Inference) -> Self {
        let (mut values, d_input) = features(&table, config.features);
        scale(&mut values, d_input, &inference.scaler);
        Self {
            table,
            values,
            d_input,
            lookback: config.lookback,
        }
    }

    /// Days that a network reads.
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// Columns whose values lie far outside of what the model was trained on.
    pub fn far(&self, config: &WeatherConfig, inference: &Inference) -> Vec<String> {
        let mut notes = Vec::new();
        for (at, name) in measured(config.features).into_iter().enumerate() {
            let Some(column) = self.table.column(name).filter(|_| name != TODAY) else {
                continue;
            };
            let known = (0..self.table.len()).filter(|&row| column[row].is_finite());
            let known: Vec<usize> = known.collect();
            let away = |row: usize| self.values[row * self.d_input + at].abs();
            let beyond = |limit: f32| known.iter().copied().filter(move |&row| away(row) > limit);
            let most = beyond(FAR).count() * 2 > known.len();
            let far: Vec<usize> = beyond(if most { FAR } else { FARTHEST }).collect();
            let Some(&first) = far.first() else {
                continue;
            };
            let line = self.table.line(first).unwrap_or_default();
            notes.push(format!(
                "{name} is far from all that the model was trained on (around {:.1}) in {} of {} rows, \
                 first row {line} with {}: answers for them are worth little; look at the unit, as \
                 Fahrenheit for Celsius",
                inference.scaler.center[at],
                far.len(),
                known.len(),
                column[first]
            ));
        }
        notes
    }

    /// Size of a day.
    pub fn d_input(&self) -> usize {
        self.d_input
    }

    /// Rows that a whole window ends at.
    pub fn ends(&self) -> Vec<u32> {
        ends(&self.table, self.lookback)
    }

    /// Whether it rains on the day after a row; none where the file does not say.
    pub fn rains_tomorrow(&self, row: usize) -> Option<bool> {
        flag(&self.table, TOMORROW, row)
    }

    /// Whether it rains on the day of a row.
    pub fn rains_today(&self, row: usize) -> Option<bool> {
        flag(&self.table, TODAY, row)
    }

    /// Features of the windows that end at `rows`, `[batch_size, lookback, d_input]`.
    pub fn input(&self, rows: &[u32], device: &Device) -> Tensor<3> {
        windows(&self.values, self.d_input, self.lookback, rows, device)
    }
}

fn flag(table: &SeriesTable, column: &str, row: usize) -> Option<bool> {
    let value = *table.column(column)?.get(row)?;
    (!value.is_nan()).then_some(value > 0.5)
}

/// Unscaled features row by row, and their number; a missing one is NaN.
fn features(table: &SeriesTable, features: Features) -> (Vec<f32>, usize) {
    let columns: Vec<&[f64]> = measured(features)
        .into_iter()
        .filter_map(|name| table.column(name))
        .collect();
    let season = features == Features::All;
    let d_input = columns.len() + if season { 2 } else { 0 };
    let mut values = Vec::with_capacity(table.len() * d_input);
    for (row, date) in table.dates().iter().enumerate() {
        values.extend(columns.iter().map(|column| column[row] as f32));
        if season {
            let angle = std::f64::consts::TAU * f64::from(date.day_of_year()) / 365.25;
            values.extend([angle.sin() as f32, angle.cos() as f32]);
        }
    }
    (values, d_input)
}

/// Rows that a window without larger holes ends at.
fn ends(table: &SeriesTable, lookback: usize) -> Vec<u32> {
    let dates = table.dates();
    let whole = |end: &usize| {
        let days = dates[*end] - dates[*end + 1 - lookback];
        days.get_days() < lookback as i32 + HOLES
    };
    table
        .ranges()
        .iter()
        .flat_map(|range| range.start + lookback - 1..range.end)
        .filter(whole)
        .map(|end| end as u32)
        .collect()
}

/// Fitted on what is not missing.
fn fit_scaler(values: &[f32], d_input: usize, rows: &[u32]) -> Result<Scaler> {
    let mut filled: Vec<f32> = rows
        .iter()
        .flat_map(|&row| &values[row as usize * d_input..(row as usize + 1) * d_input])
        .copied()
        .collect();
    for feature in 0..d_input {
        let known = || {
            filled
                .iter()
                .skip(feature)
                .step_by(d_input)
                .filter(|v| !v.is_nan())
        };
        let (sum, count) = known().fold((0.0, 0.0), |(s, n), v| (s + f64::from(*v), n + 1.0));
        let mean = if count > 0.0 { sum / count } else { 0.0 };
        for value in filled.iter_mut().skip(feature).step_by(d_input) {
            if value.is_nan() {
                *value = mean as f32;
            }
        }
    }
    Ok(Scaler::fit(
        ScalerKind::Standard,
        &filled,
        d_input,
        0..rows.len(),
    )?)
}

/// Scales; a missing value becomes the mean, which is 0.
fn scale(values: &mut [f32], d_input: usize, scaler: &Scaler) {
    debug_assert_eq!(values.len() % d_input.max(1), 0);
    scaler.transform(values);
    for value in values {
        if value.is_nan() {
            *value = 0.0;
        }
    }
}

/// Cuts batches out of the observations.
pub struct WeatherBatcher<'a>(pub &'a Days);

impl Batcher for WeatherBatcher<'_> {
    type Batch = WeatherBatch;

    fn batch(&self, items: &[u32], _: usize, device: &Device) -> WeatherBatch {
        let rains = |&row: &u32| self.0.rains_tomorrow(row as usize) == Some(true);
        let rain: Vec<f32> = items.iter().map(|row| f32::from(rains(row))).collect();
        WeatherBatch {
            input: self.0.input(items, device),
            rain: Tensor::from_data(TensorData::new(rain, [items.len()]), device),
        }
    }
}
