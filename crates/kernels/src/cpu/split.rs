//! Rows taken apart.

use super::path::Number;
use rayon::prelude::*;

/// Rows a thread takes at a time.
const ROWS: usize = 64;

/// `[rows, a + b + …]` to `[rows, a]`, `[rows, b]` and so on.
///
/// # Panics
/// When the numbers are no whole rows.
pub fn split<E: Number>(numbers: &[E], widths: &[usize]) -> Vec<Vec<E>> {
    let width: usize = widths.iter().sum();
    let rows = numbers.len() / width.max(1);
    assert_eq!(numbers.len(), rows * width, "whole rows of {width}");
    let mut first = 0;
    let one = |&part: &usize| {
        let from = first;
        first += part;
        let mut values = vec![E::default(); rows * part];
        let chunks = values.par_chunks_mut((ROWS * part).max(1));
        let sources = numbers.par_chunks((ROWS * width).max(1));
        chunks.zip(sources).for_each(|(values, numbers)| {
            let rows = values.chunks_mut(part).zip(numbers.chunks(width));
            rows.for_each(|(to, row)| to.copy_from_slice(&row[from..from + part]));
        });
        values
    };
    widths.iter().map(one).collect()
}
