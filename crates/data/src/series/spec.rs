//! What to read of a file, and what its values must be.

use crate::missing::MissingPolicy;

/// What a value must be.
///
/// `inf` and numbers too large for a double are errors under every check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// A finite number.
    Finite,
    /// Finite and not below 0.
    NonNegative,
    /// Finite and above 0.
    Positive,
    /// `yes` or `no`, in any case, read as 1 and 0; those two numbers are fine too.
    YesNo,
}

/// A column of numbers.
#[derive(Debug, Clone)]
pub struct ColumnSpec {
    /// Its name in the table.
    pub name: String,
    /// Its names in files, whatever their case.
    pub aliases: Vec<String>,
    /// What to do about missing cells.
    pub missing: MissingPolicy,
    /// What a value must be.
    pub check: Check,
    /// Whether a file without it is refused.
    pub required: bool,
}

/// What to read of a file.
#[derive(Debug, Clone)]
pub struct SeriesSpec {
    /// Names of the column of days.
    pub date_aliases: Vec<String>,
    /// Names of the column that tells series apart; none for a file of one series.
    pub series_aliases: Option<Vec<String>>,
    /// The columns of numbers.
    pub columns: Vec<ColumnSpec>,
    /// Calendar days between two rows of a series beyond which a gap is reported.
    pub max_gap_days: i32,
    /// Series to keep, by exact name; all when absent.
    pub only: Option<Vec<String>>,
    /// Most rows to keep of each series, the most recent ones; all when absent.
    pub limit: Option<usize>,
    /// `strptime` format of the days; found from the column when absent.
    pub date_format: Option<String>,
}
