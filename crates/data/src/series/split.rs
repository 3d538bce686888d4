//! Splits by time, with a gap in which windows would overlap.

use crate::error::{DataError, Result};
use jiff::civil::Date;

/// Shares of the days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitConfig {
    /// Share of all days that validates.
    pub valid: f64,
    /// Share of all days that tests: the last ones.
    pub test: f64,
    /// Rows a window reads.
    pub lookback: usize,
    /// Rows it forecasts.
    pub horizon: usize,
}

/// A part of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// To fit on.
    Train,
    /// To choose on.
    Valid,
    /// To report on.
    Test,
}

/// A stretch of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The part; none is the purge gap.
    pub part: Option<Part>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Number of days with data.
    pub days: usize,
}

/// A split of days into train, validation and test.
///
/// A window belongs to the part its forecast days lie in. Before the next part, `lookback` days are
/// purged, so that no day a part's targets use is read or forecast by a window of the next one:
/// origins of neighbouring parts lie at least `lookback + horizon` apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSplit {
    days: Vec<Date>,
    /// Days whose targets train: the first `train`.
    train: usize,
    valid: std::ops::Range<usize>,
    test: usize,
}

impl TimeSplit {
    /// Splits by share of the distinct days.
    ///
    /// # Errors
    /// When a part would have no window.
    pub fn new(dates: &[Date], config: SplitConfig) -> Result<Self> {
        let mut days = dates.to_vec();
        days.sort_unstable();
        days.dedup();
        let count = days.len() as f64;
        let test = days.len() - (count * config.test).round() as usize;
        let valid = test.saturating_sub((count * config.valid).round() as usize);
        Self::at(days, valid, test, config.lookback, config.horizon)
    }

    /// Splits at given days; `test_start` may lie after the last day.
    ///
    /// # Errors
    /// When a part would have no window.
    pub fn from_dates(
        mut days: Vec<Date>,
        valid_start: Date,
        test_start: Date,
        lookback: usize,
        horizon: usize,
    ) -> Result<Self> {
        days.sort_unstable();
        days.dedup();
        let valid = days.partition_point(|&day| day < valid_start);
        let test = days.partition_point(|&day| day < test_start);
        Self::at(days, valid, test, lookback, horizon)
    }

    fn at(
        days: Vec<Date>,
        valid: usize,
        test: usize,
        lookback: usize,
        horizon: usize,
    ) -> Result<Self> {
        let short = |part: &str, have: usize, need: usize| {
            DataError::unfit(
                format!("the {part} part has {have} days, it needs {need}"),
                "use more days, a larger share for it, or a smaller lookback or horizon",
            )
        };
        let train = valid.saturating_sub(lookback);
        if train < lookback + horizon {
            return Err(short("training", train, lookback + horizon));
        }
        // With no test days there is nothing validation could leak into.
        let valid_end = if test < days.len() { test.saturating_sub(lookback) } else { test };
        if valid_end < valid + horizon {
            let need = horizon + if test < days.len() { lookback } else { 0 };
            return Err(short("validation", test.saturating_sub(valid), need));
        }
        Ok(Self { days, train, valid: valid..valid_end, test })
    }

    /// The part of a window, by its first and last forecast day; none is purged.
    pub fn part(&self, first_target: Date, last_target: Date) -> Option<Part> {
        let first = self.position(first_target);
        let last = self.position(last_target);
        if first >= self.test {
            Some(Part::Test)
        } else if first >= self.valid.start && last < self.valid.end {
            Some(Part::Valid)
        } else if last < self.train {
            Some(Part::Train)
        } else {
            None
        }
    }

    /// The parts and the gaps between them, in order.
    pub fn spans(&self) -> Vec<Span> {
        let n = self.days.len();
        [
            (Some(Part::Train), 0..self.train),
            (None, self.train..self.valid.start),
            (Some(Part::Valid), self.valid.clone()),
            (None, self.valid.end..self.test),
            (Some(Part::Test), self.test..n),
        ]
        .into_iter()
        .filter(|(_, range)| !range.is_empty())
        .map(|(part, range)| Span {
            part,
            from: self.days[range.start],
            to: self.days[range.end - 1],
            days: range.len(),
        })
        .collect()
    }

    /// The distinct days.
    pub fn days(&self) -> &[Date] {
        &self.days
    }

    /// First day of the validation part.
    pub fn valid_start(&self) -> Date {
        self.days[self.valid.start]
    }

    /// First day of the test part; the day after the last one when there is none.
    pub fn test_start(&self) -> Date {
        match self.days.get(self.test) {
            Some(&day) => day,
            None => {
                let last = self.days[self.days.len() - 1];
                last.tomorrow().unwrap_or(last)
            }
        }
    }

    fn position(&self, day: Date) -> usize {
        self.days.partition_point(|&other| other < day)
    }
}
