//! CSV tables read by header name, with positions in errors.

use crate::error::{DataError, Place, Result};
use crate::lines::Lines;
use crate::source::open;
use std::io::Read;
use std::path::Path;

/// How a CSV file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvOptions {
    /// The byte between cells.
    pub delimiter: u8,
    /// Whether `"` quotes a cell; off for files in which it is a character like any other.
    pub quoting: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quoting: true,
        }
    }
}

/// A CSV file with a header, read a record at a time.
///
/// Rows are numbered by line, as an editor shows them: the header is row 1, blank lines count, and
/// a record with line breaks in quotes has the number of its first line. CRLF in a quoted cell is
/// given as LF.
pub struct CsvTable {
    reader: csv::Reader<Lines<Box<dyn Read + Send>>>,
    header: Vec<String>,
    header_row: u64,
    name: String,
    row: u64,
    /// Line the next record begins at, blank lines before it not counted.
    next: u64,
}

impl std::fmt::Debug for CsvTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvTable")
            .field("name", &self.name)
            .field("header", &self.header)
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

impl CsvTable {
    /// Opens a file, plain or compressed, and reads its header.
    ///
    /// # Errors
    /// When the file cannot be read, or is empty.
    pub fn open(path: &Path, options: &CsvOptions) -> Result<Self> {
        Self::from_reader(open(path)?, &path.display().to_string(), options)
    }

