//! The step between two rows: found from the times, and carried on beyond them.

use super::stamp::Stamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const DAY: i64 = 86_400;
/// Steps at least this long may be of the calendar.
const MONTH: i64 = 28 * DAY;
/// A weekday with less than this share of the rows counts as one that is absent.
const RARE: f64 = 0.01;
/// Rows below which the absence of weekdays says nothing.
const TWO_WEEKS: usize = 10;

/// The step of a regular series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frequency {
    /// So many seconds.
    Seconds(i64),
    /// The next of these days of the week, bit 0 for Monday.
    Weekdays(u8),
    /// So many months of the calendar.
    Months {
        /// How many; 3 is a quarter, 12 a year.
        count: i64,
        /// Times are the last day of their month.
        at_end: bool,
    },
    /// So many counted steps.
    Steps(i64),
}

impl Frequency {
    /// The commonest step of series whose times ascend; none when no series has two times.
    pub fn find<'a>(
        series: impl Iterator<Item = &'a [Stamp]> + Clone,
        count: bool,
    ) -> Option<Self> {
        let steps = series.clone().flat_map(|stamps| stamps.windows(2));
        let mut shares: BTreeMap<i64, usize> = BTreeMap::new();
        for pair in steps.clone() {
            *shares.entry(pair[1].0 - pair[0].0).or_default() += 1;
        }
        shares.remove(&0);
        // Of equally common steps the shortest, whose gaps can be filled.
        let commonest = shares.iter().max_by_key(|(step, share)| (**share, -**step));
        let (&step, _) = commonest?;
        if count {
            return Some(Self::Steps(step));
        }
        if step >= MONTH
            && let Some(months) = calendar(steps, series.clone())
        {
            return Some(months);
        }
        if step == DAY
            && let Some(mask) = weekdays(series)
        {
            return Some(Self::Weekdays(mask));
        }
        Some(Self::Seconds(step))
    }

    /// The time `steps` after `from`, or before it; none beyond the calendar.
    pub fn advance(self, from: Stamp, steps: i64) -> Option<Stamp> {
        match self {
            Self::Seconds(step) | Self::Steps(step) => {
                Some(Stamp(from.0.checked_add(step.checked_mul(steps)?)?))
            }
            Self::Weekdays(mask) => {
                let position = weekday_position(mask, from)?.checked_add(steps)?;
                let (week, at) = (
                    position.div_euclid(size(mask)),
                    position.rem_euclid(size(mask)),
                );
                let weekday = days(mask).nth(at as usize)?;
                let day = week.checked_mul(7)?.checked_add(weekday)?;
                // Day 0 of the count is Monday 1970-01-05.
                let second = day.checked_add(4)?.checked_mul(DAY)?;
                Some(Stamp(second.checked_add(from.0.rem_euclid(DAY))?))
            }
            Self::Months { count, at_end } => {
                let start = from.datetime()?;
                let month = month_number(start).checked_add(count.checked_mul(steps)?)?;
                let year = i16::try_from(month.div_euclid(12)).ok()?;
                let first = Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok()?;
                let last = first.days_in_month();
                let day = if at_end { last } else { start.day().min(last) };
                let date = Date::new(year, first.month(), day).ok()?;
                Stamp::from_datetime(date.to_datetime(start.time()))
            }
        }
    }

    /// How many whole steps lead from one time to the other; none when they do not meet.
    pub fn steps(self, from: Stamp, to: Stamp) -> Option<i64> {
        let guess = match self {
            Self::Seconds(step) | Self::Steps(step) => (to.0 - from.0).div_euclid(step.max(1)),
            Self::Weekdays(mask) => weekday_position(mask, to)? - weekday_position(mask, from)?,
            Self::Months { count, .. } => {
                let months = month_number(to.datetime()?) - month_number(from.datetime()?);
                months.div_euclid(count.max(1))
            }
        };
        (self.advance(from, guess)? == to).then_some(guess)
    }

    /// For people: `hourly`, `every 15 minutes`, `weekdays`, …
    pub fn name(self) -> String {
        match self {
            Self::Seconds(step) => seconds_name(step),
            Self::Weekdays(0b001_1111) => "weekdays".to_string(),
            Self::Weekdays(_) => "days that are not absent from the week".to_string(),
            Self::Months { count: 1, .. } => "monthly".to_string(),
            Self::Months { count: 3, .. } => "quarterly".to_string(),
            Self::Months { count: 12, .. } => "yearly".to_string(),
            Self::Months { count, .. } => format!("every {count} months"),
            Self::Steps(1) => "counted steps".to_string(),
            Self::Steps(step) => format!("every {step} counted steps"),
        }
    }

    /// Whether the step is valid; a damaged file can hold one that is not.
    pub fn is_sound(self) -> bool {
        match self {
            Self::Seconds(step) | Self::Steps(step) => step > 0,
            Self::Weekdays(mask) => mask & 0x7f != 0 && mask < 0x80,
            Self::Months { count, .. } => (1..=12_000).contains(&count),
        }
    }
}

