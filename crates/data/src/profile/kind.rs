//! The kinds of columns.

use serde::Serialize;

/// What a column seems to hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ColumnKind {
    /// Nothing.
    Empty,
    /// A name or number of its own for each row.
    Id,
    /// One of some words that come again and again.
    Category,
    /// Texts.
    Text {
        /// Words of a text on average.
        mean_words: f64,
    },
    /// Whole numbers.
    Whole {
        /// The lowest.
        least: f64,
        /// The highest.
        most: f64,
    },
    /// Numbers.
    Number {
        /// The lowest.
        least: f64,
        /// The highest.
        most: f64,
        /// How they are written, if not as `1234.5`.
        written: Option<String>,
    },
    /// Yes and no, true and false, or 1 and 0.
    YesNo,
    /// Dates, or dates with times.
    Date(DateKind),
}

/// Dates of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DateKind {
    /// How they are written, as `strftime` says it: `%Y-%m-%d`; or `seconds` or `milliseconds` for
    /// numbers that count them since 1970, and `excel-days` for those of a spreadsheet.
    pub form: String,
    /// Another form that fits as well: day and month cannot be told apart.
    pub or: Option<String>,
    /// The time from one to the next, such as `1 day`, `weekdays` or `15 minutes`, if there is one
    /// that most have.
    pub step: Option<String>,
    /// Whether all are that far apart.
    pub regular: bool,
    /// The first, as `2018-09-28` or `2018-09-28T10:00:00`.
    pub first: String,
    /// The last.
    pub last: String,
}

impl std::fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Id => f.write_str("id"),
            Self::Category => f.write_str("category"),
            Self::Text { mean_words } => write!(f, "text, {mean_words:.1} words on average"),
            Self::Whole { least, most } => write!(f, "whole number, {least} to {most}"),
            Self::Number {
                least,
                most,
                written,
            } => {
                write!(f, "number, {least} to {most}")?;
                written
                    .iter()
                    .try_for_each(|written| write!(f, ", written {written}"))
            }
            Self::YesNo => f.write_str("yes or no"),
            Self::Date(dates) => {
                write!(
                    f,
                    "date ({}), {} to {}",
                    dates.form, dates.first, dates.last
                )?;
                if let Some(or) = &dates.or {
                    write!(f, ", or {or}: day and month cannot be told apart")?;
                }
                match (&dates.step, dates.regular) {
                    (Some(step), true) => write!(f, ", every one: {step}"),
                    (Some(step), false) => write!(f, ", most: {step}"),
                    (None, _) => f.write_str(", irregular"),
                }
            }
        }
    }
}