    /// Reads plain text from anywhere; `name` stands for the file in errors.
    ///
    /// # Errors
    /// See [`CsvTable::open`].
    pub fn from_reader(
        reader: Box<dyn Read + Send>,
        name: &str,
        options: &CsvOptions,
    ) -> Result<Self> {
        let reader = csv::ReaderBuilder::new()
            .delimiter(options.delimiter)
            .quoting(options.quoting)
            .buffer_capacity(1 << 16)
            .from_reader(Lines::new(reader));
        let mut table = Self {
            reader,
            header: Vec::new(),
            header_row: 1,
            name: name.to_string(),
            row: 1,
            next: 1,
        };
        let header = match table.reader.byte_headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(table.failure(error, &csv::ByteRecord::new())),
        };
        table.count_lines(&header);
        table.header_row = table.row;
        table.header = header.iter().map(column_name).collect();
        if table.header.iter().all(String::is_empty) {
            let help = "the first line must name the columns";
            let place = table.place(None, None);
            return Err(DataError::content("the file is empty", place, help));
        }
        Ok(table)
    }

    /// The column with one of these names; case and blanks around a name do not count.
    ///
    /// The first alias that is there is taken.
    ///
    /// # Errors
    /// When there is none, with the columns that are there, or when two have that name.
    pub fn column(&self, aliases: &[&str]) -> Result<usize> {
        let Some(column) = self.optional_column(aliases) else {
            let what = format!("there is no column named {}", aliases.join(" or "));
            let help = format!("the columns are: {}", self.header.join(", "));
            let place = self.place(Some(self.header_row), None);
            return Err(DataError::content(what, place, help));
        };
        self.refuse_twin(column)?;
        Ok(column)
    }

    /// The column with one of these names, if there is one; the first, if there are two.
    pub fn optional_column(&self, aliases: &[&str]) -> Option<usize> {
        aliases.iter().find_map(|alias| {
            let alias = alias.trim();
            self.header.iter().position(|name| same_name(name, alias))
        })
    }

    /// Fails when another column has the same name.
    pub(crate) fn refuse_twin(&self, column: usize) -> Result<()> {
        let name = &self.header[column];
        let twins = self.header.iter().filter(|other| same_name(other, name));
        if twins.count() < 2 {
            return Ok(());
        }
        let place = self.place(Some(self.header_row), None);
        let help = "rename one of them";
        let what = format!("two columns are named {name}");
        Err(DataError::content(what, place, help))
    }

    /// The columns' names, as the file writes them.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the next record; false at the end.
    ///
    /// # Errors
    /// When a record has too many or too few cells or is not UTF-8, or the file cannot be read.
    pub fn read_record(&mut self, record: &mut csv::StringRecord) -> Result<bool> {
        let mut bytes = std::mem::take(record).into_byte_record();
        let more = self.read_bytes(&mut bytes)?;
        match csv::StringRecord::from_byte_record(bytes) {
            Ok(text) => {
                *record = text;
                Ok(more)
            }
            Err(error) => Err(self.not_utf8(Some(error.utf8_error().field()))),
        }
    }

    /// [`CsvTable::read_record`] without the check of UTF-8.
    pub(crate) fn read_bytes(&mut self, record: &mut csv::ByteRecord) -> Result<bool> {
        match self.reader.read_byte_record(record) {
            Ok(true) => {
                self.count_lines(record);
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(error) => Err(self.failure(error, record)),
        }
    }

    /// Line of the record just read; the header is line 1.
    pub fn row(&self) -> u64 {
        self.row
    }

    pub(crate) fn place(&self, row: Option<u64>, column: Option<usize>) -> Place {
        let column = column.and_then(|column| self.header.get(column).cloned());
        Place {
            file: self.name.clone(),
            row,
            column,
        }
    }

    pub(crate) fn not_utf8(&self, column: Option<usize>) -> DataError {
        let place = self.place(Some(self.row), column);
        DataError::content("the cell is not UTF-8 text", place, "save it as UTF-8")
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

    fn failure(&mut self, error: csv::Error, record: &csv::ByteRecord) -> DataError {
        let kind = error.into_kind();
        if matches!(kind, csv::ErrorKind::UnequalLengths { .. }) {
            self.count_lines(record);
        }
        let place = self.place(Some(self.row), None);
        match kind {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => {
                let help = match line_breaks(record) {
                    0 => "correct the row; a cell with a comma in it must be quoted",
                    _ => {
                        "look for a quote (\") that opens in this row and closes on a later one, or never"
                    }
                };
                let cells = if len == 1 { "cell" } else { "cells" };
                let what = format!("the row has {len} {cells}, the header has {expected_len}");
                DataError::content(what, place, help)
            }
            csv::ErrorKind::Io(source) => DataError::Read { place, source },
            other => {
                let what = format!("the row cannot be read: {other:?}");
                DataError::content(what, place, "correct the row")
            }
        }
    }
}

fn line_breaks(record: &csv::ByteRecord) -> u64 {
    let breaks = record.as_slice().iter().filter(|&&byte| byte == b'\n');
    breaks.count() as u64
}

fn column_name(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    text.trim().trim_start_matches('\u{feff}').trim().to_owned()
}

fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &'static str) -> Vec<(u64, String)> {
        let options = CsvOptions::default();
        let mut table = CsvTable::from_reader(Box::new(text.as_bytes()), "t.csv", &options)
            .expect("there is a header");
        let mut record = csv::StringRecord::new();
        let mut rows = Vec::new();
        while table.read_record(&mut record).expect("the rows are good") {
            rows.push((table.row(), record[0].to_string()));
        }
        rows
    }

    #[test]
    fn rows_are_numbered_as_an_editor_does() {
        let wanted = |rows: &[u64]| {
            let cells = ["1", "3", "5"].map(str::to_string);
            rows.iter().copied().zip(cells).collect::<Vec<_>>()
        };
        assert_eq!(rows("a,b\n1,2\n3,4\n5,6\n"), wanted(&[2, 3, 4]));
        assert_eq!(rows("a,b\r\n1,2\r\n3,4\r\n5,6"), wanted(&[2, 3, 4]));
        assert_eq!(rows("a,b\r1,2\r3,4\r5,6\r"), wanted(&[2, 3, 4]));
        assert_eq!(rows("a,b\n\n1,2\n\n\n3,4\n5,6"), wanted(&[3, 6, 7]));
        assert_eq!(
            rows("a,b\r\n\r\n1,2\r\n3,\"x\r\ny\"\r\n\r\n5,6"),
            wanted(&[3, 4, 7])
        );
        assert_eq!(rows("\n\na,b\n1,2\n"), wanted(&[4]));
    }

    #[test]
    fn names_match_without_case_blanks_and_byte_order_mark() {
        let text = "\u{feff}Date , CLOSE\t,Größe\n1,2,3\n".as_bytes();
        let table = CsvTable::from_reader(Box::new(text), "t.csv", &CsvOptions::default())
            .expect("there is a header");
        assert_eq!(table.header(), ["Date", "CLOSE", "Größe"]);
        assert_eq!(table.column(&["day", "date"]).ok(), Some(0));
        assert_eq!(table.column(&[" close "]).ok(), Some(1));
        assert_eq!(table.optional_column(&["GRÖSSE", "GRÖßE"]), Some(2));
        assert_eq!(table.optional_column(&["open"]), None);
    }

    #[test]
    fn quotes_are_characters_where_quoting_is_off() {
        let options = CsvOptions {
            delimiter: b'\t',
            quoting: false,
        };
        let text: &[u8] = b"id\ttitle\n1\tSo \"called\n2\t\"x\" and, y\n";
        let mut table =
            CsvTable::from_reader(Box::new(text), "t.tsv", &options).expect("there is a header");
        let mut record = csv::StringRecord::new();
        let mut titles = Vec::new();
        while table.read_record(&mut record).expect("the rows are good") {
            titles.push(record[1].to_string());
        }
        assert_eq!(titles, ["So \"called", "\"x\" and, y"]);
    }
}
