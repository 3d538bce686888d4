//! The records of a table, whatever form they have.

use crate::form::{JsonError, JsonRows, Kind, Layout, Objects, Pace, Source};
use crate::limits::{Exceeded, Guard, Limits};
use std::io::Read;

type Csv = csv::Reader<Guard<Box<dyn Read + Send>>>;

/// Reads records and knows their lines.
pub(super) enum Rows {
    /// Lines of cells.
    Csv(Box<CsvRows>),
    /// Objects.
    Json(Box<JsonRows>),
    /// There are none.
    Ended,
}

/// Why a record cannot be read.
#[derive(Debug)]
pub(super) enum RowError {
    Io(std::io::Error),
    Json(String),
}

impl From<JsonError> for RowError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Io(error) => Self::Io(error),
            JsonError::Form(what) => Self::Json(what),
        }
    }
}

impl Rows {
    /// The records after the lines that the layout skips; an error has its line.
    pub(super) fn new(
        source: Source,
        layout: &Layout,
        limits: Limits,
    ) -> Result<Self, (RowError, u64)> {
        let (packed, pace) = (source.packed, source.pace);
        let objects = match source.kind {
            Kind::JsonLines => Some(Objects::Lines),
            Kind::JsonArray => Some(Objects::Array),
            _ => None,
        };
        let reader = source.into_reader(layout.skip);
        let reader = reader.map_err(|error| (RowError::Io(error), 1))?;
        let guard = Guard::new(reader, limits, packed);
        let Some(objects) = objects else {
            let reader = csv::ReaderBuilder::new()
                .delimiter(layout.cells.delimiter)
                .quoting(layout.cells.quoting)
                .has_headers(false)
                .flexible(true)
                .buffer_capacity(1 << 16)
                .from_reader(guard);
            let (skip, row, next) = (layout.skip, 1, 1);
            return Ok(Self::Csv(Box::new(CsvRows {
                reader,
                skip,
                row,
                next,
            })));
        };
        let first = (pace != Pace::File).then_some(1);
        let rows = JsonRows::new(guard, objects, first, limits.row_bytes);
        let rows = rows.map_err(|(error, row)| (error.into(), row))?;
        Ok(Self::Json(Box::new(rows)))
    }

    /// Reads the next record; false at the end.
    pub(super) fn read(
        &mut self,
        record: &mut csv::ByteRecord,
        most: u64,
    ) -> Result<bool, RowError> {
        match self {
            Self::Csv(rows) => rows.read(record, most).map_err(RowError::Io),
            Self::Json(rows) => Ok(rows.read(record)?),
            Self::Ended => Ok(false),
        }
    }

    /// Line of the record read last.
    pub(super) fn row(&self) -> u64 {
        match self {
            Self::Csv(rows) => rows.row + rows.skip,
            Self::Json(rows) => rows.row(),
            Self::Ended => 1,
        }
    }

    /// Whether there is a [`Rows::late_key`].
    pub(super) fn has_late_key(&self) -> bool {
        matches!(self, Self::Json(rows) if rows.has_late())
    }

    /// A key that came too late to be a column, and its line.
    pub(super) fn late_key(&mut self) -> Option<(String, u64)> {
        match self {
            Self::Json(rows) => rows.late(),
            _ => None,
        }
    }
}

pub(super) struct CsvRows {
    reader: Csv,
    /// Lines above those that are read.
    skip: u64,
    row: u64,
    /// Line the next record begins at, blank lines before it not counted.
    next: u64,
}

impl CsvRows {
    fn read(&mut self, record: &mut csv::ByteRecord, most: u64) -> std::io::Result<bool> {
        self.reader.get_mut().next_row();
        // Records of any number of cells are taken, so nothing but reading fails.
        let more = self.reader.read_byte_record(record).map_err(|error| {
            let error = match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                other => std::io::Error::other(format!("{other:?}")),
            };
            if Exceeded::of(&error).is_some() {
                self.row = self.next;
            }
            error
        })?;
        if more {
            self.count_lines(record);
        }
        if record.as_slice().len() as u64 > most {
            return Err(std::io::Error::other(Exceeded::Row(most)));
        }
        Ok(more)
    }

    /// Sets `row`; the record's own position would count blank lines before it as part of it.
    fn count_lines(&mut self, record: &csv::ByteRecord) {
        let after = self.reader.position().line();
        let inside = match after - self.next {
            0 | 1 => 0,
            _ => line_breaks(record),
        };
        let first = record.position().map_or(self.next, csv::Position::line);
        // A quote that never closes runs to the end, with no line end after it.
        self.row = (after - 1).saturating_sub(inside).max(first);
        self.next = after;
    }
}

pub(super) fn line_breaks(record: &csv::ByteRecord) -> u64 {
    let breaks = record.as_slice().iter().filter(|&&byte| byte == b'\n');
    breaks.count() as u64
}
