//! What is said of a file once all of it was read.

use super::assemble::Clash;
use super::read::Reader;
use super::several::{Sample, Several, some};
use super::table::SeriesTable;
use crate::error::DataError;
use crate::missing::MissingPolicy;
use std::collections::HashMap;

impl Reader<'_> {
    pub(super) fn all_notes(&mut self) -> Vec<String> {
        let mut notes = self.table.notes().to_vec();
        notes.append(&mut self.notes);
        notes.extend(self.odd.notes());
        if self.actions.0 > 0 {
            let (count, first) = self.actions;
            let rows = if count == 1 { "row" } else { "rows" };
            notes.push(format!(
                "{count} {rows} of dividends or splits left out, first row {first}: they are no prices"
            ));
        }
        notes
    }

    /// Two rows of a day: what tells them apart, where something does.
    pub(super) fn clash(&self, clash: Clash) -> DataError {
        let read = self.columns.iter().copied().flatten();
        let sample = Sample {
            header: self.table.header(),
            rows: &self.sample,
            taken: read.chain(self.series).collect(),
            date: self.date,
        };
        let several = sample.why();
        let intraday = "give one row a day; `rekindle run forecast` reads rows of any step";
        let (what, help) = match (several, self.timed) {
            (Some(Several::Names(column, names)), _) => (
                format!(
                    "{}: the file has several rows a day, which column {column} tells apart ({})",
                    clash.what,
                    some(&names)
                ),
                self.one_series_help(&column),
            ),
            (Some(Several::Times(column)), _) => (
                format!(
                    "{}: the file has several rows a day, at the times in column {column}",
                    clash.what
                ),
                intraday.to_string(),
            ),
            (None, Some(row)) => (
                format!(
                    "{}: the file has several rows a day, with times of day from row {row} on",
                    clash.what
                ),
                intraday.to_string(),
            ),
            (None, None) => (clash.what, "keep one of the two rows".to_string()),
        };
        DataError::content(
            what,
            self.table.place(Some(clash.row), Some(self.date)),
            help,
        )
    }

    /// No row is left: the columns that hold nothing are named.
    pub(super) fn nothing_left(&self) -> DataError {
        let rows: usize = self.counts.iter().map(|(rows, _)| rows).sum();
        let columns = self
            .spec
            .columns
            .iter()
            .zip(&self.missing)
            .zip(&self.columns);
        let empty: Vec<String> = columns
            .filter(|((spec, missing), _)| {
                let needed = matches!(
                    spec.missing,
                    MissingPolicy::DropRow | MissingPolicy::ForwardFill
                );
                needed && rows > 0 && **missing == rows
            })
            .filter_map(|(_, column)| self.table.header().get((*column)?).cloned())
            .collect();
        if empty.is_empty() {
            return self.no_rows("no row is left once those with missing cells are out");
        }
        let what = format!("no row has a value in column {}", empty.join(", "));
        let help = "give a file with values in it";
        DataError::content(what, self.table.place(None, None), help)
    }

    /// Names the series that are left out wholly, and those whose names differ in case alone.
    pub(super) fn note_series(&mut self, names: &[String], table: &SeriesTable) {
        for (name, (rows, missing)) in names.iter().zip(&self.counts) {
            let kept = table.series.binary_search(name).is_ok();
            if kept || *rows == 0 {
                continue;
            }
            let columns = self.spec.columns.iter().zip(missing);
            let empty: Vec<&str> = columns
                .filter(|(spec, missing)| {
                    let needed = matches!(
                        spec.missing,
                        MissingPolicy::DropRow | MissingPolicy::ForwardFill
                    );
                    needed && *missing == rows
                })
                .map(|(spec, _)| spec.name.as_str())
                .collect();
            let why = match empty.is_empty() {
                true => "no row of it has all values".to_string(),
                false => format!("it has no value of {}", empty.join(", ")),
            };
            let who = if name.is_empty() { "the file" } else { name };
            self.notes
                .push(format!("{who} ({rows} rows) is left out: {why}"));
        }
        let mut by_case: HashMap<String, &str> = HashMap::new();
        for name in &table.series {
            if let Some(twin) = by_case.insert(name.to_lowercase(), name) {
                self.notes.push(format!(
                    "{twin} and {name} differ in case alone, and are two series"
                ));
            }
        }
    }
}
