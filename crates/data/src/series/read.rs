//! From the cells of a CSV file to checked rows.

use super::assemble::{Row, Rows};
use super::date;
use super::spec::{Check, ColumnSpec, SeriesSpec};
use super::summary::LoadSummary;
use super::table::SeriesTable;
use crate::error::{DataError, Result};
use crate::missing::{MissingPolicy, is_missing};
use crate::similar::nearest;
use crate::table::CsvTable;
use jiff::civil::Date;
use std::collections::HashMap;

/// Reads one file.
pub(super) struct Reader<'a> {
    table: CsvTable,
    name: &'a str,
    spec: &'a SeriesSpec,
    date: usize,
    series: Option<usize>,
    /// Where each column of the specification is in the file.
    columns: Vec<Option<usize>>,
    /// Number of each series by the cell that names it; none for those not asked for.
    ids: HashMap<Vec<u8>, Option<u32>>,
    /// The cell and number of the row before: most files have a series in one piece.
    last: (Vec<u8>, Option<u32>),
    rows: Rows,
    missing: Vec<usize>,
    dropped: usize,
    rows_read: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(table: CsvTable, name: &'a str, spec: &'a SeriesSpec) -> Result<Self> {
        let strs = |names: &'a [String]| names.iter().map(String::as_str).collect::<Vec<_>>();
        let date = table.column(&strs(&spec.date_aliases))?;
        let series = match &spec.series_aliases {
            Some(aliases) => Some(table.column(&strs(aliases))?),
            None => None,
        };
        let mut columns = Vec::with_capacity(spec.columns.len());
        for column in &spec.columns {
            let aliases = strs(&column.aliases);
            let at = match column.required {
                true => Some(table.column(&aliases)?),
                false => table.optional_column(&aliases),
            };
            at.map_or(Ok(()), |at| table.refuse_twin(at))?;
            columns.push(at);
        }
        Ok(Self {
            table,
            name,
            spec,
            date,
            series,
            rows: Rows::new(columns.iter().map(Option::is_some)),
            missing: vec![0; columns.len()],
            columns,
            ids: HashMap::new(),
            last: (Vec::new(), None),
            dropped: 0,
            rows_read: 0,
        })
    }

    pub(super) fn read(mut self) -> Result<(SeriesTable, LoadSummary)> {
        let mut record = csv::ByteRecord::new();
        let mut values = vec![f64::NAN; self.columns.len()];
        while self.table.read_bytes(&mut record)? {
            self.rows_read += 1;
            let Some(series) = self.series_id(&record)? else {
                continue;
            };
            let row = Row {
                series,
                date: self.parse_date(&record)?,
                line: u32::try_from(self.table.row()).unwrap_or(u32::MAX),
                at: 0,
            };
            self.rows.see_order(&row);
            match self.parse_values(&record, &mut values)? {
                true => self.rows.push(row, &values),
                false => self.dropped += 1,
            }
        }
        if self.rows_read == 0 {
            return Err(self.no_rows("the file has a header and no rows"));
        }
        self.refuse_unknown_series()?;
        self.finish()
    }

    /// The series of a row; none when it is not asked for.
    fn series_id(&mut self, record: &csv::ByteRecord) -> Result<Option<u32>> {
        let cell = match self.series {
            Some(column) => record[column].trim_ascii(),
            None => b"",
        };
        if self.rows_read > 1 && cell == self.last.0 {
            return Ok(self.last.1);
        }
        let id = match self.ids.get(cell) {
            Some(id) => *id,
            None => self.new_series(cell)?,
        };
        self.last.0.clear();
        self.last.0.extend_from_slice(cell);
        self.last.1 = id;
        Ok(id)
    }

    fn new_series(&mut self, cell: &[u8]) -> Result<Option<u32>> {
        let Ok(name) = std::str::from_utf8(cell) else {
            return Err(self.table.not_utf8(self.series));
        };
        if self.series.is_some() && is_blank(name) {
            let help = "fill it in, or take the row out";
            return Err(self.wrong(self.series, "the cell names no series", help));
        }
        let only = self.spec.only.as_ref();
        let wanted = only.is_none_or(|only| only.iter().any(|other| other == name));
        let id = wanted.then(|| self.rows.add_series(name));
        self.ids.insert(cell.to_vec(), id);
        Ok(id)
    }

    fn parse_date(&self, record: &csv::ByteRecord) -> Result<Date> {
        let cell = &record[self.date];
        date::parse(cell).ok_or_else(|| {
            let Ok(text) = std::str::from_utf8(cell) else {
                return self.table.not_utf8(Some(self.date));
            };
            let help = "write dates as 2018-09-28 (year, month, day)";
            let what = match is_blank(text) {
                true => "the row has no date".to_string(),
                false => format!("\"{}\" is not a date", shown(text)),
            };
            self.wrong(Some(self.date), what, help)
        })
    }

    /// Fills `values`; false when the row is to be left out.
    fn parse_values(&mut self, record: &csv::ByteRecord, values: &mut [f64]) -> Result<bool> {
        let mut keep = true;
        for (index, spec) in self.spec.columns.iter().enumerate() {
            let Some(column) = self.columns[index] else {
                continue;
            };
            let Ok(text) = std::str::from_utf8(record[column].trim_ascii()) else {
                return Err(self.table.not_utf8(Some(column)));
            };
            values[index] = match number(text, spec.check) {
                Some(value) if !value.is_nan() => {
                    self.check(spec, column, text, value)?;
                    value
                }
                _ if is_missing(text) => {
                    self.missing[index] += 1;
                    match spec.missing {
                        MissingPolicy::Error => return Err(self.empty(column, text)),
                        MissingPolicy::DropRow => keep = false,
                        MissingPolicy::ForwardFill | MissingPolicy::Keep => {}
                    }
                    f64::NAN
                }
                _ => return Err(self.not_a_number(spec, column, text)),
            };
        }
        Ok(keep)
    }

    fn check(&self, spec: &ColumnSpec, column: usize, text: &str, value: f64) -> Result<()> {
        let wanted = match spec.check {
            _ if !value.is_finite() => "a finite number",
            Check::NonNegative if value < 0.0 => "zero or above",
            Check::Positive if value <= 0.0 => "above zero",
            Check::YesNo if value != 0.0 && value != 1.0 => "yes or no",
            _ => return Ok(()),
        };
        let what = format!("\"{}\" is not {wanted}", shown(text));
        Err(self.wrong(Some(column), what, correct(spec)))
    }

    fn empty(&self, column: usize, text: &str) -> DataError {
        let what = match text {
            "" => "the cell is empty".to_string(),
            word => format!("the cell holds no value, only \"{word}\""),
        };
        self.wrong(Some(column), what, "fill it in, or take the row out")
    }

    fn not_a_number(&self, spec: &ColumnSpec, column: usize, text: &str) -> DataError {
        let digits = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b",. '-+".contains(&b));
        let help = match digits {
            true => "write numbers without separators between thousands: 1234.5",
            false => correct(spec),
        };
        let (wanted, help) = match spec.check {
            Check::YesNo => ("yes or no", correct(spec)),
            _ => ("a number", help),
        };
        let what = format!("\"{}\" is not {wanted}", shown(text));
        self.wrong(Some(column), what, help)
    }

    fn wrong(
        &self,
        column: Option<usize>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> DataError {
        DataError::content(what, self.table.place(Some(self.table.row()), column), help)
    }

    fn no_rows(&self, what: &str) -> DataError {
        let help = "give a file with rows of data";
        DataError::content(what, self.table.place(None, None), help)
    }

    fn refuse_unknown_series(&self) -> Result<()> {
        let wanted = self.spec.only.iter().flatten();
        let unknown: Vec<&str> = wanted
            .map(String::as_str)
            .filter(|name| !self.ids.contains_key(name.as_bytes()))
            .collect();
        let Some(first) = unknown.first() else {
            return Ok(());
        };
        let ids = self.ids.keys();
        let known = ids.map(|id| String::from_utf8_lossy(id).into_owned());
        let near = nearest(first, known.collect(), 8).join(", ");
        let help = match self.ids.len() {
            0..=8 => format!("the series are: {near}"),
            count => format!("the nearest of the {count} names are: {near}"),
        };
        let what = format!("there is no series named {}", unknown.join(", "));
        let place = self.table.place(None, self.series);
        Err(DataError::content(what, place, help))
    }

    fn finish(mut self) -> Result<(SeriesTable, LoadSummary)> {
        let newest_first = self.rows.newest_first();
        let rows = std::mem::take(&mut self.rows);
        let assembled = rows.assemble(self.spec).map_err(|clash| {
            let place = self.table.place(Some(clash.row), Some(self.date));
            DataError::content(clash.what, place, "keep one of the two rows")
        })?;
        let table = assembled.table;
        let (Some(first_date), Some(last_date)) = (
            table.dates().iter().copied().min(),
            table.dates().iter().copied().max(),
        ) else {
            return Err(self.no_rows("no row is left once those with missing cells are out"));
        };
        let file = self.name.rsplit(['/', '\\']).next().unwrap_or(self.name);
        let missing = self.spec.columns.iter().zip(&self.missing);
        let summary = LoadSummary {
            source: file.to_string(),
            rows_read: self.rows_read,
            rows_kept: table.len(),
            series: table.n_series(),
            first_date,
            last_date,
            newest_first,
            missing: missing
                .map(|(spec, &count)| super::MissingCount {
                    column: spec.name.clone(),
                    count,
                    policy: spec.missing,
                })
                .collect(),
            dropped_rows: self.dropped + assembled.unfilled,
            duplicates: assembled.duplicates,
            gaps: super::summary::gaps(&table, self.spec.max_gap_days),
            notes: self.table.notes().to_vec(),
        };
        Ok((table, summary))
    }
}

/// What to do about a cell whose value cannot be taken.
fn correct(spec: &ColumnSpec) -> &'static str {
    match spec.missing {
        MissingPolicy::Error => "correct the cell, or take the row out",
        _ => "correct the cell, or leave it empty if the value is not known",
    }
}

/// The number that a cell holds.
fn number(text: &str, check: Check) -> Option<f64> {
    match check {
        Check::YesNo if text.eq_ignore_ascii_case("yes") => Some(1.0),
        Check::YesNo if text.eq_ignore_ascii_case("no") => Some(0.0),
        _ => text.parse().ok(),
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A cell for an error message: one line, not too long.
fn shown(text: &str) -> String {
    let text = text.trim().replace('\n', " ");
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
