//! The rows of a file of texts: of a table, or lines.

use super::spec::{Encoding, TextSpec};
use super::swallowed::swallowed;
use crate::error::{DataError, Place, Result};
use crate::form::{Contents, Source, looks_like_windows_1252, windows_1252};
use crate::limits::{Exceeded, Guard, read_line};
use crate::table::CsvTable;
use std::borrow::Cow;
use std::io::{BufReader, Read};

/// A row.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) text: String,
    pub(super) label: Option<String>,
    pub(super) group: Option<String>,
    pub(super) time: Option<String>,
    pub(super) others: Vec<String>,
    /// It has bytes that are not UTF-8.
    pub(super) stray: bool,
    /// They look like Windows-1252.
    pub(super) suspected: bool,
    /// A quote joined it with others.
    pub(super) swallows: bool,
}

/// Where rows come from.
#[derive(Debug)]
pub(super) enum TextRows {
    Table(Box<Columns>),
    Lines(Box<TextLines>),
}

/// A table, and which of its columns are wanted.
#[derive(Debug)]
pub(super) struct Columns {
    table: CsvTable,
    text: Vec<usize>,
    join: String,
    label: Option<usize>,
    group: Option<usize>,
    time: Option<usize>,
    others: Vec<usize>,
    record: csv::ByteRecord,
}

impl Columns {
    pub(super) fn new(table: CsvTable, spec: &TextSpec) -> Result<Self> {
        let column = |names: &[String]| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            table.column(&names)
        };
        let text = match spec.columns.is_empty() {
            true => vec![column(&spec.text)?],
            false => {
                let each = spec.columns.iter();
                each.map(|name| table.column(&[name]))
                    .collect::<Result<_>>()?
            }
        };
        let label = spec.label.as_deref().map(column).transpose()?;
        let group = spec.group.as_deref().map(column).transpose();
        let group = match group {
            Err(_) if spec.group_optional => None,
            group => group?,
        };
        let time = spec.time.as_deref().map(column).transpose()?;
        let used = |at: &usize| text.contains(at) || [label, group, time].contains(&Some(*at));
        let others = (0..table.header().len()).filter(|at| spec.others && !used(at));
        Ok(Self {
            others: others.collect(),
            text,
            join: spec.join.clone(),
            label,
            group,
            time,
            table,
            record: csv::ByteRecord::new(),
        })
    }

    fn next(&mut self, encoding: Encoding) -> Result<Option<Row>> {
        if !self.table.read_bytes(&mut self.record)? {
            return Ok(None);
        }
        let mut row = Row {
            line: self.table.row(),
            swallows: self.table.quoting()
                && swallowed(&self.record, self.table.delimiter()).is_some(),
            ..Row::default()
        };
        let (record, table) = (&self.record, &self.table);
        let mut cell = |column: usize| -> Result<String> {
            let bytes = record.get(column).unwrap_or_default();
            let text = decoded(bytes, encoding, &mut row);
            text.ok_or_else(|| table.not_utf8(table.row(), Some(column), bytes))
        };
        let mut parts = Vec::with_capacity(self.text.len());
        for &column in &self.text {
            parts.push(cell(column)?);
        }
        let label = self.label.map(&mut cell).transpose()?;
        let group = self.group.map(&mut cell).transpose()?;
        let time = self.time.map(&mut cell).transpose()?;
        let others = self
            .others
            .iter()
            .map(|&column| cell(column))
            .collect::<Result<_>>()?;
        row.text = match parts.len() {
            1 => parts.remove(0),
            _ => {
                parts.retain(|part| !part.trim().is_empty());
                parts.join(&self.join)
            }
        };
        (row.label, row.group, row.time, row.others) = (label, group, time, others);
        Ok(Some(row))
    }
}

/// A file with a text a line.
pub(super) struct TextLines {
    reader: BufReader<Guard<Box<dyn Read + Send>>>,
    name: String,
    line: u64,
    most: u64,
    buffer: Vec<u8>,
    notes: Vec<String>,
}

