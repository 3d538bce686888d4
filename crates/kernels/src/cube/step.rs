//! The pointwise step of every cell, one unit of one sequence at a time, in `f32`.

use super::spec::Kind;
use cubecl::prelude::*;

/// Up to four values of a unit, one a gate.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub struct Four {
    pub a: f32,
    pub b: f32,
    pub c: f32,
    pub d: f32,
}

/// What a step gives.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub struct Stepped {
    pub saved: Four,
    pub cell: f32,
    pub hidden: f32,
}

/// What the way back of a step gives.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub struct Returned {
    /// Gradient of `x·W + b`.
    pub d_input: Four,
    /// Gradient of `h·U`.
    pub d_product: Four,
    /// Gradient of `h_{t-1}` past the product.
    pub d_hidden: f32,
    /// Gradient of `c_{t-1}`.
    pub d_cell: f32,
    /// Gradient of the peepholes.
    pub d_extra: Four,
}

/// What the way back of a step reads.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub struct Seen {
    pub saved: Four,
    pub hidden: f32,
    pub previous_hidden: f32,
    pub cell: f32,
    pub previous_cell: f32,
}

#[cube]
pub fn four(a: f32, b: f32, c: f32, d: f32) -> Four {
    Four { a, b, c, d }
}

#[cube]
pub fn nothing() -> Four {
    four(0f32, 0f32, 0f32, 0f32)
}

#[cube]
fn sigmoid(x: f32) -> f32 {
    1f32 / (1f32 + (-x).exp())
}

/// One step. `extra` holds the peepholes `p_i, p_f, p_o`, or a GRU's `b_u` in its third place.
#[cube]
pub fn forward(
    input: Four,
    product: Four,
    extra: Four,
    cell: f32,
    hidden: f32,
    clip: f32,
    #[comptime] kind: Kind,
) -> Stepped {
    match comptime!(kind) {
        Kind::Elman { relu } => {
            let sum = input.a + product.a;
            let hidden = if comptime!(relu) {
                // A comparison, so that NaN comes through.
                select(sum < 0f32, 0f32, sum)
            } else {
                sum.tanh()
            };
            Stepped {
                saved: nothing(),
                cell,
                hidden,
            }
        }
        Kind::Lstm {
            peephole,
            clip: clipped,
        } => {
            let mut sum_i = input.a + product.a;
            let mut sum_f = input.b + product.b;
            let mut sum_o = input.d + product.d;
            if comptime!(peephole) {
                sum_i += extra.a * cell;
                sum_f += extra.b * cell;
            }
            let i = sigmoid(sum_i);
            let f = sigmoid(sum_f);
            let g = (input.c + product.c).tanh();
            let mut cell = f * cell + i * g;
            if comptime!(clipped) {
                cell = select(cell > clip, clip, cell);
                cell = select(cell < -clip, -clip, cell);
            }
            if comptime!(peephole) {
                sum_o += extra.c * cell;
            }
            let o = sigmoid(sum_o);
            Stepped {
                saved: four(i, f, g, o),
                cell,
                hidden: o * cell.tanh(),
            }
        }
        Kind::Gru { mirror } => {
            let r = sigmoid(input.a + product.a);
            let z = sigmoid(input.b + product.b);
            let q = product.c + extra.c;
            let n = (input.c + r * q).tanh();
            let hidden = if comptime!(mirror) {
                hidden + z * (n - hidden)
            } else {
                n + z * (hidden - n)
            };
            Stepped {
                saved: four(r, z, n, q),
                cell,
                hidden,
            }
        }
    }
}

