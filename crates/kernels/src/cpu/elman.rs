//! The Elman cell's pointwise step.

use super::math::tanh;
use super::real::Real;
use super::simd::Simd;
use super::unit::{Backward, Forward, Unit};

/// See `ElmanCell`. Saved: `h_t`.
pub struct Elman {
    /// `relu` in place of `tanh`.
    pub relu: bool,
}

impl<E: Real> Unit<E> for Elman {
    const GATES: usize = 1;
    const SAVED: usize = 1;
    const INPUT_AT: usize = 0;
    const RECURRENT_AT: usize = 0;
    const INPUT_ORDER: &'static [usize] = &[0];
    const RECURRENT_ORDER: &'static [usize] = &[0];
    const CELL: bool = false;
    const EXTRA: usize = 0;

    #[inline(always)]
    unsafe fn forward<S: Simd<Elem = E>>(
        &self,
        _unit: usize,
        tile: *mut E,
        at: Forward<S::Block>,
    ) -> (S::Block, S::Block) {
        let sum = S::load(tile);
        let hidden = if self.relu {
            S::max(S::splat(E::of(0.0)), sum)
        } else {
            tanh::<S>(sum)
        };
        S::store(tile, hidden);
        (hidden, at.cell)
    }

    #[inline(always)]
    unsafe fn backward<S: Simd<Elem = E>>(
        &self,
        _unit: usize,
        saved: *const E,
        d_sums: *mut E,
        _d_extra: *mut E,
        at: Backward<S::Block>,
    ) -> (S::Block, S::Block) {
        let zero = S::splat(E::of(0.0));
        let hidden = S::load(saved);
        let d_sum = if self.relu {
            S::where_less(zero, hidden, at.d_hidden)
        } else {
            let slope = S::sub(S::splat(E::of(1.0)), S::mul(hidden, hidden));
            S::mul(at.d_hidden, slope)
        };
        S::store(d_sums, d_sum);
        (zero, at.d_cell)
    }
}
