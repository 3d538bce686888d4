//! The written-out backward pass of one shard.
//!
//! With the gradient of the sums `d_s` of every step from the pointwise step:
//!
//! ```text
//! d_h[t-1] += d_s[t]·Uᵀ        d_x[t] = d_s[t]·Wᵀ
//! d_U += Σ h[t-1]ᵀ·d_s[t]      d_W += Σ x[t]ᵀ·d_s[t]      d_b += Σ d_s[t]
//! ```
//!
//! `d_h` is needed at once; the other three wait in a ring of some steps, so that their products
//! are thick enough to run at full speed while everything is still in the cache.

use super::buffer::Buffer;
use super::forward::{Rowwise, SaveTo, Walk, gather};
use super::path::Number;
use super::product::{Factors, Outer, PANEL, Rows, Runs, load_part};
use super::real::Real;
use super::simd::{LANES, Op, Simd};
use super::unit::{Backward, Unit};

/// Bytes of the ring: half of a large second-level cache, all of a small one.
const RING_BYTES: usize = 1024 << 10;
/// Rows of the ring, whatever their size: less is too thin, more no faster.
const RING_ROWS: std::ops::RangeInclusive<usize> = 64..=256;
/// Rows of one sum of outer products: what the first-level cache holds of a panel.
const OUTER_ROWS: usize = 64;

/// Gradients that come in, and where that of the input goes.
pub struct Incoming<'a, E> {
    /// Of all hidden states, `[B, T, H]`.
    pub hidden: Option<&'a [E]>,
    /// Of the last hidden state, `[B, H]`.
    pub last_hidden: Option<&'a [E]>,
    /// Of the last cell state, `[B, H]`.
    pub last_cell: Option<&'a [E]>,
    /// Gradient of the input, `[B, T, d_input]`; null if not wanted.
    pub d_input: Rowwise<E>,
    /// `Wᵀ` and `Uᵀ` in panels, see [`super::pack::transposed`]: all gates at once, or one by one where they
    /// have masks of their own.
    pub transposed: (&'a [Buffer<E>], &'a [Buffer<E>]),
}

/// What one shard saved.
#[derive(Debug)]
pub enum Saved<E> {
    /// Sums and cells of all steps.
    All {
        /// See [`SaveTo`].
        gates: Buffer<E>,
        /// See [`SaveTo`].
        cells: Buffer<E>,
    },
    /// The cell state before every `every` steps, `[segments, rows, padded]`.
    Some {
        /// Steps of a segment.
        every: usize,
        /// See the variant.
        cells: Buffer<E>,
    },
}

/// Gradients of one shard, packed by unit block.
pub struct ShardGradients<E> {
    /// `[units][d_input][GATES * LANES]`.
    pub input: Buffer<E>,
    /// `[units][d_hidden][GATES * LANES]`.
    pub recurrent: Buffer<E>,
    /// Of the sums, `[units][SAVED * LANES]`.
    pub sums: Buffer<E>,
    /// `[EXTRA][padded]`.
    pub extra: Buffer<E>,
    /// Of `h_0`, `[rows, padded]`.
    pub hidden: Buffer<E>,
    /// Of `c_0`, `[rows, padded]`.
    pub cell: Buffer<E>,
}

/// Steps whose products wait.
struct Ring<E> {
    /// Gradients of the sums, `[units][capacity][SAVED * LANES]`.
    sums: Buffer<E>,
    /// Room for what `W` and `U` met where it was masked, see [`Mask::apply`](super::mask::Mask::apply).
    masked: [*mut E; 2],
    /// What `W` and `U` met, place by place.
    factors: [Vec<Vec<*const E>>; 2],
    /// Where the gradient of each input goes.
    d_inputs: Vec<*mut E>,
    /// The sequence of each row.
    batches: Vec<usize>,
    capacity: usize,
}