/// The way back of one step, from the gradients of `h_t` and `c_t`.
#[cube]
pub fn backward(
    seen: Seen,
    extra: Four,
    d_hidden: f32,
    d_cell: f32,
    clip: f32,
    #[comptime] kind: Kind,
) -> Returned {
    match comptime!(kind) {
        Kind::Elman { relu } => {
            let slope = if comptime!(relu) {
                select(seen.hidden > 0f32, 1f32, 0f32)
            } else {
                1f32 - seen.hidden * seen.hidden
            };
            let d_sum = four(d_hidden * slope, 0f32, 0f32, 0f32);
            Returned {
                d_input: d_sum,
                d_product: d_sum,
                d_hidden: 0f32,
                d_cell,
                d_extra: nothing(),
            }
        }
        Kind::Lstm {
            peephole,
            clip: clipped,
        } => {
            let i = seen.saved.a;
            let f = seen.saved.b;
            let g = seen.saved.c;
            let o = seen.saved.d;
            let squashed = seen.cell.tanh();
            let d_o = d_hidden * squashed * o * (1f32 - o);
            let mut d_cell = d_cell + d_hidden * o * (1f32 - squashed * squashed);
            if comptime!(peephole) {
                d_cell += d_o * extra.c;
            }
            if comptime!(clipped) {
                // Nothing passes where the bound cut.
                d_cell = select(seen.cell.abs() < clip, d_cell, 0f32);
            }
            let d_i = d_cell * g * i * (1f32 - i);
            let d_f = d_cell * seen.previous_cell * f * (1f32 - f);
            let d_g = d_cell * i * (1f32 - g * g);
            let mut d_previous = d_cell * f;
            if comptime!(peephole) {
                d_previous += d_i * extra.a + d_f * extra.b;
            }
            let d_extra = four(
                d_i * seen.previous_cell,
                d_f * seen.previous_cell,
                d_o * seen.cell,
                0f32,
            );
            let d_sum = four(d_i, d_f, d_g, d_o);
            Returned {
                d_input: d_sum,
                d_product: d_sum,
                d_hidden: 0f32,
                d_cell: d_previous,
                d_extra,
            }
        }
        Kind::Gru { mirror } => {
            let r = seen.saved.a;
            let z = seen.saved.b;
            let n = seen.saved.c;
            let q = seen.saved.d;
            let to_z = d_hidden * z;
            let rest = d_hidden - to_z;
            let mut d_state = to_z;
            let mut d_candidate = rest;
            let mut difference = seen.previous_hidden - n;
            if comptime!(mirror) {
                d_state = rest;
                d_candidate = to_z;
                difference = -difference;
            }
            let d_z = d_hidden * difference * z * (1f32 - z);
            let d_n = d_candidate * (1f32 - n * n);
            let d_r = d_n * q * r * (1f32 - r);
            Returned {
                d_input: four(d_r, d_z, d_n, 0f32),
                d_product: four(d_r, d_z, d_n * r, 0f32),
                d_hidden: d_state,
                d_cell,
                d_extra: nothing(),
            }
        }
    }
}

/// Reads `count` values that lie `stride` apart.
#[cube]
pub fn load<F: Float>(
    from: &Tensor<F>,
    at: usize,
    #[comptime] count: usize,
    #[comptime] stride: usize,
) -> Four {
    let mut values = nothing();
    if comptime!(count > 0) {
        values.a = f32::cast_from(from[at]);
    }
    if comptime!(count > 1) {
        values.b = f32::cast_from(from[at + stride]);
    }
    if comptime!(count > 2) {
        values.c = f32::cast_from(from[at + 2 * stride]);
    }
    if comptime!(count > 3) {
        values.d = f32::cast_from(from[at + 3 * stride]);
    }
    values
}

/// Writes `count` values `stride` apart.
#[cube]
pub fn store<F: Float>(
    to: &mut Tensor<F>,
    at: usize,
    values: Four,
    #[comptime] count: usize,
    #[comptime] stride: usize,
) {
    if comptime!(count > 0) {
        to[at] = F::cast_from(values.a);
    }
    if comptime!(count > 1) {
        to[at + stride] = F::cast_from(values.b);
    }
    if comptime!(count > 2) {
        to[at + 2 * stride] = F::cast_from(values.c);
    }
    if comptime!(count > 3) {
        to[at + 3 * stride] = F::cast_from(values.d);
    }
}

/// Where step `step` of a sequence stands: its own last valid step comes first in reverse.
#[cube]
pub fn position(step: usize, length: usize, #[comptime] reverse: bool) -> usize {
    let mut place = step;
    if comptime!(reverse) {
        place = length - 1 - step;
    }
    place
}
