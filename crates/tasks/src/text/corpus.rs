//! Labelled texts in memory.

use super::task::{Class, Source};
use crate::error::{Result, TaskError};
use rekindle_data::TextTable;
use std::collections::HashMap;
use std::path::Path;

/// Labelled texts, and which of them test.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    /// The texts.
    pub texts: Vec<String>,
    /// Their classes.
    pub labels: Vec<u32>,
    /// What must not be split; a number a group, empty where there are none.
    pub groups: Vec<u32>,
    /// Items of the test file, if it is one of its own.
    pub test: Vec<u32>,
    /// Items that may train but never validate or test.
    pub extra: Vec<u32>,
    /// In words.
    pub source: String,
    /// What was read and what the user should know.
    pub notes: Vec<String>,
}

impl Corpus {
    /// Number of texts.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Reads a labelled file and adds it; the items it has.
    pub fn add(
        &mut self,
        path: &Path,
        source: &Source,
        classes: &[Class],
        limit: Option<usize>,
    ) -> Result<Vec<u32>> {
        let (table, summary) = TextTable::read(path, &source.spec(path, limit))?;
        self.notes.extend(summary.lines());
        let labels = labels(&table, classes, path)?;
        let first = self.len() as u32;
        self.texts.extend(table.texts);
        self.labels.extend(labels);
        let mut known: HashMap<String, u32> = HashMap::new();
        let offset = self.groups.iter().max().map_or(0, |&group| group + 1);
        for group in table.groups {
            let next = offset + known.len() as u32;
            self.groups.push(*known.entry(group).or_insert(next));
        }
        Ok((first..self.len() as u32).collect())
    }
}

fn labels(table: &TextTable, classes: &[Class], path: &Path) -> Result<Vec<u32>> {
    let class = |label: &str| {
        let label = label.trim();
        classes
            .iter()
            .position(|class| label == class.label || label.eq_ignore_ascii_case(class.name))
    };
    table
        .labels
        .iter()
        .zip(&table.rows)
        .map(|(label, row)| match class(label) {
            Some(class) => Ok(class as u32),
            None => Err(unknown_label(label, *row, classes, path)),
        })
        .collect()
}

fn unknown_label(label: &str, row: u64, classes: &[Class], path: &Path) -> TaskError {
    let known: Vec<&str> = classes.iter().map(|class| class.label).collect();
    TaskError::Usage {
        what: format!("there is no class \"{label}\""),
        place: Some(format!("{}, row {row}", path.display())),
        help: format!("the classes are: {}", known.join(", ")),
    }
}
