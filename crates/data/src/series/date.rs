//! Days as files write them.

use jiff::civil::Date;
use jiff::fmt::strtime::BrokenDownTime;

/// Forms that leave no doubt beside year, month and day in this order.
const NAMED: [&str; 9] = [
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d/%b/%Y",
    "%d-%B-%Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
];
/// The mark between the parts of a date where the order must be settled.
const MARKS: [char; 3] = ['/', '-', '.'];

/// How a column writes its days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// In a way that leaves no doubt.
    #[default]
    Plain,
    /// By a `strptime` format.
    Format(String),
}

/// A day, and whether the cell has a time of day beside midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) date: Date,
    pub(crate) timed: bool,
}

/// What the cells of a column leave open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// Nothing.
    Settled(DateForm),
    /// Two formats fit every cell.
    Open(String, String),
}

impl DateForm {
    /// Reads a cell.
    pub(crate) fn parse(&self, cell: &[u8]) -> Option<Day> {
        if let (Self::Plain, Some(date)) = (self, ordered(cell)) {
            let text = std::str::from_utf8(cell).ok()?;
            let timed = without_time(text).1;
            return Some(Day { date, timed });
        }
        let text = std::str::from_utf8(cell).ok()?.trim();
        match self {
            Self::Plain => {
                let (date, timed) = without_time(text);
                let date = compact(date).or_else(|| named(date))?;
                Some(Day { date, timed })
            }
            Self::Format(format) => {
                let (bare, timed) = without_time(text);
                let date = by_format(format, text).or_else(|| by_format(format, bare))?;
                Some(Day { date, timed })
            }
        }
    }

    /// The format of cells whose first two numbers may be day and month or month and day.
    pub(crate) fn find<'a>(cells: impl Iterator<Item = &'a [u8]>) -> Order {
        let texts: Vec<&str> = cells
            .filter_map(|cell| std::str::from_utf8(cell).ok())
            .map(|text| without_time(text.trim()).0)
            .filter(|text| !text.is_empty())
            .collect();
        let plain = |text: &&&str| Self::Plain.parse(text.as_bytes()).is_some();
        if texts.iter().filter(plain).count() * 2 >= texts.len() {
            return Order::Settled(Self::Plain);
        }
        let Some((mark, year)) = texts.iter().find_map(|text| parts(text)) else {
            return Order::Settled(Self::Plain);
        };
        let format = |one: &str, other: &str| format!("%{one}{mark}%{other}{mark}%{year}");
        let (day_first, month_first) = (format("d", "m"), format("m", "d"));
        let misfits = |format: &str| {
            let misfit = |text: &&&str| by_format(format, text).is_none();
            texts.iter().filter(misfit).count()
        };
        match (misfits(&day_first), misfits(&month_first)) {
            // Nobody writes the month first with points.
            (0, 0) if mark != '.' => Order::Open(day_first, month_first),
            (days, months) if days <= months => Order::Settled(Self::Format(day_first)),
            _ => Order::Settled(Self::Format(month_first)),
        }
    }
}

