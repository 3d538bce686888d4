//! What a cell is to the engine: how its gates lie, and its pointwise step both ways.

use super::product::{Runs, accumulate};
use super::real::Real;
use super::simd::{LANES, Simd};

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

/// What [`accumulate`] multiplies: rows, their layout, a packed panel of all gates of a unit block.
pub struct Factors<E, const MR: usize> {
    /// Rows of the left factor.
    pub rows: [*const E; MR],
    /// Their layout.
    pub runs: Runs,
    /// `[k][GATES * LANES]`.
    pub panel: *const E,
}

/// A cell's pointwise step on [`LANES`] units at a time.
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

    /// Adds both products to the sums in `tile`, rows `SAVED * LANES` apart, which hold the biases.
    unsafe fn products<S: Simd<Elem = E>, const MR: usize>(
        tile: *mut E,
        input: Factors<E, MR>,
        recurrent: Factors<E, MR>,
    );

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

/// [`Unit::products`] for given numbers of blocks.
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn products<
    S: Simd,
    const MR: usize,
    const SAVED: usize,
    const GATES: usize,
    const INPUT_AT: usize,
    const RECURRENT_AT: usize,
>(
    tile: *mut S::Elem,
    input: Factors<S::Elem, MR>,
    recurrent: Factors<S::Elem, MR>,
) {
    let ld = GATES * LANES;
    if S::TILE_BLOCKS >= SAVED {
        let mut acc = read::<S, MR, SAVED>(tile, SAVED);
        accumulate::<S, MR, SAVED, GATES>(
            &mut acc,
            INPUT_AT,
            input.rows,
            input.runs,
            input.panel,
            ld,
        );
        accumulate::<S, MR, SAVED, GATES>(
            &mut acc,
            RECURRENT_AT,
            recurrent.rows,
            recurrent.runs,
            recurrent.panel,
            ld,
        );
        write::<S, MR, SAVED>(tile, SAVED, acc);
        return;
    }
    for block in 0..SAVED {
        let tile = tile.add(block * LANES);
        let mut acc = read::<S, MR, 1>(tile, SAVED);
        for (at, factors) in [(INPUT_AT, &input), (RECURRENT_AT, &recurrent)] {
            if (at..at + GATES).contains(&block) {
                let panel = factors.panel.add((block - at) * LANES);
                accumulate::<S, MR, 1, 1>(&mut acc, 0, factors.rows, factors.runs, panel, ld);
            }
        }
        write::<S, MR, 1>(tile, SAVED, acc);
    }
}

#[inline(always)]
unsafe fn read<S: Simd, const MR: usize, const NB: usize>(
    from: *const S::Elem,
    ld: usize,
) -> [[S::Block; NB]; MR] {
    let mut acc = [[S::splat(S::Elem::of(0.0)); NB]; MR];
    for i in 0..MR {
        for v in 0..NB {
            acc[i][v] = S::load(from.add((i * ld + v) * LANES));
        }
    }
    acc
}

#[inline(always)]
unsafe fn write<S: Simd, const MR: usize, const NB: usize>(
    to: *mut S::Elem,
    ld: usize,
    acc: [[S::Block; NB]; MR],
) {
    for i in 0..MR {
        for v in 0..NB {
            S::store(to.add((i * ld + v) * LANES), acc[i][v]);
        }
    }
}
