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
    /// Median 0, interquartile range 1.349 (that of a normal distribution of deviation 1).
    Robust,
}

impl std::str::FromStr for ScalerKind {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
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
///
/// As JSON: `{"kind":"standard","center":[…],"scale":[…]}`. Reading it back fails when the lists
/// differ in length or a scale is not above zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved")]
pub struct Scaler {
    /// How it was fitted.
    pub kind: ScalerKind,
    /// Subtracted, one a feature, in the feature's unit.
    pub center: Vec<f64>,
    /// Divided by, one a feature, in the feature's unit; 1 for a feature that never changes.
    pub scale: Vec<f64>,
}

/// A scaler as a file has it.
#[derive(Deserialize)]
struct Saved {
    kind: ScalerKind,
    center: Vec<f64>,
    scale: Vec<f64>,
}

impl TryFrom<Saved> for Scaler {
    type Error = &'static str;

    fn try_from(saved: Saved) -> std::result::Result<Self, Self::Error> {
        let good = |scale: &f64| scale.is_finite() && *scale > 0.0;
        if saved.center.is_empty() || saved.center.len() != saved.scale.len() {
            return Err("a scaler needs one center and one scale for each feature");
        }
        if !saved.scale.iter().all(good) || !saved.center.iter().all(|value| value.is_finite()) {
            return Err("a scaler needs finite centers and scales above zero");
        }
        Ok(Self {
            kind: saved.kind,
            center: saved.center,
            scale: saved.scale,
        })
    }
}

impl Scaler {
    /// Fits on the given rows of `values`, `[rows * d]` row-major.
    ///
    /// # Errors
    /// When `d` is 0, there is no row, a row lies outside `values`, or a value is not finite.
    pub fn fit(
        kind: ScalerKind,
        values: &[f32],
        d: usize,
        rows: impl IntoIterator<Item = usize>,
    ) -> Result<Self> {
        let rows: Vec<usize> = rows.into_iter().collect();
        let Some(last) = rows.iter().max() else {
            let what = "a scaler needs at least one row";
            return Err(DataError::unfit(what, "use more data"));
        };
        if d == 0 || *last >= values.len() / d {
            let what = format!("row {last} of {d} features lies outside the values");
            return Err(DataError::unfit(what, "give rows of the same table"));
        }
        let mut scaler = Self {
            kind,
            center: Vec::with_capacity(d),
            scale: Vec::with_capacity(d),
        };
        let mut column: Vec<f64> = Vec::with_capacity(rows.len());
        for feature in 0..d {
            column.clear();
            column.extend(rows.iter().map(|&row| f64::from(values[row * d + feature])));
            if column.iter().any(|value| !value.is_finite()) {
                return Err(DataError::unfit(
                    format!("feature {feature} has a value that is not a finite number"),
                    "fill missing cells, or leave their rows out",
                ));
            }
            let (low, high) = range(&column);
            let (center, scale) = match kind {
                // Rounding gives a feature that never changes a tiny deviation.
                _ if low == high => (low, 0.0),
                ScalerKind::Standard => standard(&column),
                ScalerKind::MinMax => (low, high - low),
                ScalerKind::Robust => robust(&mut column),
            };
            scaler.center.push(center);
            scaler.scale.push(if scale > 0.0 { scale } else { 1.0 });
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
    ///
    /// # Panics
    /// When there is no such feature, as [`Scaler::inverse_value`] does.
    pub fn transform_value(&self, feature: usize, value: f64) -> f64 {
        (value - self.center[feature]) / self.scale[feature]
    }

    /// Undoes [`Scaler::transform_value`].
    ///
    /// # Panics
    /// When there is no such feature.
    pub fn inverse_value(&self, feature: usize, value: f64) -> f64 {
        value * self.scale[feature] + self.center[feature]
    }

    fn each(&self, values: &mut [f32], apply: impl Fn(f64, f64, f64) -> f64) {
        let d = self.center.len();
        assert!(
            d > 0 && values.len().is_multiple_of(d),
            "rows of {d} features"
        );
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
    let variance = column
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count;
    (mean, variance.sqrt())
}

fn range(column: &[f64]) -> (f64, f64) {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
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

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: [f32; 12] = [
        1.0, 5.0, 100.0, 2.0, 5.0, 300.0, 3.0, 5.0, 200.0, 6.0, 5.0, 400.0,
    ];

    fn fit(kind: ScalerKind) -> Scaler {
        Scaler::fit(kind, &TABLE, 3, 0..4).expect("the table is good")
    }

    #[test]
    fn known_values() {
        let standard = fit(ScalerKind::Standard);
        assert_eq!(standard.center, [3.0, 5.0, 250.0]);
        assert_eq!(standard.scale, [3.5_f64.sqrt(), 1.0, 12500_f64.sqrt()]);
        let min_max = fit(ScalerKind::MinMax);
        assert_eq!(min_max.center, [1.0, 5.0, 100.0]);
        assert_eq!(min_max.scale, [5.0, 1.0, 300.0]);
        let robust = fit(ScalerKind::Robust);
        assert_eq!(robust.center, [2.5, 5.0, 250.0]);
        assert_eq!(robust.scale, [2.0 / 1.349, 1.0, 150.0 / 1.349]);
        let mut row = [6.0, 5.0, 100.0];
        min_max.transform(&mut row);
        assert_eq!(row, [1.0, 0.0, 0.0]);
        assert_eq!(min_max.transform_value(2, 250.0), 0.5);
        assert_eq!(min_max.inverse_value(2, 0.5), 250.0);
    }

    #[test]
    fn only_the_given_rows_count() {
        let some = Scaler::fit(ScalerKind::MinMax, &TABLE, 3, [0, 2]).expect("good rows");
        assert_eq!(some.scale, [2.0, 1.0, 100.0]);
    }

    #[test]
    fn a_large_constant_has_scale_one() {
        let values = vec![123_456_790_f32; 1001];
        for kind in [ScalerKind::Standard, ScalerKind::MinMax, ScalerKind::Robust] {
            let scaler = Scaler::fit(kind, &values, 1, 0..1001).expect("good rows");
            assert_eq!(
                (scaler.center[0], scaler.scale[0]),
                (f64::from(values[0]), 1.0)
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let kind = ScalerKind::Standard;
        assert!(Scaler::fit(kind, &TABLE, 3, []).is_err());
        assert!(Scaler::fit(kind, &TABLE, 3, [4]).is_err());
        assert!(Scaler::fit(kind, &TABLE, 0, [0]).is_err());
        assert!(Scaler::fit(kind, &[1.0, f32::NAN], 1, 0..2).is_err());
        assert!(Scaler::fit(kind, &[1.0, f32::INFINITY], 1, 0..2).is_err());
        assert!("none".parse::<ScalerKind>().is_err());
    }

    #[test]
    fn a_saved_scaler_comes_back_and_a_damaged_one_does_not() {
        for kind in ["standard", "min-max", "robust"] {
            let scaler = fit(kind.parse().expect("a known name"));
            let text = toml::to_string(&scaler).expect("it can be written");
            assert!(text.contains(&format!("kind = \"{kind}\"")), "{text}");
            assert_eq!(
                toml::from_str::<Scaler>(&text).expect("it can be read"),
                scaler
            );
        }
        for lists in [
            "center=[0.0]\nscale=[]",
            "center=[0.0]\nscale=[0.0]",
            "center=[nan]\nscale=[1.0]",
        ] {
            let text = format!("kind = \"standard\"\n{lists}");
            assert!(toml::from_str::<Scaler>(&text).is_err(), "{text}");
        }
    }
}
