//! From the cells of a file to rows of times and values.

use super::columns::{Columns, SAMPLE, choose};
use super::spec::{Covariate, TimelineSpec};
use super::stamp::{Stamp, TimeForm, TimeUnit};
use crate::error::{DataError, Place, Result};
use crate::form::TableOptions;
use crate::missing::is_missing;
use crate::series::cells::shown;
use crate::series::date::{DateForm, Order};
use crate::table::CsvTable;
use csv::StringRecord;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// Categories beyond which a column is no covariate.
const MOST_CATEGORIES: usize = 50;

/// A row as it was read.
#[derive(Debug, Clone)]
pub(super) struct TimeRow {
    pub(super) stamp: Stamp,
    /// Line in the file; 0 for a row of another file, which the later one replaces.
    pub(super) line: u64,
    /// NaN where the cell holds nothing.
    pub(super) value: f64,
    /// Numbers, or positions among the categories; NaN where the cell holds nothing.
    pub(super) covariates: Vec<f64>,
}

/// Rows of a file, by series in the order of the file.
#[derive(Debug, Clone)]
pub struct TimeRows {
    /// Names of the series; one without a name where no column tells them apart.
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<TimeRow>>,
    pub(super) form: TimeForm,
    pub(super) covariates: Vec<Covariate>,
    /// Columns of time, target and series, as the file names them.
    pub(super) columns: [String; 3],
    pub(super) file: String,
    pub(super) notes: Vec<String>,
    pub(super) rows_read: usize,
    pub(super) missing: usize,
    pub(super) unknown_categories: usize,
}

impl TimeRows {
    /// The specification that reads another file by this one's columns, times and categories.
    pub fn spec(&self, spec: &TimelineSpec) -> TimelineSpec {
        let [time, target, series] = self.columns.clone();
        TimelineSpec {
            time,
            target,
            series,
            covariates: Some(self.covariates.clone()),
            ..spec.clone()
        }
    }

    pub(super) fn place(&self, line: u64, column: usize) -> Place {
        Place {
            file: self.file.clone(),
            row: (line > 0).then_some(line),
            column: self
                .columns
                .get(column)
                .filter(|name| !name.is_empty())
                .cloned(),
        }
    }
}

/// Reads a file of series, plain or compressed.
///
/// # Errors
/// With file, row and column: a column that is missing or cannot be found, a time or a number that
/// cannot be read or is not finite, no row at all.
pub fn read_times(path: &Path, spec: &TimelineSpec) -> Result<TimeRows> {
    let mut table = CsvTable::open_found(path, &TableOptions::default())?;
    // Where a comma does not separate cells it may stand before the decimals.
    let commas = table.delimiter() != b',';
    let mut sample = Vec::new();
    let mut lines = Vec::new();
    let mut record = StringRecord::new();
    while sample.len() < SAMPLE && table.read_record(&mut record)? {
        sample.push(points(std::mem::take(&mut record), commas));
        lines.push(table.row());
    }
    let (format, found) = found_format(&table, spec, &sample);
    let spec = &TimelineSpec {
        date_format: format,
        ..spec.clone()
    };
    let mut columns = choose(&table, spec, &sample)?;
    let found = table.notes().iter().cloned().chain(found);
    columns.notes.splice(0..0, found);
    let name = |at: usize| table.header()[at].clone();
    let mut reader = Reader {
        names: [
            name(columns.time),
            name(columns.target),
            columns.series.map(name).unwrap_or_default(),
        ],
        covariate_names: columns.covariates.iter().map(|&at| name(at)).collect(),
        categories: vec![HashMap::new(); columns.covariates.len()],
        file: path.display().to_string(),
        form: TimeForm::new(spec.date_format.clone()),
        columns,
        ids: HashMap::new(),
        series: Vec::new(),
        rows: Vec::new(),
        offsets: [0; 2],
        rows_read: 0,
        missing: 0,
    };
    for (row, line) in sample.iter().zip(lines) {
        reader.row(row, line)?;
    }
    while table.read_record(&mut record)? {
        record = points(record, commas);
        reader.row(&record, table.row())?;
    }
    reader.finish(spec)
}

