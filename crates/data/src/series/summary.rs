//! What was read, for people.

use super::table::SeriesTable;
use crate::missing::MissingPolicy;
use crate::printable::printable_line;
use jiff::civil::Date;
use serde::Serialize;

/// Missing cells of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingCount {
    /// The column.
    pub column: String,
    /// How many.
    pub count: usize,
    /// How many of them were filled; those of rows that are left out are not.
    pub filled: usize,
    /// What was done about them.
    pub policy: MissingPolicy,
}

/// Two neighbouring rows far apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The series.
    pub series: String,
    /// The day before the gap.
    pub after: Date,
    /// The day after it.
    pub before: Date,
    /// Calendar days between them.
    pub days: i32,
}

/// Gaps of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GapSummary {
    /// How many.
    pub count: usize,
    /// The longest.
    pub longest: Option<Gap>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadSummary {
    /// The file.
    pub source: String,
    /// Rows in it, of all series, also of those that were not asked for.
    pub rows_read: usize,
    /// Rows in the table.
    pub rows_kept: usize,
    /// Series in the table.
    pub series: usize,
    /// First day.
    pub first_date: Date,
    /// Last day.
    pub last_date: Date,
    /// The file writes the newest row of a series first.
    pub newest_first: bool,
    /// Missing cells, column by column, in the series asked for.
    pub missing: Vec<MissingCount>,
    /// Rows left out for them, before any limit.
    pub dropped_rows: usize,
    /// Identical rows of one day left out.
    pub duplicates: usize,
    /// Gaps.
    pub gaps: GapSummary,
    /// What was assumed about the file, and what is odd about it.
    pub notes: Vec<String>,
}

impl LoadSummary {
    /// What was read, in words, a few lines.
    pub fn lines(&self) -> Vec<String> {
        let order = match self.newest_first {
            true => ", newest first in the file",
            false => "",
        };
        let series = match self.series {
            0 | 1 => String::new(),
            series => format!(" of {series} series"),
        };
        let read = match self.rows_kept == self.rows_read {
            true => String::new(),
            false => format!(" (of {} in the file)", self.rows_read),
        };
        let mut lines = vec![format!(
            "{}: {}{series}{read}, {} to {}{order}",
            self.source,
            counted(self.rows_kept, "row"),
            self.first_date,
            self.last_date
        )];
        lines.extend(self.missing.iter().filter(|m| m.count > 0).map(in_words));
        if self.dropped_rows > 0 {
            let rows = counted(self.dropped_rows, "row");
            lines.push(format!("{rows} left out for missing cells"));
        }
        if self.duplicates > 0 {
            let rows = counted(self.duplicates, "repeated row");
            lines.push(format!("{rows} left out"));
        }
        if let Some(gap) = &self.gaps.longest {
            let of = of_series(&gap.series);
            lines.push(format!(
                "{}; the longest{of} is {} days, from {} to {}",
                counted(self.gaps.count, "gap"),
                gap.days,
                gap.after,
                gap.before
            ));
        }
        lines.extend(self.notes.iter().cloned());
        let safe = |line: &String| printable_line(line).into_owned();
        lines.iter().map(safe).collect()
    }
}

fn in_words(missing: &MissingCount) -> String {
    let done = match missing.policy {
        MissingPolicy::Error => "refused",
        MissingPolicy::DropRow => "those rows are left out",
        MissingPolicy::ForwardFill => "filled from the row before",
        MissingPolicy::Keep => "kept as unknown",
    };
    let count = match missing.policy {
        MissingPolicy::ForwardFill => missing.filled,
        _ => missing.count,
    };
    let cells = counted(count, "missing cell");
    format!("{cells} in column {}: {done}", missing.column)
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// ` of AAPL`, or nothing for a file of one series, which has no name.
pub(super) fn of_series(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!(" of {name}"),
    }
}

/// Neighbouring rows of a series more than `most` calendar days apart.
pub(super) fn gaps(table: &SeriesTable, most: i32) -> GapSummary {
    let mut summary = GapSummary::default();
    for (index, range) in table.ranges().iter().enumerate() {
        for pair in table.dates()[range.clone()].windows(2) {
            let days = (pair[1] - pair[0]).get_days();
            if days <= most {
                continue;
            }
            summary.count += 1;
            if summary.longest.as_ref().is_none_or(|gap| days > gap.days) {
                summary.longest = Some(Gap {
                    series: table.series(index).to_string(),
                    after: pair[0],
                    before: pair[1],
                    days,
                });
            }
        }
    }
    summary
}
