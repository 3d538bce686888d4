//! The forward time loop of one shard.

use super::buffer::Buffer;
use super::mask::Mask;
use super::pack::Packed;
use super::path::{Number, Path};
use super::plan::{Plan, Shard};
use super::product::{Factors, Runs, Sums, add_products, group_rows, load_part, store_part};
use super::real::Real;
use super::simd::{LANES, Op, Simd};
use super::unit::{Forward, Unit};
use std::mem::MaybeUninit;
use std::ops::Range;

/// What a sequence is run on; `B` is the batch size, `T` the padded length.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a, E> {
    /// `[B, T, d_input]`.
    pub input: &'a [E],
    /// `h_0`, `[B, H]`; zeros when absent.
    pub hidden: Option<&'a [E]>,
    /// `c_0`, `[B, H]`; zeros when absent.
    pub cell: Option<&'a [E]>,
    /// What `h_{t-1}` is multiplied by before it meets `U`, `[B, H]`, or `[B, G, H]` for each gate.
    pub mask: Option<&'a [E]>,
    /// What `x_t` is multiplied by before it meets `W`, for each gate, `[B, G, d_input]`.
    pub input_mask: Option<&'a [E]>,
    /// `d_input`.
    pub d_input: usize,
    /// `H`.
    pub d_hidden: usize,
}

impl<'a, E: Number> Given<'a, E> {
    /// The masks of the input product and of the recurrent product of a batch.
    pub fn masks<U: Unit<E>>(&self, batch_size: usize) -> [Option<Mask<'a, E>>; 2] {
        let mask = |values: Option<&'a [E]>, width, order| {
            values.map(|values| Mask::new(values, batch_size, width, order))
        };
        [
            mask(self.input_mask, self.d_input, U::INPUT_ORDER),
            mask(self.mask, self.d_hidden, U::RECURRENT_ORDER),
        ]
    }
}

/// A pointer that shards may share: each touches its own rows alone.
#[derive(Clone, Copy)]
pub struct Rowwise<E>(pub *mut E);

// SAFETY: see the type; who makes one keeps the promise.
unsafe impl<E: Send> Send for Rowwise<E> {}
// SAFETY: as above.
unsafe impl<E: Send> Sync for Rowwise<E> {}

/// Where a range of steps saves what the backward pass reads.
#[derive(Clone, Copy)]
pub struct SaveTo<E> {
    /// `[rows taken][units * SAVED * LANES]`.
    pub gates: *mut E,
    /// `[rows taken][units * LANES]`.
    pub cells: *mut E,
    /// `starts` of the range's first step.
    pub base: usize,
}

/// One shard on its way through time.
pub struct Walk<'a, E, U> {
    /// The instruction set.
    pub path: Path,
    /// The cell.
    pub unit: &'a U,
    /// Its parameters.
    pub packed: &'a Packed<E>,
    /// The batch.
    pub given: &'a Given<'a, E>,
    /// The order of rows.
    pub plan: &'a Plan,
    /// The rows of this shard.
    pub shard: &'a Shard,
    /// Hidden states of all steps, `[B, T, H]`.
    pub hidden: Rowwise<E>,
    /// `h_0` of the shard's rows, `[rows, H]`.
    pub first: Buffer<E>,
    /// Masks of the input product and of the recurrent product.
    pub masks: [Option<Mask<'a, E>>; 2],
}

impl<'a, E: Number, U: Unit<E>> Walk<'a, E, U> {
    /// Prepares a shard.
    pub fn new(
        path: Path,
        unit: &'a U,
        packed: &'a Packed<E>,
        given: &'a Given<'a, E>,
        plan: &'a Plan,
        shard: &'a Shard,
        hidden: Rowwise<E>,
    ) -> Self {
        let d_hidden = given.d_hidden;
        let first = gather(given.hidden, shard, d_hidden, d_hidden);
        Self {
            path,
            unit,
            packed,
            given,
            plan,
            shard,
            hidden,
            first,
            masks: given.masks::<U>(plan.batch_size()),
        }
    }

    /// `c_0` of the shard's rows, `[rows, padded]`.
    pub fn first_cell(&self) -> Buffer<E> {
        gather(
            self.given.cell,
            self.shard,
            self.given.d_hidden,
            self.padded(),
        )
    }

    /// Products that the input product and the recurrent product fall into.
    pub fn places(&self) -> [usize; 2] {
        self.masks.map(|mask| mask.map_or(1, |mask| mask.places()))
    }

    /// `d_hidden` in whole blocks.
    pub fn padded(&self) -> usize {
        self.packed.units * LANES
    }

