//! From the rows of a CSV file to a [`SeriesTable`].

use super::date;
use super::table::{
    Check, ColumnSpec, Gap, GapSummary, LoadSummary, MissingCount, SeriesSpec, SeriesTable,
};
use crate::error::{DataError, Result};
use crate::missing::{MissingPolicy, is_missing};
use crate::table::CsvTable;
use jiff::civil::Date;
use std::collections::HashMap;

/// A row as it was read; its values are at the same position of every column.
#[derive(Clone, Copy)]
struct Row {
    series: u32,
    date: Date,
    line: u32,
    at: u32,
}

/// Reads one file.
pub(super) struct Reader<'a> {
    table: CsvTable,
    name: &'a str,
    spec: &'a SeriesSpec,
    date: usize,
    series: Option<usize>,
    /// Where each column of the specification is in the file.
    columns: Vec<Option<usize>>,
    ids: HashMap<Vec<u8>, Option<u32>>,
    series_names: Vec<String>,
    rows: Vec<Row>,
    values: Vec<Vec<f64>>,
    missing: Vec<usize>,
    dropped: usize,
    rows_read: usize,
    order: Option<(Date, Date)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(table: CsvTable, name: &'a str, spec: &'a SeriesSpec) -> Result<Self> {
        let strs = |names: &'a [String]| names.iter().map(String::as_str).collect::<Vec<_>>();
        let date = table.column(&strs(&spec.date_aliases))?;
        let series = match &spec.series_aliases {
            Some(aliases) => Some(table.column(&strs(aliases))?),
            None => None,
        };
        let columns = spec
            .columns
            .iter()
            .map(|column| match column.required {
                true => table.column(&strs(&column.aliases)).map(Some),
                false => Ok(table.optional_column(&strs(&column.aliases))),
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            table,
            name,
            spec,
            date,
            series,
            values: vec![Vec::new(); columns.len()],
            missing: vec![0; columns.len()],
            columns,
            ids: HashMap::new(),
            series_names: Vec::new(),
            rows: Vec::new(),
            dropped: 0,
            rows_read: 0,
            order: None,
        })
    }

    pub(super) fn read(mut self) -> Result<(SeriesTable, LoadSummary)> {
        let mut record = csv::ByteRecord::new();
        let mut values = vec![0.0; self.columns.len()];
        while self.table.read_bytes(&mut record)? {
            self.rows_read += 1;
            let Some(series) = self.series_id(&record)? else { continue };
            let date = self.parse_date(&record)?;
            let (_, last) = self.order.get_or_insert((date, date));
            *last = date;
            if self.parse_values(&record, &mut values)? {
                let at = self.rows.len() as u32;
                self.rows.push(Row { series, date, line: self.table.row() as u32, at });
                for (column, value) in self.values.iter_mut().zip(&values) {
                    column.push(*value);
                }
            } else {
                self.dropped += 1;
            }
        }
        self.refuse_unknown_series()?;
        if self.rows.is_empty() {
            let what = match self.rows_read {
                0 => "the file has a header and no rows",
                _ => "no row is left after missing cells were dropped",
            };
            let help = "give a file with rows of data";
            return Err(DataError::content(what, self.table.place(None, None), help));
        }
        self.build()
    }

    /// The series of a row; none when it is not asked for.
    fn series_id(&mut self, record: &csv::ByteRecord) -> Result<Option<u32>> {
        let cell: &[u8] = self.series.map_or(b"", |column| &record[column]);
        if let Some(id) = self.ids.get(cell) {
            return Ok(*id);
        }
        let text = std::str::from_utf8(cell).map(str::trim).unwrap_or("");
        if self.series.is_some() && text.is_empty() {
            return Err(self.wrong(self.series, "the cell names no series", "fill it in"));
        }
        let wanted = self.spec.only.as_ref().is_none_or(|only| only.iter().any(|o| o == text));
        let id = wanted.then_some(self.series_names.len() as u32);
        if wanted {
            self.series_names.push(text.to_string());
        }
        self.ids.insert(cell.to_vec(), id);
        Ok(id)
    }

    fn parse_date(&self, record: &csv::ByteRecord) -> Result<Date> {
        let cell = &record[self.date];
        date::parse(cell).ok_or_else(|| {
            let what = format!("\"{}\" is not a date", shown(cell));
            self.wrong(Some(self.date), what, "write dates as 2018-09-28")
        })
    }

    /// Fills `values`; false when the row is to be left out.
    fn parse_values(&mut self, record: &csv::ByteRecord, values: &mut [f64]) -> Result<bool> {
        let mut keep = true;
        for (index, spec) in self.spec.columns.iter().enumerate() {
            let Some(column) = self.columns[index] else { continue };
            let cell = record[column].trim_ascii();
            let text = std::str::from_utf8(cell).unwrap_or("\u{fffd}");
            values[index] = match text.parse::<f64>() {
                Ok(value) if !value.is_nan() => {
                    self.check(spec, column, text, value)?;
                    value
                }
                _ if is_missing(text) => {
                    self.missing[index] += 1;
                    match spec.missing {
                        MissingPolicy::Error => {
                            let help = "fill it in, or take the row out";
                            return Err(self.wrong(Some(column), "the cell is empty", help));
                        }
                        MissingPolicy::DropRow => keep = false,
                        MissingPolicy::ForwardFill | MissingPolicy::Keep => {}
                    }
                    f64::NAN
                }
                _ => {
                    let help = match text.contains(',') {
                        true => "write numbers without thousands separators: 1234.5",
                        false => "write a number, or leave the cell empty if it is not known",
                    };
                    let what = format!("\"{}\" is not a number", shown(cell));
                    return Err(self.wrong(Some(column), what, help));
                }
            };
        }
        Ok(keep)
    }

    fn check(&self, spec: &ColumnSpec, column: usize, text: &str, value: f64) -> Result<()> {
        let wanted = match spec.check {
            _ if !value.is_finite() => "a finite number",
            Check::NonNegative if value < 0.0 => "a number that is not negative",
            Check::Positive if value <= 0.0 => "a number above zero",
            _ => return Ok(()),
        };
        let help = format!("column {} needs {wanted}", spec.name);
        Err(self.wrong(Some(column), format!("{text} is not {wanted}"), help))
    }

    fn wrong(&self, column: Option<usize>, what: impl Into<String>, help: impl Into<String>) -> DataError {
        DataError::content(what, self.table.place(Some(self.table.row()), column), help)
    }

    fn refuse_unknown_series(&self) -> Result<()> {
        let Some(only) = &self.spec.only else { return Ok(()) };
        let Some(unknown) = only.iter().find(|name| !self.series_names.contains(name)) else {
            return Ok(());
        };
        let mut known: Vec<String> =
            self.ids.keys().map(|id| String::from_utf8_lossy(id).into_owned()).collect();
        known.sort_by_key(|name| {
            let shared = name.bytes().zip(unknown.bytes()).take_while(|(a, b)| a == b).count();
            (std::cmp::Reverse(shared), name.clone())
        });
        known.truncate(8);
        let help = format!("among the {} there are: {}", self.ids.len(), known.join(", "));
        let place = self.table.place(None, self.series);
        Err(DataError::content(format!("there is no series named {unknown}"), place, help))
    }

    fn build(mut self) -> Result<(SeriesTable, LoadSummary)> {
        let mut by_name: Vec<u32> = (0..self.series_names.len() as u32).collect();
        by_name.sort_by_key(|&id| &self.series_names[id as usize]);
        let mut rank = vec![0_u32; by_name.len()];
        for (place, &id) in by_name.iter().enumerate() {
            rank[id as usize] = place as u32;
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by_key(|row| (rank[row.series as usize], row.date, row.line));
        let duplicates = self.drop_duplicates(&mut rows)?;
        if let Some(limit) = self.spec.limit {
            keep_last(&mut rows, limit);
        }
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(self.values.len());
        for (index, column) in self.values.iter().enumerate() {
            columns.push(match self.columns[index] {
                Some(_) => rows.iter().map(|row| column[row.at as usize]).collect(),
                None => Vec::new(),
            });
        }
        let table = self.fill(rows, columns, &by_name);
        if table.is_empty() {
            let help = "give a file with rows of data";
            let place = self.table.place(None, None);
            return Err(DataError::content("no row is left after missing cells", place, help));
        }
        let summary = self.summary(&table, duplicates);
        Ok((table, summary))
    }

    /// Drops repeated rows; rows of a day that differ are an error.
    fn drop_duplicates(&self, rows: &mut Vec<Row>) -> Result<usize> {
        let before = rows.len();
        let mut clash = None;
        rows.dedup_by(|next, kept| {
            if (next.series, next.date) != (kept.series, kept.date) {
                return false;
            }
            let same = self.values.iter().all(|column| {
                let pair = (column[next.at as usize], column[kept.at as usize]);
                pair.0 == pair.1 || (pair.0.is_nan() && pair.1.is_nan())
            });
            if !same {
                clash.get_or_insert((*kept, *next));
            }
            true
        });
        let Some((first, second)) = clash else { return Ok(before - rows.len()) };
        let name = &self.series_names[first.series as usize];
        let of = if name.is_empty() { String::new() } else { format!(" of {name}") };
        Err(DataError::content(
            format!("rows {} and {} differ, and both are {}{of}", first.line, second.line, first.date),
            self.table.place(Some(u64::from(second.line)), Some(self.date)),
            "keep one of the two rows",
        ))
    }

    /// Fills forward where asked; rows before the first value are left out.
    fn fill(&mut self, rows: Vec<Row>, mut columns: Vec<Vec<f64>>, by_name: &[u32]) -> SeriesTable {
        let mut keep = vec![true; rows.len()];
        for (index, spec) in self.spec.columns.iter().enumerate() {
            if spec.missing != MissingPolicy::ForwardFill || columns[index].is_empty() {
                continue;
            }
            for at in 0..rows.len() {
                if columns[index][at].is_nan() {
                    match at > 0 && rows[at - 1].series == rows[at].series {
                        true => columns[index][at] = columns[index][at - 1],
                        false => {}
                    }
                    keep[at] &= !columns[index][at].is_nan();
                }
            }
        }
        self.dropped += keep.iter().filter(|&&keep| !keep).count();
        let mut flags = keep.iter();
        for column in columns.iter_mut().filter(|column| !column.is_empty()) {
            flags = keep.iter();
            column.retain(|_| *flags.next().unwrap_or(&true));
        }
        drop(flags);
        let kept: Vec<Row> =
            rows.into_iter().zip(&keep).filter(|(_, keep)| **keep).map(|(row, _)| row).collect();
        let mut ranges = Vec::with_capacity(by_name.len());
        let mut series = Vec::with_capacity(by_name.len());
        let mut start = 0;
        for &id in by_name {
            let count = kept[start..].iter().take_while(|row| row.series == id).count();
            if count > 0 {
                ranges.push(start..start + count);
                series.push(self.series_names[id as usize].clone());
            }
            start += count;
        }
        SeriesTable {
            series,
            ranges,
            dates: kept.iter().map(|row| row.date).collect(),
            names: self.spec.columns.iter().map(|column| column.name.clone()).collect(),
            columns,
        }
    }

    fn summary(&self, table: &SeriesTable, duplicates: usize) -> LoadSummary {
        let dates = table.dates();
        let first_date = dates.iter().copied().min().unwrap_or(Date::MIN);
        let last_date = dates.iter().copied().max().unwrap_or(Date::MAX);
        let missing = self.spec.columns.iter().zip(&self.missing).map(|(spec, &count)| {
            MissingCount { column: spec.name.clone(), count, policy: spec.missing }
        });
        LoadSummary {
            source: self.name.rsplit(['/', '\\']).next().unwrap_or(self.name).to_string(),
            rows_read: self.rows_read,
            rows_kept: table.len(),
            series: table.n_series(),
            first_date,
            last_date,
            newest_first: self.order.is_some_and(|(first, last)| first > last),
            missing: missing.collect(),
            dropped_rows: self.dropped,
            duplicates,
            gaps: gaps(table, self.spec.max_gap_days),
        }
    }
}

fn keep_last(rows: &mut Vec<Row>, limit: usize) {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    rows.iter().for_each(|row| *counts.entry(row.series).or_default() += 1);
    rows.retain(|row| {
        let left = counts.entry(row.series).or_default();
        *left -= 1;
        *left < limit
    });
}

fn gaps(table: &SeriesTable, most: i32) -> GapSummary {
    let mut summary = GapSummary::default();
    for (index, range) in table.ranges().iter().enumerate() {
        for pair in table.dates()[range.clone()].windows(2) {
            let days = (pair[1] - pair[0]).get_days();
            if days <= most {
                continue;
            }
            summary.count += 1;
            if summary.longest.as_ref().is_none_or(|longest| days > longest.days) {
                let series = table.series(index).to_string();
                summary.longest = Some(Gap { series, after: pair[0], before: pair[1], days });
            }
        }
    }
    summary
}

fn shown(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
