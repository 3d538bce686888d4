//! Times as files write them: date-times of many forms, or counted steps.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// Counted steps beyond this are refused, so that no sum of two overflows.
const LARGEST_COUNT: i64 = 1_000_000_000_000_000;

/// A point in time: seconds since 1970-01-01 00:00 on the clock of the file, or a counted step.
///
/// The clock is UTC where the file gives offsets, and that of the file otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(pub i64);

impl Stamp {
    /// The stamp of a date and time.
    pub fn from_datetime(datetime: DateTime) -> Option<Self> {
        let timestamp = Offset::UTC.to_timestamp(datetime).ok()?;
        Some(Self(timestamp.as_second()))
    }

    /// The date and time; none for a count that no calendar reaches.
    pub fn datetime(self) -> Option<DateTime> {
        let timestamp = jiff::Timestamp::from_second(self.0).ok()?;
        Some(Offset::UTC.to_datetime(timestamp))
    }
}

/// How finely a file writes its times, coarsest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// A counted step: 0, 1, 2.
    Step,
    /// `2018`.
    Year,
    /// `2018-Q3`.
    Quarter,
    /// `2018-09`.
    Month,
    /// `2018-09-28`.
    Day,
    /// `2018-09-28 14:30`.
    Minute,
    /// `2018-09-28 14:30:15`.
    Second,
}

/// The form of a file's times, for reading them and for writing later ones alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeForm {
    /// How finely.
    pub unit: TimeUnit,
    /// Times have an offset; they are read, and written, as UTC.
    pub utc: bool,
    /// The `strptime` format that was given.
    pub format: Option<String>,
}

impl TimeForm {
    /// The form before a time was read.
    pub fn new(format: Option<String>) -> Self {
        Self {
            unit: TimeUnit::Step,
            utc: false,
            format,
        }
    }

    /// Reads a time; numbers alone are counted steps, or years where `years`.
    pub fn parse(&self, cell: &str, years: bool) -> Option<(Stamp, TimeUnit, bool)> {
        let cell = cell.trim();
        match &self.format {
            Some(format) => formatted(format, cell).map(|(stamp, unit)| (stamp, unit, false)),
            None => date_time(cell).or_else(|| {
                let (stamp, unit) = count(cell, years)?;
                Some((stamp, unit, false))
            }),
        }
    }

    /// Takes up the form of one more time.
    pub fn see(&mut self, unit: TimeUnit, utc: bool) {
        self.unit = self.unit.max(unit);
        self.utc |= utc;
    }

    /// Whether times are counted steps, which have no calendar.
    pub fn is_count(&self) -> bool {
        self.unit == TimeUnit::Step
    }

    /// A time as the file would write it.
    pub fn write(&self, stamp: Stamp) -> String {
        let Some(datetime) = stamp.datetime().filter(|_| !self.is_count()) else {
            return stamp.0.to_string();
        };
        if let Some(format) = &self.format
            && let Ok(text) = jiff::fmt::strtime::format(format, datetime)
        {
            return text;
        }
        let date = datetime.date();
        let text = match self.unit {
            TimeUnit::Step | TimeUnit::Day => date.to_string(),
            TimeUnit::Year => format!("{:04}", date.year()),
            TimeUnit::Quarter => format!("{:04}-Q{}", date.year(), (date.month() - 1) / 3 + 1),
            TimeUnit::Month => format!("{:04}-{:02}", date.year(), date.month()),
            TimeUnit::Minute => datetime.strftime("%Y-%m-%d %H:%M").to_string(),
            TimeUnit::Second => datetime.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        };
        match self.utc && self.unit >= TimeUnit::Minute {
            true => format!("{}Z", text.replace(' ', "T")),
            false => text,
        }
    }
}

/// By a `strptime` format; a day that it lacks is the first.
fn formatted(format: &str, cell: &str) -> Option<(Stamp, TimeUnit)> {
    let mut parts = BrokenDownTime::parse(format, cell).ok()?;
    if parts.month().is_none() && parts.day_of_year().is_none() {
        parts.set_month(Some(1)).ok()?;
    }
    if parts.day().is_none() && parts.day_of_year().is_none() {
        parts.set_day(Some(1)).ok()?;
    }
    let unit = match (parts.hour(), parts.second()) {
        (None, _) => TimeUnit::Day,
        (_, None) => TimeUnit::Minute,
        _ => TimeUnit::Second,
    };
    let datetime = parts.to_date().ok()?.to_datetime(parts.to_time().ok()?);
    Some((Stamp::from_datetime(datetime)?, unit))
}

/// A counted step, or a year.
fn count(cell: &str, years: bool) -> Option<(Stamp, TimeUnit)> {
    let number: i64 = cell.parse().ok()?;
    if years {
        let year = i16::try_from(number)
            .ok()
            .filter(|year| (1000..=2999).contains(year))?;
        return Some((civil(year, 1, 1)?, TimeUnit::Year));
    }
    (number.abs() <= LARGEST_COUNT).then_some((Stamp(number), TimeUnit::Step))
}

fn civil(year: i16, month: i8, day: i8) -> Option<Stamp> {
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    Stamp::from_datetime(date.at(0, 0, 0, 0))
}

