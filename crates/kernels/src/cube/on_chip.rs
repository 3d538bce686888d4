//! What a cube of [`super::resident`] keeps on chip: its product, and the values that pass through shared
//! memory.

use super::spec::Spec;
use super::step::{Four, Seen, nothing};
use cubecl::prelude::*;

/// Multiplies a unit's weights with `d_hidden` numbers of every sequence, which begin at `offset` of
/// its `stride`.
#[cube]
pub fn multiply<F: Float>(
    factors: &[f32],
    weight: &Array<f32>,
    rest: &[F],
    products: &mut [f32],
    unit: usize,
    offset: usize,
    #[comptime] stride: usize,
    #[comptime] spec: Spec,
) {
    let width = comptime!(spec.width());
    let rows = comptime!(spec.rows);
    let registers = comptime!(spec.registers);
    let shared = comptime!(spec.d_hidden - spec.registers);
    let mut sums = Array::<f32>::new(rows);
    #[unroll]
    for row in 0..rows {
        sums[row] = 0f32;
    }
    #[unroll]
    for at in 0..registers {
        #[unroll]
        for row in 0..rows {
            sums[row] += factors[row * stride + offset + at] * weight[at];
        }
    }
    #[unroll]
    for at in 0..shared {
        let one = f32::cast_from(rest[at * width + unit]);
        #[unroll]
        for row in 0..rows {
            sums[row] += factors[row * stride + offset + registers + at] * one;
        }
    }
    #[unroll]
    for row in 0..rows {
        products[row * width + unit] = sums[row];
    }
}

/// Reads one value a gate.
#[cube]
pub fn gather(
    from: &[f32],
    at: usize,
    #[comptime] count: usize,
    #[comptime] stride: usize,
) -> Four {
    let mut values = nothing();
    values.a = from[at];
    if comptime!(count > 1) {
        values.b = from[at + stride];
    }
    if comptime!(count > 2) {
        values.c = from[at + 2 * stride];
    }
    if comptime!(count > 3) {
        values.d = from[at + 3 * stride];
    }
    values
}

/// Writes one value a gate.
#[cube]
pub fn scatter(
    to: &mut [f32],
    at: usize,
    values: Four,
    #[comptime] count: usize,
    #[comptime] stride: usize,
) {
    to[at] = values.a;
    if comptime!(count > 1) {
        to[at + stride] = values.b;
    }
    if comptime!(count > 2) {
        to[at + 2 * stride] = values.c;
    }
    if comptime!(count > 3) {
        to[at + 3 * stride] = values.d;
    }
}

/// Replaces one value a gate.
#[cube]
pub fn assign(to: &mut Four, from: Four) {
    to.a = from.a;
    to.b = from.b;
    to.c = from.c;
    to.d = from.d;
}

/// Replaces what the way back reads of a step.
#[cube]
pub fn remember(to: &mut Seen, from: Seen) {
    assign(&mut to.saved, from.saved);
    to.hidden = from.hidden;
    to.previous_hidden = from.previous_hidden;
    to.cell = from.cell;
    to.previous_cell = from.previous_cell;
}
