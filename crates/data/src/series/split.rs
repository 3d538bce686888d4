//! Splits by time, with a gap in which windows would overlap.

use crate::error::{DataError, Result};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Shares of the days, and the length of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitConfig {
    /// Share of all days that validates, from 0 to 1.
    pub valid: f64,
    /// Share of all days that tests: the last ones; 0 for no test part.
    pub test: f64,
    /// Rows a window reads.
    pub lookback: usize,
    /// Rows it forecasts.
    pub horizon: usize,
}

/// A part of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// To fit on.
    Train,
    /// To choose on.
    Valid,
    /// To report on.
    Test,
}

/// A stretch of days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The part; none is a purge gap, whose days are no part's targets.
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
/// A window belongs to the part that all its target days lie in. The last `lookback` days before
/// validation and before test are nobody's targets, so that no target day of one part is read or
/// forecast by a window of a later part, and origins of two parts lie `lookback + horizon` days or
/// more apart.
///
/// Days are counted over all series. A window of a series that skips days reads further back than
/// `lookback` of them; [`TimeSplit::part_of_window`] sees to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSplit {
    days: Vec<Date>,
    /// Days whose targets train.
    train: Range<usize>,
    /// Days whose targets validate.
    valid: Range<usize>,
    /// Position of the first test day.
    test: usize,
    test_start: Date,
}

impl TimeSplit {
    /// Splits by share of the distinct days; `dates` may be in any order.
    ///
    /// # Errors
    /// When a share is not between 0 and 1, or the training or validation part has no window.
    pub fn new(dates: &[Date], config: SplitConfig) -> Result<Self> {
        let shares = [config.valid, config.test];
        if !shares.iter().all(|share| (0.0..1.0).contains(share)) || shares[0] + shares[1] >= 1.0 {
            return Err(DataError::unfit(
                format!(
                    "the shares {} and {} leave nothing to train on",
                    shares[0], shares[1]
                ),
                "choose shares for validation and test from 0 to 1 that add up to less than 1",
            ));
        }
        let days = distinct(dates.to_vec());
        let part = |share: f64| (days.len() as f64 * share).round() as usize;
        let test = days.len().saturating_sub(part(config.test));
        let valid = test.saturating_sub(part(config.valid));
        // With no test part there is nothing validation could leak into.
        let purge = match test < days.len() {
            true => config.lookback,
            false => 0,
        };
        let test_start = match days.get(test) {
            Some(day) => *day,
            None => days
                .last()
                .map_or(Date::MAX, |day| day.tomorrow().unwrap_or(*day)),
        };
        let bounds = Bounds {
            valid,
            test,
            purge,
            test_start,
        };
        Self::at(days, bounds, config.lookback, config.horizon)
    }

    /// Splits at given days; a `test_start` after the last day stands for test days still to come,
    /// whose windows will read the last `lookback` days.
    ///
    /// # Errors
    /// When the training or validation part has no window.
    pub fn from_dates(
        days: Vec<Date>,
        valid_start: Date,
        test_start: Date,
        lookback: usize,
        horizon: usize,
    ) -> Result<Self> {
        let days = distinct(days);
        let bounds = Bounds {
            valid: days.partition_point(|&day| day < valid_start),
            test: days.partition_point(|&day| day < test_start),
            purge: lookback,
            test_start,
        };
        Self::at(days, bounds, lookback, horizon)
    }

    fn at(days: Vec<Date>, bounds: Bounds, lookback: usize, horizon: usize) -> Result<Self> {
        if lookback == 0 || horizon == 0 {
            let what = "a split needs a lookback and a horizon of 1 or more";
            return Err(DataError::unfit(what, "choose larger ones"));
        }
        let Bounds {
            valid,
            test,
            purge,
            test_start,
        } = bounds;
        // The first window reads `lookback` days before its targets.
        let train_end = valid.saturating_sub(lookback);
        if train_end < lookback.saturating_add(horizon) {
            let needed = lookback.saturating_mul(2).saturating_add(horizon);
            return Err(too_short("training", valid, needed));
        }
        let valid_end = test.saturating_sub(purge);
        if valid_end < valid.saturating_add(horizon) {
            let have = test.saturating_sub(valid);
            return Err(too_short("validation", have, purge.saturating_add(horizon)));
        }
        Ok(Self {
            days,
            train: 0..train_end,
            valid: valid..valid_end,
            test,
            test_start,
        })
    }

    /// The part of a window, by its first and last target day; none is purged.
    pub fn part(&self, first_target: Date, last_target: Date) -> Option<Part> {
        let first = self.position(first_target);
        let last = self.position(last_target);
        if first_target >= self.test_start {
            Some(Part::Test)
        } else if first >= self.valid.start && last < self.valid.end {
            Some(Part::Valid)
        } else if last < self.train.end {
            Some(Part::Train)
        } else {
            None
        }
    }

    /// [`TimeSplit::part`] that also purges a window whose first day read is a target day of an
    /// earlier part, as happens in a series with gaps beside series without.
    pub fn part_of_window(
        &self,
        first_input: Date,
        first_target: Date,
        last_target: Date,
    ) -> Option<Part> {
        let part = self.part(first_target, last_target)?;
        let earliest = match part {
            Part::Train => 0,
            Part::Valid => self.train.end,
            Part::Test => self.valid.end,
        };
        (self.position(first_input) >= earliest).then_some(part)
    }

