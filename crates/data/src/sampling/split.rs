//! Splits of rows into training, validation and test part.

use super::rng;
use rand::seq::SliceRandom;
use std::collections::HashSet;

/// Item numbers of each part, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextSplit {
    /// To fit on.
    pub train: Vec<u32>,
    /// To choose on.
    pub valid: Vec<u32>,
    /// To report on.
    pub test: Vec<u32>,
}

/// Texts that stand in two parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Of the validation part, also in the training part.
    pub valid_in_train: usize,
    /// Of the test part, also in the training part.
    pub test_in_train: usize,
}

impl TextSplit {
    fn from_parts(mut train: Vec<u32>, mut valid: Vec<u32>, mut test: Vec<u32>) -> Self {
        for part in [&mut train, &mut valid, &mut test] {
            part.sort_unstable();
        }
        Self { train, valid, test }
    }

    /// Counts texts that stand in the training part too, but for case and blanks.
    pub fn duplicates<'a>(&self, text: impl Fn(u32) -> &'a str) -> Duplicates {
        let plain = |item: &u32| {
            let words: Vec<String> = text(*item)
                .split_whitespace()
                .map(str::to_lowercase)
                .collect();
            words.join(" ")
        };
        let train: HashSet<String> = self.train.iter().map(plain).collect();
        let known = |part: &[u32]| {
            part.iter()
                .filter(|item| train.contains(&plain(item)))
                .count()
        };
        Duplicates {
            valid_in_train: known(&self.valid),
            test_in_train: known(&self.test),
        }
    }
}

/// Items `0..n` at random; `valid` and `test` are shares of all.
pub fn random_split(n: usize, valid: f64, test: f64, seed: u64) -> TextSplit {
    stratified_split(&vec![0; n], valid, test, seed)
}

/// Every class is split by the same shares.
pub fn stratified_split(labels: &[u32], valid: f64, test: f64, seed: u64) -> TextSplit {
    let mut parts = (Vec::new(), Vec::new(), Vec::new());
    for mut items in classes(labels, seed) {
        let share = |share: f64| (items.len() as f64 * share).round() as usize;
        let (test, valid) = (share(test), share(valid));
        let left = items.len().saturating_sub(test);
        parts.2.extend(items.split_off(left));
        parts.1.extend(items.split_off(left.saturating_sub(valid)));
        parts.0.extend(items);
    }
    TextSplit::from_parts(parts.0, parts.1, parts.2)
}

/// Whole groups on one side; `groups` has a number an item. Shares are of items, as near as groups
/// allow.
pub fn group_split(groups: &[u32], valid: f64, test: f64, seed: u64) -> TextSplit {
    let mut members: Vec<Vec<u32>> = classes_in_order(groups);
    members.shuffle(&mut rng(seed));
    let wanted = |share: f64| (groups.len() as f64 * share).round() as usize;
    let (wanted_test, wanted_valid) = (wanted(test), wanted(valid));
    let mut parts = (Vec::new(), Vec::new(), Vec::new());
    for group in members {
        // A group goes where it overshoots least.
        let fits = |part: &Vec<u32>, wanted: usize| part.len() + group.len() / 2 < wanted;
        if fits(&parts.2, wanted_test) {
            parts.2.extend(group);
        } else if fits(&parts.1, wanted_valid) {
            parts.1.extend(group);
        } else {
            parts.0.extend(group);
        }
    }
    TextSplit::from_parts(parts.0, parts.1, parts.2)
}

/// `k` parts with the same share of every class, each ascending.
pub fn stratified_folds(labels: &[u32], k: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut folds = vec![Vec::new(); k.max(1)];
    let mut next = 0;
    for items in classes(labels, seed) {
        for item in items {
            folds[next % k.max(1)].push(item);
            next += 1;
        }
    }
    folds.iter_mut().for_each(|fold| fold.sort_unstable());
    folds
}

/// The items of each class, classes ascending, shuffled within.
fn classes(labels: &[u32], seed: u64) -> Vec<Vec<u32>> {
    let mut rng = rng(seed);
    let mut all = classes_in_order(labels);
    all.iter_mut().for_each(|items| items.shuffle(&mut rng));
    all
}

fn classes_in_order(labels: &[u32]) -> Vec<Vec<u32>> {
    let mut all = std::collections::BTreeMap::<u32, Vec<u32>>::new();
    for (item, &label) in (0..).zip(labels) {
        all.entry(label).or_default().push(item);
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(split: &TextSplit) -> Vec<u32> {
        let mut all = [&split.train[..], &split.valid, &split.test].concat();
        all.sort_unstable();
        all
    }

    proptest! {
        #[test]
        fn every_item_is_in_one_part(
            labels in prop::collection::vec(0..4_u32, 0..200),
            valid in 0.0..0.5,
            test in 0.0..0.5,
            seed in any::<u64>(),
        ) {
            let want: Vec<u32> = (0..labels.len() as u32).collect();
            let stratified = stratified_split(&labels, valid, test, seed);
            let random = random_split(labels.len(), valid, test, seed);
            prop_assert_eq!(all(&stratified), want.clone());
            prop_assert_eq!(all(&random), want.clone());
            let off = random.test.len() as f64 - labels.len() as f64 * test;
            prop_assert!(off.abs() <= 0.5 + 1e-9);
            prop_assert_eq!(&stratified, &stratified_split(&labels, valid, test, seed));
            let mut folds = stratified_folds(&labels, 5, seed).concat();
            folds.sort_unstable();
            prop_assert_eq!(folds, want);
        }

        #[test]
        fn a_group_is_on_one_side(
            groups in prop::collection::vec(0..30_u32, 1..300),
            seed in any::<u64>(),
        ) {
            let split = group_split(&groups, 0.1, 0.25, seed);
            prop_assert_eq!(all(&split), (0..groups.len() as u32).collect::<Vec<_>>());
            let of = |part: &[u32]| -> HashSet<u32> {
                part.iter().map(|&item| groups[item as usize]).collect()
            };
            let (train, valid, test) = (of(&split.train), of(&split.valid), of(&split.test));
            prop_assert!(train.is_disjoint(&valid));
            prop_assert!(train.is_disjoint(&test));
            prop_assert!(valid.is_disjoint(&test));
        }
    }

    #[test]
    fn a_class_of_one_row_trains_and_duplicates_are_counted() {
        let split = stratified_split(&[0, 0, 0, 0, 0, 0, 0, 0, 1], 0.25, 0.25, 1);
        assert!(split.train.contains(&8));
        let split = TextSplit::from_parts(vec![0, 1], vec![2], vec![3, 4]);
        let texts = ["A  b", "c", "a B", "d", "a b "];
        let duplicates = split.duplicates(|item| texts[item as usize]);
        assert_eq!(
            (duplicates.valid_in_train, duplicates.test_in_train),
            (1, 1)
        );
    }
}
