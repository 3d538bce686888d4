//! What a caller may say about a table.

use crate::limits::Limits;
use crate::table::CsvOptions;

/// What is known about a table; what is not given is found in its first lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// The byte between cells.
    pub delimiter: Option<u8>,
    /// Whether `"` quotes a cell.
    pub quoting: Option<bool>,
    /// Names of the columns of a file without a header.
    pub header: Option<Vec<String>>,
    /// When to stop.
    pub limits: Limits,
}

impl From<CsvOptions> for TableOptions {
    fn from(options: CsvOptions) -> Self {
        Self {
            delimiter: Some(options.delimiter),
            quoting: Some(options.quoting),
            ..Self::default()
        }
    }
}
