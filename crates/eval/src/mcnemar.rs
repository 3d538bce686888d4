//! Whether two classifiers differ on the same items by more than luck.

use crate::binomial_test;
use serde::{Deserialize, Serialize};

/// Outcome of [`mcnemar`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Items that only the first got right.
    pub only_a: u64,
    /// Items that only the second got right.
    pub only_b: u64,
    /// Two-sided p-value; 1 when they never differ.
    pub p_value: f64,
}

/// McNemar's test, exact: if both were equally good, each item that only one got right would be the
/// first's with probability one half (McNemar, 1947).
///
/// # Panics
/// If the slices differ in length.
pub fn mcnemar(right_a: &[bool], right_b: &[bool]) -> McNemar {
    assert_eq!(right_a.len(), right_b.len(), "the same items");
    let only = |one: &[bool], other: &[bool]| {
        let pairs = one.iter().zip(other);
        pairs.filter(|&(&one, &other)| one && !other).count() as u64
    };
    let (only_a, only_b) = (only(right_a, right_b), only(right_b, right_a));
    let p_value = match only_a + only_b {
        0 => 1.0,
        n => binomial_test(only_a, n, 0.5),
    };
    McNemar {
        only_a,
        only_b,
        p_value,
    }
}
