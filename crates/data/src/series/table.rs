//! Many series in one table: by series, days ascending, columns apart.

use super::read::Reader;
use super::spec::SeriesSpec;
use super::summary::{LoadSummary, of_series};
use crate::error::{DataError, Result};
use crate::form::TableOptions;
use crate::table::{CsvOptions, CsvTable};
use jiff::civil::Date;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

/// Rows of many series, grouped by series (sorted by name), days ascending.
#[derive(Debug, Clone)]
pub struct SeriesTable {
    pub(super) series: Vec<String>,
    pub(super) ranges: Vec<Range<usize>>,
    pub(super) dates: Vec<Date>,
    /// Line of every row in its file.
    pub(super) lines: Vec<u32>,
    pub(super) names: Vec<String>,
    /// Column-major; an optional column that the file lacks is empty.
    pub(super) columns: Vec<Vec<f64>>,
}

impl SeriesTable {
    /// Reads a file, plain or compressed.
    ///
    /// # Errors
    /// With file, row and column: a missing column, a bad date or number, a value that fails its
    /// check, a missing cell where none may be, two rows of a day that differ, a series asked for
    /// that is not there, no row at all.
    pub fn read(path: &Path, spec: &SeriesSpec) -> Result<(Self, LoadSummary)> {
        let table = CsvTable::open_found(path, &TableOptions::default())?;
        Reader::new(table, &path.display().to_string(), spec)?.read()
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
        let table = CsvTable::from_reader(Box::new(reader), name, &CsvOptions::default())?;
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
    ///
    /// # Panics
    /// When `index` is not below [`SeriesTable::n_series`], as [`SeriesTable::range`] does.
    pub fn series(&self, index: usize) -> &str {
        &self.series[index]
    }

    /// Rows of a series.
    ///
    /// # Panics
    /// When `index` is not below [`SeriesTable::n_series`].
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

    /// Line of a row in the file it was read from; none past the last.
    pub fn line(&self, row: usize) -> Option<u64> {
        self.lines.get(row).map(|line| u64::from(*line))
    }

    /// A column, one value a row; none if the file lacks it.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let index = self.names.iter().position(|other| other == name)?;
        let column = &self.columns[index];
        (!column.is_empty() || self.is_empty()).then_some(column.as_slice())
    }

    /// The series a row belongs to; one past the last series for a row past the last.
    pub fn series_of_row(&self, row: usize) -> usize {
        self.ranges.partition_point(|range| range.end <= row)
    }

    /// The rows that `keep` takes; a series without any is not in the result.
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut kept = Self {
            series: Vec::new(),
            ranges: Vec::new(),
            dates: Vec::new(),
            lines: Vec::new(),
            names: self.names.clone(),
            columns: vec![Vec::new(); self.columns.len()],
        };
        for (name, range) in self.series.iter().zip(&self.ranges) {
            let rows: Vec<usize> = range.clone().filter(|&row| keep(row)).collect();
            if rows.is_empty() {
                continue;
            }
            let start = kept.dates.len();
            kept.series.push(name.clone());
            kept.dates.extend(rows.iter().map(|&row| self.dates[row]));
            kept.lines.extend(rows.iter().map(|&row| self.lines[row]));
            for (column, all) in kept.columns.iter_mut().zip(&self.columns) {
                if !all.is_empty() {
                    column.extend(rows.iter().map(|&row| all[row]));
                }
            }
            kept.ranges.push(start..kept.dates.len());
        }
        kept
    }

    /// The rows of both tables, series joined by name; the days of the two may interleave.
    ///
    /// A column that one of the two files lacks is missing from the result.
    ///
    /// # Errors
    /// When the columns differ, or a series has a day in both.
    pub fn append(&self, later: &Self) -> Result<Self> {
        if self.names != later.names {
            let what = "the two tables have different columns";
            return Err(DataError::unfit(
                what,
                "read both with the same specification",
            ));
        }
        let mut series: Vec<String> = self.series.iter().chain(&later.series).cloned().collect();
        series.sort();
        series.dedup();
        let mut joined = Self {
            ranges: Vec::with_capacity(series.len()),
            dates: Vec::with_capacity(self.len() + later.len()),
            lines: Vec::with_capacity(self.len() + later.len()),
            names: self.names.clone(),
            columns: vec![Vec::new(); self.columns.len()],
            series: Vec::new(),
        };
        for name in &series {
            let mut rows: Vec<(Date, &Self, usize)> = [self, later]
                .into_iter()
                .filter_map(|table| Some((table, table.series.binary_search(name).ok()?)))
                .flat_map(|(table, index)| {
                    let rows = table.range(index);
                    rows.map(move |row| (table.dates[row], table, row))
                })
                .collect();
            rows.sort_by_key(|(date, _, _)| *date);
            if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let of = of_series(name);
                return Err(DataError::unfit(
                    format!("both files have the day {}{of}", pair[0].0),
                    "take the days of one file out of the other",
                ));
            }
            joined.push_series(self, later, &rows);
        }
        joined.series = series;
        Ok(joined)
    }

    fn push_series(&mut self, one: &Self, other: &Self, rows: &[(Date, &Self, usize)]) {
        let start = self.dates.len();
        self.dates.extend(rows.iter().map(|(date, _, _)| *date));
        self.lines
            .extend(rows.iter().map(|&(_, table, row)| table.lines[row]));
        for (at, column) in self.columns.iter_mut().enumerate() {
            if !one.columns[at].is_empty() && !other.columns[at].is_empty() {
                let values = rows.iter().map(|&(_, table, row)| table.columns[at][row]);
                column.extend(values);
            }
        }
        self.ranges.push(start..self.dates.len());
    }
}
