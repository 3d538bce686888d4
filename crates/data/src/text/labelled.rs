//! Files with a text and its label a row.

use crate::error::{DataError, Result};
use crate::source::open;
use crate::table::{CsvOptions, CsvTable};
use std::io::{Cursor, Read};
use std::path::Path;

/// Line breaks in a quoted cell from which on a quote that never closed is likely.
const SUSPICIOUS_BREAKS: usize = 3;

/// What is done about bytes that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// An error with row and column.
    Refuse,
    /// They become U+FFFD, and the rows are counted.
    Replace,
}

/// Whether `"` quotes a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// In files with commas, not in files with tabs.
    Auto,
    /// Yes.
    On,
    /// No: it is a character like any other.
    Off,
}

/// Which columns of a file to read, and how.
#[derive(Debug, Clone)]
pub struct TextSpec {
    /// Names of the text's column; the first that is there is taken.
    pub text: Vec<String>,
    /// Names of the label's column, if labels are wanted.
    pub label: Option<Vec<String>>,
    /// Names of the column of what belongs together, if it is wanted.
    pub group: Option<Vec<String>>,
    /// The byte between cells.
    pub delimiter: u8,
    /// Names of the columns of a file without a header.
    pub header: Option<Vec<String>>,
    /// Whether `"` quotes a cell.
    pub quoting: Quoting,
    /// What is done about bytes that are not UTF-8.
    pub encoding: Encoding,
    /// Rows to read.
    pub limit: Option<usize>,
}

/// Texts with their labels, a row each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextTable {
    /// The texts.
    pub texts: Vec<String>,
    /// Their labels; empty when none were asked for.
    pub labels: Vec<String>,
    /// What belongs together; empty when it was not asked for.
    pub groups: Vec<String>,
    /// Line of each row.
    pub rows: Vec<u64>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextSummary {
    /// The file's name.
    pub file: String,
    /// Rows.
    pub rows: usize,
    /// Rows without a text.
    pub empty_texts: usize,
    /// Rows with bytes that were replaced.
    pub replaced: usize,
    /// Length of the longest text, in bytes.
    pub longest_bytes: usize,
    /// What looks wrong.
    pub warnings: Vec<String>,
}

impl TextSummary {
    /// For people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: {} rows", self.file, self.rows)];
        if self.empty_texts > 0 {
            lines.push(format!(
                "{}: {} rows have no text",
                self.file, self.empty_texts
            ));
        }
        if self.replaced > 0 {
            lines.push(format!(
                "{}: {} rows have bytes that are not UTF-8; they were replaced",
                self.file, self.replaced
            ));
        }
        lines.extend(self.warnings.iter().map(|w| format!("{}: {w}", self.file)));
        lines
    }
}

impl TextTable {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Reads a file, plain or compressed. Rows without a text are kept.
    ///
    /// # Errors
    /// When the file cannot be read, a column is not there, a row has too many or too few cells, or
    /// bytes are not UTF-8 and are not to be replaced.
    pub fn read(path: &Path, spec: &TextSpec) -> Result<(Self, TextSummary)> {
        let mut reader = TextReader::open(path, spec)?;
        let all = reader.read(usize::MAX)?.unwrap_or_default();
        Ok((all, reader.summary))
    }
}

/// Reads a file piece by piece, so that it need not fit into memory.
#[derive(Debug)]
pub struct TextReader {
    table: CsvTable,
    text: usize,
    label: Option<usize>,
    group: Option<usize>,
    /// Lines above the file's first, of a header that it lacks.
    above: u64,
    quoting: bool,
    encoding: Encoding,
    delimiter: u8,
    /// Rows still wanted.
    left: usize,
    summary: TextSummary,
}