/// Reads `2018-09-28`, `2018/9/28`, `2018.9.28`, and each with a time after it.
fn ordered(cell: &[u8]) -> Option<Date> {
    let cell = cell.trim_ascii();
    let separator = *cell.get(4)?;
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let year = number(&cell[..4])?;
    let rest = &cell[5..];
    let month_end = rest.iter().position(|&byte| byte == separator)?;
    let month = number(&rest[..month_end])?;
    let rest = &rest[month_end + 1..];
    let day_end = rest
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(rest.len());
    let day = number(&rest[..day_end])?;
    let time = &rest[day_end..];
    let plausible = match time.first() {
        None => true,
        Some(b'T' | b' ') => time.get(1).is_some_and(u8::is_ascii_digit),
        Some(_) => false,
    };
    if !plausible || month_end > 2 || day_end > 2 {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Reads `20180928`.
fn compact(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year = text
        .get(..2)
        .is_some_and(|century| matches!(century, "18" | "19" | "20"));
    (digits && year)
        .then(|| by_format("%Y%m%d", text))
        .flatten()
}

/// Reads `28-Sep-2018`, `Sep 28, 2018` and the like.
fn named(text: &str) -> Option<Date> {
    let letters = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let fits = (8..=20).contains(&text.len()) && letters;
    fits.then(|| NAMED.iter().find_map(|format| by_format(format, text)))
        .flatten()
}

/// A year of two digits read by `%Y` is no year of anyone's data.
fn by_format(format: &str, text: &str) -> Option<Date> {
    let date = BrokenDownTime::parse(format, text).ok()?.to_date().ok()?;
    (date.year() >= 1000).then_some(date)
}

/// The mark of a date such as `28/09/2018`, and how its year is written.
fn parts(text: &str) -> Option<(char, char)> {
    let mark = MARKS
        .into_iter()
        .find(|&mark| text.matches(mark).count() == 2)?;
    let parts: Vec<&str> = text.split(mark).collect();
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let year = match parts.get(2)?.len() {
        2 => 'y',
        4 => 'Y',
        _ => return None,
    };
    (digits(parts[0], 2) && digits(parts[1], 2) && digits(parts[2], 4)).then_some((mark, year))
}

/// A cell without its time of day, and whether that time is another than midnight.
fn without_time(text: &str) -> (&str, bool) {
    let text = text.trim();
    let Some(colon) = text.find(':') else {
        return (text, false);
    };
    let Some(at) = text[..colon].rfind(['T', ' ']) else {
        return (text, false);
    };
    let clock = &text[at + 1..];
    // A zone after the time is no part of it: 00:00:00-05:00.
    let end = clock.find(['+', '-', 'Z']).unwrap_or(clock.len());
    let mut parts = clock[..end].split(':');
    let hour = parts.next().unwrap_or_default();
    let midnight = matches!(hour, "0" | "00") || (hour == "12" && clock.contains("AM"));
    let rest = parts.all(|part| part.bytes().all(|byte| !matches!(byte, b'1'..=b'9')));
    (text[..at].trim_end(), !(midnight && rest))
}

fn number(digits: &[u8]) -> Option<i16> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Option<Date> {
        let day = DateForm::Plain.parse(text.as_bytes());
        day.map(|day| day.date)
    }

    #[test]
    fn unambiguous_forms_alone() {
        let date = Date::constant(2018, 9, 8);
        for text in [
            "2018-09-08",
            "2018/9/8",
            "2018.09.08",
            " 2018-9-08 ",
            "2018-09-08T00:00:00",
            "2018-09-08 12:30",
            "20180908",
            "08-Sep-2018",
            "8-sep-18",
            "Sep 8, 2018",
            "September 08, 2018",
            "8 September 2018",
        ] {
            assert_eq!(plain(text), Some(date), "{text}");
        }
        for text in [
            "08-09-2018",
            "2018-13-01",
            "2018-02-30",
            "2018-09/08",
            "",
            "2018-09-08x",
            "43351",
            "99180908",
            "20181308",
            "8 Foo 2018",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_of_day_is_noticed() {
        let timed = |text: &str| DateForm::Plain.parse(text.as_bytes()).map(|day| day.timed);
        for text in [
            "2018-09-08",
            "2018-09-08 00:00:00",
            "2018-09-08 00:00:00-05:00",
        ] {
            assert_eq!(timed(text), Some(false), "{text}");
        }
        for text in [
            "2018-09-08 09:30",
            "2018-09-08T00:01:00Z",
            "2018-09-08 10:00:00",
        ] {
            assert_eq!(timed(text), Some(true), "{text}");
        }
    }

    #[test]
    fn the_column_settles_day_and_month() {
        let find = |cells: &[&str]| DateForm::find(cells.iter().map(|cell| cell.as_bytes()));
        let format = |text: &str| Order::Settled(DateForm::Format(text.to_string()));
        assert_eq!(find(&["1/4/2010", "1/15/2010"]), format("%m/%d/%Y"));
        assert_eq!(find(&["4/1/2010", "15/1/2010"]), format("%d/%m/%Y"));
        assert_eq!(find(&["04-01-2010", "15-01-2010"]), format("%d-%m-%Y"));
        assert_eq!(find(&["04.01.2010", "05.01.2010"]), format("%d.%m.%Y"));
        assert_eq!(find(&["1/4/10", "1/15/10"]), format("%m/%d/%y"));
        assert_eq!(
            find(&["1/15/2010 0:00", "1/4/2010 0:00"]),
            format("%m/%d/%Y")
        );
        let open = Order::Open("%d/%m/%Y".into(), "%m/%d/%Y".into());
        assert_eq!(find(&["1/4/2010", "", "1/5/2010"]), open);
        let plain = Order::Settled(DateForm::Plain);
        assert_eq!(find(&["2010-01-04", "2010-01-05", "1/5/2010"]), plain);
        assert_eq!(find(&[]), plain);
    }

    #[test]
    fn a_format_reads_what_it_says() {
        let form = DateForm::Format("%d/%m/%Y".into());
        let read = |text: &str| form.parse(text.as_bytes()).map(|day| day.date);
        assert_eq!(read("08/09/2018"), Some(Date::constant(2018, 9, 8)));
        assert_eq!(read("8/9/2018 0:00"), Some(Date::constant(2018, 9, 8)));
        assert_eq!(read("2018-09-08"), None);
    }
}
