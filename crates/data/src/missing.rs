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

/// Whether a cell is blank, `NA`, `N/A`, `nan` or `null`, in any case.
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty()
        || ["na", "n/a", "nan", "null"]
            .iter()
            .any(|word| cell.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_nothing() {
        for cell in ["", "  ", "NA", "n/a", " NaN ", "NULL", "null"] {
            assert!(is_missing(cell), "{cell:?}");
        }
        for cell in ["0", "-", "inf", "nanometre", "no"] {
            assert!(!is_missing(cell), "{cell:?}");
        }
    }
}
