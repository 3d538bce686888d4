//! Tables read by header name, with positions in errors.

mod columns;
mod messages;
mod rows;

use crate::error::{DataError, Place, Result};
use crate::form::{Contents, Kind, Layout, Pace, Source, TableOptions, layout};
use crate::limits::Limits;
use crate::printable::printable_line;
use columns::column_name;
pub(crate) use columns::same_name;
use rows::Rows;
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

/// A table with named columns, read a record at a time: CSV, or JSON objects.
///
/// Rows are numbered by line, as an editor shows them: the header is row 1, blank lines count, and
/// a record with line breaks in quotes has the number of its first line. CRLF in a quoted cell is
/// given as LF. UTF-16 is read as UTF-8. A file that is no table (a workbook, a web page) is
/// refused by what it is.
pub struct CsvTable {
    rows: Rows,
    header: Vec<String>,
    /// The header as it is read, where a row may repeat it.
    repeated: Option<csv::ByteRecord>,
    header_row: Option<u64>,
    name: String,
    limits: Limits,
    delimiter: u8,
    quoting: bool,
    headless: bool,
    seen: Vec<Oddity>,
    notes: Vec<String>,
}

/// What is odd about rows, and said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Oddity {
    RepeatedHeader,
    DelimiterAtEnd,
    LateKey,
}

impl std::fmt::Debug for CsvTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvTable")
            .field("name", &self.name)
            .field("header", &self.header)
            .field("row", &self.row())
            .finish_non_exhaustive()
    }
}

impl CsvTable {
    /// Opens a file, plain or compressed, and reads its header.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, or is no table.
    pub fn open(path: &Path, options: &CsvOptions) -> Result<Self> {
        Self::strict(Source::open(path)?, options)
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
        Self::strict(Source::new(reader, name, false, Pace::Stream)?, options)
    }

    /// Opens a file as what it is: delimiter, quoting, comments and header are found in its first
    /// lines, where `options` does not give them. [`CsvTable::notes`] says what was assumed.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, is no table, or goes beyond a limit.
    pub fn open_found(path: &Path, options: &TableOptions) -> Result<Self> {
        Self::found(Source::open(path)?, options)
    }

    /// [`CsvTable::open_found`] for a stream, of which two lines are waited for.
    ///
    /// # Errors
    /// See [`CsvTable::open_found`].
    pub fn found_from_reader(
        reader: Box<dyn Read + Send>,
        name: &str,
        options: &TableOptions,
    ) -> Result<Self> {
        Self::found(Source::new(reader, name, false, Pace::Stream)?, options)
    }

    /// Reads what the options say, whatever the first lines look like.
    fn strict(source: Source, options: &CsvOptions) -> Result<Self> {
        let options = TableOptions::from(*options);
        let layout = Layout::given(&options);
        Self::new(source, layout, &options)
    }

    pub(crate) fn found(source: Source, options: &TableOptions) -> Result<Self> {
        source.refuse_other(Contents::Table)?;
        let (sample, whole) = source.sample();
        let layout = match source.kind {
            Kind::Text => layout::find(sample, whole, options),
            _ => Ok(Layout::given(options)),
        };
        match layout {
            Ok(layout) => Self::new(source, layout, options),
            Err((what, row, help)) => {
                let place = Place {
                    file: source.name,
                    row: Some(row),
                    column: None,
                };
                Err(DataError::content(what, place, help))
            }
        }
    }

    fn new(source: Source, layout: Layout, options: &TableOptions) -> Result<Self> {
        source.refuse_other(Contents::Table)?;
        let mut table = Self {
            rows: Rows::Ended,
            header: Vec::new(),
            repeated: None,
            header_row: None,
            name: source.name.clone(),
            limits: options.limits,
            delimiter: layout.cells.delimiter,
            quoting: layout.cells.quoting,
            headless: layout.headless,
            seen: Vec::new(),
            notes: [source.notes.clone(), layout.notes.clone()].concat(),
        };
        match Rows::new(source, &layout, options.limits) {
            Ok(rows) => table.rows = rows,
            Err((error, row)) => return Err(table.failure(error, row)),
        }
        if let Rows::Json(rows) = &table.rows {
            table.header = rows.columns().to_vec();
            table.notes.push("each row is a JSON object".to_string());
        } else if let Some(header) = &options.header {
            table.header = header.clone();
        } else if let Some((names, row)) = layout.header {
            (table.header, table.header_row) = (names, Some(row));
        } else {
            table.read_header()?;
        }
        if table.header.iter().all(String::is_empty) {
            let help = "the first line must name the columns";
            let place = table.place(None, None);
            return Err(DataError::content("the file is empty", place, help));
        }
        if table.header.len() > options.limits.columns {
            let what = format!("the file has {} columns", table.header.len());
            let help = "check that it is the file you want; if it is, raise the limit `columns`";
            let place = table.place(table.header_row, None);
            return Err(DataError::content(what, place, help));
        }
        Ok(table)
    }

