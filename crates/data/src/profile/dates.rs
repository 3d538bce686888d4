//! Dates and times as files write them.

use jiff::civil::{Date, DateTime, Time};

/// Forms of dates; of two that fit, the first is taken.
const FORMS: [&str; 18] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%Y%m%d",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%b %d, %Y",
    "%Y-%m",
    "%Y/%m",
];
/// Cells by which forms are chosen.
const FIRST: usize = 50;

/// The dates of a column in each form that they may have.
#[derive(Debug, Default)]
pub(super) struct Dates {
    seen: usize,
    /// Forms that fit most cells so far, each with its dates.
    fitting: Vec<(&'static str, Vec<DateTime>)>,
    /// How the times after the dates are written.
    clock: String,
}

impl Dates {
    /// Looks at a cell.
    pub(super) fn take(&mut self, cell: &str) {
        self.seen += 1;
        if self.seen > 1 && self.fitting.is_empty() {
            return;
        }
        let first = self.seen == 1;
        if first {
            self.fitting = FORMS.iter().map(|form| (*form, Vec::new())).collect();
        }
        if let Some((date, time, clock)) = split(cell) {
            if self.clock.len() < clock.len() {
                self.clock = clock;
            }
            for (form, dates) in &mut self.fitting {
                dates.extend(parse(form, date).map(|date| date.to_datetime(time)));
            }
        }
        // A column of other things costs a look at a few cells.
        if first || self.seen == FIRST / 10 || self.seen == FIRST {
            let least = if first { 0 } else { self.seen / 2 };
            self.fitting
                .retain(|(_, dates)| dates.len() >= least.max(1));
        }
    }

    /// The forms that fit at least `least` cells, with what they read.
    pub(super) fn fitting(self, least: usize) -> Vec<(String, Vec<DateTime>)> {
        let clock = self.clock;
        let fitting = self
            .fitting
            .into_iter()
            .filter(|(_, dates)| dates.len() >= least.max(1));
        fitting
            .map(|(form, dates)| (format!("{form}{clock}"), dates))
            .collect()
    }
}

/// A cell as a date in a form.
pub(super) fn parse(form: &str, cell: &str) -> Option<Date> {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    // Digits alone are a date only if they are exactly as many.
    let fits = match form {
        "%Y%m%d" => digits == 8 && cell.len() == 8,
        "%Y-%m" | "%Y/%m" => (5..=6).contains(&digits),
        _ => (3..=8).contains(&digits),
    };
    if !fits || cell.len() > 20 {
        return None;
    }
    let date = match form {
        "%Y-%m" | "%Y/%m" => {
            let day = format!("{cell}{}1", &form[2..3]);
            Date::strptime(format!("{form}{}%d", &form[2..3]), day)
        }
        _ => Date::strptime(form, cell),
    };
    date.ok().filter(|date| (1000..2300).contains(&date.year()))
}

/// The date, the time (midnight without one) and how the time is written.
fn split(cell: &str) -> Option<(&str, Time, String)> {
    if cell.len() > 40 || !cell.is_ascii() || !cell.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let Some(colon) = cell.find(':') else {
        return Some((cell, Time::midnight(), String::new()));
    };
    let at = cell[..colon].rfind(['T', ' '])?;
    let (date, clock) = (cell[..at].trim_end(), &cell[at + 1..]);
    let (clock, zone) = without_zone(clock.trim());
    let half = clock
        .len()
        .checked_sub(2)
        .and_then(|at| clock.get(at..))
        .map(str::to_ascii_uppercase);
    let (clock, half) = match half.as_deref() {
        Some("AM") => (clock[..clock.len() - 2].trim_end(), Some(0)),
        Some("PM") => (clock[..clock.len() - 2].trim_end(), Some(12)),
        _ => (clock, None),
    };
    let mut parts = clock.splitn(3, ':');
    let hour: i8 = parts.next()?.parse().ok()?;
    let minute: i8 = parts.next()?.parse().ok()?;
    let seconds = parts.next();
    let (second, fraction) = match seconds.map(|text| text.split_once('.').unwrap_or((text, ""))) {
        None => (0, ""),
        Some((second, fraction)) => (second.parse::<i8>().ok()?, fraction),
    };
    let hour = half.map_or(hour, |half| hour % 12 + half);
    let time = Time::new(hour, minute, second, 0).ok()?;
    let mut form = cell[at..=at].to_string();
    form += if half.is_some() { "%I:%M" } else { "%H:%M" };
    form += if seconds.is_some() { ":%S" } else { "" };
    form += if fraction.is_empty() { "" } else { "%.f" };
    form += if half.is_some() { " %p" } else { "" };
    form += zone;
    Some((date, time, form))
}

/// A time without its zone, and how the zone is written.
fn without_zone(clock: &str) -> (&str, &'static str) {
    if let Some(clock) = clock.strip_suffix(['Z', 'z']) {
        return (clock, "Z");
    }
    if let Some(clock) = clock.strip_suffix(" UTC") {
        return (clock, " UTC");
    }
    match clock.rfind(['+', '-']) {
        Some(at)
            if at >= 4
                && clock[at + 1..]
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b':') =>
        {
            let form = if clock[at..].contains(':') {
                "%:z"
            } else {
                "%z"
            };
            (clock[..at].trim_end(), form)
        }
        _ => (clock, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forms(cells: &[&str]) -> Vec<String> {
        let mut dates = Dates::default();
        cells.iter().for_each(|cell| dates.take(cell));
        let fitting = dates.fitting(cells.len());
        fitting.into_iter().map(|(form, _)| form).collect()
    }

    #[test]
    fn forms_are_found() {
        let cases: [(&[&str], &[&str]); 14] = [
            (&["2018-09-28", "2018-10-01"], &["%Y-%m-%d"]),
            (&["2018-09-28T10:00:00Z"], &["%Y-%m-%dT%H:%M:%SZ"]),
            (
                &["2018-09-28 10:00:00.123+02:00"],
                &["%Y-%m-%d %H:%M:%S%.f%:z"],
            ),
            (&["28.09.2018"], &["%d.%m.%Y"]),
            (&["1/4/2018", "1/5/2018"], &["%d/%m/%Y", "%m/%d/%Y"]),
            (&["1/4/2018", "1/28/2018"], &["%m/%d/%Y"]),
            (&["9/28/2018 3:05 PM"], &["%m/%d/%Y %I:%M %p"]),
            (&["20180928"], &["%Y%m%d"]),
            (&["28-Sep-2018"], &["%d-%b-%Y"]),
            (&["Sep 28, 2018"], &["%b %d, %Y"]),
            (&["2018-09", "2018-10"], &["%Y-%m"]),
            (&["2018"], &[]),
            (&["1.5", "2.5"], &[]),
            (&["Paris"], &[]),
        ];
        for (cells, wanted) in cases {
            assert_eq!(forms(cells), wanted, "{cells:?}");
        }
    }

    proptest! {
        #[test]
        fn no_cell_makes_it_panic(cell in "[0-9TZ:.,/ +aAPMpm-]{0,24}", any in any::<String>()) {
            forms(&[&cell]);
            forms(&[&any, &cell]);
        }
    }
}
