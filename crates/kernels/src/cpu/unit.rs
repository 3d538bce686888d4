//! What a cell is to the engine: how its gates lie, and its pointwise step both ways.

use super::real::Real;
use super::simd::Simd;

/// One block of hidden units of one sequence at one step, forwards.
pub struct Forward<B> {
    /// `h_{t-1}`.
    pub hidden: B,
    /// `c_{t-1}`.
    pub cell: B,
}

/// The same, backwards.
pub struct Backward<B> {
    /// `h_{t-1}`.
    pub previous_hidden: B,
    /// `c_{t-1}`.
    pub previous_cell: B,
    /// `c_t`.
    pub cell: B,
    /// Gradient of `h_t`.
    pub d_hidden: B,
    /// Gradient of `c_t` from the next step.
    pub d_cell: B,
}

/// A cell's pointwise step on [`LANES`](super::simd::LANES) units at a time.
///
/// A unit block has [`SAVED`](Self::SAVED) blocks, which begin as the sums of the gates and become
/// what the backward pass needs. The input product goes to `GATES` of them from `INPUT_AT` on, the
/// recurrent product to `GATES` from `RECURRENT_AT` on.
///
/// # Safety
/// `unsafe` functions need the instructions of `S`, and pointers to `SAVED` blocks.
pub trait Unit<E: Real>: Sync {
    /// Gates.
    const GATES: usize;
    /// Blocks a unit block has.
    const SAVED: usize;
    /// See the trait.
    const INPUT_AT: usize;
    /// See the trait.
    const RECURRENT_AT: usize;
    /// Canonical gate at each place of the input product.
    const INPUT_ORDER: &'static [usize];
    /// Canonical gate at each place of the recurrent product.
    const RECURRENT_ORDER: &'static [usize];
    /// There is a cell state.
    const CELL: bool;
    /// Vectors of `d_hidden` numbers that the pointwise step reads (peepholes).
    const EXTRA: usize;

    /// `(h_t, c_t)`; turns the sums at `tile` into what is saved.
    unsafe fn forward<S: Simd<Elem = E>>(
        &self,
        unit: usize,
        tile: *mut E,
        at: Forward<S::Block>,
    ) -> (S::Block, S::Block);

    /// `(d_hidden, d_cell)` of the step before, without what goes through the recurrent product;
    /// writes the gradients of the sums to `d_sums` and adds to those of the extra vectors.
    unsafe fn backward<S: Simd<Elem = E>>(
        &self,
        unit: usize,
        saved: *const E,
        d_sums: *mut E,
        d_extra: *mut E,
        at: Backward<S::Block>,
    ) -> (S::Block, S::Block);
}
