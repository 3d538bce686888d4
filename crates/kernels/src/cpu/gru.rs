//! The GRU's pointwise step, reset after the product.

use super::math::{sigmoid, tanh};
use super::real::Real;
use super::simd::{LANES, Simd};
use super::unit::{Backward, Forward, Unit};

/// Saved: `n, r, z, q`, where `q = h_{t-1}·U_n + b_u` is what the reset gate scales;
/// in this order the sums of either product lie side by side.
pub struct Gru {
    /// The update gate takes the candidate instead of the state.
    pub mirror: bool,
}

impl<E: Real> Unit<E> for Gru {
    const GATES: usize = 3;
    const SAVED: usize = 4;
    const INPUT_AT: usize = 0;
    const RECURRENT_AT: usize = 1;
    const INPUT_ORDER: &'static [usize] = &[2, 0, 1];
    const RECURRENT_ORDER: &'static [usize] = &[0, 1, 2];
    const CELL: bool = false;
    const EXTRA: usize = 0;

    #[inline(always)]
    unsafe fn forward<S: Simd<Elem = E>>(
        &self,
        _unit: usize,
        tile: *mut E,
        at: Forward<S::Block>,
    ) -> (S::Block, S::Block) {
        let r = sigmoid::<S>(S::load(tile.add(LANES)));
        let z = sigmoid::<S>(S::load(tile.add(2 * LANES)));
        let q = S::load(tile.add(3 * LANES));
        let n = tanh::<S>(S::fma(r, q, S::load(tile)));
        S::store(tile, n);
        S::store(tile.add(LANES), r);
        S::store(tile.add(2 * LANES), z);
        let (from, to) = if self.mirror {
            (at.hidden, n)
        } else {
            (n, at.hidden)
        };
        (S::fma(z, S::sub(to, from), from), at.cell)
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
        let one = S::splat(E::of(1.0));
        let n = S::load(saved);
        let r = S::load(saved.add(LANES));
        let z = S::load(saved.add(2 * LANES));
        let q = S::load(saved.add(3 * LANES));
        let to_z = S::mul(at.d_hidden, z);
        let rest = S::sub(at.d_hidden, to_z);
        let (d_state, d_candidate, difference) = if self.mirror {
            (rest, to_z, S::sub(n, at.previous_hidden))
        } else {
            (to_z, rest, S::sub(at.previous_hidden, n))
        };
        let d_z = S::mul(S::mul(at.d_hidden, difference), S::mul(z, S::sub(one, z)));
        let d_n = S::mul(d_candidate, S::sub(one, S::mul(n, n)));
        let d_r = S::mul(S::mul(d_n, q), S::mul(r, S::sub(one, r)));
        S::store(d_sums, d_n);
        S::store(d_sums.add(LANES), d_r);
        S::store(d_sums.add(2 * LANES), d_z);
        S::store(d_sums.add(3 * LANES), S::mul(d_n, r));
        (d_state, at.d_cell)
    }
}