/// A date with year, month and day in this order, with a time and an offset after it or without.
fn date_time(cell: &str) -> Option<(Stamp, TimeUnit, bool)> {
    let bytes = cell.as_bytes();
    if bytes.len() < 6 || !bytes.is_ascii() {
        return None;
    }
    let year: i16 = digits(&cell[..4])?;
    let separator = bytes[4] as char;
    if let Some(quarter) = cell[4..].trim_start_matches('-').strip_prefix(['Q', 'q']) {
        let quarter: i8 = digits(quarter).filter(|quarter| (1..=4).contains(quarter))?;
        return Some((civil(year, quarter * 3 - 2, 1)?, TimeUnit::Quarter, false));
    }
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let (date, time) = match cell.find(['T', 't', ' ']) {
        Some(at) => (&cell[5..at], Some(cell[at + 1..].trim())),
        None => (&cell[5..], None),
    };
    let Some((month, day)) = date.split_once(separator) else {
        let month = digits(short(date)?)?;
        return match time {
            None => Some((civil(year, month, 1)?, TimeUnit::Month, false)),
            Some(_) => None,
        };
    };
    let day = civil(year, digits(short(month)?)?, digits(short(day)?)?)?;
    let Some(time) = time else {
        return Some((day, TimeUnit::Day, false));
    };
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (time[..at].trim(), Some(offset_seconds(&time[at..])?)),
        None => match time.strip_suffix("UTC") {
            Some(clock) => (clock.trim(), Some(0)),
            None => (time, None),
        },
    };
    let (seconds, unit) = clock_seconds(clock)?;
    let stamp = Stamp(day.0 + seconds - offset.unwrap_or(0));
    Some((stamp, unit, offset.is_some()))
}

/// `14:30`, `14:30:15` or `14:30:15.000`; parts of a second are refused.
fn clock_seconds(clock: &str) -> Option<(i64, TimeUnit)> {
    let mut parts = clock.split(':');
    let hour: i64 = digits(short(parts.next()?)?)?;
    let minute: i64 = digits(short(parts.next()?)?)?;
    let (second, unit) = match parts.next() {
        None => (0, TimeUnit::Minute),
        Some(second) => {
            let (whole, part) = second.split_once('.').unwrap_or((second, ""));
            if part.bytes().any(|byte| byte != b'0') {
                return None;
            }
            (digits(short(whole)?)?, TimeUnit::Second)
        }
    };
    let valid = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    valid.then_some((hour * 3600 + minute * 60 + second, unit))
}

/// `Z`, `+02`, `+0200` or `-02:00`.
fn offset_seconds(offset: &str) -> Option<i64> {
    let (sign, rest) = match offset.as_bytes().first()? {
        b'Z' | b'z' => return (offset.len() == 1).then_some(0),
        b'+' => (1, &offset[1..]),
        _ => (-1, &offset[1..]),
    };
    let (hour, minute) = match rest.len() {
        2 => (rest, "0"),
        4 => rest.split_at(2),
        5 => rest.split_once(':')?,
        _ => return None,
    };
    let (hour, minute): (i64, i64) = (digits(hour)?, digits(minute)?);
    (hour < 24 && minute < 60).then_some(sign * (hour * 3600 + minute * 60))
}

fn short(text: &str) -> Option<&str> {
    (1..=2).contains(&text.len()).then_some(text)
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str) -> Option<String> {
        let mut form = TimeForm::new(None);
        let (stamp, unit, utc) = form.parse(cell, false)?;
        form.see(unit, utc);
        Some(form.write(stamp))
    }

    #[test]
    fn many_forms_are_read() {
        for (cell, wanted) in [
            ("2018-09-28", "2018-09-28"),
            ("2018/2/1", "2018-02-01"),
            ("2018.2.1", "2018-02-01"),
            ("2018-09", "2018-09"),
            ("2018Q3", "2018-Q3"),
            ("2018-Q3", "2018-Q3"),
            ("2018-09-28 14:30", "2018-09-28 14:30"),
            ("2018-09-28T14:30:05", "2018-09-28 14:30:05"),
            ("2018-09-28 4:30:00.000", "2018-09-28 04:30:00"),
            ("2018-09-28T14:30:00Z", "2018-09-28T14:30:00Z"),
            ("2018-09-28T14:30:00+02:00", "2018-09-28T12:30:00Z"),
            ("2018-09-28 14:30 +0200", "2018-09-28T12:30Z"),
            ("2018-09-28 14:30 UTC", "2018-09-28T14:30Z"),
            ("17", "17"),
            ("-3", "-3"),
        ] {
            assert_eq!(read(cell).as_deref(), Some(wanted), "{cell}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for cell in [
            "",
            "28-09-2018",
            "01/02/2018",
            "2018-13-01",
            "2018-02-30",
            "2018-09-28x",
            "2018-09/28",
            "2018-09-28 25:00",
            "2018-09-28 14:30:00.5",
            "2018Q5",
            "2018-09-28T14:30+99:00",
            "9e9",
            "2018-09-28 14",
            "Zürich-5-6",
            "99999999999999999999",
        ] {
            assert_eq!(read(cell), None, "{cell}");
        }
    }

    #[test]
    fn a_format_of_ones_own_reads_and_writes() {
        for (format, cell, unit) in [
            ("%d/%m/%Y", "28/09/2018", TimeUnit::Day),
            ("%m/%Y", "09/2018", TimeUnit::Day),
            ("%d.%m.%Y %H:%M", "28.09.2018 14:30", TimeUnit::Minute),
        ] {
            let form = TimeForm {
                unit,
                ..TimeForm::new(Some(format.to_string()))
            };
            let (stamp, read, _) = form.parse(cell, false).expect(cell);
            assert_eq!((read, form.write(stamp).as_str()), (unit, cell));
            assert!(form.parse("2018-09-28", false).is_none());
        }
    }

    #[test]
    fn years_are_no_counts() {
        let form = TimeForm::new(None);
        let (year, unit, _) = form.parse("1999", true).expect("a year");
        assert_eq!(unit, TimeUnit::Year);
        assert_eq!(year.datetime().map(|d| d.year()), Some(1999));
        assert!(form.parse("12", true).is_none());
    }
}
