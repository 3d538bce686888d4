//! Files of texts, read piece by piece.

use super::labelled::{TextSummary, TextTable};
use super::rows::{Columns, Row, TextLines, TextRows};
use super::spec::{Encoding, TextForm, TextSpec};
use crate::error::Result;
use crate::form::{Pace, Shape, Source};
use crate::table::CsvTable;
use std::io::Read;
use std::path::Path;

/// Rows that are named in warnings of a kind.
const MOST_WARNINGS: usize = 5;

/// Reads a file piece by piece, so that it need not fit into memory.
#[derive(Debug)]
pub struct TextReader {
    rows: TextRows,
    encoding: Encoding,
    /// Rows still wanted.
    left: usize,
    /// Rows that a quote joined with others.
    swallowing: usize,
    suspected: bool,
    summary: TextSummary,
}

impl TextReader {
    /// Opens a file, plain or compressed, and finds its columns.
    ///
    /// # Errors
    /// When the file cannot be read, is no table and has no lines of text, or a column is not there.
    pub fn open(path: &Path, spec: &TextSpec) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self::new(Source::open(path)?, &name, spec)
    }

    /// Reads plain text from anywhere, such as the standard input; `name` stands for the file.
    ///
    /// Rows are given as they come, once the first two lines are there.
    ///
    /// # Errors
    /// See [`TextReader::open`].
    pub fn from_reader(reader: Box<dyn Read + Send>, name: &str, spec: &TextSpec) -> Result<Self> {
        let pace = match spec.form {
            // A line says all there is to know.
            TextForm::Lines => Pace::Line,
            _ => Pace::Stream,
        };
        Self::new(Source::new(reader, name, false, pace)?, name, spec)
    }

    fn new(source: Source, file: &str, spec: &TextSpec) -> Result<Self> {
        let rows = match has_lines(&source, spec) {
            true => TextRows::Lines(Box::new(TextLines::new(source, spec)?)),
            false => {
                let table = CsvTable::found(source, &spec.table())?;
                TextRows::Table(Box::new(Columns::new(table, spec)?))
            }
        };
        Ok(Self {
            encoding: spec.encoding,
            left: spec.limit.unwrap_or(usize::MAX),
            swallowing: 0,
            suspected: false,
            summary: TextSummary {
                file: file.to_string(),
                notes: rows.notes().to_vec(),
                ..TextSummary::default()
            },
            rows,
        })
    }

    /// Counts and notes of the rows read until now.
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
        let mut piece = TextTable {
            header: self.rows.others(),
            ..TextTable::default()
        };
        while piece.len() < most {
            let Some(row) = self.rows.next(self.encoding)? else {
                break;
            };
            self.note(&row);
            piece.push(row);
        }
        self.left -= piece.len();
        self.summary.rows += piece.len();
        if self.summary.notes.len() < self.rows.notes().len() {
            self.summary.notes = self.rows.notes().to_vec();
        }
        if self.summary.rows == 0 && most > 0 {
            return Err(self.rows.no_rows());
        }
        Ok((!piece.is_empty()).then_some(piece))
    }

    /// Counts what is odd about a row.
    fn note(&mut self, row: &Row) {
        let summary = &mut self.summary;
        summary.empty_texts += usize::from(row.text.trim().is_empty());
        summary.longest_bytes = summary.longest_bytes.max(row.text.len());
        match self.encoding {
            Encoding::Windows1252 => summary.windows_1252 += usize::from(row.stray),
            _ => summary.replaced += usize::from(row.stray),
        }
        if row.suspected && self.encoding == Encoding::Replace && !self.suspected {
            self.suspected = true;
            summary.warnings.push(format!(
                "row {} has bytes that look like Windows-1252 (Latin-1); save the file as UTF-8 to \
                 keep them",
                row.line
            ));
        }
        self.swallowing += usize::from(row.swallows);
        if row.swallows && self.swallowing <= MOST_WARNINGS {
            let more = match self.swallowing {
                MOST_WARNINGS => " (further rows of the kind are not named)",
                _ => "",
            };
            summary.warnings.push(format!(
                "row {}: a quote opens here and closes on a later row, which makes one row of \
                 them; correct it, or read the file without quoting{more}",
                row.line
            ));
        }
    }
}

impl TextTable {
    fn push(&mut self, row: Row) {
        self.texts.push(row.text);
        self.rows.push(row.line);
        self.labels.extend(row.label);
        self.groups.extend(row.group);
        self.times.extend(row.time);
        if !self.header.is_empty() {
            self.cells.push(row.others);
        }
    }
}

/// Whether each line of a source is a text.
fn has_lines(source: &Source, spec: &TextSpec) -> bool {
    match spec.form {
        TextForm::Lines => true,
        TextForm::Table => false,
        TextForm::Found => {
            let name = source.name.to_lowercase();
            let packed = [".gz", ".xz", ".zst"];
            let bare = packed.iter().find_map(|ending| name.strip_suffix(ending));
            let plain = bare.unwrap_or(&name).ends_with(".txt");
            let wanted = match spec.columns.is_empty() {
                true => &spec.text,
                false => &spec.columns,
            };
            plain
                && spec.header.is_none()
                && Shape::of(source, &spec.table()).is_some_and(|shape| !shape.has_column(wanted))
        }
    }
}
