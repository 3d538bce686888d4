//! One product and one pointwise launch a step, for cells of any size.

use super::resident::look;
use super::spec::Spec;
use super::step::{self, load, nothing, position, store};
use cubecl::prelude::*;

/// Prepares the way forwards: the state in single precision, and what the first product reads.
#[cube(launch_unchecked)]
pub fn start<F: Float>(
    initial: &Tensor<F>,
    mask: &Tensor<F>,
    state: &mut Tensor<f32>,
    seen: &mut Tensor<F>,
    #[comptime] spec: Spec,
    #[define(F)] _dtype: StorageType,
) {
    let here = ABSOLUTE_POS;
    let count = seen.len();
    if here < count {
        state[here] = f32::cast_from(initial[here]);
        state[count + here] = f32::cast_from(initial[count + here]);
        seen[here] = initial[here];
        if comptime!(spec.masked) {
            seen[here] = initial[here] * mask[here];
        }
    }
}

/// Step `now` forwards, after `product` = `seen·U`.
#[cube(launch_unchecked)]
pub fn forward<F: Float>(
    gates: &Tensor<F>,
    product: &Tensor<F>,
    extra: &Tensor<F>,
    mask: &Tensor<F>,
    order: &Tensor<i32>,
    state: &mut Tensor<f32>,
    seen: &mut Tensor<F>,
    hidden: &mut Tensor<F>,
    saved: &mut Tensor<F>,
    cells: &mut Tensor<F>,
    seq_length: u32,
    now: u32,
    clip: f32,
    #[comptime] spec: Spec,
    #[define(F)] _dtype: StorageType,
) {
    let d_hidden = comptime!(spec.d_hidden);
    let width = comptime!(spec.width());
    let gate_count = comptime!(spec.kind.gates());
    let count = seen.len();
    let now = now as usize;
    if ABSOLUTE_POS < count {
        let slot = ABSOLUTE_POS / d_hidden;
        let at = ABSOLUTE_POS % d_hidden;
        let sequence = order[slot] as usize;
        let length = order[count / d_hidden + slot] as usize;
        if now < length {
            let here = sequence * d_hidden + at;
            let time = sequence * seq_length as usize + position(now, length, spec.reverse);
            let input = load(gates, time * width + at, gate_count, d_hidden);
            let products = load(product, sequence * width + at, gate_count, d_hidden);
            let peeps = load(extra, at, 3usize, d_hidden);
            let cell = state[count + here];
            let next = step::forward(input, products, peeps, cell, state[here], clip, spec.kind);
            hidden[time * d_hidden + at] = F::cast_from(next.hidden);
            if comptime!(spec.keep) {
                let saving = comptime!(spec.kind.saved());
                store(
                    saved,
                    time * saving * d_hidden + at,
                    next.saved,
                    saving,
                    d_hidden,
                );
                if comptime!(spec.kind.has_cell()) {
                    cells[time * d_hidden + at] = F::cast_from(next.cell);
                }
            }
            let mut scale = 1f32;
            if comptime!(spec.masked) {
                scale = f32::cast_from(mask[here]);
            }
            seen[here] = F::cast_from(next.hidden * scale);
            state[here] = next.hidden;
            state[count + here] = next.cell;
        }
    }
}

/// Step `now` backwards. `carry` holds the gradients of `h` past the product and of `c`, and
/// `product` = `d_sums·Uᵀ` of the step after.
#[cube(launch_unchecked)]
pub fn backward<F: Float>(
    product: &Tensor<F>,
    extra: &Tensor<F>,
    initial: &Tensor<F>,
    mask: &Tensor<F>,
    order: &Tensor<i32>,
    hidden: &Tensor<F>,
    saved: &Tensor<F>,
    cells: &Tensor<F>,
    upstream: &Tensor<F>,
    carry: &mut Tensor<f32>,
    d_sums: &mut Tensor<F>,
    d_input: &mut Tensor<F>,
    d_product: &mut Tensor<F>,
    previous: &mut Tensor<F>,
    d_extra: &mut Tensor<f32>,
    seq_length: u32,
    now: u32,
    clip: f32,
    #[comptime] spec: Spec,
    #[define(F)] _dtype: StorageType,
) {
    let d_hidden = comptime!(spec.d_hidden);
    let width = comptime!(spec.width());
    let gate_count = comptime!(spec.kind.gates());
    let count = carry.len() / 2;
    let batch_size = count / d_hidden;
    let seq_length = seq_length as usize;
    let now = now as usize;
    if ABSOLUTE_POS < count {
        let slot = ABSOLUTE_POS / d_hidden;
        let at = ABSOLUTE_POS % d_hidden;
        let sequence = order[slot] as usize;
        let length = order[batch_size + slot] as usize;
        let here = sequence * d_hidden + at;
        let mut given = nothing();
        if now < length {
            let seen = look(
                saved, hidden, cells, initial, sequence, now, length, at, batch_size, seq_length,
                spec,
            );
            let mut scale = 1f32;
            if comptime!(spec.masked) {
                scale = f32::cast_from(mask[here]);
            }
            let time = sequence * seq_length + position(now, length, spec.reverse);
            let peeps = load(extra, at, 3usize, d_hidden);
            let from_above = f32::cast_from(upstream[time * d_hidden + at]);
            let from_product = scale * f32::cast_from(product[here]);
            let d_state = carry[here] + from_above + from_product;
            let returned =
                step::backward(seen, peeps, d_state, carry[count + here], clip, spec.kind);
            store(
                d_input,
                time * width + at,
                returned.d_input,
                gate_count,
                d_hidden,
            );
            if comptime!(spec.kind.has_product()) {
                store(
                    d_product,
                    time * width + at,
                    returned.d_product,
                    gate_count,
                    d_hidden,
                );
            }
            previous[time * d_hidden + at] = F::cast_from(seen.previous_hidden * scale);
            if comptime!(spec.kind.has_peephole()) {
                let place = sequence * 3usize * d_hidden + at;
                d_extra[place] += returned.d_extra.a;
                d_extra[place + d_hidden] += returned.d_extra.b;
                d_extra[place + 2 * d_hidden] += returned.d_extra.c;
            }
            carry[here] = returned.d_hidden;
            carry[count + here] = returned.d_cell;
            given.a = returned.d_product.a;
            given.b = returned.d_product.b;
            given.c = returned.d_product.c;
            given.d = returned.d_product.d;
        }
        store(d_sums, sequence * width + at, given, gate_count, d_hidden);
    }
}

/// Ends the way back: what arrives at the initial state.
#[cube(launch_unchecked)]
pub fn finish<F: Float>(
    product: &Tensor<F>,
    mask: &Tensor<F>,
    carry: &Tensor<f32>,
    d_initial: &mut Tensor<F>,
    #[comptime] spec: Spec,
    #[define(F)] _dtype: StorageType,
) {
    let here = ABSOLUTE_POS;
    let count = product.len();
    if here < count {
        let mut arrived = f32::cast_from(product[here]);
        if comptime!(spec.masked) {
            arrived *= f32::cast_from(mask[here]);
        }
        d_initial[here] = F::cast_from(carry[here] + arrived);
        d_initial[count + here] = F::cast_from(carry[count + here]);
    }
}
