//! From the cells of a CSV file to checked rows.

use super::assemble::{Row, Rows};
use super::cells::{Comma, OddCells};
use super::date::DateForm;
use super::spec::SeriesSpec;
use super::summary::LoadSummary;
use super::table::SeriesTable;
use super::values::is_blank;
use crate::error::{DataError, Result};
use crate::similar::nearest;
use crate::table::{CsvTable, same_name};
use std::collections::{HashMap, VecDeque};

/// Reads one file.
pub(super) struct Reader<'a> {
    pub(super) table: CsvTable,
    pub(super) name: &'a str,
    pub(super) spec: &'a SeriesSpec,
    pub(super) date: usize,
    pub(super) series: Option<usize>,
    /// Where each column of the specification is in the file.
    pub(super) columns: Vec<Option<usize>>,
    /// Number of each series by the cell that names it; none for those not asked for.
    pub(super) ids: HashMap<Vec<u8>, Option<u32>>,
    /// The cell and number of the row before: most files have a series in one piece.
    pub(super) last: (Vec<u8>, Option<u32>),
    pub(super) rows: Rows,
    pub(super) missing: Vec<usize>,
    pub(super) dropped: usize,
    pub(super) rows_read: usize,
    /// The first rows, until they are read.
    pub(super) ahead: VecDeque<(u64, csv::ByteRecord)>,
    /// The first rows, for what is said of the file.
    pub(super) sample: Vec<(u64, csv::ByteRecord)>,
    /// Line of the row that is read.
    pub(super) line: u64,
    pub(super) form: DateForm,
    pub(super) comma: Comma,
    pub(super) odd: OddCells,
    /// Sign beside the numbers of each column, and where it was first seen.
    pub(super) units: Vec<Option<(String, u64)>>,
    /// First row with a time of day.
    pub(super) timed: Option<u64>,
    /// Rows of dividends and splits, and the first.
    pub(super) actions: (usize, u64),
    /// Column of a name that must not change, in a file of one series, and the name.
    pub(super) one: Option<(usize, Vec<u8>)>,
    /// By series: rows, and missing cells of each column.
    pub(super) counts: Vec<(usize, Vec<usize>)>,
    pub(super) notes: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(table: CsvTable, name: &'a str, spec: &'a SeriesSpec) -> Result<Self> {
        let strs = |names: &'a [String]| names.iter().map(String::as_str).collect::<Vec<_>>();
        let date = table.column(&strs(&spec.date_aliases))?;
        let series = match &spec.series_aliases {
            Some(aliases) => Some(table.column(&strs(aliases))?),
            None => None,
        };
        let mut notes = Vec::new();
        let mut read_as = |at: usize, aliases: &[String]| {
            let (name, usual) = (&table.header()[at], aliases.first());
            if let Some(usual) = usual.filter(|usual| !same_name(name, usual)) {
                notes.push(format!("column {name} is read as {usual}"));
            }
        };
        read_as(date, &spec.date_aliases);
        let mut columns = Vec::with_capacity(spec.columns.len());
        for column in &spec.columns {
            let aliases = strs(&column.aliases);
            let at = match column.required {
                true => Some(table.column(&aliases)?),
                false => table.optional_column(&aliases),
            };
            at.map_or(Ok(()), |at| table.refuse_twin(at))?;
            if let Some(at) = at.filter(|_| column.required) {
                read_as(at, &column.aliases);
            }
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
            ahead: VecDeque::new(),
            sample: Vec::new(),
            line: 0,
            form: spec
                .date_format
                .clone()
                .map_or(DateForm::Plain, DateForm::Format),
            comma: Comma::Unknown,
            odd: OddCells::default(),
            units: vec![None; spec.columns.len()],
            timed: None,
            actions: (0, 0),
            one: None,
            counts: Vec::new(),
            notes,
        })
    }

    pub(super) fn read(mut self) -> Result<(SeriesTable, LoadSummary)> {
        self.look_ahead()?;
        let mut record = csv::ByteRecord::new();
        let mut values = vec![f64::NAN; self.columns.len()];
        while self.next(&mut record)? {
            self.rows_read += 1;
            let Some(series) = self.series_id(&record)? else {
                continue;
            };
            if self.is_action(&record) {
                continue;
            }
            self.require_one_series(&record)?;
            let row = Row {
                series,
                date: self.parse_date(&record)?,
                line: u32::try_from(self.line).unwrap_or(u32::MAX),
                at: 0,
            };
            let counts = &mut self.counts[series as usize];
            counts.0 += 1;
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

    /// The next row, of those read ahead or of the file.
    fn next(&mut self, record: &mut csv::ByteRecord) -> Result<bool> {
        if let Some((line, row)) = self.ahead.pop_front() {
            (self.line, *record) = (line, row);
            return Ok(true);
        }
        let more = self.table.read_bytes(record)?;
        self.line = self.table.row();
        Ok(more)
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
            return Err(self.table.not_utf8(self.line, self.series, cell));
        };
        if self.series.is_some() && is_blank(name) {
            let help = "fill it in, or take the row out";
            return Err(self.wrong(self.series, "the cell names no series", help));
        }
        let only = self.spec.only.as_ref();
        let wanted = only.is_none_or(|only| only.iter().any(|other| other == name));
        let id = wanted.then(|| self.rows.add_series(name));
        if id.is_some() {
            self.counts.push((0, vec![0; self.columns.len()]));
        }
        self.ids.insert(cell.to_vec(), id);
        Ok(id)
    }

    pub(super) fn wrong(
        &self,
        column: Option<usize>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> DataError {
        DataError::content(what, self.table.place(Some(self.line), column), help)
    }

    pub(super) fn no_rows(&self, what: &str) -> DataError {
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
        let names = rows.names().to_vec();
        let assembled = rows
            .assemble(self.spec)
            .map_err(|clash| self.clash(clash))?;
        let table = assembled.table;
        let (Some(first_date), Some(last_date)) = (
            table.dates().iter().copied().min(),
            table.dates().iter().copied().max(),
        ) else {
            return Err(self.nothing_left());
        };
        self.note_series(&names, &table);
        let file = self.name.rsplit(['/', '\\']).next().unwrap_or(self.name);
        let filled = &assembled.filled;
        let missing = self.spec.columns.iter().zip(&self.missing).zip(filled);
        let summary = LoadSummary {
            source: file.to_string(),
            rows_read: self.rows_read,
            rows_kept: table.len(),
            series: table.n_series(),
            first_date,
            last_date,
            newest_first,
            missing: missing
                .map(|((spec, &count), &filled)| super::MissingCount {
                    column: spec.name.clone(),
                    count,
                    filled,
                    policy: spec.missing,
                })
                .collect(),
            dropped_rows: self.dropped + assembled.unfilled,
            duplicates: assembled.duplicates,
            gaps: super::summary::gaps(&table, self.spec.max_gap_days),
            notes: self.all_notes(),
        };
        Ok((table, summary))
    }
}
