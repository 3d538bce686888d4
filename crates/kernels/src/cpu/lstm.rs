//! The LSTM's pointwise step, with peepholes and clipping.

use super::math::{sigmoid, tanh};
use super::pack::Packed;
use super::real::Real;
use super::simd::{LANES, Simd};
use super::unit::{Backward, Forward, Unit};

/// See `LstmCell`. Saved: `i, f, g, o`.
pub struct Lstm<E> {
    /// There are peepholes.
    peepholes: bool,
    /// Peephole weights of `i, f, o`, `[3, d_hidden padded]`; not read without peepholes.
    peephole: *const E,
    /// `d_hidden` padded to whole blocks.
    padded: usize,
    /// Bound of the cell state; infinity for none.
    clip: E,
}

// SAFETY: the peephole weights are only read.
unsafe impl<E: Sync> Sync for Lstm<E> {}

impl<E: Real> Lstm<E> {
    /// The cell with packed peepholes.
    pub fn new(packed: &Packed<E>, peepholes: bool, clip: E) -> Self {
        Self {
            peepholes,
            peephole: packed.extra.as_ptr(),
            padded: packed.units * LANES,
            clip,
        }
    }

    #[inline(always)]
    unsafe fn weight<S: Simd<Elem = E>>(&self, gate: usize, unit: usize) -> S::Block {
        S::load(self.peephole.add(gate * self.padded + unit * LANES))
    }
}

impl<E: Real> Unit<E> for Lstm<E> {
    const GATES: usize = 4;
    const SAVED: usize = 4;
    const INPUT_AT: usize = 0;
    const RECURRENT_AT: usize = 0;
    const INPUT_ORDER: &'static [usize] = &[0, 1, 2, 3];
    const RECURRENT_ORDER: &'static [usize] = &[0, 1, 2, 3];
    const CELL: bool = true;
    const EXTRA: usize = 3;

    #[inline(always)]
    unsafe fn forward<S: Simd<Elem = E>>(
        &self,
        unit: usize,
        tile: *mut E,
        at: Forward<S::Block>,
    ) -> (S::Block, S::Block) {
        let mut sum_i = S::load(tile);
        let mut sum_f = S::load(tile.add(LANES));
        let mut sum_o = S::load(tile.add(3 * LANES));
        if self.peepholes {
            sum_i = S::fma(self.weight::<S>(0, unit), at.cell, sum_i);
            sum_f = S::fma(self.weight::<S>(1, unit), at.cell, sum_f);
        }
        let i = sigmoid::<S>(sum_i);
        let f = sigmoid::<S>(sum_f);
        let g = tanh::<S>(S::load(tile.add(2 * LANES)));
        let bound = S::splat(self.clip);
        let minus_bound = S::sub(S::splat(E::of(0.0)), bound);
        let cell = S::fma(f, at.cell, S::mul(i, g));
        // The bound is the first argument, so that NaN comes through.
        let cell = S::min(bound, S::max(minus_bound, cell));
        if self.peepholes {
            sum_o = S::fma(self.weight::<S>(2, unit), cell, sum_o);
        }
        let o = sigmoid::<S>(sum_o);
        S::store(tile, i);
        S::store(tile.add(LANES), f);
        S::store(tile.add(2 * LANES), g);
        S::store(tile.add(3 * LANES), o);
        (S::mul(o, tanh::<S>(cell)), cell)
    }

    #[inline(always)]
    unsafe fn backward<S: Simd<Elem = E>>(
        &self,
        unit: usize,
        saved: *const E,
        d_sums: *mut E,
        d_extra: *mut E,
        at: Backward<S::Block>,
    ) -> (S::Block, S::Block) {
        let zero = S::splat(E::of(0.0));
        let one = S::splat(E::of(1.0));
        let i = S::load(saved);
        let f = S::load(saved.add(LANES));
        let g = S::load(saved.add(2 * LANES));
        let o = S::load(saved.add(3 * LANES));
        let squashed = tanh::<S>(at.cell);
        let d_o = S::mul(S::mul(at.d_hidden, squashed), S::mul(o, S::sub(one, o)));
        let through = S::mul(at.d_hidden, o);
        let slope = S::sub(one, S::mul(squashed, squashed));
        let mut d_cell = S::fma(through, slope, at.d_cell);
        if self.peepholes {
            d_cell = S::fma(d_o, self.weight::<S>(2, unit), d_cell);
        }
        // Nothing passes where the bound cut.
        let size = S::max(at.cell, S::sub(zero, at.cell));
        let d_cell = S::where_less(size, S::splat(self.clip), d_cell);
        let d_i = S::mul(S::mul(d_cell, g), S::mul(i, S::sub(one, i)));
        let d_f = S::mul(S::mul(d_cell, at.previous_cell), S::mul(f, S::sub(one, f)));
        let d_g = S::mul(S::mul(d_cell, i), S::sub(one, S::mul(g, g)));
        S::store(d_sums, d_i);
        S::store(d_sums.add(LANES), d_f);
        S::store(d_sums.add(2 * LANES), d_g);
        S::store(d_sums.add(3 * LANES), d_o);
        let mut d_previous = S::mul(d_cell, f);
        if self.peepholes {
            d_previous = S::fma(d_i, self.weight::<S>(0, unit), d_previous);
            d_previous = S::fma(d_f, self.weight::<S>(1, unit), d_previous);
            let seen = [at.previous_cell, at.previous_cell, at.cell];
            for (gate, (d_sum, cell)) in [d_i, d_f, d_o].into_iter().zip(seen).enumerate() {
                let sum = d_extra.add(gate * self.padded + unit * LANES);
                S::store(sum, S::fma(d_sum, cell, S::load(sum)));
            }
        }
        (zero, d_previous)
    }
}
