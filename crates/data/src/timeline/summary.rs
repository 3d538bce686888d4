//! What was read, in lines for people.

use super::assemble::Timeline;
use super::read::TimeRows;
use super::stamp::{Stamp, TimeForm};
use crate::printable::printable_line;
use serde::Serialize;

/// The longest stretch of steps without a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LongestGap {
    /// Its series.
    pub series: String,
    /// Time of the row before it.
    pub after: String,
    /// Steps without a row.
    pub steps: i64,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TimelineSummary {
    /// The file's name.
    pub source: String,
    /// Rows in it.
    pub rows_read: usize,
    /// Values in all series, filled ones included.
    pub values: usize,
    /// Series.
    pub series: usize,
    /// The step.
    pub frequency: String,
    /// First and last time.
    pub span: [String; 2],
    /// The file writes the newest row first.
    pub newest_first: bool,
    /// Choices of columns, and what was joined.
    pub notes: Vec<String>,
    /// Cells of the target that hold nothing.
    pub missing: usize,
    /// Cells of covariates whose category the model does not know.
    pub unknown_categories: usize,
    /// Repeated rows left out.
    pub duplicates: usize,
    /// Values of the history that the file gives otherwise.
    pub replaced: usize,
    /// Rows on days of the week that are otherwise absent.
    pub off_days: usize,
    /// Stretches of steps without a row.
    pub gaps: usize,
    /// The longest of them.
    pub longest: Option<LongestGap>,
    /// Steps that were filled.
    pub filled: usize,
}

impl TimelineSummary {
    pub(super) fn new(rows: &TimeRows) -> Self {
        Self {
            source: rows
                .file
                .rsplit(['/', '\\'])
                .next()
                .unwrap_or(&rows.file)
                .to_string(),
            rows_read: rows.rows_read,
            notes: rows.notes.clone(),
            missing: rows.missing,
            unknown_categories: rows.unknown_categories,
            ..Self::default()
        }
    }

    pub(super) fn gap(&mut self, series: &str, form: &TimeForm, after: Stamp, steps: i64) {
        self.gaps += 1;
        if self.longest.as_ref().is_none_or(|gap| steps > gap.steps) {
            self.longest = Some(LongestGap {
                series: series.to_string(),
                after: form.write(after),
                steps,
            });
        }
    }

    pub(super) fn close(&mut self, timeline: &Timeline) {
        self.values = timeline.len();
        self.series = timeline.series.len();
        self.frequency = timeline.frequency.name();
        let first = timeline.series.iter().map(|one| one.start).min();
        let last = timeline.series.iter().filter_map(|one| {
            timeline
                .frequency
                .advance(one.start, one.values.len() as i64 - 1)
        });
        let written = |stamp: Option<Stamp>| {
            stamp
                .map(|stamp| timeline.form.write(stamp))
                .unwrap_or_default()
        };
        self.span = [written(first), written(last.max())];
    }

    /// What was read, in words, a few lines.
    pub fn lines(&self) -> Vec<String> {
        let order = if self.newest_first {
            ", newest first in the file"
        } else {
            ""
        };
        let series = match self.series {
            0 | 1 => String::new(),
            series => format!(" of {series} series"),
        };
        let mut lines = vec![format!(
            "{}: {}{series}, {}, {} to {}{order}",
            self.source,
            counted(self.rows_read, "row"),
            self.frequency,
            self.span[0],
            self.span[1]
        )];
        lines.extend(self.notes.iter().cloned());
        if self.duplicates > 0 {
            lines.push(format!(
                "{} left out",
                counted(self.duplicates, "repeated row")
            ));
        }
        if self.replaced > 0 {
            let values = counted(self.replaced, "value");
            lines.push(format!(
                "{values} of the training file replaced by those of this file"
            ));
        }
        if self.off_days > 0 {
            let rows = counted(self.off_days, "row");
            lines.push(format!(
                "{rows} left out: on days of the week that are otherwise absent"
            ));
        }
        if self.missing > 0 {
            lines.push(format!(
                "{} of the target without a value",
                counted(self.missing, "row")
            ));
        }
        if let Some(gap) = &self.longest {
            let of = if gap.series.is_empty() {
                String::new()
            } else {
                format!(" of {}", gap.series)
            };
            let steps = counted(gap.steps as usize, "step");
            lines.push(format!(
                "{} without rows; the longest{of} is {steps} after {}",
                counted(self.gaps, "stretch").replace("stretchs", "stretches"),
                gap.after
            ));
        }
        if self.filled > 0 {
            lines.push(format!("{} filled", counted(self.filled, "step")));
        }
        if self.unknown_categories > 0 {
            let cells = counted(self.unknown_categories, "cell");
            lines.push(format!(
                "{cells} with a category that the model does not know"
            ));
        }
        let safe = |line: &String| printable_line(line).into_owned();
        lines.iter().map(safe).collect()
    }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