impl std::fmt::Debug for TextLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("TextLines");
        debug
            .field("name", &self.name)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl TextLines {
    pub(super) fn new(source: Source, spec: &TextSpec) -> Result<Self> {
        source.refuse_other(Contents::Lines)?;
        let (name, packed) = (source.name.clone(), source.packed);
        let mut notes = source.notes.clone();
        notes.push("each line is a text".to_string());
        let place = |row| Place {
            file: name.clone(),
            row,
            column: None,
        };
        let wanted = [
            (&spec.label, "labels"),
            (&spec.group, "groups"),
            (&spec.time, "times"),
        ];
        if let Some((_, what)) = wanted.iter().find(|(wanted, _)| wanted.is_some()) {
            let what = format!("a file with a text a line has no column of {what}");
            let help = "give a table with named columns, as CSV";
            return Err(DataError::content(what, place(None), help));
        }
        let reader = source.into_reader(0).map_err(|source| DataError::Read {
            place: place(Some(1)),
            source,
        })?;
        Ok(Self {
            reader: BufReader::with_capacity(1 << 16, Guard::new(reader, spec.limits, packed)),
            name,
            line: 0,
            most: spec.limits.row_bytes,
            buffer: Vec::new(),
            notes,
        })
    }

    fn next(&mut self, encoding: Encoding) -> Result<Option<Row>> {
        self.reader.get_mut().next_row();
        let more = read_line(&mut self.reader, &mut self.buffer, self.most);
        self.line += 1;
        let place = || Place {
            file: self.name.clone(),
            row: Some(self.line),
            column: None,
        };
        let more = more.map_err(|source| match Exceeded::of(&source) {
            Some(Exceeded::Row(most)) => DataError::content(
                Exceeded::Row(most).to_string().replace("row", "line"),
                place(),
                "check that the file has a text a line; if it has, raise the limit `row_bytes`",
            ),
            Some(other) => DataError::content(other.to_string(), place(), other.help()),
            None => DataError::Read {
                place: place(),
                source,
            },
        })?;
        if !more {
            return Ok(None);
        }
        let line = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        let mut row = Row {
            line: self.line,
            ..Row::default()
        };
        row.text = decoded(line, encoding, &mut row).ok_or_else(|| {
            let help = match looks_like_windows_1252(line) {
                true => "save it as UTF-8; it looks like Windows-1252 (Latin-1)",
                false => "save it as UTF-8",
            };
            DataError::content("the line is not UTF-8 text", place(), help)
        })?;
        Ok(Some(row))
    }
}

impl TextRows {
    /// The next row; none at the end.
    pub(super) fn next(&mut self, encoding: Encoding) -> Result<Option<Row>> {
        match self {
            Self::Table(columns) => columns.next(encoding),
            Self::Lines(lines) => lines.next(encoding),
        }
    }

    /// Names of the other columns.
    pub(super) fn others(&self) -> Vec<String> {
        match self {
            Self::Table(columns) => {
                let header = columns.table.header();
                let names = columns.others.iter().filter_map(|&at| header.get(at));
                names.cloned().collect()
            }
            Self::Lines(_) => Vec::new(),
        }
    }

    /// Notes on what has been assumed until now.
    pub(super) fn notes(&self) -> &[String] {
        match self {
            Self::Table(columns) => columns.table.notes(),
            Self::Lines(lines) => &lines.notes,
        }
    }

    /// The error of a file without rows.
    pub(super) fn no_rows(&self) -> DataError {
        let (place, help) = match self {
            Self::Table(columns) => (
                columns.table.place(None, None),
                "the header must be followed by a row for each text",
            ),
            Self::Lines(lines) => {
                let place = Place {
                    file: lines.name.clone(),
                    ..Place::default()
                };
                (place, "give a file with a text a line")
            }
        };
        DataError::content("the file has no rows", place, help)
    }
}

/// The text of a cell; none where its bytes are refused.
fn decoded(bytes: &[u8], encoding: Encoding, row: &mut Row) -> Option<String> {
    let replaced = match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => return Some(text.to_string()),
        Cow::Owned(replaced) => replaced,
    };
    row.stray = true;
    row.suspected |= looks_like_windows_1252(bytes);
    match encoding {
        Encoding::Refuse => None,
        Encoding::Replace => Some(replaced),
        Encoding::Windows1252 => Some(windows_1252(bytes)),
    }
}
