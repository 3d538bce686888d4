//! Texts with what else stands in their rows.

use super::reader::TextReader;
use super::spec::TextSpec;
use crate::error::Result;
use crate::printable::printable_line;
use std::path::Path;

/// Texts with their labels, a row each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextTable {
    /// The texts.
    pub texts: Vec<String>,
    /// Their labels, as the cells have them; empty when none were asked for.
    pub labels: Vec<String>,
    /// What belongs together; empty when it was not asked for.
    pub groups: Vec<String>,
    /// Dates or times, as the cells have them; empty when they were not asked for.
    pub times: Vec<String>,
    /// Line of each row.
    pub rows: Vec<u64>,
    /// Names of the other columns; empty when they were not asked for.
    pub header: Vec<String>,
    /// The other columns' cells, a row each; empty when they were not asked for.
    pub cells: Vec<Vec<String>>,
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
    /// Rows with bytes that were read as Windows-1252.
    pub windows_1252: usize,
    /// Length of the longest text, in bytes.
    pub longest_bytes: usize,
    /// What was assumed about the file.
    pub notes: Vec<String>,
    /// What looks wrong.
    pub warnings: Vec<String>,
}

impl TextSummary {
    /// For people.
    pub fn lines(&self) -> Vec<String> {
        let plural = |rows: usize| if rows == 1 { "row" } else { "rows" };
        let mut lines = vec![format!("{} {}", self.rows, plural(self.rows))];
        let counted = [
            (self.empty_texts, "have no text"),
            (
                self.replaced,
                "have bytes that are not UTF-8; they were replaced",
            ),
            (
                self.windows_1252,
                "have bytes that are not UTF-8; they were read as Windows-1252",
            ),
        ];
        for (rows, what) in counted.into_iter().filter(|(rows, _)| *rows > 0) {
            let what = match rows {
                1 => what.replace("have ", "has ").replace("they were", "it was"),
                _ => what.to_string(),
            };
            lines.push(format!("{rows} {} {what}", plural(rows)));
        }
        lines.extend(self.notes.iter().chain(&self.warnings).cloned());
        let line = |line| printable_line(&format!("{}: {line}", self.file)).into_owned();
        lines.into_iter().map(line).collect()
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
        Ok((all, reader.summary().clone()))
    }
}