/// The format of the times: the one given, or that of days whose column leaves no doubt about their
/// order; a note says which.
fn found_format(
    table: &CsvTable,
    spec: &TimelineSpec,
    sample: &[StringRecord],
) -> (Option<String>, Option<String>) {
    // By an earlier file, whose form counts.
    if spec.date_format.is_some() || spec.covariates.is_some() {
        return (spec.date_format.clone(), None);
    }
    for (at, name) in table.header().iter().enumerate() {
        let named = spec.time.trim();
        if !named.is_empty() && !named.eq_ignore_ascii_case(name.trim()) {
            continue;
        }
        let cells = || sample.iter().filter_map(|row| row.get(at));
        // Times of day are of many forms.
        if cells().any(|cell| cell.contains(':')) {
            continue;
        }
        let order = DateForm::find(cells().map(str::as_bytes));
        let Order::Settled(form) = order else {
            continue;
        };
        let fits = cells().all(|cell| form.parse(cell.as_bytes()).is_some());
        if let (DateForm::Format(format), true) = (form, fits) {
            let note = format!(
                "times in column {name} are read as {format}; --set date_format=… says otherwise"
            );
            return (Some(format), Some(note));
        }
    }
    (None, None)
}

/// The record with `1,5` as `1.5`, where commas are decimal.
fn points(record: StringRecord, commas: bool) -> StringRecord {
    if !commas || !record.iter().any(|cell| cell.contains(',')) {
        return record;
    }
    let cell = |cell: &str| {
        let (whole, decimals) = cell.split_once(',')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let whole_digits = whole.trim().trim_start_matches(['-', '+']);
        (digits(whole_digits) && digits(decimals.trim())).then(|| format!("{whole}.{decimals}"))
    };
    let cells = record
        .iter()
        .map(|text| cell(text).unwrap_or_else(|| text.to_string()));
    cells.collect()
}

struct Reader {
    names: [String; 3],
    covariate_names: Vec<String>,
    /// Number of each text of a covariate.
    categories: Vec<HashMap<String, usize>>,
    file: String,
    form: TimeForm,
    columns: Columns,
    ids: HashMap<String, usize>,
    series: Vec<String>,
    rows: Vec<Vec<TimeRow>>,
    /// Rows without and with an offset.
    offsets: [usize; 2],
    rows_read: usize,
    missing: usize,
}

impl Reader {
    fn wrong(&self, line: u64, column: &str, what: String, help: &str) -> DataError {
        let place = Place {
            file: self.file.clone(),
            row: Some(line),
            column: (!column.is_empty()).then(|| column.to_string()),
        };
        DataError::content(what, place, help)
    }

    fn row(&mut self, record: &StringRecord, line: u64) -> Result<()> {
        self.rows_read += 1;
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let stamp = self.stamp(cell(self.columns.time), line)?;
        let series = match self.columns.series {
            None => "",
            Some(at) if cell(at).is_empty() => {
                let what = "the cell names no series".to_string();
                return Err(self.wrong(
                    line,
                    &self.names[2],
                    what,
                    "fill it in, or take the row out",
                ));
            }
            Some(at) => cell(at),
        };
        let text = cell(self.columns.target);
        let value = match is_missing(text) {
            true => f64::NAN,
            false => self.number(text, line)?,
        };
        self.missing += usize::from(value.is_nan());
        let mut covariates = Vec::with_capacity(self.columns.covariates.len());
        for (at, &column) in self.columns.covariates.iter().enumerate() {
            covariates.push(match cell(column) {
                cell if is_missing(cell) => f64::NAN,
                cell => category(&mut self.categories[at], cell) as f64,
            });
        }
        let id = match self.ids.get(series) {
            Some(&id) => id,
            None => {
                self.series.push(series.to_string());
                self.rows.push(Vec::new());
                self.ids.insert(series.to_string(), self.series.len() - 1);
                self.series.len() - 1
            }
        };
        self.rows[id].push(TimeRow {
            stamp,
            line,
            value,
            covariates,
        });
        Ok(())
    }

    fn stamp(&mut self, cell: &str, line: u64) -> Result<Stamp> {
        let read = self.form.parse(cell, self.columns.years);
        let Some((stamp, unit, utc)) = read else {
            let what = match (cell, &self.form.format) {
                ("", _) => "the row has no time".to_string(),
                (cell, Some(format)) => {
                    format!("\"{}\" is not a time of the form {format}", shown(cell))
                }
                (cell, None) => format!("\"{}\" is not a date or time", shown(cell)),
            };
            let help = "write times as 2018-09-28 or 2018-09-28 14:30, or give their form with --set \
                        date_format=%d/%m/%Y";
            return Err(self.wrong(line, &self.names[0], what, help));
        };
        self.offsets[usize::from(utc)] += 1;
        let count = unit == TimeUnit::Step;
        let mixed = self.rows_read > 1 && self.form.is_count() != count;
        if mixed || (self.offsets[0] > 0 && self.offsets[1] > 0) {
            let what = format!(
                "\"{}\" has another form than the times before it",
                shown(cell)
            );
            return Err(self.wrong(line, &self.names[0], what, "write all times in one form"));
        }
        self.form.see(unit, utc);
        Ok(stamp)
    }

