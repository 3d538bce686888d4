//! Windows: views into one table, never copied.

use crate::error::{DataError, Result};
use std::ops::Range;

/// What a model reads and what it should forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Window<'a> {
    /// Row of the last observed step.
    pub origin: usize,
    /// Row-major features of the `lookback` rows that end at `origin`.
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
    /// # Errors
    /// When lookback or horizon is 0, or no range is long enough.
    pub fn new(
        values: &'a [f32],
        d_input: usize,
        ranges: &[Range<usize>],
        lookback: usize,
        horizon: usize,
    ) -> Result<Self> {
        if horizon == 0 {
            return Err(DataError::unfit("the horizon is 0", "choose a horizon of 1 or more"));
        }
        Self::build(values, d_input, ranges, lookback, horizon)
    }

    /// Windows with nothing asked of the rows after them: the last ends at the last row.
    ///
    /// # Errors
    /// When lookback is 0, or no range is long enough.
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
            return Err(DataError::unfit("the lookback is 0", "choose a lookback of 1 or more"));
        }
        let needed = lookback + horizon;
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
        Ok(Self { values, d_input, lookback, horizon, origins })
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
    pub fn iter(&self) -> impl Iterator<Item = Window<'a>> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Row of the last observed step of every window.
    pub fn origins(&self) -> &[u32] {
        &self.origins
    }

    /// Rows a window reads.
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// Rows after it.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// Features a row.
    pub fn d_input(&self) -> usize {
        self.d_input
    }
}
