//! Sums of rows by number.

use super::path::Number;
use super::sizes::product;
use rayon::prelude::*;
use std::mem::MaybeUninit;

/// Numbers of the result that a thread is worth.
const SHARE: usize = 1 << 14;

/// Adds each of `rows`, of `d` numbers, to the row of the result that `at` names; `count` rows. The order of
/// addition is that of the rows.
///
/// # Panics
/// When there are not as many rows as names, or a name is `count` or more.
pub fn sum_by<E: Number + std::ops::AddAssign>(
    rows: &[E],
    at: &[usize],
    count: usize,
    d: usize,
) -> Vec<E> {
    assert_eq!(rows.len(), product(&[at.len(), d]), "a row for each name");
    let size = product(&[count, d]);
    assert!(
        at.iter().all(|&at| at < count),
        "no name of {count} or more"
    );
    let mut sums = Vec::<E>::with_capacity(size);
    if d == 0 {
        return sums;
    }
    let share = count.div_ceil(rayon::current_num_threads());
    let share = share.max(SHARE.div_ceil(d));
    let one = |(part, sums): (usize, &mut [MaybeUninit<E>])| {
        let zero = E::default();
        sums.fill(MaybeUninit::new(zero));
        // SAFETY: every number was just written.
        let sums = unsafe { &mut *(std::ptr::from_mut(sums) as *mut [E]) };
        let first = part * share;
        let here = first..first + sums.len() / d;
        for (row, at) in rows.chunks_exact(d).zip(at) {
            if here.contains(at) {
                let sums = &mut sums[(at - first) * d..][..d];
                for (sum, number) in sums.iter_mut().zip(row) {
                    *sum += *number;
                }
            }
        }
    };
    let memory = &mut sums.spare_capacity_mut()[..size];
    memory
        .par_chunks_mut(share.saturating_mul(d))
        .enumerate()
        .for_each(one);
    // SAFETY: the chunks are all of it, and each was filled.
    unsafe { sums.set_len(size) };
    sums
}
