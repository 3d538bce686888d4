//! Weights as the products read them, and gradients back as the layers keep them.

use super::buffer::Buffer;
use super::product::PANEL;
use super::real::Real;
use super::simd::LANES;
use super::unit::Unit;
use rayon::prelude::*;
use std::mem::MaybeUninit;

/// Numbers below which packing is not shared among threads.
const SHARED: usize = 1 << 14;
/// Rows of a weight that are taken from one unit block before the next.
const TAKEN: usize = 16;

/// Parameters of one direction of a layer, in canonical order: see the crate's page.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a, E> {
    /// `[d_input, G * H]`.
    pub input: &'a [E],
    /// `[H, G * H]`.
    pub recurrent: &'a [E],
    /// `[G * H]`.
    pub bias: Option<&'a [E]>,
    /// A GRU's `b_u`, `[H]`.
    pub candidate_bias: Option<&'a [E]>,
    /// Peepholes, `[EXTRA, H]`.
    pub extra: Option<&'a [E]>,
    /// `d_input`.
    pub d_input: usize,
    /// `H`.
    pub d_hidden: usize,
}

/// Weights by unit block: all gates of [`LANES`] units side by side, padded with zeros.
#[derive(Debug)]
pub struct Packed<E> {
    /// Unit blocks.
    pub units: usize,
    /// `[units][d_input][GATES * LANES]`.
    pub input: Buffer<E>,
    /// `[units][d_hidden][GATES * LANES]`.
    pub recurrent: Buffer<E>,
    /// What sums begin with, `[units][SAVED * LANES]`.
    pub bias: Buffer<E>,
    /// `[EXTRA][units * LANES]`.
    pub extra: Buffer<E>,
}

impl<E: Real> Packed<E> {
    /// Packs all of them.
    pub fn new<U: Unit<E>>(weights: &Weights<'_, E>) -> Self {
        let d_hidden = weights.d_hidden;
        Self {
            input: by_unit(weights.input, weights.d_input, d_hidden, U::INPUT_ORDER),
            recurrent: by_unit(weights.recurrent, d_hidden, d_hidden, U::RECURRENT_ORDER),
            ..Self::pointwise::<U>(weights)
        }
    }

    /// Packs those that the pointwise step reads: all that a backward pass needs which computes no
    /// step again.
    pub fn pointwise<U: Unit<E>>(weights: &Weights<'_, E>) -> Self {
        let d_hidden = weights.d_hidden;
        let units = d_hidden.div_ceil(LANES);
        let mut bias = Buffer::zeros(units * U::SAVED * LANES);
        for unit in 0..units {
            let from = unit * LANES;
            let valid = LANES.min(d_hidden - from);
            let mut put = |block: usize, values: &[E]| {
                let at = (unit * U::SAVED + block) * LANES;
                bias[at..at + valid].copy_from_slice(&values[from..from + valid]);
            };
            if let Some(values) = weights.bias {
                for (place, gate) in U::INPUT_ORDER.iter().enumerate() {
                    put(U::INPUT_AT + place, &values[gate * d_hidden..]);
                }
            }
            if let Some(values) = weights.candidate_bias {
                put(U::SAVED - 1, values);
            }
        }
        let mut extra = Buffer::zeros(U::EXTRA * units * LANES);
        if let Some(values) = weights.extra {
            for vector in 0..U::EXTRA {
                let at = vector * units * LANES;
                let values = &values[vector * d_hidden..(vector + 1) * d_hidden];
                extra[at..at + d_hidden].copy_from_slice(values);
            }
        }
        Self {
            units,
            input: Buffer::new(0),
            recurrent: Buffer::new(0),
            bias,
            extra,
        }
    }
}

/// `[rows, G * d_hidden]` to `[units][rows][G * LANES]`, gates in the given order.
fn by_unit<E: Real>(weight: &[E], rows: usize, d_hidden: usize, order: &[usize]) -> Buffer<E> {
    let gates = order.len();
    let units = d_hidden.div_ceil(LANES);
    let mut packed = Buffer::new(units * rows * gates * LANES);
    let block = (rows * gates * LANES).max(1);
    // Some units a thread: a row of theirs lies together, unlike the rows of one.
    let most = units.div_ceil(rayon::current_num_threads());
    let least = (SHARED / block).max(1);
    let group = most.max(least);
    let one = |(at, packed): (usize, &mut [E])| {
        for row in 0..rows {
            let weight = &weight[row * gates * d_hidden..][..gates * d_hidden];
            for (unit, packed) in packed.chunks_exact_mut(block).enumerate() {
                let from = (at * group + unit) * LANES;
                let valid = LANES.min(d_hidden - from);
                let to = packed[row * gates * LANES..][..gates * LANES].chunks_exact_mut(LANES);
                for (to, gate) in to.zip(order) {
                    copy_part(&weight[gate * d_hidden + from..][..valid], to);
                }
            }
        }
    };
    let groups = packed.par_chunks_mut(block * group).enumerate();
    groups.for_each(one);
    packed
}

