//! All time steps in one launch, for cells small enough that their recurrent weight stays on chip.
//!
//! A cube owns some sequences and runs them to their end without meeting another cube. Each of its
//! `G * H` units keeps one part of `U`: forwards the column of one gate, backwards one gate's part of a
//! row, so that either product is `H` multiplications a unit and sequence. It lies in the unit's
//! registers, and what they cannot hold in shared memory. The states of the cube's sequences pass
//! through shared memory, twice a step.
//!
//! After Diamos et al., "Persistent RNNs: Stashing Recurrent Weights On-Chip", ICML 2016, and Pöppel,
//! Beck and Hochreiter, "FlashRNN", 2024.

use super::memory::{look, ranked, write_back, write_step};
use super::on_chip::{assign, gather, multiply, remember, scatter};
use super::spec::Spec;
use super::step::{self, Seen, load, nothing, position, store};
use cubecl::prelude::*;

/// The way forwards. Shapes are [`super::operands::Given`]'s and [`super::operands::Forward`]'s.
#[cube(launch_unchecked)]
pub fn forward<F: Float>(
    gates: &Tensor<F>,
    recurrent: &Tensor<F>,
    extra: &Tensor<F>,
    initial: &Tensor<F>,
    mask: &Tensor<F>,
    order: &Tensor<i32>,
    hidden: &mut Tensor<F>,
    last: &mut Tensor<F>,
    saved: &mut Tensor<F>,
    cells: &mut Tensor<F>,
    batch_size: u32,
    seq_length: u32,
    clip: f32,
    #[comptime] spec: Spec,
    #[define(F)] _dtype: ElemType,
) {
    let d_hidden = comptime!(spec.d_hidden);
    let width = comptime!(spec.width());
    let gate_count = comptime!(spec.kind.gates());
    let rows = comptime!(spec.rows);
    let registers = comptime!(spec.registers);
    let batch_size = batch_size as usize;
    let seq_length = seq_length as usize;

    let unit = UNIT_POS_X as usize;
    let first = CUBE_POS_X as usize * rows;
    // Sequences are sorted: the first of a cube is its longest.
    let steps = order[batch_size + first] as usize;
    // In the pointwise step a unit of the cube is one hidden unit of one sequence.
    let row = unit / d_hidden;
    let at = unit % d_hidden;
    let paired = row < rows && first + row < batch_size;
    let mut sequence = 0usize;
    let mut length = 0usize;
    if paired {
        let own = ranked(order, first + row, batch_size);
        sequence = own.sequence;
        length = own.length;
    }
    let peeps = load(extra, at, 3usize, d_hidden);

    let mut weight = Array::<f32>::new(registers);
    let mut rest = Shared::<[F]>::new_slice(comptime!(spec.shared_weights()));
    #[unroll]
    for from in 0..registers {
        weight[from] = f32::cast_from(recurrent[from * width + unit]);
    }
    for from in registers..d_hidden {
        rest[(from - registers) * width + unit] = recurrent[from * width + unit];
    }
    let mut seen = Shared::<[f32]>::new_aligned_slice(comptime!(rows * d_hidden), 16usize);
    let mut sums = Shared::<[f32]>::new_aligned_slice(comptime!(rows * width), 16usize);

    let mut state = 0f32;
    let mut cell = 0f32;
    let mut scale = 1f32;
    let mut ahead = nothing();
    if row < rows {
        if paired {
            state = f32::cast_from(initial[sequence * d_hidden + at]);
            cell = f32::cast_from(initial[(batch_size + sequence) * d_hidden + at]);
            if comptime!(spec.masked) {
                scale = f32::cast_from(mask[sequence * d_hidden + at]);
            }
            let time = sequence * seq_length + position(0usize, length, spec.reverse);
            let input = load(gates, time * width + at, gate_count, d_hidden);
            assign(&mut ahead, input);
        }
        seen[unit] = state * scale;
    }
    sync_cube();

    for now in 0..steps {
        multiply(
            &seen, &weight, &rest, &mut sums, unit, 0usize, d_hidden, spec,
        );
        sync_cube();
        if now < length {
            let product = gather(&sums, row * width + at, gate_count, d_hidden);
            let next = step::forward(ahead, product, peeps, cell, state, clip, spec.kind);
            let time = sequence * seq_length + position(now, length, spec.reverse);
            write_step(hidden, saved, cells, next, time, at, spec);
            state = next.hidden;
            cell = next.cell;
            seen[unit] = state * scale;
            // Asked for a product early, so that memory answers in time.
            if now + 1 < length {
                let time = sequence * seq_length + position(now + 1, length, spec.reverse);
                let input = load(gates, time * width + at, gate_count, d_hidden);
                assign(&mut ahead, input);
            }
        }
        sync_cube();
    }
    if paired {
        for padded in length..seq_length {
            hidden[(sequence * seq_length + padded) * d_hidden + at] = F::cast_from(0f32);
        }
        last[sequence * d_hidden + at] = F::cast_from(state);
        last[(batch_size + sequence) * d_hidden + at] = F::cast_from(cell);
    }
}

