//! Numeric axes: a range with round ends, ticks, and their labels.

use super::marks::{TEXT, text_width};
use super::thin::drawable;

/// One tick of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// Where, in data units.
    pub(crate) at: f64,
    /// Its label; empty for a line without one.
    pub(crate) label: String,
    /// A second line under the label, such as the year.
    pub(crate) below: Option<String>,
}

impl Tick {
    /// Its one or two lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.label.as_str()).chain(self.below.as_deref())
    }

    /// How wide its label is, in pixels.
    pub(crate) fn width(&self) -> f64 {
        self.lines()
            .map(|l| text_width(l, TEXT))
            .fold(0.0, f64::max)
    }
}

/// Smallest and largest drawable number, if there is one.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .filter(|v| drawable(*v))
        .fold(None, |range, v| {
            let (lo, hi) = range.unwrap_or((v, v));
            Some((lo.min(v), hi.max(v)))
        })
}

/// Widens a range that is only one number, and takes in zero when it is near.
pub(crate) fn comfortable((lo, hi): (f64, f64)) -> (f64, f64) {
    let span = hi - lo;
    if span <= f64::EPSILON * lo.abs().max(hi.abs()) {
        let by = if lo == 0.0 { 1.0 } else { lo.abs() * 0.1 };
        return (lo - by, hi + by);
    }
    let lo = if lo > 0.0 && lo < 0.5 * span { 0.0 } else { lo };
    let hi = if hi < 0.0 && -hi < 0.5 * span {
        0.0
    } else {
        hi
    };
    (lo, hi)
}

/// A step of 1, 2, 2.5 or 5 times a power of ten that cuts `span` into about `count` pieces.
pub(crate) fn step(span: f64, count: usize) -> f64 {
    let raw = span / count.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    let factor = raw / power;
    power
        * [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .find(|f| *f >= factor * 0.999)
            .unwrap_or(10.0)
}

/// Ends on round numbers, and the ticks between them.
pub(crate) fn rounded((lo, hi): (f64, f64), count: usize) -> ((f64, f64), Vec<Tick>) {
    let step = step(hi - lo, count);
    let range = (
        (lo / step + 1e-9).floor() * step,
        (hi / step - 1e-9).ceil() * step,
    );
    (range, ticks(range, step))
}

/// The multiples of `step` within a range.
pub(crate) fn ticks((lo, hi): (f64, f64), step: f64) -> Vec<Tick> {
    if !(step.is_finite() && step > 0.0) {
        return Vec::new();
    }
    let from = (lo / step - 1e-9).ceil();
    let count = ((hi / step + 1e-9).floor() - from).clamp(0.0, 200.0) as usize;
    (0..=count)
        .map(|i| {
            let at = (from + i as f64) * step;
            Tick {
                at,
                label: label(at, step),
                below: None,
            }
        })
        .collect()
}

/// A tick label with just the decimals that its step needs.
fn label(value: f64, step: f64) -> String {
    let value = if value.abs() < step * 1e-6 {
        0.0
    } else {
        value
    };
    if value == 0.0 {
        return "0".into();
    }
    let largest = value.abs().max(step);
    if largest >= 1e15 || step < 1e-6 {
        return power(format!("{value:.1e}"));
    }
    for (unit, sign) in [(1e12, " T"), (1e9, " G"), (1e6, " M")] {
        if largest >= unit && step >= unit / 1000.0 {
            return with_decimals(value / unit, step / unit) + sign;
        }
    }
    with_decimals(value, step)
}

fn with_decimals(value: f64, step: f64) -> String {
    let mut decimals = (-step.log10().floor()).max(0.0) as usize;
    let scaled = step * 10f64.powi(decimals as i32);
    if (scaled - scaled.round()).abs() > 1e-6 {
        decimals += 1;
    }
    grouped(&format!("{value:.decimals$}"))
}

/// A number on its own, with about three significant digits.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        "–".into()
    } else if size == 0.0 {
        "0".into()
    } else if !(1e-4..1e15).contains(&size) {
        power(format!("{value:.2e}"))
    } else {
        let decimals = (2.0 - size.log10().floor()).clamp(0.0, 6.0) as usize;
        grouped(&format!("{value:.decimals$}"))
    }
}

/// Numbers for one column: all with the decimals that give the largest three digits, unless
/// that would make a small one look like zero.
pub(crate) fn aligned(values: Vec<f64>) -> Vec<String> {
    let sizes = || {
        values
            .iter()
            .map(|v| v.abs())
            .filter(|v| v.is_finite() && *v > 0.0)
    };
    let most = sizes().fold(0.0, f64::max);
    let least = sizes().fold(f64::INFINITY, f64::min);
    let decimals = (2.0 - most.log10().floor()).clamp(0.0, 6.0) as usize;
    let same = (1e-4..1e15).contains(&most) && least >= 10f64.powi(-(decimals as i32));
    let one = |v: f64| {
        if same && v.is_finite() {
            grouped(&format!("{v:.decimals$}"))
        } else {
            short(v)
        }
    };
    values.iter().copied().map(one).collect()
}

/// "1.5e-7" as 1.5×10⁻⁷.
fn power(text: String) -> String {
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    let digits = digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .replace('-', "−");
    let raised: String = exponent
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            c => c
                .to_digit(10)
                .and_then(|d| char::from_u32(0x2070 + d))
                .unwrap_or(c),
        })
        .collect();
    format!("{digits}×10{raised}")
}

/// Thin spaces between groups of three digits, and a proper minus sign.
fn grouped(text: &str) -> String {
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("−", rest));
    let (whole, rest) = text.find('.').map_or((text, ""), |dot| text.split_at(dot));
    let mut out = String::from(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 && whole.len() > 4 {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(lo: f64, hi: f64) -> Vec<String> {
        rounded((lo, hi), 5)
            .1
            .into_iter()
            .map(|t| t.label)
            .collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(
            labels(-0.2, 0.21),
            ["−0.2", "−0.1", "0", "0.1", "0.2", "0.3"]
        );
        assert_eq!(labels(0.0, 10_000.0).last().unwrap(), "10\u{202f}000");
        assert_eq!(labels(0.0, 3e6).last().unwrap(), "3 M");
        assert_eq!(
            labels(0.0, 12.0),
            ["0", "2.5", "5.0", "7.5", "10.0", "12.5"]
        );
    }

    #[test]
    fn odd_ranges_stay_finite() {
        for (lo, hi) in [
            (0.0, 0.0),
            (5.0, 5.0),
            (-9e99, 9e99),
            (1e-30, 2e-30),
            (1e15, 1e15 + 1.0),
        ] {
            let (range, ticks) = rounded(comfortable((lo, hi)), 5);
            assert!(
                range.0 < range.1 && range.0 <= lo && range.1 >= hi,
                "{lo} {hi} {range:?}"
            );
            assert!(ticks.len() < 30);
        }
        assert_eq!(extent([f64::NAN, f64::INFINITY]), None);
        assert_eq!(extent([2.0, f64::NAN, -1.0]), Some((-1.0, 2.0)));
    }

    #[test]
    fn short_numbers() {
        assert_eq!(short(0.41234), "0.412");
        assert_eq!(short(-12345.6), "−12\u{202f}346");
        assert_eq!(short(1.5e-7), "1.5×10⁻⁷");
        assert_eq!(short(f64::NAN), "–");
        assert_eq!(
            aligned(vec![0.12, -0.03, f64::NAN]),
            ["0.120", "−0.030", "–"]
        );
        assert_eq!(aligned(vec![1234.0, 0.02]), ["1234", "0.0200"]);
    }
}
