//! Many series in one table: by series, days ascending, columns apart.

use super::read::Reader;
use crate::error::{DataError, Result};
use crate::missing::MissingPolicy;
use crate::source::open;
use crate::table::{CsvOptions, CsvTable};
use jiff::civil::Date;
use serde::Serialize;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// A finite number.
    Finite,
    /// Finite and not below 0.
    NonNegative,
    /// Finite and above 0.
    Positive,
}

/// A column of numbers.
#[derive(Debug, Clone)]
pub struct ColumnSpec {
    /// Its name in the table.
    pub name: String,
    /// Its names in files, whatever their case.
    pub aliases: Vec<String>,
    /// What to do about missing cells.
    pub missing: MissingPolicy,
    /// What a value must be.
    pub check: Check,
    /// Whether a file without it is refused.
    pub required: bool,
}

/// What to read of a file.
#[derive(Debug, Clone)]
pub struct SeriesSpec {
    /// Names of the column of days.
    pub date_aliases: Vec<String>,
    /// Names of the column that tells series apart; none for a file of one series.
    pub series_aliases: Option<Vec<String>>,
    /// The columns of numbers.
    pub columns: Vec<ColumnSpec>,
    /// Days between two rows beyond which a gap is reported.
    pub max_gap_days: i32,
    /// Series to keep; all when absent.
    pub only: Option<Vec<String>>,
    /// Rows to keep of each series, the most recent ones.
    pub limit: Option<usize>,
}

/// Rows of many series, grouped by series (sorted by name), days ascending.
#[derive(Debug, Clone)]
pub struct SeriesTable {
    pub(super) series: Vec<String>,
    pub(super) ranges: Vec<Range<usize>>,
    pub(super) dates: Vec<Date>,
    pub(super) names: Vec<String>,
    /// Column-major; an optional column that the file lacks is empty.
    pub(super) columns: Vec<Vec<f64>>,
}

/// Missing cells of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingCount {
    /// The column.
    pub column: String,
    /// How many.
    pub count: usize,
    /// What was done about them.
    pub policy: MissingPolicy,
}

/// Two neighbouring rows far apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The series.
    pub series: String,
    /// The day before the gap.
    pub after: Date,
    /// The day after it.
    pub before: Date,
    /// Calendar days between them.
    pub days: i32,
}

/// Gaps of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GapSummary {
    /// How many.
    pub count: usize,
    /// The longest.
    pub longest: Option<Gap>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadSummary {
    /// The file.
    pub source: String,
    /// Rows in it, of all series.
    pub rows_read: usize,
    /// Rows in the table.
    pub rows_kept: usize,
    /// Series in the table.
    pub series: usize,
    /// First day.
    pub first_date: Date,
    /// Last day.
    pub last_date: Date,
    /// The file began with its newest row.
    pub newest_first: bool,
    /// Missing cells, column by column.
    pub missing: Vec<MissingCount>,
    /// Rows left out for them.
    pub dropped_rows: usize,
    /// Repeated rows left out.
    pub duplicates: usize,
    /// Gaps.
    pub gaps: GapSummary,
}

impl SeriesTable {
    /// Reads a file, plain or compressed.
    ///
    /// # Errors
    /// With file, row and column: a missing column, a bad date or number, a value that fails its
    /// check, a missing cell where none may be, two rows of a day that differ, no row at all.
    pub fn read(path: &Path, spec: &SeriesSpec) -> Result<(Self, LoadSummary)> {
        Self::from_boxed(open(path)?, &path.display().to_string(), spec)
    }

