//! Weights as the products read them, and gradients back as the layers keep them.

use super::buffer::Buffer;
use super::product::PANEL;
use super::real::Real;
use super::simd::LANES;
use super::unit::Unit;
use rayon::prelude::*;

/// Numbers below which packing is not shared among threads.
const SHARED: usize = 1 << 14;

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
    /// Packs for the forward pass.
    pub fn new<U: Unit<E>>(weights: &Weights<'_, E>) -> Self {
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
            input: by_unit(weights.input, weights.d_input, d_hidden, U::INPUT_ORDER),
            recurrent: by_unit(weights.recurrent, d_hidden, d_hidden, U::RECURRENT_ORDER),
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
    let block = rows * gates * LANES;
    let one = |(unit, packed): (usize, &mut [E])| {
        let from = unit * LANES;
        let valid = LANES.min(d_hidden - from);
        for (row, to) in packed.chunks_exact_mut(gates * LANES).enumerate() {
            let weight = &weight[row * gates * d_hidden + from..];
            for (to, gate) in to.chunks_exact_mut(LANES).zip(order) {
                to[..valid].copy_from_slice(&weight[gate * d_hidden..][..valid]);
                to[valid..].fill(E::default());
            }
        }
    };
    let least = (SHARED / block.max(1)).max(1);
    let blocks = packed.par_chunks_exact_mut(block.max(1)).enumerate();
    blocks.with_min_len(least).for_each(one);
    packed
}

/// The transpose of `[rows, G * d_hidden]` in panels of [`PANEL`] of its rows: for each panel
/// `[units * G * LANES][columns padded]`, one after the other.
pub fn transposed<E: Real>(
    weight: &[E],
    rows: usize,
    d_hidden: usize,
    order: &[usize],
) -> Buffer<E> {
    let gates = order.len();
    let units = d_hidden.div_ceil(LANES);
    let inner = units * gates * LANES;
    let padded = rows.div_ceil(LANES) * LANES;
    let mut packed = Buffer::zeros(inner * padded);
    let one = |(at, panel): (usize, &mut [E])| {
        let first = at * PANEL;
        let columns = PANEL.min(rows - first);
        let ld = columns.div_ceil(LANES) * LANES;
        // A block of the panel at a time, which stays in the nearest cache while it is turned.
        for (block, to) in panel.chunks_exact_mut(LANES * ld).enumerate() {
            let (unit, place) = (block / gates, block % gates);
            let valid = LANES.min(d_hidden - unit * LANES);
            let start = order[place] * d_hidden + unit * LANES;
            for column in 0..columns {
                let from = &weight[(first + column) * gates * d_hidden + start..][..valid];
                for (lane, &value) in from.iter().enumerate() {
                    to[lane * ld + column] = value;
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

/// Adds `[rows][units * G * LANES]` to `[rows, G * d_hidden]`.
pub fn unpack_add<E: Real + std::ops::AddAssign>(
    packed: &[E],
    rows: usize,
    d_hidden: usize,
    order: &[usize],
    into: &mut [E],
) {
    let gates = order.len();
    let units = d_hidden.div_ceil(LANES);
    let one = |(into, packed): (&mut [E], &[E])| {
        for (at, from) in packed.chunks_exact(LANES).enumerate() {
            let (unit, place) = (at / gates, at % gates);
            let valid = LANES.min(d_hidden - unit * LANES);
            let into = &mut into[order[place] * d_hidden + unit * LANES..][..valid];
            for (to, from) in into.iter_mut().zip(from) {
                *to += *from;
            }
        }
    };
    let width = (gates * d_hidden).max(1);
    let least = (SHARED / width).max(1);
    let packed = packed[..rows * units * gates * LANES].par_chunks(units * gates * LANES);
    let into = into.par_chunks_mut(width);
    into.zip(packed).with_min_len(least).for_each(one);
}