fn seconds_name(step: i64) -> String {
    for (unit, one, adverb) in [
        (7 * DAY, "week", "weekly"),
        (DAY, "day", "daily"),
        (3600, "hour", "hourly"),
        (60, "minute", "every minute"),
        (1, "second", "every second"),
    ] {
        if step == unit {
            return adverb.to_string();
        }
        if step % unit == 0 {
            return format!("every {} {one}s", step / unit);
        }
    }
    format!("every {step} seconds")
}

/// Months between neighbours, if nearly all of them are whole months apart.
fn calendar<'a>(
    steps: impl Iterator<Item = &'a [Stamp]>,
    series: impl Iterator<Item = &'a [Stamp]>,
) -> Option<Frequency> {
    let at_end = series.flatten().all(|stamp| {
        let day = stamp.datetime().map(DateTime::date);
        day.is_some_and(|day| day.day() == day.days_in_month())
    });
    let mut shares: BTreeMap<i64, usize> = BTreeMap::new();
    let mut all = 0;
    for pair in steps.filter(|pair| pair[0] != pair[1]) {
        let (one, other) = (pair[0].datetime()?, pair[1].datetime()?);
        all += 1;
        let whole = at_end
            || one.day() == other.day()
            || one.day() == one.date().days_in_month()
            || other.day() == other.date().days_in_month();
        if whole && one.time() == other.time() {
            *shares
                .entry(month_number(other) - month_number(one))
                .or_default() += 1;
        }
    }
    // Four weeks each time, as 13 periods a year, seldom meet the same day of a month.
    let fits: usize = shares.values().sum();
    let (&count, _) = shares
        .iter()
        .max_by_key(|(count, share)| (**share, -**count))?;
    (count > 0 && fits * 10 >= all * 9).then_some(Frequency::Months { count, at_end })
}

/// The days of the week that occur, where some do not.
fn weekdays<'a>(series: impl Iterator<Item = &'a [Stamp]>) -> Option<u8> {
    let mut rows = [0_usize; 7];
    for stamp in series.flatten() {
        rows[(stamp.0.div_euclid(DAY) - 4).rem_euclid(7) as usize] += 1;
    }
    let all: usize = rows.iter().sum();
    let occurs = |rows: usize| rows as f64 > RARE * all as f64;
    let mask = (0..7)
        .filter(|&day| occurs(rows[day]))
        .fold(0, |mask, day| mask | 1 << day);
    (all >= TWO_WEEKS && mask != 0x7f && mask != 0).then_some(mask)
}

fn days(mask: u8) -> impl Iterator<Item = i64> {
    (0..7).filter(move |day| mask >> day & 1 == 1)
}

fn size(mask: u8) -> i64 {
    i64::from((mask & 0x7f).count_ones()).max(1)
}

/// Number of a day among those of the mask, counted from 1970-01-05; none for a day that is not.
fn weekday_position(mask: u8, stamp: Stamp) -> Option<i64> {
    let day = stamp.0.div_euclid(DAY) - 4;
    let at = days(mask).position(|weekday| weekday == day.rem_euclid(7))?;
    Some(day.div_euclid(7) * size(mask) + at as i64)
}

fn month_number(datetime: DateTime) -> i64 {
    i64::from(datetime.year()) * 12 + i64::from(datetime.month()) - 1
}

