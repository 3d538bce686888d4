//! One launch a step, for cells of any size: a cube multiplies a [tile](super::tile) and steps its
//! sequences' hidden units. What a step reads of the one before was written by another launch.

use super::memory::{look, ranked, write_back, write_step};
use super::spec::Spec;
use super::step::{self, Four, load, nothing, position};
use super::tile::{multiply, pair, place, stage, total};
use super::tiling::Tile;
use cubecl::prelude::*;

/// Step `now` forwards. Shapes are those of [`super::resident::forward`]; `state` is `h` and `c` in
/// single precision, `[2, batch_size, H]`.
#[cube(launch_unchecked)]
pub fn forward<F: Float>(
    gates: &Tensor<F>,
    recurrent: &Tensor<F>,
    extra: &Tensor<F>,
    initial: &Tensor<F>,
    mask: &Tensor<F>,
    order: &Tensor<i32>,
    state: &mut Tensor<f32>,
    hidden: &mut Tensor<F>,
    saved: &mut Tensor<F>,
    cells: &mut Tensor<F>,
    batch_size: u32,
    seq_length: u32,
    now: u32,
    clip: f32,
    #[comptime] spec: Spec,
    #[comptime] tile: Tile,
    #[define(F)] _dtype: ElemType,
) {
    let d_hidden = comptime!(spec.d_hidden);
    let width = comptime!(spec.width());
    let gate_count = comptime!(spec.kind.gates());
    let rounds = comptime!(tile.rounds());
    let (batch_size, seq_length) = (batch_size as usize, seq_length as usize);
    let count = batch_size * d_hidden;
    let now = now as usize;
    let place = place(tile, spec);

    // Sequences are sorted: the first of a tile is its longest.
    if now < order[batch_size + place.first] as usize {
        let mut stage = stage(tile);
        for row in range_stepped(
            UNIT_POS_X,
            comptime!(tile.rows() as u32),
            comptime!(tile.units() as u32),
        ) {
            let slot = usize::min(place.first + row as usize, batch_size - 1);
            let own = ranked(order, slot, batch_size);
            let (sequence, length) = (own.sequence, own.length);
            let mut start = sequence * d_hidden;
            if now > 0 {
                let before = usize::min(now, length) - 1;
                let time = sequence * seq_length + position(before, length, spec.reverse);
                start = time * d_hidden;
            }
            stage.starts[row as usize] = start as u32;
            stage.masks[row as usize] = (sequence * d_hidden) as u32;
        }
        sync_cube();
        // Asked for before the product, so that memory answers in time.
        let mut inputs = Array::<f32>::new(comptime!(rounds * gate_count));
        #[unroll]
        for round in 0..rounds {
            let pair = pair(place, round, batch_size, tile, spec);
            let at = usize::min(pair.at, comptime!(d_hidden - 1));
            let own = ranked(order, usize::min(pair.slot, batch_size - 1), batch_size);
            let (sequence, length) = (own.sequence, own.length);
            let time =
                sequence * seq_length + position(usize::min(now, length - 1), length, spec.reverse);
            #[unroll]
            for gate in 0..gate_count {
                let column = gate * d_hidden + at;
                inputs[round * gate_count + gate] = f32::cast_from(gates[time * width + column]);
            }
        }
        let masked = comptime!(spec.masked);
        if now == 0 {
            multiply(
                initial, mask, &mut stage, recurrent, place, masked, false, tile, spec,
            );
        } else {
            multiply(
                &*hidden, mask, &mut stage, recurrent, place, masked, false, tile, spec,
            );
        }

        #[unroll]
        for round in 0..rounds {
            let pair = pair(place, round, batch_size, tile, spec);
            if pair.inside {
                let at = pair.at;
                let own = ranked(order, pair.slot, batch_size);
                let (sequence, length) = (own.sequence, own.length);
                if now < length {
                    let peeps = load(extra, at, 3usize, d_hidden);
                    let here = sequence * d_hidden + at;
                    let time = sequence * seq_length + position(now, length, spec.reverse);
                    let input = pick(&inputs, round, gate_count);
                    let mut product = Array::<f32>::new(gate_count);
                    #[unroll]
                    for gate in 0..gate_count {
                        product[gate] = total(&stage, gate, pair.row, pair.column, tile);
                    }
                    let product = pick(&product, 0usize, gate_count);
                    let first_hidden = f32::cast_from(initial[here]);
                    let first_cell = f32::cast_from(initial[count + here]);
                    let state_hidden = select(now == 0, first_hidden, state[here]);
                    let state_cell = select(now == 0, first_cell, state[count + here]);
                    let next = step::forward(
                        input,
                        product,
                        peeps,
                        state_cell,
                        state_hidden,
                        clip,
                        spec.kind,
                    );
                    write_step(hidden, saved, cells, next, time, at, spec);
                    state[here] = next.hidden;
                    state[count + here] = next.cell;
                }
            }
        }
    }
}

