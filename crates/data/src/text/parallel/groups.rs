//! Pairs that belong together: equal sources, or equal targets, chained.

use super::ParallelTexts;
use std::collections::HashMap;

/// A number a pair; pairs whose sources are equal have the same, and with `by_target` those whose
/// targets are equal too. Case, blanks and punctuation marks do not count.
pub fn pair_groups(texts: &ParallelTexts, by_target: bool) -> Vec<u32> {
    let mut parents: Vec<u32> = (0..texts.len() as u32).collect();
    let sides = [&texts.source, &texts.target];
    for side in &sides[..1 + usize::from(by_target)] {
        let mut first = HashMap::new();
        for (item, text) in (0..).zip(side.iter()) {
            let other = *first.entry(key(text)).or_insert(item);
            let (a, b) = (root(&mut parents, other), root(&mut parents, item));
            parents[a.max(b) as usize] = a.min(b);
        }
    }
    (0..texts.len() as u32)
        .map(|item| root(&mut parents, item))
        .collect()
}

/// The lowest number of a pair's group.
fn root(parents: &mut [u32], mut item: u32) -> u32 {
    while parents[item as usize] != item {
        let above = parents[parents[item as usize] as usize];
        parents[item as usize] = above;
        item = above;
    }
    item
}

/// The words of a text; the text itself where it has none.
pub(super) fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for word in text.split(|one: char| !one.is_alphanumeric()) {
        if !word.is_empty() {
            key.extend(word.chars().flat_map(char::to_lowercase));
            key.push(' ');
        }
    }
    match key.is_empty() {
        true => text.trim().to_string(),
        false => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::group_split;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn texts(pairs: &[(&str, &str)]) -> ParallelTexts {
        let of = |(source, target): &(&str, &str)| (source.to_string(), target.to_string());
        let (source, target) = pairs.iter().map(of).unzip();
        ParallelTexts { source, target }
    }

    #[test]
    fn equal_texts_of_either_side_join_pairs() {
        let texts = texts(&[
            ("Run!", "Cours !"),
            ("Hello.", "Salut."),
            ("run", "Courez !"),
            ("Go on.", "courez"),
            ("...", "!"),
            ("?", "!"),
        ]);
        assert_eq!(pair_groups(&texts, true), [0, 1, 0, 0, 4, 4]);
        assert_eq!(pair_groups(&texts, false), [0, 1, 0, 3, 4, 5]);
    }

    proptest! {
        #[test]
        fn no_sentence_stands_in_two_parts(
            pairs in prop::collection::vec((0..40_u8, 0..40_u8), 1..60),
            seed in any::<u64>(),
        ) {
            let of = |(source, target): &(u8, u8)| (format!("s {source}"), format!("t {target}"));
            let (source, target) = pairs.iter().map(of).unzip();
            let texts = ParallelTexts { source, target };
            let split = group_split(&pair_groups(&texts, true), 0.2, 0.2, seed);
            let sides = |part: &[u32]| -> (HashSet<String>, HashSet<String>) {
                let part = texts.pick(part);
                (part.source.into_iter().collect(), part.target.into_iter().collect())
            };
            let parts = [&split.train, &split.valid, &split.test].map(|part| sides(part));
            for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                prop_assert!(parts[one].0.is_disjoint(&parts[other].0));
                prop_assert!(parts[one].1.is_disjoint(&parts[other].1));
            }
        }
    }
}
