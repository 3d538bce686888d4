//! CSV tables read by header name, with positions in errors.

use crate::error::{DataError, Place, Result};
use crate::source::open;
use std::io::Read;
use std::path::Path;

/// How a CSV file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvOptions {
    /// Between cells.
    pub delimiter: u8,
    /// Whether `"` quotes a cell; off for files in which it is a character like any other.
    pub quoting: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: b',', quoting: true }
    }
}

/// A CSV file, read a record at a time.
pub struct CsvTable {
    reader: csv::Reader<Box<dyn Read + Send>>,
    header: Vec<String>,
    name: String,
    row: u64,
}

impl CsvTable {
    /// Opens a file, plain or compressed, and reads its header.
    ///
    /// # Errors
    /// When the file cannot be read, or has no header.
    pub fn open(path: &Path, options: &CsvOptions) -> Result<Self> {
        Self::from_reader(open(path)?, &path.display().to_string(), options)
    }

    /// Reads from anywhere; `name` stands for the file in errors.
    pub fn from_reader(
        reader: Box<dyn Read + Send>,
        name: &str,
        options: &CsvOptions,
    ) -> Result<Self> {
        let reader = csv::ReaderBuilder::new()
            .delimiter(options.delimiter)
            .quoting(options.quoting)
            .buffer_capacity(1 << 16)
            .from_reader(reader);
        let mut table = Self { reader, header: Vec::new(), name: name.to_string(), row: 1 };
        let header = match table.reader.byte_headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(table.failure(error)),
        };
        table.header = header
            .iter()
            .map(|cell| String::from_utf8_lossy(cell).trim_matches(['\u{feff}', ' ']).to_string())
            .collect();
        if table.header.iter().all(String::is_empty) {
            let help = "the first line must name the columns";
            return Err(DataError::content("the file is empty", table.place(None, None), help));
        }
        Ok(table)
    }

    /// The column with one of these names, whatever their case.
    ///
    /// # Errors
    /// When there is none; the columns there are are listed.
    pub fn column(&self, aliases: &[&str]) -> Result<usize> {
        self.optional_column(aliases).ok_or_else(|| {
            let what = format!("there is no column named {}", aliases.join(" or "));
            let help = format!("the columns are: {}", self.header.join(", "));
            DataError::content(what, self.place(Some(1), None), help)
        })
    }

    /// The column with one of these names, if there is one.
    pub fn optional_column(&self, aliases: &[&str]) -> Option<usize> {
        aliases.iter().find_map(|alias| {
            self.header.iter().position(|name| name.eq_ignore_ascii_case(alias.trim()))
        })
    }

    /// The columns' names.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the next record; false at the end.
    ///
    /// # Errors
    /// When a record has too many or too few cells, or is not UTF-8.
    pub fn read_record(&mut self, record: &mut csv::StringRecord) -> Result<bool> {
        match self.reader.read_record(record) {
            Ok(more) => {
                self.row = record.position().map_or(self.row, csv::Position::line);
                Ok(more)
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    /// [`CsvTable::read_record`] without the check of UTF-8.
    pub(crate) fn read_bytes(&mut self, record: &mut csv::ByteRecord) -> Result<bool> {
        match self.reader.read_byte_record(record) {
            Ok(more) => {
                self.row = record.position().map_or(self.row, csv::Position::line);
                Ok(more)
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Line of the record just read; the header is line 1.
    pub fn row(&self) -> u64 {
        self.row
    }

    pub(crate) fn place(&self, row: Option<u64>, column: Option<usize>) -> Place {
        let column = column.and_then(|column| self.header.get(column).cloned());
        Place { file: self.name.clone(), row, column }
    }

    fn failure(&self, error: csv::Error) -> DataError {
        let row = error.position().map_or(self.row, csv::Position::line);
        let place = self.place(Some(row), None);
        match error.into_kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => DataError::content(
                format!("the row has {len} cells, the header has {expected_len}"),
                place,
                "mend the row; a cell with a comma in it must be quoted",
            ),
            csv::ErrorKind::Utf8 { .. } => DataError::content(
                "the row is not UTF-8 text",
                place,
                "convert the file to UTF-8",
            ),
            csv::ErrorKind::Io(source) => DataError::Read { place, source },
            other => DataError::content(
                format!("the row cannot be read: {other:?}"),
                place,
                "mend the row",
            ),
        }
    }
}