/// The step before `after` backwards, or what arrives at the initial state if there is none. The
/// product is that of step `after`. Shapes are those of [`super::resident::backward`]; `carry` holds the
/// gradients of `h` past the product and of `c` in single precision, `[2, batch_size, H]`.
#[cube(launch_unchecked)]
pub fn backward<F: Float>(
    recurrent: &Tensor<F>,
    extra: &Tensor<F>,
    initial: &Tensor<F>,
    mask: &Tensor<F>,
    order: &Tensor<i32>,
    hidden: &Tensor<F>,
    saved: &Tensor<F>,
    cells: &Tensor<F>,
    upstream: &Tensor<F>,
    upstream_last: &Tensor<F>,
    carry: &mut Tensor<f32>,
    d_input: &mut Tensor<F>,
    d_product: &mut Tensor<F>,
    previous: &mut Tensor<F>,
    d_initial: &mut Tensor<F>,
    d_extra: &mut Tensor<f32>,
    batch_size: u32,
    seq_length: u32,
    after: u32,
    clip: f32,
    #[comptime] spec: Spec,
    #[comptime] tile: Tile,
    #[define(F)] _dtype: ElemType,
) {
    let d_hidden = comptime!(spec.d_hidden);
    let width = comptime!(spec.width());
    let rounds = comptime!(tile.rounds());
    let (batch_size, seq_length) = (batch_size as usize, seq_length as usize);
    let count = batch_size * d_hidden;
    let after = after as usize;
    let place = place(tile, spec);
    let longest = order[batch_size + place.first] as usize;

    if after <= longest {
        let mut stage = stage(tile);
        for row in range_stepped(
            UNIT_POS_X,
            comptime!(tile.rows() as u32),
            comptime!(tile.units() as u32),
        ) {
            let slot = usize::min(place.first + row as usize, batch_size - 1);
            let own = ranked(order, slot, batch_size);
            let (sequence, length) = (own.sequence, own.length);
            let from = usize::min(after, length - 1);
            let time = sequence * seq_length + position(from, length, spec.reverse);
            stage.starts[row as usize] = (time * width) as u32;
        }
        sync_cube();
        if after < longest {
            if comptime!(spec.kind.has_product()) {
                multiply(
                    &*d_product,
                    mask,
                    &mut stage,
                    recurrent,
                    place,
                    false,
                    true,
                    tile,
                    spec,
                );
            } else {
                multiply(
                    &*d_input, mask, &mut stage, recurrent, place, false, true, tile, spec,
                );
            }
        }

        #[unroll]
        for round in 0..rounds {
            let pair = pair(place, round, batch_size, tile, spec);
            if pair.inside {
                let at = pair.at;
                let own = ranked(order, pair.slot, batch_size);
                let (sequence, length) = (own.sequence, own.length);
                let here = sequence * d_hidden + at;
                if after <= length {
                    let mut scale = 1f32;
                    if comptime!(spec.masked) {
                        scale = f32::cast_from(mask[here]);
                    }
                    let ended = after == length;
                    let last_hidden = f32::cast_from(upstream_last[here]);
                    let last_cell = f32::cast_from(upstream_last[count + here]);
                    let mut passed = carry[here];
                    if after < longest {
                        passed += scale * total(&stage, 0usize, pair.row, pair.column, tile);
                    }
                    let d_state = select(ended, last_hidden, passed);
                    let d_cell = select(ended, last_cell, carry[count + here]);
                    if after == 0 {
                        d_initial[here] = F::cast_from(d_state);
                        d_initial[count + here] = F::cast_from(d_cell);
                    } else {
                        let now = after - 1;
                        let peeps = load(extra, at, 3usize, d_hidden);
                        let seen = look(
                            saved, hidden, cells, initial, sequence, now, length, at, batch_size,
                            seq_length, spec,
                        );
                        let time = sequence * seq_length + position(now, length, spec.reverse);
                        let d_hidden_now = d_state + f32::cast_from(upstream[time * d_hidden + at]);
                        let given =
                            step::backward(seen, peeps, d_hidden_now, d_cell, clip, spec.kind);
                        write_back(
                            d_input,
                            d_product,
                            previous,
                            given.d_input,
                            given.d_product,
                            seen.previous_hidden * scale,
                            time,
                            at,
                            spec,
                        );
                        if comptime!(spec.kind.has_peephole()) {
                            let place = sequence * 3usize * d_hidden + at;
                            d_extra[place] += given.d_extra.a;
                            d_extra[place + d_hidden] += given.d_extra.b;
                            d_extra[place + 2 * d_hidden] += given.d_extra.c;
                        }
                        carry[here] = given.d_hidden;
                        carry[count + here] = given.d_cell;
                    }
                }
            }
        }
    }
}

/// What is of sequence `one`.
#[cube]
fn pick(all: &Array<f32>, #[comptime] one: usize, #[comptime] count: usize) -> Four {
    let mut values = nothing();
    values.a = all[one * count];
    if comptime!(count > 1) {
        values.b = all[one * count + 1];
    }
    if comptime!(count > 2) {
        values.c = all[one * count + 2];
    }
    if comptime!(count > 3) {
        values.d = all[one * count + 3];
    }
    values
}
