//! From the cells of a CSV file to checked rows.

use super::assemble::{Clash, Row, Rows};
use super::cells::{Comma, OddCells, is_dash, leading_number, odd_number, shown};
use super::date::{DateForm, Order};
use super::several::{Sample, Several, named_column, some};
use super::spec::{Check, ColumnSpec, SeriesSpec};
use super::summary::LoadSummary;
use super::table::SeriesTable;
use crate::error::{DataError, Result};
use crate::missing::{MissingPolicy, is_missing};
use crate::similar::nearest;
use crate::table::{CsvTable, same_name};
use jiff::civil::Date;
use std::collections::{HashMap, VecDeque};

/// Rows that settle how days and numbers are written.
const SAMPLE: usize = 400;
/// Rows that are looked at where day and month are still open after [`SAMPLE`].
const LONGEST_SAMPLE: usize = 20_000;
/// What a row of a dividend or a split says.
const ACTIONS: [&str; 3] = ["dividend", "stock split", "capital gain"];

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
    /// The first rows, until they are read.
    ahead: VecDeque<(u64, csv::ByteRecord)>,
    /// The first rows, for what is said of the file.
    sample: Vec<(u64, csv::ByteRecord)>,
    /// Line of the row that is read.
    line: u64,
    form: DateForm,
    comma: Comma,
    odd: OddCells,
    /// Sign beside the numbers of each column, and where it was first seen.
    units: Vec<Option<(String, u64)>>,
    /// First row with a time of day.
    timed: Option<u64>,
    /// Rows of dividends and splits, and the first.
    actions: (usize, u64),
    /// Column of a name that must not change, in a file of one series, and the name.
    one: Option<(usize, Vec<u8>)>,
    /// By series: rows, and missing cells of each column.
    counts: Vec<(usize, Vec<usize>)>,
    notes: Vec<String>,
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

    /// Reads the first rows, and settles how days and numbers are written.
    fn look_ahead(&mut self) -> Result<()> {
        let mut wanted = SAMPLE;
        loop {
            let mut record = csv::ByteRecord::new();
            let more = self.table.read_bytes(&mut record)?;
            if more {
                self.ahead.push_back((self.table.row(), record));
            }
            if more && self.ahead.len() < wanted {
                continue;
            }
            if self.spec.date_format.is_some() {
                break;
            }
            let dates = self.ahead.iter();
            match DateForm::find(dates.map(|(_, row)| row.get(self.date).unwrap_or_default())) {
                Order::Settled(form) => {
                    if let DateForm::Format(format) = &form {
                        self.notes.push(format!(
                            "days in column {} are read as {format}; --set date_format=… says otherwise",
                            self.table.header()[self.date]
                        ));
                    }
                    self.form = form;
                    break;
                }
                Order::Open(..) if more && wanted < LONGEST_SAMPLE => wanted *= 2,
                Order::Open(day_first, month_first) => {
                    return Err(self.open_order(&day_first, &month_first));
                }
            }
        }
        let columns: Vec<usize> = self.columns.iter().copied().flatten().collect();
        let rows = self.ahead.iter().take(SAMPLE);
        let cells =
            rows.flat_map(|(_, row)| columns.iter().map(|&at| row.get(at).unwrap_or_default()));
        let texts = cells.filter_map(|cell| std::str::from_utf8(cell).ok());
        self.comma = Comma::find(texts, self.table.delimiter());
        self.sample = self.ahead.iter().take(SAMPLE).cloned().collect();
        Ok(())
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

    /// Day and month cannot be told apart.
    fn open_order(&self, day_first: &str, month_first: &str) -> DataError {
        let first = self.ahead.iter().find_map(|(line, row)| {
            let text = std::str::from_utf8(row.get(self.date)?).ok()?.trim();
            (!text.is_empty()).then(|| (*line, text.to_string()))
        });
        let (line, text) = first.unwrap_or_default();
        let what = format!("\"{}\" may be day and month or month and day", shown(&text));
        let help = format!(
            "say which with --set date_format={day_first} or --set date_format={month_first}, or \
             write dates as 2018-09-28 (year, month, day)"
        );
        DataError::content(what, self.table.place(Some(line), Some(self.date)), help)
    }

    /// Whether a row tells of a dividend or a split; it has no price, and is counted.
    fn is_action(&mut self, record: &csv::ByteRecord) -> bool {
        let says = |cell: &[u8]| {
            let letters = cell
                .iter()
                .filter(|byte| byte.is_ascii_alphabetic())
                .count();
            (8..=80).contains(&cell.len()) && letters >= 8 && {
                let text = String::from_utf8_lossy(cell).to_lowercase();
                ACTIONS.iter().any(|action| text.contains(action))
            }
        };
        let priced = |column: &Option<usize>| {
            let cell = column
                .and_then(|column| record.get(column))
                .unwrap_or_default();
            let text = std::str::from_utf8(cell).unwrap_or_default();
            text.trim().parse::<f64>().is_ok_and(f64::is_finite)
        };
        let prices = self.spec.columns.iter().zip(&self.columns);
        let needed = prices.filter(|(spec, _)| spec.check == Check::Positive && spec.required);
        let mut needed = needed.peekable();
        if needed.peek().is_none() || needed.all(|(_, column)| priced(column)) {
            return false;
        }
        if !record.iter().any(says) {
            return false;
        }
        if self.actions.0 == 0 {
            self.actions.1 = self.line;
        }
        self.actions.0 += 1;
        true
    }

    /// Refuses a second name in a file that is read as one series.
    fn require_one_series(&mut self, record: &csv::ByteRecord) -> Result<()> {
        if self.series.is_some() {
            return Ok(());
        }
        let cell = |column: usize| record.get(column).unwrap_or_default().trim_ascii();
        if self.rows_read == 1 {
            let column = named_column(self.table.header());
            self.one = column.map(|column| (column, cell(column).to_vec()));
        }
        let Some((column, name)) = &self.one else {
            return Ok(());
        };
        let other = cell(*column);
        if other == name.as_slice() || other.is_empty() {
            return Ok(());
        }
        let name = |cell: &[u8]| shown(&String::from_utf8_lossy(cell));
        let column_name = &self.table.header()[*column];
        let what = format!(
            "the file has several series: column {column_name} names {} and {}",
            name(
                &self
                    .one
                    .as_ref()
                    .map(|one| one.1.clone())
                    .unwrap_or_default()
            ),
            name(other)
        );
        let help = self.one_series_help(column_name);
        let place = self.table.place(Some(self.line), Some(*column));
        Err(DataError::content(what, place, help))
    }

    fn one_series_help(&self, column: &str) -> String {
        format!(
            "give a file with the rows of one, as column {column} names them; a run of a file of \
             many series reads all"
        )
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

    fn parse_date(&mut self, record: &csv::ByteRecord) -> Result<Date> {
        let cell = &record[self.date];
        if let Some(day) = self.form.parse(cell) {
            if day.timed && self.timed.is_none() {
                self.timed = Some(self.line);
            }
            return Ok(day.date);
        }
        let Ok(text) = std::str::from_utf8(cell) else {
            return Err(self.table.not_utf8(self.line, Some(self.date), cell));
        };
        let serial = text
            .trim()
            .parse::<f64>()
            .is_ok_and(|days| (20_000.0..80_000.0).contains(&days));
        let usual = "write dates as 2018-09-28 (year, month, day)";
        let (what, help) = match &self.form {
            _ if is_blank(text) => ("the row has no date".to_string(), usual.to_string()),
            DateForm::Format(format) => (
                format!("\"{}\" is not a date of the form {format}", shown(text)),
                format!(
                    "write all dates in one form, best as 2018-09-28; --set date_format={format} names another"
                ),
            ),
            DateForm::Plain if serial => (
                format!(
                    "\"{}\" is not a date, but a day number of Excel",
                    shown(text)
                ),
                "format the column as yyyy-mm-dd in the spreadsheet and save it again".to_string(),
            ),
            // Rows before were read: one form is not to be found for all.
            DateForm::Plain if self.rows_read > 1 => (
                format!("\"{}\" is not a date", shown(text)),
                usual.to_string(),
            ),
            DateForm::Plain => (
                format!("\"{}\" is not a date", shown(text)),
                format!("{usual}, or give their form with --set date_format=%d/%m/%Y"),
            ),
        };
        Err(self.wrong(Some(self.date), what, help))
    }

    /// Fills `values`; false when the row is to be left out.
    fn parse_values(&mut self, record: &csv::ByteRecord, values: &mut [f64]) -> Result<bool> {
        let mut keep = true;
        for (index, spec) in self.spec.columns.iter().enumerate() {
            let Some(column) = self.columns[index] else {
                continue;
            };
            let Ok(text) = std::str::from_utf8(record[column].trim_ascii()) else {
                return Err(self
                    .table
                    .not_utf8(self.line, Some(column), &record[column]));
            };
            let text = text.trim();
            let value = match number(text, spec.check) {
                Some(value) if !value.is_nan() => Some(value),
                _ if is_missing(text) => None,
                _ if is_dash(text) && spec.missing != MissingPolicy::Error => {
                    let (line, name) = (self.line, &self.table.header()[column]);
                    self.odd.see(index, "dash", || {
                        format!(
                            "\"{text}\" in column {name} is taken as no value, first in row {line}"
                        )
                    });
                    None
                }
                _ => Some(self.odd_number(index, column, text)?),
            };
            values[index] = match value {
                Some(value) => {
                    self.check(spec, column, text, value)?;
                    value
                }
                None => {
                    self.missing[index] += 1;
                    self.counts[self.last.1.unwrap_or_default() as usize].1[index] += 1;
                    match spec.missing {
                        MissingPolicy::Error => return Err(self.empty(column, text)),
                        MissingPolicy::DropRow => keep = false,
                        MissingPolicy::ForwardFill | MissingPolicy::Keep => {}
                    }
                    f64::NAN
                }
            };
        }
        Ok(keep)
    }

    /// A number that is written otherwise than `1234.5`, which is said.
    fn odd_number(&mut self, index: usize, column: usize, text: &str) -> Result<f64> {
        let spec = &self.spec.columns[index];
        let odd = match spec.check {
            Check::YesNo => None,
            _ => odd_number(text, self.comma),
        };
        let Some(odd) = odd else {
            return Err(self.not_a_number(spec, column, text));
        };
        if odd.doubtful {
            let what = format!(
                "\"{}\" may be {} or {}",
                shown(text),
                odd.value,
                text.replace(',', ".")
            );
            let help = "write numbers without separators between thousands and with a point before \
                        decimals: 1234.5";
            return Err(self.wrong(Some(column), what, help));
        }
        let (line, name) = (self.line, &self.table.header()[column]);
        if !odd.unit.is_empty() {
            match &self.units[index] {
                None => self.units[index] = Some((odd.unit.to_string(), line)),
                Some((unit, _)) if unit == odd.unit => {}
                Some((unit, first)) => {
                    let what = format!(
                        "\"{}\" is in {}, row {first} in {unit}",
                        shown(text),
                        odd.unit
                    );
                    return Err(self.wrong(Some(column), what, "write all numbers in one unit"));
                }
            }
        }
        let value = odd.value;
        self.odd.see(index, "number", || {
            format!(
                "\"{}\" in column {name}, row {line}, is read as {value}",
                shown(text)
            )
        });
        Ok(value)
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
        let help = match (spec.check, spec.missing) {
            (Check::Positive, MissingPolicy::DropRow) => {
                "correct the cell, or leave it empty if the value is not known; returns are of values above zero"
            }
            _ => correct(spec),
        };
        Err(self.wrong(Some(column), what, help))
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
        let unit = leading_number(text);
        let (wanted, help) = match (spec.check, unit) {
            (Check::YesNo, _) => ("yes or no", "write yes or no, or true or false".to_string()),
            (_, Some((number, unit))) => (
                "a number",
                format!(
                    "write {number} without \"{}\", in the unit of the other rows",
                    shown(unit)
                ),
            ),
            _ if digits => (
                "a number",
                "write numbers without separators between thousands: 1234.5".to_string(),
            ),
            _ => ("a number", correct(spec).to_string()),
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
        DataError::content(what, self.table.place(Some(self.line), column), help)
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
                    // Those of rows that are left out are not filled.
                    count: match spec.missing {
                        MissingPolicy::ForwardFill => filled,
                        _ => count,
                    },
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

    fn all_notes(&mut self) -> Vec<String> {
        let mut notes = self.table.notes().to_vec();
        notes.append(&mut self.notes);
        notes.extend(self.odd.notes());
        if self.actions.0 > 0 {
            let (count, first) = self.actions;
            let rows = if count == 1 { "row" } else { "rows" };
            notes.push(format!(
                "{count} {rows} of dividends or splits left out, first row {first}: they are no prices"
            ));
        }
        notes
    }

    /// Two rows of a day: what tells them apart, where something does.
    fn clash(&self, clash: Clash) -> DataError {
        let read = self.columns.iter().copied().flatten();
        let sample = Sample {
            header: self.table.header(),
            rows: &self.sample,
            taken: read.chain(self.series).collect(),
            date: self.date,
        };
        let several = sample.why();
        let intraday = "give one row a day; `rekindle run forecast` reads rows of any step";
        let (what, help) = match (several, self.timed) {
            (Some(Several::Names(column, names)), _) => (
                format!(
                    "{}: the file has several rows a day, which column {column} tells apart ({})",
                    clash.what,
                    some(&names)
                ),
                self.one_series_help(&column),
            ),
            (Some(Several::Times(column)), _) => (
                format!(
                    "{}: the file has several rows a day, at the times in column {column}",
                    clash.what
                ),
                intraday.to_string(),
            ),
            (None, Some(row)) => (
                format!(
                    "{}: the file has several rows a day, with times of day from row {row} on",
                    clash.what
                ),
                intraday.to_string(),
            ),
            (None, None) => (clash.what, "keep one of the two rows".to_string()),
        };
        DataError::content(
            what,
            self.table.place(Some(clash.row), Some(self.date)),
            help,
        )
    }

    /// No row is left: the columns that hold nothing are named.
    fn nothing_left(&self) -> DataError {
        let rows: usize = self.counts.iter().map(|(rows, _)| rows).sum();
        let columns = self
            .spec
            .columns
            .iter()
            .zip(&self.missing)
            .zip(&self.columns);
        let empty: Vec<String> = columns
            .filter(|((spec, missing), _)| {
                let needed = matches!(
                    spec.missing,
                    MissingPolicy::DropRow | MissingPolicy::ForwardFill
                );
                needed && rows > 0 && **missing == rows
            })
            .filter_map(|(_, column)| self.table.header().get((*column)?).cloned())
            .collect();
        if empty.is_empty() {
            return self.no_rows("no row is left once those with missing cells are out");
        }
        let what = format!("no row has a value in column {}", empty.join(", "));
        let help = "give a file with values in it";
        DataError::content(what, self.table.place(None, None), help)
    }

    /// Names the series that are left out wholly, and those whose names differ in case alone.
    fn note_series(&mut self, names: &[String], table: &SeriesTable) {
        for (name, (rows, missing)) in names.iter().zip(&self.counts) {
            let kept = table.series.binary_search(name).is_ok();
            if kept || *rows == 0 {
                continue;
            }
            let columns = self.spec.columns.iter().zip(missing);
            let empty: Vec<&str> = columns
                .filter(|(spec, missing)| {
                    let needed = matches!(
                        spec.missing,
                        MissingPolicy::DropRow | MissingPolicy::ForwardFill
                    );
                    needed && *missing == rows
                })
                .map(|(spec, _)| spec.name.as_str())
                .collect();
            let why = match empty.is_empty() {
                true => "no row of it has all values".to_string(),
                false => format!("it has no value of {}", empty.join(", ")),
            };
            let who = if name.is_empty() { "the file" } else { name };
            self.notes
                .push(format!("{who} ({rows} rows) is left out: {why}"));
        }
        let mut by_case: HashMap<String, &str> = HashMap::new();
        for name in &table.series {
            if let Some(twin) = by_case.insert(name.to_lowercase(), name) {
                self.notes.push(format!(
                    "{twin} and {name} differ in case alone, and are two series"
                ));
            }
        }
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
    let word = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match check {
        Check::YesNo if word(["yes", "true", "y", "t"]) => Some(1.0),
        Check::YesNo if word(["no", "false", "n", "f"]) => Some(0.0),
        _ => text.parse().ok(),
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