impl TextReader {
    /// Opens a file, plain or compressed, and finds its columns.
    ///
    /// # Errors
    /// When the file cannot be read or a column is not there.
    pub fn open(path: &Path, spec: &TextSpec) -> Result<Self> {
        let quoting = match spec.quoting {
            Quoting::Auto => spec.delimiter != b'\t',
            Quoting::On => true,
            Quoting::Off => false,
        };
        let options = CsvOptions {
            delimiter: spec.delimiter,
            quoting,
        };
        let name = path.display().to_string();
        let mut reader: Box<dyn Read + Send> = open(path)?;
        if let Some(header) = &spec.header {
            let delimiter = char::from(spec.delimiter).to_string();
            let line = header.join(&delimiter) + "\n";
            reader = Box::new(Cursor::new(line.into_bytes()).chain(reader));
        }
        let table = CsvTable::from_reader(reader, &name, &options)?;
        let column = |names: &[String]| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            table.column(&names)
        };
        Ok(Self {
            text: column(&spec.text)?,
            label: spec.label.as_deref().map(column).transpose()?,
            group: spec.group.as_deref().map(column).transpose()?,
            above: u64::from(spec.header.is_some()),
            quoting,
            encoding: spec.encoding,
            delimiter: spec.delimiter,
            left: spec.limit.unwrap_or(usize::MAX),
            summary: TextSummary {
                file: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                ..TextSummary::default()
            },
            table,
        })
    }

    /// What was read so far.
    pub fn summary(&self) -> &TextSummary {
        &self.summary
    }

    /// The next rows, at most so many; none at the end. Rows without a text are kept.
    ///
    /// # Errors
    /// When a row has too many or too few cells, bytes are not UTF-8 and are not to be replaced, or
    /// the file has no rows at all.
    pub fn read(&mut self, most: usize) -> Result<Option<TextTable>> {
        let most = most.min(self.left);
        let mut piece = TextTable::default();
        let mut record = csv::ByteRecord::new();
        while piece.len() < most && self.table.read_bytes(&mut record)? {
            self.take(&record, &mut piece)?;
        }
        self.left -= piece.len();
        self.summary.rows += piece.len();
        if self.summary.rows == 0 && most > 0 {
            let place = self.table.place(None, None);
            let help = "the header must be followed by a row for each text";
            return Err(DataError::content("the file has no rows", place, help));
        }
        Ok((!piece.is_empty()).then_some(piece))
    }

    fn take(&mut self, record: &csv::ByteRecord, piece: &mut TextTable) -> Result<()> {
        let row = self.table.row() - self.above;
        let mut replaced = false;
        let mut cell = |column: usize| -> Result<String> {
            match String::from_utf8_lossy(&record[column]) {
                std::borrow::Cow::Borrowed(text) => Ok(text.to_string()),
                std::borrow::Cow::Owned(_) if self.encoding == Encoding::Refuse => {
                    Err(self.table.not_utf8(Some(column)))
                }
                std::borrow::Cow::Owned(text) => {
                    replaced = true;
                    Ok(text)
                }
            }
        };
        let words = cell(self.text)?;
        piece.labels.extend(self.label.map(&mut cell).transpose()?);
        piece.groups.extend(self.group.map(&mut cell).transpose()?);
        let cells = self.table.header().len();
        let summary = &mut self.summary;
        if self.quoting && swallows(&words, cells, self.delimiter) {
            summary.warnings.push(format!(
                "row {row}: a quote opens here and closes rows later, which makes one text of \
                 them; correct it, or read the file without quoting"
            ));
        }
        summary.empty_texts += usize::from(words.trim().is_empty());
        summary.replaced += usize::from(replaced);
        summary.longest_bytes = summary.longest_bytes.max(words.len());
        piece.texts.push(words);
        piece.rows.push(row);
        Ok(())
    }
}

/// A cell that looks like several records: many lines, each with as many delimiters as a record.
fn swallows(cell: &str, cells: usize, delimiter: u8) -> bool {
    let lines: Vec<&str> = cell.split('\n').collect();
    if cells < 2 || lines.len() <= SUSPICIOUS_BREAKS {
        return false;
    }
    let inner = &lines[1..lines.len() - 1];
    let like_records = inner
        .iter()
        .filter(|line| line.bytes().filter(|&b| b == delimiter).count() + 1 >= cells)
        .count();
    2 * like_records > inner.len()
}
