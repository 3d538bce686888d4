//! What is odd about prices, and said: a model trained on them, or asked about them, is not at fault.

use super::features::WARM_UP;
use jiff::civil::{Date, Weekday};
use rekindle_data::{SeriesTable, printable_line};

/// New shares for old in splits that are common.
const SPLITS: [f64; 17] = [
    1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0,
];
/// How far from a split's factor the closes of its two days may be, for the day's own return.
const SPLIT_NOISE: f64 = 0.06;
/// A factor of two closes in a row beyond which it is said even where no split has it.
const JUMP: f64 = 1.8;
/// Calendar days between the rows of a split.
const SPLIT_DAYS: i32 = 10;
/// Share of a price that rounding may take.
const ROUNDING: f64 = 2e-4;
/// Share of rows at weekends from which the market never rests.
const EVERY_DAY: f64 = 0.2;
/// Names or rows that a note shows.
const SHOWN: usize = 5;

/// What is odd about the rows of a file.
pub fn notes(table: &SeriesTable, today: Date) -> Vec<String> {
    let mut notes = jumps(table);
    notes.extend(outside(table));
    notes.extend(weekends(table));
    notes.extend(future(table, today));
    notes.extend(two_closes(table));
    notes.extend(flat(table));
    notes
        .iter()
        .map(|note| printable_line(note).into_owned())
        .collect()
}

/// Names the series that are too short for a window.
pub fn short(table: &SeriesTable, window: usize) -> Option<String> {
    let needed = WARM_UP + window;
    let series = (0..table.n_series()).filter(|&index| table.range(index).len() < needed);
    let names: Vec<String> = series
        .map(|index| format!("{} ({})", table.series(index), table.range(index).len()))
        .collect();
    let some = !names.is_empty() && names.len() < table.n_series();
    some.then(|| {
        format!(
            "left out, with fewer than the {needed} rows that a window and its averages need: {}",
            listed(&names)
        )
    })
}

/// The row as people find it: `row 80 (AAPL, 2010-04-22)`.
fn place(table: &SeriesTable, row: usize) -> String {
    let day = table.dates()[row];
    let name = match table.series(table.series_of_row(row)) {
        "" => String::new(),
        name => format!("{name}, "),
    };
    match table.line(row) {
        Some(line) => format!("row {line} ({name}{day})"),
        None => format!("{name}{day}"),
    }
}

fn listed(items: &[String]) -> String {
    let more = items.len().saturating_sub(SHOWN);
    let shown = items[..items.len() - more].join(", ");
    match more {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 row".to_string(),
        _ => format!("{count} rows"),
    }
}

