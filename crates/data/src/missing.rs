//! Cells that hold nothing.

use serde::{Deserialize, Serialize};

/// What to do about a missing cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingPolicy {
    /// Refuse the file.
    Error,
    /// Leave the row out.
    DropRow,
    /// Take the value of the day before in the same series; none before: leave the row out.
    ForwardFill,
    /// Keep the row with a NaN.
    Keep,
}

/// Whether a cell is blank, `NA`, `N/A`, `nan`, `null` or `none`, in any case.
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty()
        || ["na", "n/a", "nan", "null", "none"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}
