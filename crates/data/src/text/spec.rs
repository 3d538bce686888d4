//! Which columns of a file of texts to read, and how.

use crate::form::TableOptions;
use crate::limits::Limits;

/// What is done about bytes that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// An error with row and column.
    Refuse,
    /// They become U+FFFD, and the rows are counted.
    Replace,
    /// A cell with such bytes is read as Windows-1252 (Latin-1), and the rows are counted.
    Windows1252,
}

/// Whether `"` quotes a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// As the first rows show; by default yes, and no in files with tabs.
    Auto,
    /// Yes.
    On,
    /// No: it is a character like any other.
    Off,
}

/// Whether a file is a table or has a text a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// A table, unless its name ends in `.txt` and it has no column of texts.
    Found,
    /// A table.
    Table,
    /// A text a line; blank lines are texts without words.
    Lines,
}

/// Which columns of a file to read, and how.
#[derive(Debug, Clone)]
pub struct TextSpec {
    /// Names of the text's column; the first that is there is taken.
    pub text: Vec<String>,
    /// Columns that are joined to the text, in this order; where any are named, `text` is not used.
    pub columns: Vec<String>,
    /// What stands between joined columns; empty cells are left out.
    pub join: String,
    /// Names of the label's column, if labels are wanted.
    pub label: Option<Vec<String>>,
    /// Names of the column of what belongs together, if it is wanted.
    pub group: Option<Vec<String>>,
    /// Whether a file may lack that column.
    pub group_optional: bool,
    /// Names of the column of dates or times, if it is wanted.
    pub time: Option<Vec<String>>,
    /// Whether the cells of all other columns are kept.
    pub others: bool,
    /// The byte between cells; found when absent.
    pub delimiter: Option<u8>,
    /// Names of the columns of a file without a header.
    pub header: Option<Vec<String>>,
    /// Whether `"` quotes a cell.
    pub quoting: Quoting,
    /// What is done about bytes that are not UTF-8.
    pub encoding: Encoding,
    /// Whether it is a table.
    pub form: TextForm,
    /// Rows to read.
    pub limit: Option<usize>,
    /// When to stop reading a broken file.
    pub limits: Limits,
}

impl Default for TextSpec {
    /// The column `text`, all else found or left out, and stray bytes refused.
    fn default() -> Self {
        Self {
            text: vec!["text".to_string()],
            columns: Vec::new(),
            join: "\n".to_string(),
            label: None,
            group: None,
            group_optional: false,
            time: None,
            others: false,
            delimiter: None,
            header: None,
            quoting: Quoting::Auto,
            encoding: Encoding::Refuse,
            form: TextForm::Found,
            limit: None,
            limits: Limits::default(),
        }
    }
}

impl TextSpec {
    /// What it says about the table.
    pub(super) fn table(&self) -> TableOptions {
        TableOptions {
            delimiter: self.delimiter,
            quoting: match self.quoting {
                Quoting::Auto => None,
                Quoting::On => Some(true),
                Quoting::Off => Some(false),
            },
            header: self.header.clone(),
            limits: self.limits,
        }
    }
}
