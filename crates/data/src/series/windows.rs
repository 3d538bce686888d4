//! Windows: views into one table, never copied.

use crate::error::{DataError, Result};
use std::ops::Range;

/// What a model reads and what it should forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Window<'a> {
    /// Row of the last observed step.
    pub origin: usize,
    /// Features of the `lookback` rows that end at `origin`: `[lookback * d_input]` row-major.
    pub input: &'a [f32],
    /// The `horizon` rows after `origin`.
    pub targets: Range<usize>,
}

/// All windows of a table of series.
#[derive(Debug, Clone)]
pub struct Windows<'a> {
    values: &'a [f32],
    d_input: usize,
    lookback: usize,
    horizon: usize,
    origins: Vec<u32>,
}

impl<'a> Windows<'a> {
    /// Windows of `lookback` rows with `horizon` rows after them, inside each of `ranges`.
    ///
    /// `values` is `[rows * d_input]` row-major.
    ///
    /// # Errors
    /// When lookback or horizon is 0, no range is long enough, or ranges and values do not fit.
    pub fn new(
        values: &'a [f32],
        d_input: usize,
        ranges: &[Range<usize>],
        lookback: usize,
        horizon: usize,
    ) -> Result<Self> {
        if horizon == 0 {
            return Err(DataError::unfit(
                "the horizon is 0",
                "choose a horizon of 1 or more",
            ));
        }
        Self::build(values, d_input, ranges, lookback, horizon)
    }

    /// Windows with nothing asked of the rows after them: the last ends at the last row.
    ///
    /// # Errors
    /// When lookback is 0, no range is long enough, or ranges and values do not fit.
    pub fn without_targets(
        values: &'a [f32],
        d_input: usize,
        ranges: &[Range<usize>],
        lookback: usize,
    ) -> Result<Self> {
        Self::build(values, d_input, ranges, lookback, 0)
    }

    fn build(
        values: &'a [f32],
        d_input: usize,
        ranges: &[Range<usize>],
        lookback: usize,
        horizon: usize,
    ) -> Result<Self> {
        if lookback == 0 {
            let what = "the lookback is 0";
            return Err(DataError::unfit(what, "choose a lookback of 1 or more"));
        }
        let rows = values.len().checked_div(d_input).unwrap_or(0);
        let outside = ranges.iter().any(|range| range.end > rows);
        if outside || rows * d_input != values.len() || u32::try_from(rows).is_err() {
            let count = values.len();
            return Err(DataError::unfit(
                format!("{count} values are not the rows of {d_input} features asked for"),
                "give the row ranges and the values of one table, of fewer than 2^32 rows",
            ));
        }
        let needed = lookback.saturating_add(horizon);
        let origins: Vec<u32> = ranges
            .iter()
            .filter(|range| range.len() >= needed)
            .flat_map(|range| range.start + lookback - 1..range.end - horizon)
            .map(|origin| origin as u32)
            .collect();
        if origins.is_empty() {
            let longest = ranges.iter().map(Range::len).max().unwrap_or(0);
            return Err(DataError::unfit(
                format!(
                    "no series is long enough: the longest has {longest} usable rows, a window \
                     needs {needed}"
                ),
                "use more rows, or a smaller lookback or horizon",
            ));
        }
        Ok(Self {
            values,
            d_input,
            lookback,
            horizon,
            origins,
        })
    }

    /// Keeps the windows whose origin `keep` accepts.
    pub fn retain(mut self, mut keep: impl FnMut(usize) -> bool) -> Self {
        self.origins.retain(|&origin| keep(origin as usize));
        self
    }

    /// Number of windows.
    pub fn len(&self) -> usize {
        self.origins.len()
    }

    /// Whether there is no window.
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    /// A window.
    ///
    /// # Panics
    /// When `index` is not below [`Windows::len`].
    pub fn get(&self, index: usize) -> Window<'a> {
        let origin = self.origins[index] as usize;
        let end = (origin + 1) * self.d_input;
        Window {
            origin,
            input: &self.values[end - self.lookback * self.d_input..end],
            targets: origin + 1..origin + 1 + self.horizon,
        }
    }

    /// All windows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Window<'a>> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Row of the last observed step of every window.
    pub fn origins(&self) -> &[u32] {
        &self.origins
    }

    /// Rows that a window reads.
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// Rows that are its targets.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// Features of a row.
    pub fn d_input(&self) -> usize {
        self.d_input
    }
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "a table of one series has one range of rows"
)]
mod tests {
    use super::*;

    fn values(rows: usize) -> Vec<f32> {
        (0..2 * rows).map(|value| value as f32).collect()
    }

    #[test]
    fn windows_read_up_to_their_origin() {
        let values = values(6);
        let windows = Windows::new(&values, 2, &[0..6], 2, 3).expect("long enough");
        assert_eq!(windows.origins(), [1, 2]);
        assert_eq!(windows.get(1).input, [2.0, 3.0, 4.0, 5.0]);
        assert_eq!(windows.get(1).targets, 3..6);
        assert_eq!(windows.iter().len(), 2);
        let kept = windows.retain(|origin| origin == 2);
        assert_eq!((kept.len(), kept.get(0).origin), (1, 2));
    }

    #[test]
    fn short_series_give_none() {
        let values = values(9);
        let windows = Windows::new(&values, 2, &[0..2, 2..5, 5..9], 2, 1).expect("long enough");
        assert_eq!(windows.origins(), [3, 6, 7]);
    }

    #[test]
    fn the_last_row_predicts_without_targets() {
        let values = values(3);
        let windows = Windows::without_targets(&values, 2, &[0..3], 2).expect("long enough");
        assert_eq!(windows.origins(), [1, 2]);
        assert!(windows.get(1).targets.is_empty());
        assert_eq!(windows.get(1).input, [2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let values = values(4);
        let help = |result: Result<Windows>| result.expect_err("it does not fit").to_string();
        assert_eq!(
            help(Windows::new(&values, 2, &[0..4], 0, 1)),
            "the lookback is 0"
        );
        assert_eq!(
            help(Windows::new(&values, 2, &[0..4], 1, 0)),
            "the horizon is 0"
        );
        assert_eq!(
            help(Windows::new(&values, 2, &[0..1, 1..4], 3, 2)),
            "no series is long enough: the longest has 3 usable rows, a window needs 5"
        );
        assert!(Windows::new(&values, 2, &[0..4], usize::MAX, 2).is_err());
        assert!(Windows::new(&values, 2, &[0..5], 1, 1).is_err());
        assert!(Windows::new(&values, 3, &[0..2], 1, 1).is_err());
        assert!(Windows::new(&values, 0, &[0..4], 1, 1).is_err());
    }
}
