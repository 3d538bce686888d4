//! What is said about a table that is not as it should be.

use super::CsvTable;
use super::rows::{RowError, line_breaks};
use crate::error::{DataError, Place, Result};
use crate::form::{delimiter_name, looks_like_windows_1252};
use crate::limits::Exceeded;
use crate::similar::likely;

/// Columns that an error names.
const MOST_SHOWN: usize = 30;

impl CsvTable {
    /// What to do about a column that is not there.
    pub(super) fn columns_that_are_there(&self, aliases: &[&str]) -> String {
        if self.headless {
            return format!(
                "the first row looks like data, in cells separated by {}: name the {} columns in a row \
                 above it, or with `header` (--set header=a,b,…)",
                delimiter_name(self.delimiter),
                self.header.len()
            );
        }
        let names = || self.header.iter().map(String::as_str);
        let mut near: Vec<String> = Vec::new();
        for name in aliases.iter().flat_map(|alias| likely(alias, names())) {
            if !near.contains(&name) {
                near.push(name);
            }
        }
        let shown: Vec<&str> = names().take(MOST_SHOWN).collect();
        let more = match self.header.len() - shown.len() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let all = format!("the columns are: {}{more}", shown.join(", "));
        match near.is_empty() {
            true => all,
            false => format!("did you mean {}? {all}", near.join(" or ")),
        }
    }

    pub(crate) fn place(&self, row: Option<u64>, column: Option<usize>) -> Place {
        let column = column.and_then(|column| self.header.get(column).cloned());
        Place {
            file: self.name.clone(),
            row,
            column,
        }
    }

    /// The error of a cell that is not UTF-8, with a guess at what it is.
    pub(crate) fn not_utf8(&self, row: u64, column: Option<usize>, cell: &[u8]) -> DataError {
        let place = self.place(Some(row), column);
        let help = match looks_like_windows_1252(cell) {
            true => "save it as UTF-8; it looks like Windows-1252 (Latin-1)",
            false => "save it as UTF-8",
        };
        DataError::content("the cell is not UTF-8 text", place, help)
    }

    pub(super) fn refuse_ragged(&self, record: &csv::ByteRecord) -> Result<()> {
        let (count, expected) = (record.len(), self.header.len());
        if count == expected {
            return Ok(());
        }
        let quoted = record.iter().any(|cell| cell.starts_with(b"\""));
        let help = match line_breaks(record) {
            0 if quoted && !self.quoting => {
                "quotes are read as a part of the text here; read the file with quoting, or take \
                 them out"
                    .to_string()
            }
            0 if self.delimiter == b'\t' => {
                "correct the row; a tab within a cell must be taken out".to_string()
            }
            0 if self.delimiter == b',' => {
                "correct the row; a cell with a comma in it must be quoted".to_string()
            }
            0 => format!(
                "correct the row; cells are separated by {}",
                delimiter_name(self.delimiter)
            ),
            _ => "look for a quote (\") that opens in this row and closes on a later one, or never"
                .to_string(),
        };
        let cells = if count == 1 { "cell" } else { "cells" };
        let header = match self.header_row {
            Some(_) => "the header has",
            None => "the names given are",
        };
        let what = format!("the row has {count} {cells}, {header} {expected}");
        let place = self.place(Some(self.row()), None);
        Err(DataError::content(what, place, help))
    }

    pub(super) fn failure(&self, error: RowError, row: u64) -> DataError {
        let place = self.place(Some(row), None);
        match error {
            RowError::Io(source) => match Exceeded::of(&source) {
                Some(exceeded) => DataError::content(exceeded.to_string(), place, exceeded.help()),
                None => DataError::Read { place, source },
            },
            RowError::Json(what) => {
                let what = format!("the row is no JSON object: {what}");
                DataError::content(what, place, "correct the row, or take it out")
            }
        }
    }
}
