//! Which texts train, validate and test.

use super::config::{Balance, ClassifySettings, Split};
use super::corpus::Corpus;
use crate::error::{Result, TaskError};
use rekindle_data::{
    Duplicates, TextSplit, at_most_per_class, class_weights, group_split, oversample, random_split,
    stratified_folds, stratified_split, weighted_sample,
};

/// The items of a run.
#[derive(Debug, Clone)]
pub struct Parts {
    /// A model is fitted on each.
    pub folds: Vec<Fold>,
    /// Items that test.
    pub test: Vec<u32>,
    /// Texts of one part that stand in another too.
    pub duplicates: Duplicates,
}

/// What one model is fitted on.
#[derive(Debug, Clone)]
pub struct Fold {
    /// Items that train, each once.
    pub train: Vec<u32>,
    /// Items that validate.
    pub valid: Vec<u32>,
    /// The training items as batches are to see them.
    drawn: Vec<u32>,
}

impl Fold {
    /// Labels of the training items.
    pub fn labels(&self, labels: &[u32]) -> Vec<u32> {
        self.train.iter().map(|&i| labels[i as usize]).collect()
    }

    /// A fold of these items.
    pub fn new(train: Vec<u32>, valid: Vec<u32>) -> Self {
        let drawn = train.clone();
        Self {
            train,
            valid,
            drawn,
        }
    }

    /// Draws the training items as batches are to see them.
    pub fn draw(&mut self, labels: &[u32], balance: Balance, seed: u64) {
        self.drawn = match balance {
            Balance::Oversample => oversample(&self.train, labels, seed),
            Balance::Sample => {
                let classes = labels.iter().max().map_or(0, |&label| label as usize + 1);
                let by_class = class_weights(&self.labels(labels), classes);
                let weights: Vec<f64> = labels.iter().map(|&l| by_class[l as usize]).collect();
                weighted_sample(&self.train, &weights, self.train.len(), seed)
            }
            Balance::None | Balance::Weights => self.train.clone(),
        };
    }

    /// The fold with its training items as they were drawn.
    pub fn as_drawn(&self) -> Self {
        Self::new(self.drawn.clone(), self.valid.clone())
    }
}

/// Refuses fewer groups than parts: none of them can be cut.
fn few_groups(groups: &[u32], column: &str) -> Result<()> {
    let different: std::collections::BTreeSet<&u32> = groups.iter().collect();
    if different.len() >= PARTS || groups.is_empty() {
        return Ok(());
    }
    let what = match different.len() {
        1 => format!("all {} rows are of one group", groups.len()),
        few => format!("all {} rows are of {few} groups", groups.len()),
    };
    let of = match column {
        "" => String::new(),
        column => format!(", by column {column}"),
    };
    Err(TaskError::usage(
        format!("{what}{of}: training, validation and test need groups of their own"),
        "give rows of more groups, or choose another --set split",
    ))
}

/// Training, validation and test.
const PARTS: usize = 3;

impl Parts {
    /// Splits a corpus.
    pub fn new(corpus: &Corpus, config: &ClassifySettings, seed: u64) -> Result<Self> {
        let kept = kept(corpus, config, seed);
        let split = match config.split {
            Split::File => file(corpus, &kept, config, seed),
            Split::Random => mapped(
                &kept,
                random_split(kept.len(), config.valid, config.test, seed),
            ),
            Split::Time => mapped(&kept, by_time(kept.len(), config)),
            Split::Auto | Split::Stratified => {
                let labels: Vec<u32> = kept.iter().map(|&i| corpus.labels[i as usize]).collect();
                let split = stratified_split(&labels, config.valid, config.test, seed);
                mapped(&kept, split)
            }
            Split::Group => {
                if corpus.groups.is_empty() {
                    return Err(TaskError::usage(
                        "these data have no groups to keep together",
                        "name their column with --set group=COLUMN, or choose another --set split",
                    ));
                }
                let groups: Vec<u32> = kept.iter().map(|&i| corpus.groups[i as usize]).collect();
                few_groups(&groups, &config.data.group)?;
                mapped(&kept, group_split(&groups, config.valid, config.test, seed))
            }
        };
        let duplicates = split.duplicates(|item| corpus.texts[item as usize].as_str());
        let extra = |train: Vec<u32>| [train, corpus.extra.clone()].concat();
        let folds = match config.folds {
            1 => vec![Fold::new(extra(split.train), split.valid)],
            folds => {
                let mut rest = split.train;
                rest.extend(split.valid);
                rest.sort_unstable();
                let labels: Vec<u32> = rest.iter().map(|&i| corpus.labels[i as usize]).collect();
                let parts = stratified_folds(&labels, folds, seed);
                let items = |part: &[u32]| part.iter().map(|&at| rest[at as usize]).collect();
                let fold = |out: usize| {
                    let train = extra(
                        parts
                            .iter()
                            .enumerate()
                            .filter(|(at, _)| *at != out)
                            .flat_map(|(_, part)| -> Vec<u32> { items(part) })
                            .collect(),
                    );
                    Fold::new(train, items(&parts[out]))
                };
                (0..parts.len()).map(fold).collect()
            }
        };
        let parts = Self {
            folds,
            test: split.test,
            duplicates,
        };
        parts.check()?;
        Ok(parts)
    }

