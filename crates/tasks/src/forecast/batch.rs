//! Windows as a batch of tensors.

use super::config::PredictAs;
use super::panel::Panel;
use super::window::{self, Window};
use crate::fit::Batcher;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::prelude::*;
use rekindle_eval::RidgeAutoregression;
use rekindle_models::Lengths;

/// Inputs beyond this many scales say no more.
const LARGEST: f64 = 20.0;

/// A batch of windows.
#[derive(Debug, Clone)]
pub struct ForecastBatch {
    /// Patches, oldest first, `[batch_size, patches, d_patch]`; padded at the end.
    pub patches: Tensor<3>,
    /// Valid patches of each window.
    pub lengths: Lengths,
    /// What is known of the patches ahead, `[batch_size, patches_ahead, d_ahead]`.
    pub ahead: Tensor<3>,
    /// Simple forecasts, `[batch_size, horizon, bases]`.
    pub bases: Tensor<3>,
    /// Which vector each series has, `[batch_size, 1]`.
    pub ids: Tensor<2, Int>,
    /// What came, in the window's units, `[batch_size, horizon]`; zeros where it is not known.
    pub target: Tensor<2>,
    /// How much each window counts, `[batch_size, 1]`.
    pub weight: Tensor<2>,
}

/// Cuts windows out of a panel.
pub struct ForecastBatcher<'a> {
    /// The series.
    pub panel: Panel<'a>,
    /// The ridge regression among the bases.
    pub ridge: Option<&'a RidgeAutoregression>,
    /// Series and end of each window.
    pub windows: &'a [(u32, u32)],
}

/// One window's rows of a batch.
#[derive(Default)]
struct Row {
    patches: Vec<f32>,
    length: usize,
    ahead: Vec<f32>,
    bases: Vec<f32>,
    target: Vec<f32>,
    weight: f32,
}

impl ForecastBatcher<'_> {
    /// Size of a patch.
    pub fn d_patch(panel: &Panel) -> usize {
        let encoding = panel.encoding;
        encoding.shape.patch * (4 + encoding.past_width()) + encoding.calendar_width()
    }

    /// Size of what is known of a patch ahead.
    pub fn d_ahead(panel: &Panel) -> usize {
        let encoding = panel.encoding;
        let bases = window::bases(encoding.predict_as, encoding.shape.periods.len());
        encoding.shape.patch * (bases + encoding.future_width())
    }

    fn row(&self, series: usize, end: usize) -> Row {
        let (panel, shape) = (&self.panel, &self.panel.encoding.shape);
        let window = Window::new(panel, series, end);
        let mut row = Row {
            length: window.length.div_ceil(shape.patch),
            weight: window.weight(panel.encoding.level_weight) as f32,
            ..Row::default()
        };
        self.past(&window, series, end, &mut row);
        let ridge = self
            .ridge
            .map(|ridge| window::ridge_forecast(ridge, &window));
        for step in 0..shape.horizon {
            window.bases(panel, ridge.as_deref(), step, &mut row.bases);
        }
        let bases = row.bases.len() / shape.horizon;
        let width = panel.encoding.future_width();
        for step in 0..shape.patches_ahead() * shape.patch {
            let there = step < shape.horizon;
            match there {
                true => {
                    let all = &row.bases[step * bases..(step + 1) * bases];
                    row.ahead.extend(
                        all.iter()
                            .map(|base| base.clamp(-LARGEST as f32, LARGEST as f32)),
                    );
                }
                false => row.ahead.extend(std::iter::repeat_n(0.0, bases)),
            }
            let known = if there {
                panel.future(series, end + step)
            } else {
                &[]
            };
            row.ahead.extend_from_slice(known);
            row.ahead
                .extend(std::iter::repeat_n(0.0, width - known.len()));
        }
        let values = &panel.values[series];
        for step in end..end + shape.horizon {
            let value = values.get(step).map_or(0.0, |value| window.scaled(*value));
            row.target.push(value.clamp(-1e3, 1e3) as f32);
        }
        row
    }

    /// Values, which of them are there, and their changes, a patch after the other.
    fn past(&self, window: &Window, series: usize, end: usize, row: &mut Row) {
        let (panel, shape) = (&self.panel, &self.panel.encoding.shape);
        let (lookback, patch) = (shape.lookback, shape.patch);
        let first = lookback - window.length;
        let lags = match panel.encoding.predict_as {
            PredictAs::Difference | PredictAs::LogReturn => [1, patch],
            _ => {
                let period = |at: Option<&usize>| at.copied().unwrap_or(patch);
                [period(shape.periods.first()), period(shape.periods.last())]
            }
        };
        let width = panel.encoding.past_width();
        let clamped = |value: f64| value.clamp(-LARGEST, LARGEST) as f32;
        for start in (lookback - row.length * patch..lookback).step_by(patch) {
            let steps = || start..start + patch;
            row.patches
                .extend(steps().map(|at| clamped(window.values[at])));
            row.patches
                .extend(steps().map(|at| f32::from(u8::from(at >= first))));
            for lag in lags {
                row.patches
                    .extend(steps().map(|at| match at >= first + lag {
                        true => clamped(window.values[at] - window.values[at - lag]),
                        false => 0.0,
                    }));
            }
            for at in steps() {
                let known = match (end + at).checked_sub(lookback) {
                    Some(step) if at >= first => panel.past(series, step),
                    _ => &[],
                };
                row.patches.extend_from_slice(known);
                row.patches
                    .extend(std::iter::repeat_n(0.0, width - known.len()));
            }
            let calendar = panel.encoding.calendar_width();
            let step = (end + start + patch).saturating_sub(lookback + 1);
            let known = panel.future(series, step);
            row.patches
                .extend_from_slice(&known[known.len().saturating_sub(calendar)..]);
            row.patches.extend(std::iter::repeat_n(
                0.0,
                calendar - calendar.min(known.len()),
            ));
        }
        let d_patch = Self::d_patch(panel);
        row.patches.resize(shape.patches() * d_patch, 0.0);
    }

    /// The batch of windows that end at these steps.
    pub fn cut(&self, windows: &[(u32, u32)], device: &Device) -> ForecastBatch {
        let (panel, shape) = (&self.panel, &self.panel.encoding.shape);
        let rows: Vec<Row> = windows
            .par_iter()
            .map(|&(series, end)| self.row(series as usize, end as usize))
            .collect();
        let size = rows.len();
        let all = |part: fn(&Row) -> &[f32]| {
            rows.iter()
                .flat_map(|row| part(row).iter().copied())
                .collect()
        };
        let floats = |values: Vec<f32>, dims: [usize; 3]| {
            Tensor::<3>::from_data(TensorData::new(values, dims), device)
        };
        let bases = window::bases(panel.encoding.predict_as, shape.periods.len());
        let ids: Vec<i32> = windows
            .iter()
            .map(|&(series, _)| panel.ids[series as usize] as i32)
            .collect();
        let lengths = rows.iter().map(|row| row.length.max(1)).collect();
        let target: Vec<f32> = all(|row| &row.target);
        let weight: Vec<f32> = rows.iter().map(|row| row.weight).collect();
        ForecastBatch {
            patches: floats(
                all(|row| &row.patches),
                [size, shape.patches(), Self::d_patch(panel)],
            ),
            lengths: Lengths::new(lengths)
                .expect("a batch has windows, each of at least one patch"),
            ahead: floats(
                all(|row| &row.ahead),
                [size, shape.patches_ahead(), Self::d_ahead(panel)],
            ),
            bases: floats(all(|row| &row.bases), [size, shape.horizon, bases]),
            ids: Tensor::from_data(TensorData::new(ids, [size, 1]), device),
            target: Tensor::from_data(TensorData::new(target, [size, shape.horizon]), device),
            weight: Tensor::from_data(TensorData::new(weight, [size, 1]), device),
        }
    }
}

