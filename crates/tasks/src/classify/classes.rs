//! The classes of a task.

use crate::error::{Result, TaskError};
use rekindle_train::settings::Names;
use std::collections::BTreeMap;

/// Most classes that are taken without being listed: more are probably texts or identifiers.
const MOST: usize = 1_000;

/// Rows that one of several classes must have: a network and its test need some of each.
const FEWEST: usize = 10;

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// What the file calls it.
    pub label: String,
    /// What people call it.
    pub name: String,
}

/// The classes, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classes {
    /// The classes.
    pub list: Vec<Class>,
    /// The class that is looked for, where the others are just the rest: its probability is held
    /// against a threshold chosen on validation.
    pub positive: Option<usize>,
}

impl Classes {
    /// The classes that the settings list, as `label` or `label=name`.
    pub fn listed(names: &Names, positive: &str) -> Result<Self> {
        let class = |text: &String| match text.split_once('=') {
            Some((label, name)) => Class {
                label: label.trim().to_string(),
                name: name.trim().to_string(),
            },
            None => Class {
                label: text.clone(),
                name: text.clone(),
            },
        };
        let mut classes = Self {
            list: names.0.iter().map(class).collect(),
            positive: None,
        };
        if !positive.is_empty() && !classes.list.is_empty() {
            let found = classes.of(positive);
            classes.positive = Some(found.ok_or_else(|| {
                TaskError::usage(
                    format!("positive={positive} is none of the classes"),
                    format!("the classes are: {}", classes.names()),
                )
            })?);
        }
        Ok(classes)
    }

    /// The labels that occur, in the order of numbers or letters.
    pub fn found<'a>(labels: impl Iterator<Item = &'a str>, column: &str) -> Result<Names> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut rows = 0;
        for label in labels {
            *counts.entry(label).or_default() += 1;
            rows += 1;
        }
        if counts.len() < 2 {
            let only = counts.keys().next().copied().unwrap_or_default();
            return Err(TaskError::usage(
                format!(
                    "all {rows} rows are of one class, \"{only}\": there is nothing to tell apart"
                ),
                "give a file with at least two classes, or another column with --set label=COLUMN",
            ));
        }
        if counts.len() > MOST || (rows > 20 && 2 * counts.len() > rows) {
            return Err(TaskError::usage(
                format!(
                    "the column {column} has {} different values in {rows} rows: these are no classes",
                    counts.len()
                ),
                "name the column of the classes with --set label=COLUMN",
            ));
        }
        let mut labels: Vec<&str> = counts.into_keys().collect();
        let numbers: Option<Vec<f64>> = labels.iter().map(|label| label.parse().ok()).collect();
        if numbers.is_some() {
            let number = |label: &str| label.parse::<f64>().unwrap_or(f64::NAN);
            labels.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        Ok(Names(labels.into_iter().map(str::to_string).collect()))
    }

    /// The labels of texts that are of several classes each, without those too rare to be learned.
    pub fn found_several<'a>(
        cells: impl Iterator<Item = Vec<&'a str>>,
        column: &str,
        notes: &mut Vec<String>,
    ) -> Result<Names> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for cell in cells {
            cell.into_iter()
                .for_each(|label| *counts.entry(label).or_default() += 1);
        }
        let rare = counts.values().filter(|&&count| count < FEWEST).count();
        counts.retain(|_, count| *count >= FEWEST);
        if rare > 0 {
            notes.push(format!(
                "{rare} classes with fewer than {FEWEST} rows are left out"
            ));
        }
        if counts.len() < 2 || counts.len() > MOST {
            return Err(TaskError::usage(
                format!(
                    "the column {column} has {} classes of at least {FEWEST} rows",
                    counts.len()
                ),
                "name the column of the classes with --set labels=COLUMN, and what stands between them \
                 with --set separator=;",
            ));
        }
        Ok(Names(counts.into_keys().map(str::to_string).collect()))
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// What people call a class.
    pub fn name(&self, class: usize) -> &str {
        &self.list[class].name
    }

    /// The class of a label.
    pub fn of(&self, label: &str) -> Option<usize> {
        let label = label.trim();
        self.list
            .iter()
            .position(|class| label == class.label || label.eq_ignore_ascii_case(&class.name))
    }

    /// All labels, for an error.
    pub fn names(&self) -> String {
        let labels: Vec<&str> = self.list.iter().map(|class| class.label.as_str()).collect();
        labels.join(", ")
    }
}