    /// `h_{t-1}` of a row of the shard.
    pub fn previous(&self, row: usize, step: usize) -> *const E {
        let d_hidden = self.given.d_hidden;
        match step {
            0 => self.first[row * d_hidden..].as_ptr(),
            _ => {
                let place = self.plan.place(self.shard.rows[row], step - 1);
                self.hidden.0.wrapping_add(place * d_hidden)
            }
        }
    }

    /// `x_t` of a row of the shard.
    pub fn input(&self, row: usize, step: usize) -> *const E {
        let place = self.plan.place(self.shard.rows[row], step);
        self.given.input[place * self.given.d_input..].as_ptr()
    }

    /// What meets a weight at one step, given to `push` with its place, place by place: the rows, or what they are times
    /// their masks, which is written to `into`, see [`Mask::apply`].
    ///
    /// # Safety
    /// `rows` are running rows of the shard, of the mask's width; the steps before have been run.
    pub unsafe fn factors(
        &self,
        mask: Option<Mask<'_, E>>,
        rows: &[*const E],
        into: (*mut E, usize, usize),
        mut push: impl FnMut(usize, *const E),
    ) {
        let Some(mask) = mask else {
            rows.iter().for_each(|&row| push(0, row));
            return;
        };
        let batches = self.shard.rows.iter().map(|row| row.batch);
        // SAFETY: passed on.
        unsafe { mask.apply(rows, batches, into) };
        let (into, at, capacity) = into;
        for place in 0..mask.places() {
            for row in 0..rows.len() {
                let from = (place * capacity + at + row) * mask.width();
                push(place, into.wrapping_add(from).cast_const());
            }
        }
    }

    /// Runs a range of steps; `cell` is `[rows, padded]` and carried on.
    ///
    /// # Safety
    /// `hidden` is `[B, T, H]` and no other thread touches
    /// this shard's rows; `save` has room for the range.
    pub unsafe fn run(
        &self,
        steps: Range<usize>,
        cell: &mut [E],
        save: Option<SaveTo<E>>,
        write: bool,
    ) {
        let rows = self.shard.rows.len();
        let (d_hidden, padded) = (self.given.d_hidden, self.padded());
        let mut inputs = vec![std::ptr::null(); rows];
        let mut previous = vec![std::ptr::null(); rows];
        let mut outputs = vec![std::ptr::null_mut(); rows];
        let mut masked = self.masks.map(|mask| {
            let size = mask.map_or(0, |mask| mask.places() * rows * mask.width());
            Buffer::<E>::new(size)
        });
        let masked = masked.each_mut().map(|buffer| buffer.as_mut_ptr());
        let mut factors = self
            .places()
            .map(|places| Vec::with_capacity(places * rows));
        for step in steps {
            let running = self.shard.running(step);
            for row in 0..running {
                inputs[row] = self.input(row, step);
                previous[row] = self.previous(row, step);
                if write {
                    let place = self.plan.place(self.shard.rows[row], step);
                    outputs[row] = self.hidden.0.wrapping_add(place * d_hidden);
                }
            }
            let left = [&inputs[..running], &previous[..running]];
            for (at, factors) in factors.iter_mut().enumerate() {
                factors.clear();
                let into = (masked[at], 0, rows);
                self.factors(self.masks[at], left[at], into, |_, row| factors.push(row));
            }
            let null = std::ptr::null_mut();
            let (gates, cells) = save.map_or((null, null), |to| {
                let at = self.shard.starts[step] - to.base;
                (
                    to.gates
                        .wrapping_add(at * self.packed.units * U::SAVED * LANES),
                    to.cells.wrapping_add(if U::CELL { at * padded } else { 0 }),
                )
            });
            self.path.run(Step {
                unit: self.unit,
                packed: self.packed,
                d_input: self.given.d_input,
                d_hidden,
                factors: [&factors[0], &factors[1]],
                previous: &previous[..running],
                outputs: &outputs[..running],
                cell: cell.as_mut_ptr(),
                gates,
                cells: if U::CELL { cells } else { null },
            });
        }
    }
}

/// Rows of the shard from `[B, from_width]`, padded with zeros; zeros when absent.
pub fn gather<E: Real>(
    from: Option<&[E]>,
    shard: &Shard,
    width: usize,
    padded: usize,
) -> Buffer<E> {
    let mut into = Buffer::zeros(shard.rows.len() * padded);
    if let Some(from) = from {
        for (row, into) in shard.rows.iter().zip(into.chunks_exact_mut(padded)) {
            into[..width].copy_from_slice(&from[row.batch * width..][..width]);
        }
    }
    into
}

