//! The last days of a run's data, kept with it: a file of a few rows can then be scored or
//! continued.

use super::config::StockConfig;
use super::data::{self, Form};
use crate::error::{Result, TaskError};
use crate::files;
use crate::run_dir::RunDir;
use jiff::civil::Date;
use rekindle_data::{LoadSummary, SeriesTable};
use std::path::Path;

const FILE: &str = "history.csv";
const COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];
/// Days beside `lookback` that let the running averages settle and hold the year of quarters that
/// features look back to.
const SETTLE: usize = 320;
/// Calendar days after which a file does not go on where the run's data end.
const FURTHEST: i32 = 15;
/// Factor between two closes in a row beyond which they are of two series.
const FARTHEST: f64 = 1.6;
/// Share by which closes of one day may differ, where both files have it.
const SAME: f64 = 0.05;

/// Writes the last days of every series.
pub fn write(run: &RunDir, table: &SeriesTable, lookback: usize) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| TaskError::run(&run.file(FILE), error.to_string());
    let names = ["date", "symbol"].into_iter().chain(COLUMNS);
    writer.write_record(names).map_err(failed)?;
    for series in 0..table.n_series() {
        let range = table.range(series);
        let name = table.series(series);
        for row in range.end.saturating_sub(lookback + SETTLE).max(range.start)..range.end {
            let mut cells = vec![table.dates()[row].to_string(), name.to_string()];
            for column in COLUMNS {
                let value = table.column(column).map(|values| values[row]);
                let known = value.filter(|value| value.is_finite());
                cells.push(known.map(|value| value.to_string()).unwrap_or_default());
            }
            writer.write_record(&cells).map_err(failed)?;
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| TaskError::run(&run.file(FILE), error.to_string()))?;
    files::write_atomic(&run.file(FILE), &bytes)
}

/// A file of prices with the run's own days before it, where it continues them; the notes say which.
pub fn before_file(
    run: &RunDir,
    input: &Path,
    form: Form,
    config: &StockConfig,
) -> Result<(SeriesTable, LoadSummary)> {
    let (table, mut summary) = data::load_file(input, form, config)?;
    let path = run.file(FILE);
    let text = std::io::Cursor::new(files::read_text(&path)?.into_bytes());
    let damaged = |error: rekindle_data::DataError| TaskError::run(&path, error.to_string());
    let (kept, _) = SeriesTable::from_reader(text, FILE, &data::spec(form, "")).map_err(damaged)?;
    let mut before = vec![false; kept.len()];
    let (mut joined, mut apart) = (Vec::new(), Vec::new());
    for series in 0..table.n_series() {
        let name = table.series(series);
        let Some(known) = (0..kept.n_series()).find(|&at| kept.series(at) == name) else {
            continue;
        };
        match join(&kept, known, &table, series) {
            Join::No => {}
            Join::Apart(why) => apart.push((name, why)),
            Join::Days(rows) => {
                joined.push((name, rows.len(), kept.dates()[rows.end - 1]));
                before[rows].fill(true);
            }
        }
    }
    if let [(name, rows, last), more @ ..] = joined.as_slice() {
        let of = match (*name, more.len()) {
            ("", _) => String::new(),
            (name, 0) => format!(" of {name}"),
            (name, more) => format!(" of {name}, and those of {more} more series"),
        };
        summary.notes.push(format!(
            "the {rows} last days{of} of the run's own data, to {last}, are read before those of the file"
        ));
    }
    for (name, why) in apart.iter().take(5) {
        let who = if name.is_empty() { "the file" } else { name };
        summary.notes.push(format!(
            "{who} does not continue the run's own data and stands alone: {why}"
        ));
    }
    if joined.is_empty() {
        return Ok((table, summary));
    }
    let joined = kept
        .filter(|row| before[row])
        .append(&table)
        .map_err(|error| TaskError::run(&path, error.to_string()))?;
    Ok((joined, summary))
}

/// What of the run's own data a series of a file continues.
enum Join {
    /// There is nothing before it.
    No,
    /// It is another series, or comes much later.
    Apart(String),
    /// These rows.
    Days(std::ops::Range<usize>),
}

fn join(kept: &SeriesTable, known: usize, table: &SeriesTable, series: usize) -> Join {
    let (old, new) = (kept.range(known), table.range(series));
    let closes = |table: &SeriesTable, row: usize| {
        table.column("close").map_or(f64::NAN, |close| close[row])
    };
    let first = table.dates()[new.start];
    let end = old.start + kept.dates()[old.clone()].partition_point(|&day| day < first);
    if end == old.start {
        return Join::No;
    }
    let pairs = (end..old.end).filter_map(|row| {
        let day = kept.dates()[row];
        let at = table.dates()[new.clone()].binary_search(&day).ok()?;
        Some((day, closes(kept, row), closes(table, new.start + at)))
    });
    let pairs: Vec<_> = pairs.collect();
    let differ = |pair: &&(Date, f64, f64)| (pair.1 / pair.2 - 1.0).abs() > SAME;
    let others: Vec<_> = pairs.iter().filter(differ).collect();
    if let Some((day, was, is)) = others.first()
        && others.len() * 2 > pairs.len()
    {
        return Join::Apart(format!("the close of {day} is {was} there and {is} here"));
    }
    let last = kept.dates()[end - 1];
    let days = (first - last).get_days();
    if days > FURTHEST {
        return Join::Apart(format!("it begins on {first}, {days} days after {last}"));
    }
    let (was, is) = (closes(kept, end - 1), closes(table, new.start));
    if (is / was).ln().abs() > FARTHEST.ln() {
        return Join::Apart(format!(
            "the close is {was} on {last} there and {is} on {first} here"
        ));
    }
    Join::Days(old.start..end)
}