    fn read_header(&mut self) -> Result<()> {
        let mut header = csv::ByteRecord::new();
        self.read_any(&mut header)?;
        self.header_row = Some(self.row());
        self.header = header.iter().map(column_name).collect();
        self.repeated = (header.len() > 1).then_some(header);
        Ok(())
    }

    /// Notes for people: what was assumed about the file, and what has been left out until now.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The byte between cells.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Whether `"` quotes a cell.
    pub(crate) fn quoting(&self) -> bool {
        self.quoting
    }

    /// Whether the first row looks like data, not like names; it is taken as names all the same.
    pub fn looks_headless(&self) -> bool {
        self.headless
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
            Err(error) => {
                let column = error.utf8_error().field();
                let bytes = error.into_byte_record();
                Err(self.not_utf8(
                    self.row(),
                    Some(column),
                    bytes.get(column).unwrap_or_default(),
                ))
            }
        }
    }

    /// [`CsvTable::read_record`] without the check of UTF-8.
    pub(crate) fn read_bytes(&mut self, record: &mut csv::ByteRecord) -> Result<bool> {
        let more = self.read_any(record)?;
        if more {
            self.refuse_ragged(record)?;
        }
        Ok(more)
    }

    /// The next record, whatever its number of cells.
    ///
    /// Lines of blanks, repeated headers and delimiters at the end of a row are left out.
    pub(crate) fn read_any(&mut self, record: &mut csv::ByteRecord) -> Result<bool> {
        loop {
            match self.rows.read(record, self.limits.row_bytes) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) => return Err(self.failure(error, self.row())),
            }
            let width = self.header.len();
            let usual = record.len() == width && !self.may_repeat(record);
            if usual && !self.rows.has_late_key() {
                return Ok(true);
            }
            let row = self.row();
            if self.repeated.as_ref() == Some(record) {
                self.note_once(Oddity::RepeatedHeader, || {
                    format!("row {row} repeats the header; it was left out, as others are")
                });
                continue;
            }
            if record.len() == 1 && width > 1 && last_is_blank(record) {
                continue;
            }
            if record.len() == width + 1 && width > 0 && last_is_blank(record) {
                record.truncate(width);
                self.note_once(Oddity::DelimiterAtEnd, || {
                    format!("the delimiter at the end of rows was left out, first in row {row}")
                });
            }
            if let Some((key, row)) = self.rows.late_key() {
                self.note_once(Oddity::LateKey, || {
                    format!(
                        "row {row} is the first with the key {}; it came too late to be a column \
                         and was left out",
                        printable_line(&key)
                    )
                });
            }
            return Ok(true);
        }
    }

    /// Whether a record may be the header again: most differ in their first byte.
    fn may_repeat(&self, record: &csv::ByteRecord) -> bool {
        let header = self.repeated.as_ref();
        header.is_some_and(|header| header.as_slice().first() == record.as_slice().first())
    }

    /// Says what is odd about rows the first time it is seen.
    fn note_once(&mut self, oddity: Oddity, note: impl FnOnce() -> String) {
        if !self.seen.contains(&oddity) {
            self.seen.push(oddity);
            self.notes.push(note());
        }
    }

    /// Line of the record just read; the header is line 1.
    pub fn row(&self) -> u64 {
        self.rows.row()
    }
}

fn last_is_blank(record: &csv::ByteRecord) -> bool {
    let last = record.iter().next_back();
    last.is_some_and(|cell| cell.trim_ascii().is_empty())
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