#[cfg(test)]
mod tests {
    use super::super::stamp::TimeForm;
    use super::*;

    fn stamps(cells: &[&str]) -> Vec<Stamp> {
        let form = TimeForm::new(None);
        let read = cells
            .iter()
            .map(|cell| form.parse(cell, false).expect("a time").0);
        read.collect()
    }

    fn found(cells: &[&str]) -> Frequency {
        let stamps = stamps(cells);
        Frequency::find([stamps.as_slice()].into_iter(), false).expect("a step")
    }

    #[test]
    fn the_commonest_step_is_found() {
        let hourly = [
            "2020-01-01 00:00",
            "2020-01-01 01:00",
            "2020-01-01 02:00",
            "2020-01-01 07:00",
        ];
        assert_eq!(found(&hourly), Frequency::Seconds(3600));
        let quarter_hours = ["2020-01-01 00:00", "2020-01-01 00:15", "2020-01-01 00:30"];
        assert_eq!(found(&quarter_hours).name(), "every 15 minutes");
        let four_weeks = ["2020-01-01", "2020-01-29", "2020-02-26", "2020-03-25"];
        assert_eq!(found(&four_weeks).name(), "every 4 weeks");
        let counted = [0, 2, 4, 8].map(Stamp);
        let steps = Frequency::find([counted.as_slice()].into_iter(), true);
        assert_eq!(steps, Some(Frequency::Steps(2)));
    }

    #[test]
    fn months_quarters_and_years_are_steps_of_the_calendar() {
        let monthly = found(&["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"]);
        assert_eq!(
            monthly,
            Frequency::Months {
                count: 1,
                at_end: true
            }
        );
        let end = stamps(&["2020-11-30"])[0];
        let form = TimeForm {
            unit: super::super::TimeUnit::Day,
            ..TimeForm::new(None)
        };
        let after = |steps| form.write(monthly.advance(end, steps).expect("a month"));
        assert_eq!(
            [after(1), after(3), after(-9)],
            ["2020-12-31", "2021-02-28", "2020-02-29"]
        );
        let firsts = found(&["2020-01-01", "2020-02-01", "2020-03-01", "2020-05-01"]);
        assert_eq!(
            firsts,
            Frequency::Months {
                count: 1,
                at_end: false
            }
        );
        assert_eq!(
            found(&["2020-Q1", "2020-Q2", "2020-Q3"]).name(),
            "quarterly"
        );
        assert_eq!(
            found(&["2019-12-31", "2020-12-31", "2021-12-31"]).name(),
            "yearly"
        );
        let (from, to) = (
            stamps(&["2020-01-01"])[0],
            stamps(&["2021-03-01", "2021-03-02"]),
        );
        assert_eq!(firsts.steps(from, to[0]), Some(14));
        assert_eq!(firsts.steps(from, to[1]), None);
    }

    #[test]
    fn absent_weekends_are_stepped_over() {
        let cells = [
            "2020-01-02",
            "2020-01-03",
            "2020-01-06",
            "2020-01-07",
            "2020-01-08",
            "2020-01-09",
            "2020-01-10",
            "2020-01-13",
            "2020-01-14",
            "2020-01-15",
        ];
        let weekdays = found(&cells);
        assert_eq!(weekdays, Frequency::Weekdays(0b001_1111));
        let stamps = stamps(&cells);
        assert_eq!(weekdays.steps(stamps[0], stamps[9]), Some(9));
        assert_eq!(weekdays.advance(stamps[1], 1), Some(stamps[2]));
        assert_eq!(weekdays.advance(stamps[2], -1), Some(stamps[1]));
        let saturday = Stamp(stamps[1].0 + DAY);
        assert_eq!(weekdays.steps(stamps[0], saturday), None);
    }

    #[test]
    fn nothing_overflows() {
        let far = Stamp(i64::MAX / 2);
        for frequency in [
            Frequency::Seconds(3600),
            Frequency::Weekdays(31),
            Frequency::Months {
                count: 3,
                at_end: false,
            },
        ] {
            assert_eq!(frequency.advance(far, i64::MAX), None);
        }
        assert!(!Frequency::Weekdays(0).is_sound() && !Frequency::Seconds(0).is_sound());
    }
}
