//! What several tests need.

use rekindle_data::{
    Check, ColumnSpec, DataError, LoadSummary, MissingPolicy, Result, SeriesSpec, SeriesTable,
};

/// The date column, a column of prices that must be there, and one of volumes that may be.
pub fn spec() -> SeriesSpec {
    let column = |name: &str, missing, check, required| ColumnSpec {
        name: name.to_string(),
        aliases: vec![name.to_string()],
        missing,
        check,
        required,
    };
    SeriesSpec {
        date_aliases: vec!["date".to_string()],
        series_aliases: None,
        columns: vec![
            column("close", MissingPolicy::Error, Check::Positive, true),
            column("volume", MissingPolicy::Keep, Check::NonNegative, false),
        ],
        max_gap_days: 5,
        only: None,
        limit: None,
        date_format: None,
    }
}

/// The same, with a column `symbol` that tells series apart.
pub fn panel() -> SeriesSpec {
    SeriesSpec {
        series_aliases: Some(vec!["symbol".to_string(), "ticker".to_string()]),
        ..spec()
    }
}

/// `spec` with another policy for the column `close`.
pub fn with_policy(mut spec: SeriesSpec, policy: MissingPolicy) -> SeriesSpec {
    spec.columns[0].missing = policy;
    spec
}

/// Reads a text that stands for `prices.csv`.
pub fn read(text: &str, spec: &SeriesSpec) -> Result<(SeriesTable, LoadSummary)> {
    read_bytes(text.as_bytes(), spec)
}

/// [`read`] for what may not be text.
pub fn read_bytes(bytes: &[u8], spec: &SeriesSpec) -> Result<(SeriesTable, LoadSummary)> {
    SeriesTable::from_reader(std::io::Cursor::new(bytes.to_vec()), "prices.csv", spec)
}

/// An error as the three lines a program prints.
pub fn three_lines(error: &DataError) -> String {
    let mut lines = format!("error: {error}");
    if let Some(place) = error.place() {
        lines += &format!("\n   at: {place}");
    }
    if let Some(help) = error.help() {
        lines += &format!("\n help: {help}");
    }
    lines
}

/// The three lines of an error that must come.
pub fn failure<T: std::fmt::Debug>(result: Result<T>) -> String {
    three_lines(&result.expect_err("this must fail"))
}