/// Closes that fall or rise as after a split that prices were not adjusted for.
fn jumps(table: &SeriesTable) -> Vec<String> {
    let (Some(close), open) = (table.column("close"), table.column("open")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for range in table.ranges() {
        for row in range.clone().skip(1) {
            let factor = close[row - 1] / close[row];
            let days = (table.dates()[row] - table.dates()[row - 1]).get_days();
            // After a split the day opens at the new price already.
            let opens = open.map(|open| close[row - 1] / open[row]);
            let opens = opens.filter(|factor| factor.is_finite());
            let split = split_of(factor).filter(|_| days <= SPLIT_DAYS);
            let sudden = opens.is_none_or(|opens| (opens / factor).ln().abs() < 0.15);
            let large = factor.ln().abs() >= JUMP.ln();
            let what = match split {
                Some(split) if sudden && (large || opens.is_some()) => {
                    format!("as after a {split} split")
                }
                _ if large => "more than markets move".to_string(),
                _ => continue,
            };
            found.push(format!(
                "{}: the close goes from {} to {}, {what}",
                place(table, row),
                close[row - 1],
                close[row]
            ));
        }
    }
    let count = found.len();
    found.truncate(SHOWN);
    if count > SHOWN {
        found.push(format!("and {} more closes that jump so", count - SHOWN));
    }
    if count > 0 {
        found.push(
            "a jump counts as a return, and widens forecasts: give prices adjusted for splits"
                .to_string(),
        );
    }
    found
}

/// `5:1` for a close that falls to a fifth, `1:10` for one that rises tenfold.
fn split_of(factor: f64) -> Option<String> {
    let (times, reverse) = match factor >= 1.0 {
        true => (factor, false),
        false => (1.0 / factor, true),
    };
    let near = |split: &&f64| {
        let noise = if **split < 2.0 {
            SPLIT_NOISE / 2.0
        } else {
            SPLIT_NOISE
        };
        (times / **split).ln().abs() <= noise
    };
    let split = SPLITS.iter().find(near)?;
    let (new, old) = match split.fract() == 0.0 {
        true => (*split, 1.0),
        false => (split * 2.0, 2.0),
    };
    Some(match reverse {
        false => format!("{new}:{old}"),
        true => format!("{old}:{new}"),
    })
}

/// Closes and opens that lie outside the day's low and high.
fn outside(table: &SeriesTable) -> Option<String> {
    let (high, low) = (table.column("high")?, table.column("low")?);
    let beyond = |price: f64, row: usize| {
        price > high[row] * (1.0 + ROUNDING) || price < low[row] * (1.0 - ROUNDING)
    };
    let close = table.column("close")?;
    let rows: Vec<usize> = (0..table.len())
        .filter(|&row| beyond(close[row], row))
        .collect();
    if let Some(&first) = rows.first() {
        return Some(format!(
            "{} have a close outside low and high, first {}: raw and adjusted prices may be mixed",
            counted(rows.len()),
            place(table, first)
        ));
    }
    let upside_down = (0..table.len()).find(|&row| low[row] > high[row] * (1.0 + ROUNDING))?;
    Some(format!(
        "{}: the low is above the high",
        place(table, upside_down)
    ))
}

/// Rows of a Saturday or Sunday, where most are not.
fn weekends(table: &SeriesTable) -> Option<String> {
    let rests = |row: &usize| {
        let day = table.dates()[*row].weekday();
        matches!(day, Weekday::Saturday | Weekday::Sunday)
    };
    let rows: Vec<usize> = (0..table.len()).filter(rests).collect();
    let first = *rows.first()?;
    let all = rows.len() as f64 >= EVERY_DAY * table.len() as f64;
    let what = match all {
        true => "forecasts are for weekdays all the same",
        false => "a wrong date, or a market that is open then",
    };
    let are = if rows.len() == 1 { "is" } else { "are" };
    Some(format!(
        "{} {are} of a Saturday or Sunday, first {}: {what}",
        counted(rows.len()),
        place(table, first)
    ))
}

/// Days that have not come yet.
fn future(table: &SeriesTable, today: Date) -> Option<String> {
    // Elsewhere it may be tomorrow already.
    let last = today.tomorrow().unwrap_or(today);
    let rows: Vec<usize> = (0..table.len())
        .filter(|&row| table.dates()[row] > last)
        .collect();
    let first = *rows.first()?;
    let are = if rows.len() == 1 { "is" } else { "are" };
    Some(format!(
        "{} {are} dated after today, {today}, first {}: look for a mistyped year",
        counted(rows.len()),
        place(table, first)
    ))
}

/// A close beside an adjusted one that differs.
fn two_closes(table: &SeriesTable) -> Option<String> {
    let (close, adjusted) = (table.column("close")?, table.column("adjusted")?);
    let differs = |row: &usize| {
        adjusted[*row].is_finite() && (close[*row] / adjusted[*row] - 1.0).abs() > ROUNDING
    };
    let rows: Vec<usize> = (0..table.len()).filter(differs).collect();
    let last = *rows.last()?;
    Some(format!(
        "the file has an adjusted close too, which differs in {}, last {} with {} and {}: the close is \
         read, and dividends and splits in it count as returns; name the adjusted column Close to read it",
        counted(rows.len()),
        place(table, last),
        close[last],
        adjusted[last]
    ))
}

/// Series that never move.
fn flat(table: &SeriesTable) -> Option<String> {
    let close = table.column("close")?;
    let flat = |&index: &usize| {
        let range = table.range(index);
        range.len() > 1 && range.clone().all(|row| close[row] == close[range.start])
    };
    let names: Vec<String> = (0..table.n_series())
        .filter(flat)
        .map(|index| match table.series(index) {
            "" => "the series".to_string(),
            name => name.to_string(),
        })
        .collect();
    (!names.is_empty()).then(|| format!("the close never changes in {}", listed(&names)))
}

#[cfg(test)]
mod tests {
    use super::super::data::{Form, spec};
    use super::*;

    fn table(rows: &[&str]) -> SeriesTable {
        let text = format!("Date,Open,High,Low,Close,Adj Close\n{}\n", rows.join("\n"));
        let reader = std::io::Cursor::new(text.into_bytes());
        SeriesTable::from_reader(reader, "p.csv", &spec(Form::Single, ""))
            .expect("the rows are good")
            .0
    }

    fn said(rows: &[&str]) -> String {
        notes(&table(rows), Date::constant(2020, 6, 1)).join("\n")
    }

    #[test]
    fn splits_are_told_with_their_row() {
        let plain = [
            "2019-01-02,100,101,99,100,100",
            "2019-01-03,100,101,98,99,99",
        ];
        assert_eq!(said(&plain), "");
        for (factor, wanted) in [
            (2.0, "2:1"),
            (3.0, "3:1"),
            (5.0, "5:1"),
            (10.0, "10:1"),
            (0.5, "1:2"),
            (1.0 / 3.0, "1:3"),
            (0.1, "1:10"),
            (1.5, "3:2"),
        ] {
            let price = 100.0 / factor;
            let after = format!(
                "2019-01-03,{price},{price},{price},{},{price}",
                price * 1.01
            );
            let after = after.replace(&format!(",{},", price * 1.01), &format!(",{price},"));
            let text = said(&[plain[0], &after]);
            assert!(
                text.contains(&format!("a {wanted} split")),
                "{factor}: {text}"
            );
            assert!(text.contains("row 3 (2019-01-03)"), "{text}");
        }
        let crash = ["2019-01-02,100,101,99,100,100", "2019-01-03,99,99,44,45,45"];
        assert!(
            said(&crash).contains("more than markets move"),
            "{}",
            said(&crash)
        );
    }

    #[test]
    fn rows_that_cannot_be_are_named() {
        let close = said(&["2019-01-02,100,101,99,108,108"]);
        assert!(
            close.contains("close outside low and high, first row 2"),
            "{close}"
        );
        let weekend = said(&["2019-01-04,1,1,1,1,1", "2019-01-05,1,1,1,1,1"]);
        assert!(
            weekend.contains("Saturday or Sunday, first row 3"),
            "{weekend}"
        );
        let future = said(&["2210-01-03,1,1,1,1,1"]);
        assert!(
            future.contains("dated after today, 2020-06-01, first row 2"),
            "{future}"
        );
        let two = said(&["2019-01-02,100,101,99,100,93"]);
        assert!(two.contains("differs in 1 row, last row 2"), "{two}");
    }
}