/// The way back. Shapes are [`super::operands::Given`]'s and [`super::operands::Backward`]'s.
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
    d_input: &mut Tensor<F>,
    d_product: &mut Tensor<F>,
    previous: &mut Tensor<F>,
    d_initial: &mut Tensor<F>,
    d_extra: &mut Tensor<f32>,
    batch_size: u32,
    seq_length: u32,
    clip: f32,
    #[comptime] spec: Spec,
    #[define(F)] _dtype: ElemType,
) {
    let d_hidden = comptime!(spec.d_hidden);
    let width = comptime!(spec.width());
    let gate_count = comptime!(spec.kind.gates());
    let rows = comptime!(spec.rows);
    let registers = comptime!(spec.registers);
    let batch_size = batch_size as usize;
    let seq_length = seq_length as usize;

    let unit = UNIT_POS_X as usize;
    let first = CUBE_POS_X as usize * rows;
    let steps = order[batch_size + first] as usize;
    let row = unit / d_hidden;
    let at = unit % d_hidden;
    let paired = row < rows && first + row < batch_size;
    let mut sequence = 0usize;
    let mut length = 0usize;
    if paired {
        let own = ranked(order, first + row, batch_size);
        sequence = own.sequence;
        length = own.length;
    }
    let peeps = load(extra, at, 3usize, d_hidden);

    // In the product a unit of the cube is one hidden unit and one gate.
    let part = row * d_hidden;
    let mut weight = Array::<f32>::new(registers);
    let mut rest = Shared::<[F]>::new_slice(comptime!(spec.shared_weights()));
    #[unroll]
    for to in 0..registers {
        weight[to] = f32::cast_from(recurrent[at * width + part + to]);
    }
    for to in registers..d_hidden {
        rest[(to - registers) * width + unit] = recurrent[at * width + part + to];
    }
    let mut d_sums = Shared::<[f32]>::new_aligned_slice(comptime!(rows * width), 16usize);
    let mut partial = Shared::<[f32]>::new_aligned_slice(comptime!(rows * width), 16usize);

    let mut d_state = 0f32;
    let mut d_cell = 0f32;
    let mut scale = 1f32;
    let mut upward = 0f32;
    let mut d_peeps = nothing();
    let mut ahead = Seen {
        saved: nothing(),
        hidden: 0f32,
        previous_hidden: 0f32,
        cell: 0f32,
        previous_cell: 0f32,
    };
    if paired {
        d_state = f32::cast_from(upstream_last[sequence * d_hidden + at]);
        d_cell = f32::cast_from(upstream_last[(batch_size + sequence) * d_hidden + at]);
        if comptime!(spec.masked) {
            scale = f32::cast_from(mask[sequence * d_hidden + at]);
        }
        let time = sequence * seq_length + position(length - 1, length, spec.reverse);
        upward = f32::cast_from(upstream[time * d_hidden + at]);
        let read = look(
            saved,
            hidden,
            cells,
            initial,
            sequence,
            length - 1,
            length,
            at,
            batch_size,
            seq_length,
            spec,
        );
        remember(&mut ahead, read);
    }

    for back in 0..steps {
        let now = steps - 1 - back;
        if now < length {
            let time = sequence * seq_length + position(now, length, spec.reverse);
            let given = step::backward(ahead, peeps, d_state + upward, d_cell, clip, spec.kind);
            write_back(
                d_input,
                d_product,
                previous,
                given.d_input,
                given.d_product,
                ahead.previous_hidden * scale,
                time,
                at,
                spec,
            );
            scatter(
                &mut d_sums,
                row * width + at,
                given.d_product,
                gate_count,
                d_hidden,
            );
            if comptime!(spec.kind.has_peephole()) {
                d_peeps.a += given.d_extra.a;
                d_peeps.b += given.d_extra.b;
                d_peeps.c += given.d_extra.c;
            }
            d_state = given.d_hidden;
            d_cell = given.d_cell;
            if now > 0 {
                let time = sequence * seq_length + position(now - 1, length, spec.reverse);
                upward = f32::cast_from(upstream[time * d_hidden + at]);
                let read = look(
                    saved,
                    hidden,
                    cells,
                    initial,
                    sequence,
                    now - 1,
                    length,
                    at,
                    batch_size,
                    seq_length,
                    spec,
                );
                remember(&mut ahead, read);
            }
        } else if row < rows {
            scatter(
                &mut d_sums,
                row * width + at,
                nothing(),
                gate_count,
                d_hidden,
            );
        }
        sync_cube();
        multiply(
            &d_sums,
            &weight,
            &rest,
            &mut partial,
            unit,
            part,
            width,
            spec,
        );
        sync_cube();
        if now < length {
            let parts = gather(&partial, row * width + at, gate_count, d_hidden);
            d_state += scale * (parts.a + parts.b + parts.c + parts.d);
        }
    }
    if paired {
        for padded in length..seq_length {
            let time = sequence * seq_length + padded;
            write_back(
                d_input,
                d_product,
                previous,
                nothing(),
                nothing(),
                0f32,
                time,
                at,
                spec,
            );
        }
        d_initial[sequence * d_hidden + at] = F::cast_from(d_state);
        d_initial[(batch_size + sequence) * d_hidden + at] = F::cast_from(d_cell);
        if comptime!(spec.kind.has_peephole()) {
            store(
                d_extra,
                sequence * 3usize * d_hidden + at,
                d_peeps,
                3usize,
                d_hidden,
            );
        }
    }
}
