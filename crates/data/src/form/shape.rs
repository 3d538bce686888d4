//! Whether a plain text file holds a table.

use super::TableOptions;
use super::above::after_line;
use super::delimiter::records;
use super::kind::Kind;
use super::layout::{find, texts};
use super::source::Source;
use crate::table::same_name;

/// What a text file's first lines look like as a table.
pub(crate) struct Shape {
    header: Vec<String>,
    /// All rows have as many cells as the header, and there are some.
    alike: bool,
    commas: bool,
}

impl Shape {
    /// The shape of a source of text; none for anything else.
    pub(crate) fn of(source: &Source, given: &TableOptions) -> Option<Self> {
        if source.kind != Kind::Text {
            return None;
        }
        let (sample, whole) = source.sample();
        let layout = find(sample, whole, given).ok()?;
        let mut text = sample;
        for _ in 0..layout.skip {
            text = after_line(text);
        }
        let all = records(text, whole, layout.cells);
        let first = all.first().map(texts).unwrap_or_default();
        let header = layout.header.map_or(first, |(names, _)| names);
        let alike = all.len() > 2 && all.iter().all(|record| record.len() == header.len());
        let commas = layout.cells.delimiter == b',';
        Some(Self {
            header,
            alike,
            commas,
        })
    }

    /// Whether each line is prose: there is one column, or commas do not divide all lines alike.
    pub(crate) fn is_prose(&self) -> bool {
        self.header.len() < 2 || !self.alike
    }

    /// Whether it is a table with a column of one of these names, or one that tabs or semicolons
    /// divide.
    pub(crate) fn has_column(&self, names: &[String]) -> bool {
        let named = |name: &String| names.iter().any(|other| same_name(name, other));
        let divided = !self.commas && !self.is_prose();
        divided || self.header.iter().any(named)
    }
}
