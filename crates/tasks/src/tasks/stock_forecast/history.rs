//! The last days of a run's data, kept with it: a file of a few rows can then be scored or
//! continued.

use super::data::{self, Form};
use crate::error::{Result, TaskError};
use crate::files;
use crate::run_dir::RunDir;
use jiff::civil::Date;
use rekindle_data::{LoadSummary, SeriesTable};
use std::collections::BTreeMap;
use std::path::Path;

const FILE: &str = "history.csv";
const COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];
/// Days beside `lookback` that let the running averages settle and hold the year of quarters that
/// features look back to.
const SETTLE: usize = 320;

/// Writes the last days of every series.
pub fn write(run: &RunDir, table: &SeriesTable, lookback: usize) -> Result<()> {
    let mut text = format!("date,symbol,{}\n", COLUMNS.join(","));
    for series in 0..table.n_series() {
        let range = table.range(series);
        let name = table.series(series);
        for row in range.end.saturating_sub(lookback + SETTLE).max(range.start)..range.end {
            text += &format!("{},{name}", table.dates()[row]);
            for column in COLUMNS {
                match table.column(column).map(|values| values[row]) {
                    Some(value) if value.is_finite() => text += &format!(",{value}"),
                    _ => text.push(','),
                }
            }
            text.push('\n');
        }
    }
    files::write_atomic(&run.file(FILE), text.as_bytes())
}

/// A file of prices, with the days before its first one of each series it names.
pub fn before_file(run: &RunDir, input: &Path, form: Form) -> Result<(SeriesTable, LoadSummary)> {
    let (table, summary) = data::load_file(input, form)?;
    let first: BTreeMap<&str, Date> = (0..table.n_series())
        .map(|series| {
            (
                table.series(series),
                table.dates()[table.range(series).start],
            )
        })
        .collect();
    let path = run.file(FILE);
    let text = files::read_text(&path)?;
    let mut kept = String::new();
    let mut rows = 0;
    for (index, line) in text.lines().enumerate() {
        let mut cells = line.splitn(3, ',');
        let (date, symbol) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""));
        let wanted = match (first.get(symbol), date.parse::<Date>()) {
            (Some(first), Ok(date)) => date < *first,
            _ => false,
        };
        if index == 0 || wanted {
            kept += line;
            kept.push('\n');
            rows += usize::from(index > 0);
        }
    }
    if rows == 0 {
        return Ok((table, summary));
    }
    let kept = std::io::Cursor::new(kept.into_bytes());
    let (earlier, _) = SeriesTable::from_reader(kept, FILE, &data::spec(form, None, None))?;
    let joined = earlier
        .append(&table)
        .map_err(|error| TaskError::run(&path, error.to_string()))?;
    Ok((joined, summary))
}
