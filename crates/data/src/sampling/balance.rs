//! Classes of unequal size.

use super::rng;
use rand::RngExt;
use rand::seq::SliceRandom;

/// Shuffles the rows and keeps at most `n` of each class, in shuffled order.
pub fn at_most_per_class(labels: &[u32], n: usize, seed: u64) -> Vec<u32> {
    let mut items: Vec<u32> = (0..labels.len() as u32).collect();
    items.shuffle(&mut rng(seed));
    let mut counts = std::collections::HashMap::<u32, usize>::new();
    items.retain(|&item| {
        let count = counts.entry(labels[item as usize]).or_default();
        *count += 1;
        *count <= n
    });
    items
}

/// The items, and items of smaller classes again at random until every class has as many as the
/// largest.
pub fn oversample(items: &[u32], labels: &[u32], seed: u64) -> Vec<u32> {
    let mut classes = std::collections::BTreeMap::<u32, Vec<u32>>::new();
    for &item in items {
        classes.entry(labels[item as usize]).or_default().push(item);
    }
    let largest = classes.values().map(Vec::len).max().unwrap_or(0);
    let mut rng = rng(seed);
    let mut all = items.to_vec();
    for members in classes.values() {
        for _ in members.len()..largest {
            all.push(members[rng.random_range(0..members.len())]);
        }
    }
    all
}

/// `n / (classes * count)`: what makes every class count the same; 0 for a class without rows.
pub fn class_weights(labels: &[u32], classes: usize) -> Vec<f64> {
    let mut counts = vec![0_usize; classes];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    let weight = |count: usize| match count {
        0 => 0.0,
        count => labels.len() as f64 / (classes * count) as f64,
    };
    counts.into_iter().map(weight).collect()
}

/// `n` items at random with replacement, each as often as its weight says; weights are an item's
/// own. None when no weight is positive.
pub fn weighted_sample(items: &[u32], weights: &[f64], n: usize, seed: u64) -> Vec<u32> {
    let mut sums = Vec::with_capacity(items.len());
    let mut sum = 0.0;
    for &item in items {
        sum += weights[item as usize].max(0.0);
        sums.push(sum);
    }
    if sum <= 0.0 {
        return Vec::new();
    }
    let mut rng = rng(seed);
    let mut draw = || {
        let at = rng.random::<f64>() * sum;
        items[sums
            .partition_point(|&upto| upto <= at)
            .min(items.len() - 1)]
    };
    (0..n).map(|_| draw()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_cut_and_filled_up() {
        let labels = [0, 0, 0, 0, 1, 1, 2];
        let count = |items: &[u32], class: u32| {
            items
                .iter()
                .filter(|&&item| labels[item as usize] == class)
                .count()
        };
        let cut = at_most_per_class(&labels, 2, 1);
        assert_eq!([0, 1, 2].map(|class| count(&cut, class)), [2, 2, 1]);
        let filled = oversample(&[0, 1, 2, 3, 4, 5, 6], &labels, 1);
        assert_eq!([0, 1, 2].map(|class| count(&filled, class)), [4, 4, 4]);
        assert_eq!(class_weights(&[0, 0, 0, 1], 3), [4.0 / 9.0, 4.0 / 3.0, 0.0]);
    }

    #[test]
    fn items_are_drawn_as_often_as_their_weight_says() {
        let drawn = weighted_sample(&[0, 1, 2], &[1.0, 0.0, 3.0], 4000, 7);
        let count = |item: u32| drawn.iter().filter(|&&other| other == item).count();
        assert_eq!(count(1), 0);
        assert!((900..1100).contains(&count(0)), "{}", count(0));
        assert!(weighted_sample(&[0], &[0.0], 3, 7).is_empty());
    }
}