    /// All items that train some model.
    pub fn train(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.folds.iter().flat_map(|f| f.train.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn check(&self) -> Result<()> {
        let empty = |fold: &Fold| fold.train.is_empty() || fold.valid.is_empty();
        if self.test.is_empty() || self.folds.iter().any(empty) {
            return Err(TaskError::usage(
                "there are too few texts for this split",
                "use more rows, or other --set test, valid or folds",
            ));
        }
        Ok(())
    }
}

/// The items that are split, in order of their rows.
fn kept(corpus: &Corpus, config: &ClassifySettings, seed: u64) -> Vec<u32> {
    let mut all: Vec<u32> = (0..corpus.len() as u32).collect();
    if config.per_class > 0 {
        all = at_most_per_class(&corpus.labels, config.per_class, seed);
        all.sort_unstable();
    }
    let mut aside = vec![false; corpus.len()];
    corpus
        .extra
        .iter()
        .for_each(|&item| aside[item as usize] = true);
    all.retain(|&item| !aside[item as usize]);
    all
}

fn mapped(items: &[u32], split: TextSplit) -> TextSplit {
    let map = |part: Vec<u32>| part.into_iter().map(|at| items[at as usize]).collect();
    TextSplit {
        train: map(split.train),
        valid: map(split.valid),
        test: map(split.test),
    }
}

/// The latest texts test, those before them validate; the corpus is in the order of time.
fn by_time(texts: usize, config: &ClassifySettings) -> TextSplit {
    let share = |share: f64| ((texts as f64 * share).round() as usize).max(1);
    let test = texts.saturating_sub(share(config.test));
    let valid = test.saturating_sub(share(config.valid));
    let part = |from: usize, to: usize| (from as u32..to as u32).collect();
    TextSplit {
        train: part(0, valid),
        valid: part(valid, test),
        test: part(test, texts),
    }
}

/// The test file tests; the rest is split by class into training and validation.
fn file(corpus: &Corpus, kept: &[u32], config: &ClassifySettings, seed: u64) -> TextSplit {
    let mut tests = vec![false; corpus.len()];
    corpus
        .test
        .iter()
        .for_each(|&item| tests[item as usize] = true);
    let rest: Vec<u32> = kept
        .iter()
        .copied()
        .filter(|&i| !tests[i as usize])
        .collect();
    if !corpus.valid.is_empty() {
        let mut validates = vec![false; corpus.len()];
        corpus
            .valid
            .iter()
            .for_each(|&item| validates[item as usize] = true);
        let train = rest.into_iter().filter(|&i| !validates[i as usize]);
        return TextSplit {
            train: train.collect(),
            valid: corpus.valid.clone(),
            test: corpus.test.clone(),
        };
    }
    let labels: Vec<u32> = rest.iter().map(|&i| corpus.labels[i as usize]).collect();
    let split = mapped(&rest, stratified_split(&labels, config.valid, 0.0, seed));
    TextSplit {
        test: corpus.test.clone(),
        ..split
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_classes_are_drawn_as_often_as_others() {
        let labels: Vec<u32> = (0..2000).map(|at| u32::from(at % 20 == 0)).collect();
        let mut fold = Fold::new((0..1000).collect(), Vec::new());
        let mut share = |balance| {
            fold.draw(&labels, balance, 7);
            let drawn = fold.drawn.clone();
            assert!(drawn.iter().all(|&item| item < 1000));
            let rare = drawn.iter().filter(|&&i| labels[i as usize] == 1).count();
            (drawn.len(), rare as f64 / drawn.len() as f64)
        };
        assert_eq!(share(Balance::None), (1000, 0.05));
        assert_eq!(share(Balance::Weights), (1000, 0.05));
        assert_eq!(share(Balance::Oversample), (1900, 0.5));
        let (drawn, rare) = share(Balance::Sample);
        assert_eq!(drawn, 1000);
        assert!((rare - 0.5).abs() < 0.06, "{rare}");
    }
}