/// One step of all running rows of a shard.
pub struct Step<'a, E, U> {
    /// The cell.
    pub unit: &'a U,
    /// Its parameters.
    pub packed: &'a Packed<E>,
    /// `d_input`.
    pub d_input: usize,
    /// `H`.
    pub d_hidden: usize,
    /// What meets `W` and what meets `U`: a row each for all gates, or for the gate at one place after the
    /// other.
    pub factors: [&'a [*const E]; 2],
    /// `h_{t-1}`.
    pub previous: &'a [*const E],
    /// Null where the result is there already.
    pub outputs: &'a [*mut E],
    /// `c`, `[rows, padded]`, carried on.
    pub cell: *mut E,
    /// Null where nothing is saved.
    pub gates: *mut E,
    /// Null likewise.
    pub cells: *mut E,
}

impl<E: Real, U: Unit<E>> Op<E> for Step<'_, E, U> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        let rows = self.previous.len();
        let width = U::SAVED * LANES;
        let mut sums = MaybeUninit::<Sums<E>>::uninit();
        let sums = sums.as_mut_ptr().cast::<E>();
        let group = group_rows(rows);
        for unit in 0..self.packed.units {
            let bias = self.packed.bias.as_ptr().add(unit * width);
            for first in (0..rows).step_by(group) {
                let taken = first..rows.min(first + group);
                for row in 0..taken.len() {
                    for block in 0..U::SAVED {
                        let at = block * LANES;
                        S::store(sums.add(row * width + at), S::load(bias.add(at)));
                    }
                }
                match U::GATES {
                    1 => self.products::<S, 1>(unit, taken.clone(), sums),
                    3 => self.products::<S, 3>(unit, taken.clone(), sums),
                    _ => self.products::<S, 4>(unit, taken.clone(), sums),
                }
                for (at, row) in taken.enumerate() {
                    self.finish::<S>(unit, row, sums.add(at * width));
                }
            }
        }
    }
}

impl<E: Real, U: Unit<E>> Step<'_, E, U> {
    /// Adds both products of some rows to their sums, which hold the biases.
    #[inline(always)]
    unsafe fn products<S: Simd<Elem = E>, const GATES: usize>(
        &self,
        unit: usize,
        rows: Range<usize>,
        sums: *mut E,
    ) {
        let ld = GATES * LANES;
        let [inputs, hidden] = self.factors;
        let factors = [
            (inputs, self.d_input, &self.packed.input, U::INPUT_AT),
            (
                hidden,
                self.d_hidden,
                &self.packed.recurrent,
                U::RECURRENT_AT,
            ),
        ];
        let all = self.previous.len();
        for (from, width, panels, at) in factors {
            let one_gate = from.len() > all;
            for (place, from) in from.chunks_exact(all).enumerate() {
                let sums = sums.add((at + place) * LANES);
                let factors = Factors {
                    rows: from.get_unchecked(rows.clone()),
                    runs: Runs::whole(width),
                    panel: panels.as_ptr().add((unit * width * GATES + place) * LANES),
                    ld,
                };
                match one_gate {
                    true => add_products::<S, 1>(sums, U::SAVED * LANES, factors),
                    false => add_products::<S, GATES>(sums, U::SAVED * LANES, factors),
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn finish<S: Simd<Elem = E>>(&self, unit: usize, row: usize, tile: *mut E) {
        let padded = self.packed.units * LANES;
        let at = unit * LANES;
        let valid = self.d_hidden - at;
        let zero = S::splat(E::of(0.0));
        let cell_at = self.cell.wrapping_add(row * padded + at);
        let before = Forward {
            hidden: load_part::<S>(self.previous.get_unchecked(row).add(at), valid),
            cell: if U::CELL { S::load(cell_at) } else { zero },
        };
        let (hidden, cell) = self.unit.forward::<S>(unit, tile, before);
        let output = *self.outputs.get_unchecked(row);
        if !output.is_null() {
            store_part::<S>(output.add(at), hidden, valid);
        }
        if U::CELL {
            S::store(cell_at, cell);
            if !self.cells.is_null() {
                S::store(self.cells.add(row * padded + at), cell);
            }
        }
        if !self.gates.is_null() {
            let width = U::SAVED * LANES;
            let gates = self.gates.add((row * self.packed.units + unit) * width);
            for block in 0..U::SAVED {
                let at = block * LANES;
                S::store(gates.add(at), S::load(tile.add(at)));
            }
        }
    }
}