    /// The parts and the gaps between them, in order; for drawing the split on a time axis.
    pub fn spans(&self) -> Vec<Span> {
        [
            (Some(Part::Train), self.train.clone()),
            (None, self.train.end..self.valid.start),
            (Some(Part::Valid), self.valid.clone()),
            (None, self.valid.end..self.test),
            (Some(Part::Test), self.test..self.days.len()),
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

    /// The distinct days, ascending.
    pub fn days(&self) -> &[Date] {
        &self.days
    }

    /// First day of the validation part.
    pub fn valid_start(&self) -> Date {
        self.days[self.valid.start]
    }

    /// First day of the test part; after the last day when there are no test days.
    pub fn test_start(&self) -> Date {
        self.test_start
    }

    fn position(&self, day: Date) -> usize {
        self.days.partition_point(|&other| other < day)
    }
}

/// Where the parts begin.
struct Bounds {
    valid: usize,
    test: usize,
    /// Days before the test part that are no targets.
    purge: usize,
    test_start: Date,
}

fn distinct(mut days: Vec<Date>) -> Vec<Date> {
    days.sort_unstable();
    days.dedup();
    days
}

fn too_short(part: &str, have: usize, need: usize) -> DataError {
    DataError::unfit(
        format!("the {part} part has {have} days, it needs {need}"),
        "use more days, a larger share for it, or a smaller lookback or horizon",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    fn day(at: usize) -> Date {
        Date::constant(2020, 1, 1) + (at as i64).days()
    }

    fn days(count: usize) -> Vec<Date> {
        (0..count).map(day).collect()
    }

    fn config(valid: f64, test: f64) -> SplitConfig {
        SplitConfig {
            valid,
            test,
            lookback: 5,
            horizon: 3,
        }
    }

    #[test]
    fn shares_count_distinct_days() {
        let mut dates = [days(100), days(100)].concat();
        dates.reverse();
        let split = TimeSplit::new(&dates, config(0.2, 0.1)).expect("enough days");
        assert_eq!(split.days().len(), 100);
        assert_eq!(
            (split.valid_start(), split.test_start()),
            (day(70), day(90))
        );
        let spans: Vec<_> = split
            .spans()
            .iter()
            .map(|span| (span.part, span.days))
            .collect();
        let wanted = [
            (Some(Part::Train), 65),
            (None, 5),
            (Some(Part::Valid), 15),
            (None, 5),
            (Some(Part::Test), 10),
        ];
        assert_eq!(spans, wanted);
        assert_eq!(
            (split.spans()[0].from, split.spans()[4].to),
            (day(0), day(99))
        );
    }

    #[test]
    fn a_window_belongs_where_its_targets_lie() {
        let split = TimeSplit::new(&days(100), config(0.2, 0.1)).expect("enough days");
        let part = |first: usize| split.part(day(first), day(first + 2));
        assert_eq!(part(62), Some(Part::Train));
        assert_eq!((part(63), part(69)), (None, None));
        assert_eq!((part(70), part(82)), (Some(Part::Valid), Some(Part::Valid)));
        assert_eq!((part(83), part(89)), (None, None));
        assert_eq!((part(90), part(97)), (Some(Part::Test), Some(Part::Test)));
        // Origins of the two parts: 61 and 69, lookback + horizon apart.
        assert_eq!(69 - 61, 5 + 3);
    }

    #[test]
    fn days_skipped_by_one_series_purge_its_windows() {
        let split = TimeSplit::new(&days(100), config(0.2, 0.1)).expect("enough days");
        let part = |input: usize| split.part_of_window(day(input), day(90), day(92));
        assert_eq!((part(85), part(84)), (Some(Part::Test), None));
        let part = |input: usize| split.part_of_window(day(input), day(70), day(72));
        assert_eq!((part(65), part(64)), (Some(Part::Valid), None));
        assert_eq!(
            split.part_of_window(day(0), day(5), day(7)),
            Some(Part::Train)
        );
    }

    #[test]
    fn a_test_part_in_another_file_is_purged_for_too() {
        let split = TimeSplit::from_dates(days(50), day(30), day(60), 5, 3).expect("enough days");
        assert_eq!(split.test_start(), day(60));
        assert_eq!(split.part(day(42), day(44)), Some(Part::Valid));
        assert_eq!(split.part(day(43), day(45)), None);
        assert_eq!(split.part(day(60), day(62)), Some(Part::Test));
    }

    #[test]
    fn no_test_share_leaves_every_late_day_to_validation() {
        let split = TimeSplit::new(&days(50), config(0.2, 0.0)).expect("enough days");
        assert_eq!(split.part(day(47), day(49)), Some(Part::Valid));
        assert_eq!(split.test_start(), day(50));
        assert_eq!(split.spans().len(), 3);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let what = |result: Result<TimeSplit>| result.expect_err("it does not fit").to_string();
        for (valid, test) in [(0.5, 0.5), (-0.1, 0.2), (f64::NAN, 0.1), (0.1, 1.5)] {
            assert!(what(TimeSplit::new(&days(100), config(valid, test))).contains("shares"));
        }
        assert_eq!(
            what(TimeSplit::new(&days(20), config(0.4, 0.2))),
            "the training part has 8 days, it needs 13"
        );
        assert_eq!(
            what(TimeSplit::new(&days(100), config(0.05, 0.1))),
            "the validation part has 5 days, it needs 8"
        );
        assert!(TimeSplit::new(&[], config(0.2, 0.1)).is_err());
        assert!(TimeSplit::from_dates(days(100), day(80), day(70), 5, 3).is_err());
        assert!(TimeSplit::from_dates(days(100), day(60), day(80), 0, 3).is_err());
        assert!(TimeSplit::from_dates(days(9), day(60), day(80), usize::MAX, 3).is_err());
    }
}