impl Batcher for ForecastBatcher<'_> {
    type Batch = ForecastBatch;

    fn batch(&self, items: &[u32], _: usize, device: &Device) -> ForecastBatch {
        let windows: Vec<(u32, u32)> = items
            .iter()
            .map(|&item| self.windows[item as usize])
            .collect();
        self.cut(&windows, device)
    }
}

#[cfg(test)]
mod tests {
    use super::super::panel::Panel;
    use super::super::testing::{encoding, timeline, wave};
    use super::*;

    const ALL: [PredictAs; 5] = [
        PredictAs::Level,
        PredictAs::Difference,
        PredictAs::LogReturn,
        PredictAs::SeasonalDifference,
        PredictAs::Blend,
    ];

    #[test]
    fn inputs_never_look_ahead() {
        let (before, mut after) = (wave(40), wave(40));
        for value in &mut after[20..] {
            *value *= 3.0;
        }
        for predict_as in ALL {
            let rows = [&before, &after].map(|values| {
                let timeline = timeline(std::slice::from_ref(values));
                let encoding = encoding(predict_as, &timeline);
                let batcher = ForecastBatcher {
                    panel: Panel::new(&timeline, &encoding),
                    ridge: None,
                    windows: &[],
                };
                batcher.row(0, 20)
            });
            assert_eq!(rows[0].patches, rows[1].patches, "{predict_as:?}");
            assert_eq!(rows[0].ahead, rows[1].ahead, "{predict_as:?}");
            assert_eq!(rows[0].bases, rows[1].bases, "{predict_as:?}");
            assert_ne!(rows[0].target, rows[1].target, "{predict_as:?}");
        }
    }

    #[test]
    fn bases_are_what_they_say() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let timeline = timeline(&[values]);
        let encoding = encoding(PredictAs::Blend, &timeline);
        let panel = Panel::new(&timeline, &encoding);
        let window = Window::new(&panel, 0, 20);
        let mut bases = Vec::new();
        window.bases(&panel, None, 4, &mut bases);
        let values: Vec<f64> = bases
            .iter()
            .map(|base| window.unscaled(f64::from(*base)))
            .collect();
        // The fifth step ahead is step 24: its last known season is step 16, and step 11 goes with step 19.
        for (value, wanted) in values.iter().zip([19.0, 15.5, 16.0, 12.0, 24.0, 19.0]) {
            assert!((value - wanted).abs() < 1e-4, "{values:?}");
        }
    }

    #[test]
    fn a_short_series_is_padded_at_the_end() {
        let timeline = timeline(&[wave(40), wave(5)]);
        let encoding = encoding(PredictAs::Blend, &timeline);
        let batcher = ForecastBatcher {
            panel: Panel::new(&timeline, &encoding),
            ridge: None,
            windows: &[],
        };
        let batch = batcher.cut(&[(0, 30), (1, 5)], &Device::flex());
        assert_eq!(batch.lengths.as_slice(), [4, 2]);
        assert_eq!(
            batch.patches.dims(),
            [2, 4, ForecastBatcher::d_patch(&batcher.panel)]
        );
        let padded = batch.patches.slice([1..2, 2..4]);
        assert_eq!(padded.abs().sum().into_scalar::<f32>(), 0.0);
    }
}