/// A block, with zeros behind what there is.
fn copy_part<E: Real>(from: &[E], to: &mut [E]) {
    // A copy of fixed length is two instructions.
    if let (Ok(from), Ok(to)) = (
        <&[E; LANES]>::try_from(from),
        <&mut [E; LANES]>::try_from(&mut *to),
    ) {
        *to = *from;
        return;
    }
    to[..from.len()].copy_from_slice(from);
    to[from.len()..].fill(E::default());
}

/// The transpose of `[rows, G * d_hidden]`, of the gates in `order`, in panels of [`PANEL`] of its rows: for each panel
/// `[units * G * LANES][columns padded]`, one after the other.
pub fn transposed<E: Real>(
    weight: &[E],
    rows: usize,
    d_hidden: usize,
    order: &[usize],
) -> Buffer<E> {
    let gates = order.len();
    let width = weight.len() / rows.max(1);
    let units = d_hidden.div_ceil(LANES);
    let inner = units * gates * LANES;
    let padded = rows.div_ceil(LANES) * LANES;
    let mut packed = Buffer::new(inner * padded);
    // A square of lanes at a time: whole cache lines on both sides.
    let one = |(at, panel): (usize, &mut [E])| {
        let first = at * PANEL;
        let ld = panel.len() / inner.max(1);
        for side in (0..ld).step_by(LANES) {
            let from = first + side;
            let taken = from..rows.min(from + LANES);
            for (place, gate) in order.iter().enumerate() {
                for unit in 0..units {
                    let valid = LANES.min(d_hidden - unit * LANES);
                    let start = gate * d_hidden + unit * LANES;
                    let mut square = [[E::default(); LANES]; LANES];
                    for (row, square) in taken.clone().zip(&mut square) {
                        copy_part(&weight[row * width + start..][..valid], square);
                    }
                    let to = &mut panel[(unit * gates + place) * LANES * ld..][..LANES * ld];
                    for (lane, to) in to.chunks_exact_mut(ld).enumerate() {
                        for (to, square) in to[side..side + LANES].iter_mut().zip(&square) {
                            *to = square[lane];
                        }
                    }
                }
            }
        }
    };
    let panel = (inner * PANEL).max(1);
    let least = (SHARED / panel).max(1);
    let panels = packed.par_chunks_mut(panel).enumerate();
    panels.with_min_len(least).for_each(one);
    packed
}

/// The sum of gradients `[units][rows][G * LANES]` as `[rows, G * d_hidden]`.
pub fn unpacked_sum<E: Real + std::ops::AddAssign>(
    parts: &[&[E]],
    rows: usize,
    d_hidden: usize,
    order: &[usize],
) -> Vec<E> {
    let panel = order.len() * LANES;
    let width = (order.len() * d_hidden).max(1);
    // Rows of one unit lie together, so some of them are taken before the next unit.
    let one = |(at, into): (usize, &mut [MaybeUninit<E>])| {
        for (unit, first) in (0..d_hidden).step_by(LANES).enumerate() {
            let valid = LANES.min(d_hidden - first);
            for (row, into) in into.chunks_exact_mut(width).enumerate() {
                let from = (unit * rows + at * TAKEN + row) * panel;
                for (place, gate) in order.iter().enumerate() {
                    let from = from + place * LANES;
                    let mut sum = [E::default(); LANES];
                    for part in parts {
                        for (sum, part) in sum.iter_mut().zip(&part[from..from + LANES]) {
                            *sum += *part;
                        }
                    }
                    let into = &mut into[gate * d_hidden + first..][..valid];
                    for (into, sum) in into.iter_mut().zip(sum) {
                        into.write(sum);
                    }
                }
            }
        }
    };
    let mut sums = Vec::with_capacity(rows * width);
    let least = (SHARED / (TAKEN * width)).max(1);
    let memory = &mut sums.spare_capacity_mut()[..rows * width];
    let each = memory.par_chunks_mut(TAKEN * width).enumerate();
    each.with_min_len(least).for_each(one);
    // SAFETY: every row has been written, all units of all gates of it.
    unsafe { sums.set_len(rows * width) };
    sums
}
