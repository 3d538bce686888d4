//! What the columns of a table seem to hold.

mod column;
mod dates;
mod kind;
mod numbers;
mod spacing;

use crate::error::{DataError, Result};
use crate::form::{ONE_COLUMN, Shape, Source, TableOptions, windows_1252};
use crate::printable::printable_line;
use crate::table::CsvTable;
use column::Column;
pub use kind::{ColumnKind, DateKind};
use serde::Serialize;
use std::borrow::Cow;
use std::path::Path;

/// Rows that are read unless told otherwise.
const ROWS: usize = 100_000;

/// What a table seems to hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profile {
    /// The file's name.
    pub file: String,
    /// Rows that were read.
    pub rows: usize,
    /// Whether these are all.
    pub whole: bool,
    /// The file has no names of columns; those here are made up.
    pub headless: bool,
    /// The columns, in the file's order.
    pub columns: Vec<ColumnProfile>,
    /// What was assumed about the file, and what is odd about it.
    pub notes: Vec<String>,
}

/// What a column seems to hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// What it seems to hold.
    pub kind: ColumnKind,
    /// Cells without a value.
    pub missing: usize,
    /// Different values.
    pub distinct: usize,
    /// How often each value comes, the most frequent first; empty when there are more than 50.
    pub counts: Vec<(String, usize)>,
    /// Three values, each cut after 80 characters.
    pub examples: Vec<String>,
    /// Cells that are not of this kind.
    pub odd: usize,
    /// The first of them and its row.
    pub first_odd: Option<(String, u64)>,
}

/// What a table seems to hold, by its first 100,000 rows.
///
/// Cells and rows that do not fit are counted, never an error.
///
/// # Errors
/// When the file cannot be read or is no table.
pub fn profile(path: &Path) -> Result<Profile> {
    profile_with(path, &TableOptions::default(), ROWS)
}

/// [`profile`] of a table of which more is known, by so many rows.
///
/// # Errors
/// See [`profile`].
pub fn profile_with(path: &Path, options: &TableOptions, rows: usize) -> Result<Profile> {
    let source = Source::open(path)?;
    let prose = || Shape::of(&source, options).is_some_and(|shape| shape.is_prose());
    let lines = is_plain_text(path) && options.header.is_none() && prose();
    let mut table = match lines {
        true => CsvTable::found(source, &lines_of(options))?,
        false => CsvTable::found(source, options)?,
    };
    let mut notes = table.notes().to_vec();
    if lines {
        notes.push("each line is a text".to_string());
    }
    let headless = table.looks_headless();
    if headless {
        let names = (1..=table.header().len()).map(|at| format!("column {at}"));
        let named = TableOptions {
            header: Some(names.collect()),
            delimiter: Some(table.delimiter()),
            quoting: Some(table.quoting()),
            ..options.clone()
        };
        table = CsvTable::open_found(path, &named)?;
    }
    let file = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut profile = Profile {
        file,
        rows: 0,
        whole: false,
        headless: headless || lines,
        columns: Vec::new(),
        notes,
    };
    profile.read(table, rows);
    Ok(profile)
}

/// How a file with a text a line is read as a table.
fn lines_of(options: &TableOptions) -> TableOptions {
    TableOptions {
        header: Some(vec!["text".to_string()]),
        delimiter: Some(ONE_COLUMN),
        quoting: Some(false),
        ..options.clone()
    }
}

fn is_plain_text(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("txt"))
}

impl Profile {
    fn read(&mut self, mut table: CsvTable, rows: usize) {
        let mut columns: Vec<Column> = table
            .header()
            .iter()
            .map(|name| Column::new(name))
            .collect();
        let mut record = csv::ByteRecord::new();
        let mut ragged: Option<(usize, u64)> = None;
        let mut stray: Option<u64> = None;
        let noted = table.notes().len();
        while self.rows < rows {
            match table.read_any(&mut record) {
                Ok(true) => {}
                Ok(false) => {
                    self.whole = true;
                    break;
                }
                Err(error) => {
                    self.notes.push(stopped(&error));
                    break;
                }
            }
            self.rows += 1;
            if record.len() != columns.len() {
                let (count, first) = ragged.unwrap_or((0, table.row()));
                ragged = Some((count + 1, first));
            }
            for (at, column) in columns.iter_mut().enumerate() {
                let text = text_of(record.get(at).unwrap_or_default());
                if stray.is_none() && text.1 {
                    stray = Some(table.row());
                }
                column.take(&text.0, table.row());
            }
        }
        if let Some(row) = stray {
            self.notes.push(format!(
                "cells are not UTF-8 and were read as Windows-1252 (Latin-1), first in row {row}"
            ));
        }
        if let Some((count, first)) = ragged {
            self.notes.push(format!(
                "rows with another number of cells than the header: {count}, the first is row {first}"
            ));
        }
        self.notes.extend(table.notes().iter().skip(noted).cloned());
        self.columns = columns.into_iter().map(Column::finish).collect();
    }

    /// For people, a line a column.
    pub fn lines(&self) -> Vec<String> {
        let rows = match self.whole {
            true if self.rows == 1 => format!("{}: 1 row", self.file),
            true => format!("{}: {} rows", self.file, self.rows),
            false => format!("{}: the first {} rows", self.file, self.rows),
        };
        let columns = self.columns.iter().map(ColumnProfile::line);
        let lines = std::iter::once(rows)
            .chain(columns)
            .chain(self.notes.iter().cloned());
        lines
            .map(|line| printable_line(&line).into_owned())
            .collect()
    }
}

/// A cell's text, and whether it is not UTF-8.
fn text_of(cell: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(cell) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (Cow::Owned(windows_1252(cell)), true),
    }
}

fn stopped(error: &DataError) -> String {
    match error.place() {
        Some(place) => format!("reading stopped at {place}: {error}"),
        None => format!("reading stopped: {error}"),
    }
}

impl ColumnProfile {
    /// For people.
    fn line(&self) -> String {
        let name = match self.name.is_empty() {
            true => "(a column without a name)",
            false => &self.name,
        };
        let mut line = format!("{name}: {}", self.kind);
        if self.missing > 0 {
            line += &format!("; {} missing", self.missing);
        }
        if let Some((cell, row)) = &self.first_odd {
            line += &format!(
                "; {} of another kind, such as \"{cell}\" in row {row}",
                self.odd
            );
        }
        if !self.examples.is_empty() {
            line += &format!("; for example {}", self.examples.join(" | "));
        }
        line
    }
}