impl<E: Number, U: Unit<E>> Walk<'_, E, U> {
    /// Runs the shard backwards.
    ///
    /// # Safety
    /// All slices have the shapes they are documented
    /// with; no other thread touches this shard's rows of `incoming.d_input`.
    pub unsafe fn backward(
        &self,
        saved: &Saved<E>,
        incoming: &Incoming<'_, E>,
    ) -> ShardGradients<E> {
        let (rows, units) = (self.shard.rows.len(), self.packed.units);
        let (d_hidden, padded) = (self.given.d_hidden, self.padded());
        let panel = units * U::GATES * LANES;
        let width = units * U::SAVED * LANES;
        let mut gradients = ShardGradients {
            input: Buffer::zeros(self.given.d_input * panel),
            recurrent: Buffer::zeros(d_hidden * panel),
            sums: Buffer::zeros(width),
            extra: Buffer::zeros(U::EXTRA * padded),
            hidden: gather(incoming.last_hidden, self.shard, d_hidden, padded),
            cell: gather(incoming.last_cell, self.shard, d_hidden, padded),
        };
        let by_size = RING_BYTES / (width * size_of::<E>()).max(1);
        let capacity = by_size
            .clamp(*RING_ROWS.start(), *RING_ROWS.end())
            .max(rows);
        let mut masked = self.masks.map(|mask| {
            let size = mask.map_or(0, |mask| mask.places() * capacity * mask.width());
            Buffer::<E>::new(size)
        });
        let mut ring = Ring {
            sums: Buffer::new(capacity * width),
            masked: masked.each_mut().map(|buffer| buffer.as_mut_ptr()),
            factors: self
                .places()
                .map(|places| vec![Vec::with_capacity(capacity); places]),
            d_inputs: Vec::with_capacity(capacity),
            batches: Vec::with_capacity(capacity),
            capacity,
        };
        let steps = self.shard.steps();
        let first_cell = self.first_cell();
        match saved {
            Saved::All { gates, cells } => {
                let kept = (gates.as_ptr(), cells.as_ptr(), first_cell.as_ptr());
                self.segment(0..steps, kept, incoming, &mut gradients, &mut ring);
            }
            Saved::Some { every, cells } => {
                let most = rows * (*every).min(steps);
                let mut gates = Buffer::new(most * width);
                let mut states = Buffer::new(if U::CELL { most * padded } else { 0 });
                for segment in (0..steps.div_ceil(*every)).rev() {
                    let range = segment * every..((segment + 1) * every).min(steps);
                    let start = if U::CELL {
                        &cells[segment * rows * padded..][..rows * padded]
                    } else {
                        &first_cell
                    };
                    let mut cell = Buffer::new(rows * padded);
                    cell.copy_from_slice(start);
                    let save = SaveTo {
                        gates: gates.as_mut_ptr(),
                        cells: states.as_mut_ptr(),
                        base: self.shard.starts[range.start],
                    };
                    self.run(range.clone(), &mut cell, Some(save), false);
                    let kept = (gates.as_ptr(), states.as_ptr(), start.as_ptr());
                    self.segment(range, kept, incoming, &mut gradients, &mut ring);
                }
            }
        }
        self.flush(incoming, &mut gradients, &mut ring);
        gradients
    }

    /// A range of steps whose sums and cells are at hand, with the cell state before the range.
    unsafe fn segment(
        &self,
        range: std::ops::Range<usize>,
        (gates, cells, before): (*const E, *const E, *const E),
        incoming: &Incoming<'_, E>,
        gradients: &mut ShardGradients<E>,
        ring: &mut Ring<E>,
    ) {
        let rows = self.shard.rows.len();
        let (d_hidden, padded) = (self.given.d_hidden, self.padded());
        let width = self.packed.units * U::SAVED * LANES;
        let stride = ring.capacity * U::SAVED * LANES;
        let base = self.shard.starts[range.start];
        let mut inputs = vec![std::ptr::null(); rows];
        let mut previous = vec![std::ptr::null(); rows];
        let mut d_outputs = vec![std::ptr::null(); rows];
        let mut product = Buffer::<E>::new(self.masks[1].map_or(0, |_| rows * padded));
        for step in range.clone().rev() {
            let running = self.shard.running(step);
            if ring.batches.len() + running > ring.capacity {
                self.flush(incoming, gradients, ring);
            }
            let at = ring.batches.len();
            for row in 0..running {
                let place = self.plan.place(self.shard.rows[row], step);
                previous[row] = self.previous(row, step);
                if let Some(d_hidden_all) = incoming.hidden {
                    d_outputs[row] = d_hidden_all[place * d_hidden..].as_ptr();
                }
                inputs[row] = self.input(row, step);
                ring.batches.push(self.shard.rows[row].batch);
                if !incoming.d_input.0.is_null() {
                    let d_input = place * self.given.d_input;
                    ring.d_inputs.push(incoming.d_input.0.wrapping_add(d_input));
                }
            }
            let left = [&inputs[..running], &previous[..running]];
            for (which, factors) in ring.factors.iter_mut().enumerate() {
                let into = (ring.masked[which], at, ring.capacity);
                self.factors(self.masks[which], left[which], into, |place, row| {
                    factors[place].push(row);
                });
            }
            let taken = self.shard.starts[step] - base;
            let cell_before = if step == range.start {
                before
            } else {
                cells.wrapping_add((self.shard.starts[step - 1] - base) * padded)
            };
            let sums = ring.sums.as_mut_ptr().wrapping_add(at * U::SAVED * LANES);
            self.path.run(StepBackward {
                unit: self.unit,
                units: self.packed.units,
                d_hidden_size: d_hidden,
                gates: gates.wrapping_add(taken * width),
                cells: cells.wrapping_add(taken * padded),
                cells_before: cell_before,
                previous: &previous[..running],
                d_outputs: &d_outputs[..running],
                d_hidden: gradients.hidden.as_mut_ptr(),
                d_cell: gradients.cell.as_mut_ptr(),
                d_sums: sums,
                d_sums_stride: stride,
                d_bias: gradients.sums.as_mut_ptr(),
                d_extra: gradients.extra.as_mut_ptr(),
            });
            let target = match self.masks[1] {
                None => gradients.hidden.as_mut_ptr(),
                Some(_) => product.as_mut_ptr(),
            };
            let out: Vec<*mut E> = (0..running)
                .map(|row| target.wrapping_add(row * padded))
                .collect();
            for (place, transposed) in incoming.transposed.1.iter().enumerate() {
                let first = sums.wrapping_add((U::RECURRENT_AT + place) * LANES);
                let factors: Vec<*const E> = (0..running)
                    .map(|row| first.wrapping_add(row * U::SAVED * LANES).cast_const())
                    .collect();
                let right = (&transposed[..], incoming.transposed.1.len());
                let add = self.masks[1].is_none();
                self.times_transposed(&factors, stride, right, d_hidden, &out, add);
                let Some(mask) = self.masks[1] else { continue };
                for row in 0..running {
                    let mask = mask.of(self.shard.rows[row].batch, place);
                    for (unit, &mask) in mask.iter().enumerate() {
                        let at = row * padded + unit;
                        gradients.hidden[at] += *target.add(at) * mask;
                    }
                }
            }
        }
    }

    /// `out_r (+)= d_s_r · weightᵀ`, where the weight has `columns` rows; of all gates, or of one where
    /// the transposed weight is in several parts.
    unsafe fn times_transposed(
        &self,
        factors: &[*const E],
        stride: usize,
        (transposed, parts): (&[E], usize),
        columns: usize,
        out: &[*mut E],
        add: bool,
    ) {
        let width = U::GATES / parts * LANES;
        let inner = self.packed.units * width;
        let runs = Runs {
            blocks: self.packed.units,
            stride,
            width,
        };
        let mut out = out.to_vec();
        let mut panel = transposed.as_ptr();
        for first in (0..columns).step_by(PANEL) {
            let columns = PANEL.min(columns - first);
            let ld = columns.div_ceil(LANES) * LANES;
            self.path.run(Rows {
                factors: Factors {
                    rows: factors,
                    runs,
                    panel,
                    ld,
                },
                columns,
                out: &out,
                add,
            });
            panel = panel.wrapping_add(inner * ld);
            out.iter_mut().for_each(|to| *to = to.wrapping_add(columns));
        }
    }

    /// The products that waited.
    unsafe fn flush(
        &self,
        incoming: &Incoming<'_, E>,
        gradients: &mut ShardGradients<E>,
        ring: &mut Ring<E>,
    ) {
        let units = self.packed.units;
        let (width, panel) = (U::SAVED * LANES, U::GATES * LANES);
        if !ring.d_inputs.is_empty() {
            self.input_gradients(incoming, ring);
        }
        let sums = ring.sums.as_ptr();
        let [inputs, previous] = &ring.factors;
        let weights = [
            (
                inputs,
                U::INPUT_AT,
                &mut gradients.input,
                self.given.d_input,
            ),
            (
                previous,
                U::RECURRENT_AT,
                &mut gradients.recurrent,
                self.given.d_hidden,
            ),
        ];
        for (places, at, gradient, rows) in weights {
            let blocks = U::GATES / places.len();
            // A panel of the gradient stays in the cache while all rows are added to it.
            for unit in 0..units {
                for (place, factors) in places.iter().enumerate() {
                    let c = gradient.as_mut_ptr().wrapping_add(unit * rows * panel);
                    let at = (at + place) * LANES;
                    for (chunk, factors) in factors.chunks(OUTER_ROWS).enumerate() {
                        let from = (unit * ring.capacity + chunk * OUTER_ROWS) * width + at;
                        self.path.run(Outer {
                            a: factors,
                            rows,
                            b: sums.wrapping_add(from),
                            ldb: width,
                            c: c.wrapping_add(place * LANES),
                            ldc: panel,
                            blocks,
                        });
                    }
                }
            }
        }
        ring.factors.iter_mut().flatten().for_each(Vec::clear);
        ring.batches.clear();
        ring.d_inputs.clear();
    }

    /// `d_x` of the steps that waited.
    unsafe fn input_gradients(&self, incoming: &Incoming<'_, E>, ring: &Ring<E>) {
        let (width, d_input) = (U::SAVED * LANES, self.given.d_input);
        let rows = ring.batches.len();
        let mask = self.masks[0];
        let mut product = Buffer::<E>::new(mask.map_or(0, |_| rows * d_input));
        let product = product.as_mut_ptr();
        let products: Vec<*mut E> = (0..rows)
            .map(|row| product.wrapping_add(row * d_input))
            .collect();
        let parts = incoming.transposed.0;
        for (place, transposed) in parts.iter().enumerate() {
            let sums = ring.sums.as_ptr();
            let sums = sums.wrapping_add((U::INPUT_AT + place) * LANES);
            let factors: Vec<*const E> = (0..rows)
                .map(|row| sums.wrapping_add(row * width))
                .collect();
            let out = if mask.is_some() {
                &products
            } else {
                &ring.d_inputs
            };
            let right = (&transposed[..], parts.len());
            let stride = ring.capacity * width;
            self.times_transposed(&factors, stride, right, d_input, out, false);
            let Some(mask) = mask else { continue };
            for (row, &batch) in ring.batches.iter().enumerate() {
                let (from, to) = (products[row], ring.d_inputs[row]);
                for (at, &mask) in mask.of(batch, place).iter().enumerate() {
                    // Zeros stand there before the first place.
                    *to.add(at) += *from.add(at) * mask;
                }
            }
        }
    }
}

