//! Labelled texts in memory.

use super::classes::Classes;
use super::source::ClassifyData;
use super::truth::Truth;
use crate::error::{Result, TaskError};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rekindle_data::TextTable;
use std::collections::HashMap;
use std::path::Path;

/// Labelled texts, and which of them test.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    /// The texts.
    pub texts: Vec<String>,
    /// Their classes; where a text has several, the first.
    pub labels: Vec<u32>,
    /// All classes of each text, where texts may have several.
    pub several: Option<Vec<Vec<u32>>>,
    /// What must not be split; a number a group, empty where there are none.
    pub groups: Vec<u32>,
    /// When each was written, as the file has it; empty where no column says so.
    pub times: Vec<String>,
    /// Items of the validation file, if it is one of its own.
    pub valid: Vec<u32>,
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

    /// The classes of all texts.
    pub fn truth(&self) -> Truth {
        match &self.several {
            Some(several) => Truth::Many(several.clone()),
            None => Truth::One(self.labels.clone()),
        }
    }

    /// Adds the rows of a labelled file; the items it has. Rows without a label are left out.
    pub fn add(
        &mut self,
        table: TextTable,
        data: &ClassifyData,
        classes: &Classes,
        path: &Path,
    ) -> Result<Vec<u32>> {
        if data.is_many() && self.several.is_none() {
            self.several = Some(Vec::new());
        }
        let first = self.len() as u32;
        let offset = self.groups.iter().max().map_or(0, |&group| group + 1);
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut unlabelled = 0;
        for (at, label) in table.labels.iter().enumerate() {
            if label.trim().is_empty() {
                unlabelled += 1;
                continue;
            }
            if let Some(several) = &mut self.several {
                // Classes too rare to be learned are none of those listed.
                let known = data
                    .split(label)
                    .into_iter()
                    .filter_map(|label| classes.of(label));
                let mut known: Vec<u32> = known.map(|class| class as u32).collect();
                known.sort_unstable();
                known.dedup();
                let Some(&first) = known.first() else {
                    unlabelled += 1;
                    continue;
                };
                several.push(known);
                self.labels.push(first);
            } else {
                let class = classes.of(label);
                let unknown = || unknown_label(label, table.rows[at], classes, path);
                self.labels.push(class.ok_or_else(unknown)? as u32);
            }
            self.texts.push(table.texts[at].clone());
            self.times.extend(table.times.get(at).cloned());
            if let Some(group) = table.groups.get(at) {
                let next = offset + known.len() as u32;
                self.groups.push(*known.entry(group).or_insert(next));
            }
        }
        if unlabelled > 0 {
            let rows = if unlabelled == 1 {
                "row has"
            } else {
                "rows have"
            };
            self.notes.push(format!(
                "{}: {unlabelled} {rows} no label and {} left out",
                path.file_name().unwrap_or_default().to_string_lossy(),
                if unlabelled == 1 { "is" } else { "are" },
            ));
        }
        Ok((first..self.len() as u32).collect())
    }

    /// Puts the rows of the training file in the order of their times.
    pub fn sort_by_time(&mut self, column: &str) -> Result<()> {
        let mut keys = Vec::with_capacity(self.times.len());
        for time in &self.times {
            let time = time.trim();
            let number = time.parse::<f64>().ok().filter(|number| number.is_finite());
            // Years first, as in 2018-09-28 07:30, sort as texts do.
            let dated = time.get(..5).is_some_and(|start| {
                start[..4].bytes().all(|byte| byte.is_ascii_digit()) && start.ends_with(['-', '/'])
            });
            if number.is_none() && !dated {
                return Err(TaskError::usage(
                    format!("the column {column} holds \"{time}\", which is no time that sorts"),
                    "write times as 2018-09-28 or 2018-09-28 07:30, or as numbers",
                ));
            }
            keys.push((number.unwrap_or(0.0), time.to_string()));
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&a, &b| {
            keys[a]
                .0
                .total_cmp(&keys[b].0)
                .then(keys[a].1.cmp(&keys[b].1))
        });
        self.texts = order
            .iter()
            .map(|&at| std::mem::take(&mut self.texts[at]))
            .collect();
        self.times = order
            .iter()
            .map(|&at| std::mem::take(&mut self.times[at]))
            .collect();
        self.labels = order.iter().map(|&at| self.labels[at]).collect();
        if let Some(several) = &mut self.several {
            *several = order
                .iter()
                .map(|&at| std::mem::take(&mut several[at]))
                .collect();
        }
        if !self.groups.is_empty() {
            self.groups = order.iter().map(|&at| self.groups[at]).collect();
        }
        Ok(())
    }

    /// Keeps so many rows of each file's, drawn by seed; groups stay whole.
    pub fn keep(&mut self, limit: usize, seed: u64) {
        let mut part = vec![0u8; self.len()];
        for (number, items) in [(1, &self.valid), (2, &self.test), (3, &self.extra)] {
            items.iter().for_each(|&item| part[item as usize] = number);
        }
        let mut keep = vec![false; self.len()];
        for number in 0..4 {
            let items: Vec<u32> = (0..self.len() as u32)
                .filter(|&item| part[item as usize] == number)
                .collect();
            for item in self.drawn(items, limit, seed) {
                keep[item as usize] = true;
            }
        }
        let kept = |flags: &[u8], number: u8| -> Vec<u32> {
            let of = flags
                .iter()
                .enumerate()
                .filter(|(_, part)| **part == number);
            of.map(|(at, _)| at as u32).collect()
        };
        retain(&mut self.texts, &keep);
        retain(&mut self.labels, &keep);
        if let Some(several) = &mut self.several {
            retain(several, &keep);
        }
        if !self.groups.is_empty() {
            retain(&mut self.groups, &keep);
        }
        if !self.times.is_empty() {
            retain(&mut self.times, &keep);
        }
        retain(&mut part, &keep);
        self.valid = kept(&part, 1);
        self.test = kept(&part, 2);
        self.extra = kept(&part, 3);
    }

    /// So many of these items, whole groups of them.
    fn drawn(&self, mut items: Vec<u32>, limit: usize, seed: u64) -> Vec<u32> {
        let group = |item: u32| self.groups.get(item as usize).copied().unwrap_or(item);
        let mut groups: Vec<u32> = items.iter().map(|&item| group(item)).collect();
        groups.sort_unstable();
        groups.dedup();
        groups.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let place: HashMap<u32, usize> = groups.iter().copied().zip(0..).collect();
        items.sort_by_key(|&item| (place[&group(item)], item));
        // The group that the limit would cut is left out, unless it is the only one.
        let cut = items.get(limit).map(|&item| group(item));
        if let Some(cut) = cut {
            let before = items[..limit].partition_point(|&item| place[&group(item)] < place[&cut]);
            items.truncate(if before == 0 { limit } else { before });
        }
        items
    }

    /// A note where the items of a part are all of one class, of which nothing can be told apart.
    pub fn note_one_class(&self, items: &[u32], part: &str, classes: &Classes) -> Option<String> {
        let label = |item: &u32| self.labels[*item as usize];
        let first = label(items.first()?);
        let one = self.several.is_none() && items.iter().all(|item| label(item) == first);
        one.then(|| {
            format!(
                "{part} is of one class, \"{}\", in all its {} rows: accuracy says little there, and areas \
                 under curves say nothing",
                classes.name(first as usize),
                items.len()
            )
        })
    }

    /// Classes that the items of a part hold none of.
    pub fn note_missing_classes(
        &self,
        items: &[u32],
        part: &str,
        classes: &Classes,
    ) -> Option<String> {
        let mut there = vec![false; classes.len()];
        let truth = self.truth();
        for &item in items {
            truth
                .at(item as usize)
                .iter()
                .for_each(|&label| there[label as usize] = true);
        }
        let missing: Vec<&str> = (0..classes.len())
            .filter(|&class| !there[class])
            .map(|class| classes.name(class))
            .take(8)
            .collect();
        let found = there.iter().filter(|there| **there).count();
        (found > 1 && !missing.is_empty())
            .then(|| format!("{part} has no row of {}", missing.join(", ")))
    }

    /// The classes with their numbers of rows, largest first.
    pub fn counts(&self, classes: &Classes) -> String {
        let mut counts: Vec<(usize, &str)> = (0..classes.len())
            .map(|class| (0, classes.name(class)))
            .collect();
        let truth = self.truth();
        for item in 0..self.len() {
            truth
                .at(item)
                .iter()
                .for_each(|&label| counts[label as usize].0 += 1);
        }
        counts.sort_by_key(|count| std::cmp::Reverse(count.0));
        let shown: Vec<String> = counts
            .iter()
            .take(20)
            .map(|(count, name)| format!("{name} {count}"))
            .collect();
        let more = match counts.len() {
            count if count > 20 => format!(" and {} more", count - 20),
            _ => String::new(),
        };
        format!("classes: {}{more}", shown.join(", "))
    }

    /// Refuses texts that are all of one class.
    pub fn refuse_one_class(&self, classes: &Classes) -> Result<()> {
        let first = self.labels.first();
        match first {
            Some(first) if self.labels.iter().all(|label| label == first) => Err(TaskError::usage(
                format!(
                    "all {} rows are of one class, \"{}\": there is nothing to tell apart",
                    self.len(),
                    classes.name(*first as usize)
                ),
                "use more rows, or a file with at least two classes",
            )),
            _ => Ok(()),
        }
    }
}

fn unknown_label(label: &str, row: u64, classes: &Classes, path: &Path) -> TaskError {
    TaskError::Usage {
        what: format!("there is no class \"{label}\""),
        place: Some(format!("{}, row {row}", path.display())),
        help: format!("the classes are: {}", classes.names()),
    }
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut flags = keep.iter();
    items.retain(|_| flags.next().copied().unwrap_or(false));
}
