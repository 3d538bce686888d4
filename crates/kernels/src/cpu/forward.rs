//! The forward time loop of one shard.

use super::buffer::Buffer;
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
    /// What `h_{t-1}` is multiplied by before it meets `U`, `[B, H]`.
    pub mask: Option<&'a [E]>,
    /// `d_input`.
    pub d_input: usize,
    /// `H`.
    pub d_hidden: usize,
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

    /// Writes `h_{t-1} * mask` of the running rows to `into`, `[rows, H]`.
    ///
    /// # Safety
    /// The steps before have been run.
    pub unsafe fn masked_previous(&self, step: usize, running: usize, into: &mut [E]) {
        let Some(mask) = self.given.mask else { return };
        let d_hidden = self.given.d_hidden;
        for row in 0..running {
            // SAFETY: rows of the given tensors, of `d_hidden` numbers.
            let previous =
                unsafe { std::slice::from_raw_parts(self.previous(row, step), d_hidden) };
            let mask = &mask[self.shard.rows[row].batch * d_hidden..][..d_hidden];
            let into = &mut into[row * d_hidden..][..d_hidden];
            for ((into, &previous), &mask) in into.iter_mut().zip(previous).zip(mask) {
                *into = previous * mask;
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
        let mut factors = vec![std::ptr::null(); rows];
        let mut outputs = vec![std::ptr::null_mut(); rows];
        let mut masked = self.given.mask.map(|_| Buffer::<E>::new(rows * d_hidden));
        for step in steps {
            let running = self.shard.running(step);
            for row in 0..running {
                inputs[row] = self.input(row, step);
                previous[row] = self.previous(row, step);
                factors[row] = previous[row];
                if write {
                    let place = self.plan.place(self.shard.rows[row], step);
                    outputs[row] = self.hidden.0.wrapping_add(place * d_hidden);
                }
            }
            if let Some(masked) = &mut masked {
                self.masked_previous(step, running, masked);
                for (row, factors) in factors.iter_mut().enumerate().take(running) {
                    *factors = masked[row * d_hidden..].as_ptr();
                }
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
                inputs: &inputs[..running],
                factors: &factors[..running],
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
    /// `x_t`, a row each.
    pub inputs: &'a [*const E],
    /// What meets `U`.
    pub factors: &'a [*const E],
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
        let rows = self.inputs.len();
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
        let factors = [
            (self.inputs, self.d_input, &self.packed.input, U::INPUT_AT),
            (
                self.factors,
                self.d_hidden,
                &self.packed.recurrent,
                U::RECURRENT_AT,
            ),
        ];
        for (from, width, panels, at) in factors {
            let factors = Factors {
                rows: from.get_unchecked(rows.clone()),
                runs: Runs::whole(width),
                panel: panels.as_ptr().add(unit * width * ld),
                ld,
            };
            add_products::<S, GATES>(sums.add(at * LANES), U::SAVED * LANES, factors);
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
