//! What to read of a file of series.

use serde::{Deserialize, Serialize};

/// What to do about steps without a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapPolicy {
    /// A straight line between the neighbours.
    #[default]
    Interpolate,
    /// The value before.
    Forward,
    /// Zero, as for sales that were not made.
    Zero,
    /// Refuse the file.
    Refuse,
}

/// What to read; an empty name is found from the file.
#[derive(Debug, Clone, Default)]
pub struct TimelineSpec {
    /// Column of the times.
    pub time: String,
    /// Column of the values to forecast.
    pub target: String,
    /// Column that tells series apart.
    pub series: String,
    /// Columns that are known up to the present.
    pub past: Vec<String>,
    /// Columns that are known for the future too.
    pub future: Vec<String>,
    /// `strptime` format of the times, where they are not year, month and day in this order.
    pub date_format: Option<String>,
    /// What to do about steps without a value.
    pub gaps: GapPolicy,
    /// Most rows to keep of each series, the last ones.
    pub limit: Option<usize>,
    /// Categories of covariates by an earlier file, in the order of `past` and `future`.
    pub covariates: Option<Vec<Covariate>>,
}

/// A column beside the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covariate {
    /// Its name.
    pub name: String,
    /// Whether it is known for the future too.
    pub future: bool,
    /// Its categories, sorted; none for a column of numbers.
    pub categories: Vec<String>,
}

impl Covariate {
    /// Number of features it becomes: one a category, or the number itself.
    pub fn width(&self) -> usize {
        self.categories.len().max(1)
    }
}