    fn number(&self, text: &str, line: u64) -> Result<f64> {
        let (what, help) = match text.parse::<f64>() {
            // Squares of values are taken, and sums of them.
            Ok(value) if value.abs() < 1e100 => return Ok(value),
            Ok(_) => (
                format!("\"{}\" is not a finite number", shown(text)),
                "correct the cell, or leave it empty if the value is not known",
            ),
            Err(_) => (
                format!("\"{}\" is not a number", shown(text)),
                "write numbers as 1234.5; leave the cell empty if the value is not known, or name another \
                 column with --set target=NAME",
            ),
        };
        Err(self.wrong(line, &self.names[1], what, help))
    }

    fn finish(mut self, spec: &TimelineSpec) -> Result<TimeRows> {
        if self.rows_read == 0 {
            let place = Place {
                file: self.file,
                ..Place::default()
            };
            let what = "the file has a header and no rows";
            return Err(DataError::content(
                what,
                place,
                "give a file with rows of data",
            ));
        }
        let (covariates, unknown_categories) = self.decode(spec)?;
        Ok(TimeRows {
            names: self.series,
            rows: self.rows,
            form: self.form,
            covariates,
            columns: self.names,
            file: self.file,
            notes: self.columns.notes,
            rows_read: self.rows_read,
            missing: self.missing,
            unknown_categories,
        })
    }

    /// Turns the numbers of texts into numbers or categories, column by column.
    fn decode(&mut self, spec: &TimelineSpec) -> Result<(Vec<Covariate>, usize)> {
        let mut covariates = Vec::new();
        let mut unknown = 0;
        for (at, texts) in self.categories.iter().enumerate() {
            let name = self.covariate_names[at].clone();
            let before = spec.covariates.as_ref().and_then(|all| all.get(at));
            let numbers = match before {
                Some(before) => before.categories.is_empty(),
                None => texts.keys().all(|text| finite(text).is_some()),
            };
            let categories: Vec<String> = match before {
                _ if numbers => Vec::new(),
                Some(before) => before.categories.clone(),
                None => texts
                    .keys()
                    .cloned()
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
            };
            if categories.len() > MOST_CATEGORIES {
                let what = format!("the column {name} has {} different texts", categories.len());
                let place = Place {
                    file: self.file.clone(),
                    row: None,
                    column: Some(name),
                };
                let help = "take columns of numbers, of yes and no, or of at most 50 categories";
                return Err(DataError::content(what, place, help));
            }
            let mut values = vec![f64::NAN; texts.len()];
            let mut bad = None;
            for (text, &number) in texts {
                values[number] = match numbers {
                    true => finite(text).unwrap_or_else(|| {
                        bad = Some((text, number));
                        f64::NAN
                    }),
                    false => categories
                        .binary_search(text)
                        .map_or(f64::NAN, |at| at as f64),
                };
            }
            for row in self.rows.iter_mut().flatten() {
                let code = row.covariates[at];
                if code.is_nan() {
                    continue;
                }
                if let Some((text, number)) = bad
                    && number == code as usize
                {
                    let what = format!("\"{}\" is not a number", shown(text));
                    let place = Place {
                        file: self.file.clone(),
                        row: Some(row.line),
                        column: Some(name),
                    };
                    return Err(DataError::content(
                        what,
                        place,
                        "correct the cell, or leave it empty",
                    ));
                }
                row.covariates[at] = values[code as usize];
                unknown += usize::from(row.covariates[at].is_nan());
            }
            let future = at >= spec.past.len();
            covariates.push(Covariate {
                name,
                future,
                categories,
            });
        }
        Ok((covariates, unknown))
    }
}

fn category(texts: &mut HashMap<String, usize>, cell: &str) -> usize {
    if let Some(&number) = texts.get(cell) {
        return number;
    }
    let number = texts.len();
    texts.insert(cell.to_string(), number);
    number
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.abs() < 1e100)
}

#[cfg(test)]
mod decimals {
    use super::*;

    #[test]
    fn a_decimal_comma_is_a_point_where_cells_are_not_separated_by_commas() {
        let record = StringRecord::from(vec!["2020-01-01", "-1,5", "a,b", "1,234,567"]);
        let wanted = ["2020-01-01", "-1.5", "a,b", "1,234,567"];
        assert_eq!(
            points(record.clone(), true).iter().collect::<Vec<_>>(),
            wanted
        );
        assert_eq!(points(record.clone(), false), record);
    }
}