/// The pointwise step of all running rows, backwards.
struct StepBackward<'a, E, U> {
    unit: &'a U,
    units: usize,
    d_hidden_size: usize,
    gates: *const E,
    cells: *const E,
    cells_before: *const E,
    previous: &'a [*const E],
    /// Null where no gradient comes in.
    d_outputs: &'a [*const E],
    d_hidden: *mut E,
    d_cell: *mut E,
    d_sums: *mut E,
    d_sums_stride: usize,
    d_bias: *mut E,
    d_extra: *mut E,
}

impl<E: Real, U: Unit<E>> Op<E> for StepBackward<'_, E, U> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        let padded = self.units * LANES;
        let width = U::SAVED * LANES;
        let zero = S::splat(E::of(0.0));
        for (row, (&previous, &d_output)) in self.previous.iter().zip(self.d_outputs).enumerate() {
            for unit in 0..self.units {
                let at = row * padded + unit * LANES;
                let valid = self.d_hidden_size - unit * LANES;
                let mut d_hidden = S::load(self.d_hidden.add(at));
                if !d_output.is_null() {
                    let d_output = load_part::<S>(d_output.add(unit * LANES), valid);
                    d_hidden = S::add(d_hidden, d_output);
                }
                let mut given = Backward {
                    previous_hidden: load_part::<S>(previous.add(unit * LANES), valid),
                    previous_cell: zero,
                    cell: zero,
                    d_hidden,
                    d_cell: zero,
                };
                if U::CELL {
                    given.previous_cell = S::load(self.cells_before.add(at));
                    given.cell = S::load(self.cells.add(at));
                    given.d_cell = S::load(self.d_cell.add(at));
                }
                let sums_at = (row * self.units + unit) * width;
                let d_sums = self.d_sums.add(unit * self.d_sums_stride + row * width);
                let (d_previous, d_cell) = self.unit.backward::<S>(
                    unit,
                    self.gates.add(sums_at),
                    d_sums,
                    self.d_extra,
                    given,
                );
                S::store(self.d_hidden.add(at), d_previous);
                if U::CELL {
                    S::store(self.d_cell.add(at), d_cell);
                }
                for block in 0..U::SAVED {
                    let bias = self.d_bias.add(unit * width + block * LANES);
                    let sum = S::add(S::load(bias), S::load(d_sums.add(block * LANES)));
                    S::store(bias, sum);
                }
            }
        }
    }
}