    /// Reads from anywhere; `name` stands for the file in errors.
    ///
    /// # Errors
    /// See [`SeriesTable::read`].
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        name: &str,
        spec: &SeriesSpec,
    ) -> Result<(Self, LoadSummary)> {
        Self::from_boxed(Box::new(reader), name, spec)
    }

    fn from_boxed(
        reader: Box<dyn Read + Send>,
        name: &str,
        spec: &SeriesSpec,
    ) -> Result<(Self, LoadSummary)> {
        let table = CsvTable::from_reader(reader, name, &CsvOptions::default())?;
        Reader::new(table, name, spec)?.read()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.dates.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.dates.is_empty()
    }

    /// Number of series.
    pub fn n_series(&self) -> usize {
        self.series.len()
    }

    /// Name of a series; empty for a file of one series.
    pub fn series(&self, index: usize) -> &str {
        &self.series[index]
    }

    /// Rows of a series.
    pub fn range(&self, index: usize) -> Range<usize> {
        self.ranges[index].clone()
    }

    /// Rows of every series.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// Day of every row.
    pub fn dates(&self) -> &[Date] {
        &self.dates
    }

    /// A column, one value a row; none if the file lacks it.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let index = self.names.iter().position(|other| other == name)?;
        let column = &self.columns[index];
        (!column.is_empty() || self.is_empty()).then_some(column.as_slice())
    }

    /// The series a row belongs to.
    pub fn series_of_row(&self, row: usize) -> usize {
        self.ranges.partition_point(|range| range.end <= row)
    }

    /// The rows of both tables, series joined by name.
    ///
    /// # Errors
    /// When the columns differ, or a series has a day in both.
    pub fn append(&self, later: &Self) -> Result<Self> {
        if self.names != later.names {
            return Err(DataError::unfit(
                "the two tables have different columns",
                "read both with the same columns",
            ));
        }
        let mut series: Vec<String> = self.series.iter().chain(&later.series).cloned().collect();
        series.sort();
        series.dedup();
        let columns: Vec<usize> = (0..self.columns.len())
            .filter(|&at| !self.columns[at].is_empty() && !later.columns[at].is_empty())
            .collect();
        let mut joined = Self {
            ranges: Vec::new(),
            dates: Vec::with_capacity(self.len() + later.len()),
            names: self.names.clone(),
            columns: vec![Vec::new(); self.columns.len()],
            series,
        };
        for name in joined.series.clone() {
            let mut rows: Vec<(Date, &Self, usize)> = [self, later]
                .into_iter()
                .filter_map(|table| {
                    let index = table.series.iter().position(|other| *other == name)?;
                    Some(table.range(index).map(move |row| (table.dates[row], table, row)))
                })
                .flatten()
                .collect();
            rows.sort_by_key(|(date, _, _)| *date);
            if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let of = if name.is_empty() { String::new() } else { format!(" of {name}") };
                return Err(DataError::unfit(
                    format!("both files have the day {}{of}", pair[0].0),
                    "take the days of one file out of the other",
                ));
            }
            let start = joined.dates.len();
            for (date, table, row) in rows {
                joined.dates.push(date);
                for &at in &columns {
                    joined.columns[at].push(table.columns[at][row]);
                }
            }
            joined.ranges.push(start..joined.dates.len());
        }
        Ok(joined)
    }
}

impl LoadSummary {
    /// What was read, in words.
    pub fn lines(&self) -> Vec<String> {
        let order = if self.newest_first { ", newest first in the file" } else { "" };
        let series = if self.series > 1 { format!(" of {} series", self.series) } else { String::new() };
        let mut lines = vec![format!(
            "{}: {} rows{series}, {} to {}{order}",
            self.source, self.rows_kept, self.first_date, self.last_date
        )];
        for missing in self.missing.iter().filter(|missing| missing.count > 0) {
            let done = match missing.policy {
                MissingPolicy::Error => "refused",
                MissingPolicy::DropRow => "their rows are left out",
                MissingPolicy::ForwardFill => "filled from the day before",
                MissingPolicy::Keep => "kept as unknown",
            };
            let count = missing.count;
            lines.push(format!("{count} missing cells in column {}: {done}", missing.column));
        }
        if self.duplicates > 0 {
            lines.push(format!("{} repeated rows left out", self.duplicates));
        }
        if let GapSummary { count, longest: Some(gap) } = &self.gaps {
            let of = if gap.series.is_empty() { String::new() } else { format!(" of {}", gap.series) };
            lines.push(format!(
                "{count} gaps; the longest{of} is {} days, from {} to {}",
                gap.days, gap.after, gap.before
            ));
        }
        lines
    }
}
