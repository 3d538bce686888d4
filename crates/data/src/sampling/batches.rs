//! Batches of texts of about the same length.

use super::rng;
use rand::seq::SliceRandom;

/// Batches from whose items lengths are sorted together: enough for even batches, few enough for
/// other neighbours every epoch.
const WINDOW: usize = 50;

/// All items in batches of `batch_size`: shuffled, sorted by length within windows of fifty batches,
/// and the batches shuffled. Depends on seed and epoch alone. `lengths` has one an entry of `items`.
pub fn bucketed(
    lengths: &[usize],
    items: &[u32],
    batch_size: usize,
    seed: u64,
    epoch: u64,
) -> Vec<Vec<u32>> {
    token_budget(lengths, items, usize::MAX, batch_size, seed, epoch)
}

/// The same with as many items in a batch as keep its padded tokens within `tokens`, at least one
/// and at most `max_items`.
pub fn token_budget(
    lengths: &[usize],
    items: &[u32],
    tokens: usize,
    max_items: usize,
    seed: u64,
    epoch: u64,
) -> Vec<Vec<u32>> {
    let max_items = max_items.max(1);
    let mut rng = rng(seed);
    rng.set_stream(epoch);
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.shuffle(&mut rng);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for window in places.chunks_mut(max_items * WINDOW) {
        window.sort_by_key(|&place| lengths[place]);
        let first = batches.len();
        for &place in window.iter() {
            // Lengths rise, so the newest is the longest.
            let room = |batch: &Vec<usize>| {
                batch.len() < max_items && (batch.len() + 1) * lengths[place] <= tokens
            };
            match batches[first..].last_mut().filter(|batch| room(batch)) {
                Some(batch) => batch.push(place),
                None => batches.push(vec![place]),
            }
        }
    }
    batches.shuffle(&mut rng);
    let item = |place: usize| items[place];
    batches
        .into_iter()
        .map(|batch| batch.into_iter().map(item).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_item_comes_once_an_epoch(
            lengths in prop::collection::vec(1..100_usize, 0..500),
            size in 1..20_usize,
            seed in any::<u64>(),
        ) {
            let items: Vec<u32> = (0..lengths.len() as u32).map(|item| item * 3).collect();
            let sorted = |batches: &[Vec<u32>]| {
                let mut all = batches.concat();
                all.sort_unstable();
                all
            };
            let batches = bucketed(&lengths, &items, size, seed, 1);
            prop_assert_eq!(sorted(&batches), items.clone());
            prop_assert!(batches.iter().all(|batch| batch.len() <= size));
            prop_assert_eq!(&batches, &bucketed(&lengths, &items, size, seed, 1));
            let budget = token_budget(&lengths, &items, 200, size, seed, 1);
            prop_assert_eq!(sorted(&budget), items);
            for batch in budget.iter().filter(|batch| batch.len() > 1) {
                let longest = batch.iter().map(|&item| lengths[item as usize / 3]).max();
                prop_assert!(longest.unwrap_or(0) * batch.len() <= 200);
            }
        }
    }

    #[test]
    fn texts_of_a_length_go_together_and_epochs_differ() {
        let lengths: Vec<usize> = (0..1000).map(|at| at % 50).collect();
        let items: Vec<u32> = (0..1000).collect();
        let batches = bucketed(&lengths, &items, 10, 1, 1);
        let spread = batches.iter().map(|batch| {
            let of = batch.iter().map(|&item| lengths[item as usize]);
            of.clone().max().unwrap_or(0) - of.min().unwrap_or(0)
        });
        assert!(spread.max() <= Some(3));
        assert_ne!(batches, bucketed(&lengths, &items, 10, 1, 2));
        assert_ne!(batches, bucketed(&lengths, &items, 10, 2, 1));
    }
}
