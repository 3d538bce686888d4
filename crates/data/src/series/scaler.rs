//! Scaling features by what the training part says.

use crate::error::{DataError, Result};
use serde::{Deserialize, Serialize};

/// How features are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScalerKind {
    /// Mean 0, standard deviation 1.
    Standard,
    /// Lowest 0, highest 1.
    MinMax,
    /// Median 0, interquartile range 1.349 (that of a normal with deviation 1).
    Robust,
}

impl std::str::FromStr for ScalerKind {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "standard" => Ok(Self::Standard),
            "min-max" => Ok(Self::MinMax),
            "robust" => Ok(Self::Robust),
            _ => Err(DataError::unfit(
                format!("there is no scaler named {text}"),
                "the scalers are: standard, min-max, robust",
            )),
        }
    }
}

/// `(value - center) / scale`, feature by feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    /// How it was fitted.
    pub kind: ScalerKind,
    /// Subtracted, one a feature.
    pub center: Vec<f64>,
    /// Divided by, one a feature; 1 for a feature that never changes.
    pub scale: Vec<f64>,
}

impl Scaler {
    /// Fits on the given rows of a row-major table of `d` features.
    ///
    /// # Errors
    /// When there is no row, or a value is not finite.
    pub fn fit(
        kind: ScalerKind,
        values: &[f32],
        d: usize,
        rows: impl IntoIterator<Item = usize>,
    ) -> Result<Self> {
        let rows: Vec<usize> = rows.into_iter().collect();
        if rows.is_empty() {
            return Err(DataError::unfit("a scaler needs at least one row", "use more data"));
        }
        let mut scaler = Self { kind, center: Vec::new(), scale: Vec::new() };
        let mut column: Vec<f64> = Vec::with_capacity(rows.len());
        for feature in 0..d {
            column.clear();
            column.extend(rows.iter().map(|&row| f64::from(values[row * d + feature])));
            if column.iter().any(|value| !value.is_finite()) {
                return Err(DataError::unfit(
                    format!("feature {feature} has a value that is not a finite number"),
                    "choose a policy for missing cells",
                ));
            }
            let (center, scale) = match kind {
                ScalerKind::Standard => standard(&column),
                ScalerKind::MinMax => min_max(&column),
                ScalerKind::Robust => robust(&mut column),
            };
            scaler.center.push(center);
            scaler.scale.push(if scale > 1e-12 { scale } else { 1.0 });
        }
        Ok(scaler)
    }

    /// Scales row-major values in place.
    ///
    /// # Panics
    /// When the length is not a multiple of the number of features.
    pub fn transform(&self, values: &mut [f32]) {
        self.each(values, |value, center, scale| (value - center) / scale);
    }

    /// Undoes [`Scaler::transform`].
    ///
    /// # Panics
    /// When the length is not a multiple of the number of features.
    pub fn inverse(&self, values: &mut [f32]) {
        self.each(values, |value, center, scale| value * scale + center);
    }

    /// Scales one value.
    pub fn transform_value(&self, feature: usize, value: f64) -> f64 {
        (value - self.center[feature]) / self.scale[feature]
    }

    /// Undoes [`Scaler::transform_value`].
    pub fn inverse_value(&self, feature: usize, value: f64) -> f64 {
        value * self.scale[feature] + self.center[feature]
    }

    fn each(&self, values: &mut [f32], apply: impl Fn(f64, f64, f64) -> f64) {
        let d = self.center.len();
        assert!(d > 0 && values.len().is_multiple_of(d), "rows of {d} features");
        for row in values.chunks_exact_mut(d) {
            for ((value, center), scale) in row.iter_mut().zip(&self.center).zip(&self.scale) {
                *value = apply(f64::from(*value), *center, *scale) as f32;
            }
        }
    }
}

fn standard(column: &[f64]) -> (f64, f64) {
    let count = column.len() as f64;
    let mean = column.iter().sum::<f64>() / count;
    let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

fn min_max(column: &[f64]) -> (f64, f64) {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high - low)
}

fn robust(column: &mut [f64]) -> (f64, f64) {
    column.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (column.len() - 1) as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        column[low] + part * (column[(low + 1).min(column.len() - 1)] - column[low])
    };
    (at(0.5), (at(0.75) - at(0.25)) / 1.349)
}
