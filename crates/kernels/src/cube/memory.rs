//! What the kernels read and write of one step of one sequence, one hidden unit at a time.

use super::spec::Spec;
use super::step::{Four, Seen, Stepped, load, position, store};
use cubecl::prelude::*;

/// A sequence and its length.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub struct Ranked {
    pub sequence: usize,
    pub length: usize,
}

/// The sequence in place `slot` of `order`, see [`super::operands::Given`].
#[cube]
pub fn ranked(order: &Tensor<i32>, slot: usize, batch_size: usize) -> Ranked {
    Ranked {
        sequence: order[slot] as usize,
        length: order[batch_size + slot] as usize,
    }
}

/// What the way back of step `now` reads of one unit.
#[cube]
pub fn look<F: Float>(
    saved: &Tensor<F>,
    hidden: &Tensor<F>,
    cells: &Tensor<F>,
    initial: &Tensor<F>,
    sequence: usize,
    now: usize,
    length: usize,
    at: usize,
    batch_size: usize,
    seq_length: usize,
    #[comptime] spec: Spec,
) -> Seen {
    let d_hidden = comptime!(spec.d_hidden);
    let saving = comptime!(spec.kind.saved());
    let start = sequence * seq_length;
    let here = (start + position(now, length, spec.reverse)) * d_hidden + at;
    let mut seen = Seen {
        saved: load(saved, (here - at) * saving + at, saving, d_hidden),
        hidden: 0f32,
        previous_hidden: 0f32,
        cell: 0f32,
        previous_cell: 0f32,
    };
    if comptime!(saving == 0) {
        seen.hidden = f32::cast_from(hidden[here]);
    }
    if comptime!(spec.kind.has_cell()) {
        seen.cell = f32::cast_from(cells[here]);
    }
    if now > 0 {
        let before = (start + position(now - 1, length, spec.reverse)) * d_hidden + at;
        seen.previous_hidden = f32::cast_from(hidden[before]);
        if comptime!(spec.kind.has_cell()) {
            seen.previous_cell = f32::cast_from(cells[before]);
        }
    } else {
        seen.previous_hidden = f32::cast_from(initial[sequence * d_hidden + at]);
        seen.previous_cell = f32::cast_from(initial[(batch_size + sequence) * d_hidden + at]);
    }
    seen
}

/// Writes what a step gives at `time`, a step of the whole batch.
#[cube]
pub fn write_step<F: Float>(
    hidden: &mut Tensor<F>,
    saved: &mut Tensor<F>,
    cells: &mut Tensor<F>,
    next: Stepped,
    time: usize,
    at: usize,
    #[comptime] spec: Spec,
) {
    let d_hidden = comptime!(spec.d_hidden);
    hidden[time * d_hidden + at] = F::cast_from(next.hidden);
    if comptime!(spec.keep) {
        let saving = comptime!(spec.kind.saved());
        let first = time * saving * d_hidden + at;
        store(saved, first, next.saved, saving, d_hidden);
        if comptime!(spec.kind.has_cell()) {
            cells[time * d_hidden + at] = F::cast_from(next.cell);
        }
    }
}

/// Writes what the way back of a step gives at `time`; `before` is `h_{t-1}` as `U` met it.
#[cube]
pub fn write_back<F: Float>(
    d_input: &mut Tensor<F>,
    d_product: &mut Tensor<F>,
    previous: &mut Tensor<F>,
    of_input: Four,
    of_product: Four,
    before: f32,
    time: usize,
    at: usize,
    #[comptime] spec: Spec,
) {
    let d_hidden = comptime!(spec.d_hidden);
    let gate_count = comptime!(spec.kind.gates());
    let first = time * comptime!(spec.width()) + at;
    store(d_input, first, of_input, gate_count, d_hidden);
    if comptime!(spec.kind.has_product()) {
        store(d_product, first, of_product, gate_count, d_hidden);
    }
    previous[time * d_hidden + at] = F::cast_from(before);
}
