//! Date axes: days as numbers, and ticks on days, months and years.

use super::marks::TEXT;
use super::scale::Tick;
use jiff::{ToSpan, civil::Date};

const EPOCH: Date = Date::constant(1970, 1, 1);

/// A date as a number of days.
pub(crate) fn day(date: Date) -> f64 {
    (date - EPOCH).get_days().into()
}

/// Dates as numbers of days; values that share a date are spread over it in their order.
pub(crate) fn days(dates: impl IntoIterator<Item = Date>) -> Vec<f64> {
    let mut out: Vec<f64> = dates.into_iter().map(day).collect();
    let mut start = 0;
    for run in out.clone().chunk_by(|a, b| a == b) {
        for (i, at) in out[start..start + run.len()].iter_mut().enumerate() {
            *at += i as f64 / run.len() as f64;
        }
        start += run.len();
    }
    out
}

#[derive(Clone, Copy)]
enum Every {
    Days(i16),
    Week,
    Months(i16),
    Years(i16),
}

const STEPS: [Every; 17] = [
    Every::Days(1),
    Every::Days(2),
    Every::Days(5),
    Every::Week,
    Every::Months(1),
    Every::Months(2),
    Every::Months(3),
    Every::Months(6),
    Every::Years(1),
    Every::Years(2),
    Every::Years(5),
    Every::Years(10),
    Every::Years(20),
    Every::Years(50),
    Every::Years(100),
    Every::Years(500),
    Every::Years(2000),
];

/// The finest ticks whose labels do not touch on an axis of this many pixels.
pub(crate) fn ticks((lo, hi): (f64, f64), pixels: f64) -> Vec<Tick> {
    let per_day = pixels / (hi - lo).max(1e-9);
    for every in STEPS {
        // Count before generating: a century in days is not worth building.
        let apart = length(every) * per_day;
        if apart < TEXT * 2.2 {
            continue;
        }
        let found = generate(every, lo, hi);
        let widest = found.iter().map(Tick::width).fold(0.0, f64::max);
        if found
            .windows(2)
            .all(|w| (w[1].at - w[0].at) * per_day >= widest + TEXT)
        {
            return found;
        }
    }
    Vec::new()
}

fn length(every: Every) -> f64 {
    match every {
        Every::Days(n) => n.into(),
        Every::Week => 7.0,
        Every::Months(n) => 30.4 * f64::from(n),
        Every::Years(n) => 365.2 * f64::from(n),
    }
}

fn generate(every: Every, lo: f64, hi: f64) -> Vec<Tick> {
    let mut out: Vec<Tick> = Vec::new();
    let mut year = None;
    let mut next = first(every, lo);
    while let Some(date) = next {
        let at = day(date);
        if at > hi || out.len() > 2000 {
            break;
        }
        if at >= lo {
            let new_year = year.replace(date.year()) != Some(date.year());
            let (label, below) = match every {
                Every::Days(_) | Every::Week => (
                    date.strftime("%-d %b").to_string(),
                    new_year.then(|| date.year().to_string()),
                ),
                Every::Months(_) => (
                    date.strftime("%b").to_string(),
                    new_year.then(|| date.year().to_string()),
                ),
                Every::Years(_) => (date.year().to_string(), None),
            };
            out.push(Tick { at, label, below });
        }
        next = following(every, date);
    }
    out
}

/// A tick at or before the start of the axis, on a boundary that does not depend on the data.
fn first(every: Every, lo: f64) -> Option<Date> {
    let start = EPOCH.checked_add((lo.floor() as i32).days()).ok()?;
    match every {
        Every::Days(1) => Some(start),
        Every::Days(_) => Some(start.first_of_month()),
        Every::Week => start
            .checked_sub(i32::from(start.weekday().to_monday_zero_offset()).days())
            .ok(),
        Every::Months(n) => {
            let month = (i16::from(start.month()) - 1) / n * n + 1;
            Date::new(start.year(), i8::try_from(month).ok()?, 1).ok()
        }
        Every::Years(n) => Date::new(start.year().div_euclid(n) * n, 1, 1).ok(),
    }
}

fn following(every: Every, date: Date) -> Option<Date> {
    let next = match every {
        // Every other or every fifth day starts afresh each month, and keeps clear of its end.
        Every::Days(n) if n > 1 => {
            let next = date.checked_add(i32::from(n).days()).ok()?;
            let left = i16::from(date.days_in_month()) - i16::from(next.day());
            if next.month() == date.month() && left + 1 >= n {
                Ok(next)
            } else {
                date.last_of_month().tomorrow()
            }
        }
        Every::Days(n) => date.checked_add(i32::from(n).days()),
        Every::Week => date.checked_add(7.days()),
        Every::Months(n) => date.checked_add(i32::from(n).months()),
        Every::Years(n) => date.checked_add(i32::from(n).years()),
    };
    next.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn labels(from: Date, to: Date, pixels: f64) -> Vec<String> {
        ticks((day(from), day(to)), pixels)
            .into_iter()
            .map(|t| {
                t.below
                    .map_or(t.label.clone(), |b| format!("{} {b}", t.label))
            })
            .collect()
    }

    #[test]
    fn ticks_fall_on_the_calendar() {
        assert_eq!(
            labels(date(2020, 2, 10), date(2021, 3, 1), 400.0),
            ["Mar 2020", "May", "Jul", "Sep", "Nov", "Jan 2021", "Mar"]
        );
        assert_eq!(
            labels(date(2008, 1, 1), date(2019, 1, 1), 300.0),
            ["2008", "2010", "2012", "2014", "2016", "2018"]
        );
        assert_eq!(
            labels(date(2024, 3, 1), date(2024, 3, 4), 400.0),
            ["1 Mar 2024", "2 Mar", "3 Mar", "4 Mar"]
        );
        assert!(labels(date(-9999, 1, 1), date(9999, 12, 31), 300.0).len() < 12);
        assert!(labels(date(2024, 3, 1), date(2024, 3, 1), 300.0).len() == 1);
    }

    #[test]
    fn values_of_one_day_are_spread() {
        let d = date(1970, 1, 2);
        assert_eq!(days([d, d, d.tomorrow().unwrap()]), [1.0, 1.5, 2.0]);
    }
}
