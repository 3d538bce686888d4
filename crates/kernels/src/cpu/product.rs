//! The two matrix products of the engine: rows times a packed panel, and the sum of outer products.

use super::real::Real;
use super::simd::{LANES, Op, Simd};
use std::mem::MaybeUninit;

/// Rows of a register tile.
pub const TILE_ROWS: usize = 6;
/// Columns of the widest panel.
pub const PANEL: usize = 4 * LANES;

/// A register tile in memory, on whole cache lines.
#[repr(C, align(64))]
pub struct Tile<E>([E; TILE_ROWS * PANEL]);

/// Where the factors of a row lie: `blocks` runs of `width` numbers, `stride` apart.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    /// Number of runs.
    pub blocks: usize,
    /// Distance from one run to the next.
    pub stride: usize,
    /// Length of a run.
    pub width: usize,
}

impl Runs {
    /// One run.
    pub fn whole(width: usize) -> Self {
        Self {
            blocks: 1,
            stride: 0,
            width,
        }
    }
}

/// `acc[i][at + v] += Σ_k a_i[k] · panel[k][v]`, the inner loop of [`Rows`] and of the time step.
///
/// # Safety
/// `a` points to rows as `runs` says; `panel` to `runs.blocks * runs.width` rows of `ld` numbers.
#[inline(always)]
pub unsafe fn accumulate<S: Simd, const MR: usize, const ACC: usize, const NB: usize>(
    acc: &mut [[S::Block; ACC]; MR],
    at: usize,
    a: [*const S::Elem; MR],
    runs: Runs,
    mut panel: *const S::Elem,
    ld: usize,
) {
    // A copy, so that the sums live in registers whatever the caller does with `acc`.
    let mut sums = [[S::splat(S::Elem::of(0.0)); NB]; MR];
    for i in 0..MR {
        for v in 0..NB {
            sums[i][v] = acc[i][at + v];
        }
    }
    for block in 0..runs.blocks {
        let mut k = block * runs.stride;
        let end = k + runs.width;
        while k < end {
            let mut columns = [S::splat(S::Elem::of(0.0)); NB];
            for v in 0..NB {
                columns[v] = S::load(panel.add(v * LANES));
            }
            for i in 0..MR {
                let factor = S::splat(*a[i].add(k));
                for v in 0..NB {
                    sums[i][v] = S::fma(factor, columns[v], sums[i][v]);
                }
            }
            panel = panel.wrapping_add(ld);
            k += 1;
        }
    }
    for i in 0..MR {
        for v in 0..NB {
            acc[i][at + v] = sums[i][v];
        }
    }
}

/// `out_r += a_r · panel` for many rows: one panel of at most [`PANEL`] columns.
pub struct Rows<'a, E> {
    /// Rows of the left factor.
    pub a: &'a [*const E],
    /// Their layout.
    pub runs: Runs,
    /// The right factor, `[k][columns]`, with columns padded to whole blocks.
    pub panel: *const E,
    /// Columns that are written; the rest is padding.
    pub columns: usize,
    /// Where each row's result goes.
    pub out: &'a [*mut E],
    /// Add to what is there.
    pub add: bool,
}

impl<E: Real> Op<E> for Rows<'_, E> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        let blocks = self.columns.div_ceil(LANES);
        let ld = blocks * LANES;
        let mut row = 0;
        while row < self.a.len() {
            let height = (self.a.len() - row).min(TILE_ROWS);
            match height {
                1 => self.row_tiles::<S, 1>(row, blocks, ld),
                2 => self.row_tiles::<S, 2>(row, blocks, ld),
                3 => self.row_tiles::<S, 3>(row, blocks, ld),
                4 => self.row_tiles::<S, 4>(row, blocks, ld),
                5 => self.row_tiles::<S, 5>(row, blocks, ld),
                _ => self.row_tiles::<S, 6>(row, blocks, ld),
            }
            row += height;
        }
    }
}

impl<E: Real> Rows<'_, E> {
    #[inline(always)]
    unsafe fn row_tiles<S: Simd<Elem = E>, const MR: usize>(
        &self,
        row: usize,
        blocks: usize,
        ld: usize,
    ) {
        let mut block = 0;
        while block < blocks {
            let width = (blocks - block).min(S::TILE_BLOCKS);
            // The condition is a constant: what registers cannot hold is not even compiled.
            if S::TILE_BLOCKS == 1 {
                self.tile::<S, MR, 1>(row, block, ld);
            } else {
                match width {
                    1 => self.tile::<S, MR, 1>(row, block, ld),
                    2 => self.tile::<S, MR, 2>(row, block, ld),
                    3 => self.tile::<S, MR, 3>(row, block, ld),
                    _ => self.tile::<S, MR, 4>(row, block, ld),
                }
            }
            block += width;
        }
    }

    #[inline(always)]
    unsafe fn tile<S: Simd<Elem = E>, const MR: usize, const NB: usize>(
        &self,
        row: usize,
        block: usize,
        ld: usize,
    ) {
        let column = block * LANES;
        let zero = S::splat(E::of(0.0));
        let mut acc = [[zero; NB]; MR];
        let mut a = [std::ptr::null(); MR];
        for i in 0..MR {
            a[i] = *self.a.get_unchecked(row + i);
        }
        accumulate::<S, MR, NB, NB>(&mut acc, 0, a, self.runs, self.panel.add(column), ld);
        let mut tile = MaybeUninit::<Tile<E>>::uninit();
        let tile = tile.as_mut_ptr().cast::<E>();
        for i in 0..MR {
            for v in 0..NB {
                S::store(tile.add((i * NB + v) * LANES), acc[i][v]);
            }
        }
        // Not unrolled: this is a small part of the work.
        for i in 0..self.out.len().min(row + MR) - row {
            let out = (*self.out.get_unchecked(row + i)).add(column);
            for v in 0..NB {
                let valid = self.columns - column - v * LANES;
                let out = out.add(v * LANES);
                let mut sum = S::load(tile.add((i * NB + v) * LANES));
                if self.add {
                    sum = S::add(sum, load_part::<S>(out, valid));
                }
                store_part::<S>(out, sum, valid);
            }
        }
    }
}

/// `c[m] += Σ_k a_k[m] · b[k]`: the gradient of a weight, one panel of columns.
pub struct Outer<'a, E> {
    /// Rows of the left factor, of `rows` numbers each.
    pub a: &'a [*const E],
    /// Height of the result.
    pub rows: usize,
    /// Rows of the right factor, `ldb` apart.
    pub b: *const E,
    /// See `b`.
    pub ldb: usize,
    /// The result, rows `ldc` apart.
    pub c: *mut E,
    /// See `c`.
    pub ldc: usize,
    /// Width of the result in blocks, at most 4.
    pub blocks: usize,
}

impl<E: Real> Op<E> for Outer<'_, E> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        let mut row = 0;
        while row < self.rows {
            let height = (self.rows - row).min(TILE_ROWS);
            match height {
                1 => self.row_tiles::<S, 1>(row),
                2 => self.row_tiles::<S, 2>(row),
                3 => self.row_tiles::<S, 3>(row),
                4 => self.row_tiles::<S, 4>(row),
                5 => self.row_tiles::<S, 5>(row),
                _ => self.row_tiles::<S, 6>(row),
            }
            row += height;
        }
    }
}

impl<E: Real> Outer<'_, E> {
    #[inline(always)]
    unsafe fn row_tiles<S: Simd<Elem = E>, const MR: usize>(&self, row: usize) {
        let mut block = 0;
        while block < self.blocks {
            let width = (self.blocks - block).min(S::TILE_BLOCKS);
            if S::TILE_BLOCKS == 1 {
                self.tile::<S, MR, 1>(row, block);
            } else {
                match width {
                    1 => self.tile::<S, MR, 1>(row, block),
                    2 => self.tile::<S, MR, 2>(row, block),
                    3 => self.tile::<S, MR, 3>(row, block),
                    _ => self.tile::<S, MR, 4>(row, block),
                }
            }
            block += width;
        }
    }

    #[inline(always)]
    unsafe fn tile<S: Simd<Elem = E>, const MR: usize, const NB: usize>(
        &self,
        row: usize,
        block: usize,
    ) {
        let c = self.c.add(row * self.ldc + block * LANES);
        let mut acc = [[S::splat(E::of(0.0)); NB]; MR];
        for i in 0..MR {
            for v in 0..NB {
                acc[i][v] = S::load(c.add(i * self.ldc + v * LANES));
            }
        }
        let mut b = self.b.add(block * LANES);
        for &a in self.a {
            let a = a.add(row);
            let mut columns = [S::splat(E::of(0.0)); NB];
            for v in 0..NB {
                columns[v] = S::load(b.add(v * LANES));
            }
            for i in 0..MR {
                let factor = S::splat(*a.add(i));
                for v in 0..NB {
                    acc[i][v] = S::fma(factor, columns[v], acc[i][v]);
                }
            }
            b = b.wrapping_add(self.ldb);
        }
        for i in 0..MR {
            for v in 0..NB {
                S::store(c.add(i * self.ldc + v * LANES), acc[i][v]);
            }
        }
    }
}

/// Reads the first `valid` numbers of a block, zeros for the rest.
///
/// # Safety
/// `from` points to `valid` numbers.
#[inline(always)]
pub unsafe fn load_part<S: Simd>(from: *const S::Elem, valid: usize) -> S::Block {
    if valid >= LANES {
        return S::load(from);
    }
    let mut whole = [S::Elem::of(0.0); LANES];
    std::ptr::copy_nonoverlapping(from, whole.as_mut_ptr(), valid);
    S::load(whole.as_ptr())
}

/// Writes the first `valid` numbers of a block.
///
/// # Safety
/// `to` points to `valid` numbers.
#[inline(always)]
pub unsafe fn store_part<S: Simd>(to: *mut S::Elem, x: S::Block, valid: usize) {
    if valid >= LANES {
        return S::store(to, x);
    }
    let mut whole = [S::Elem::of(0.0); LANES];
    S::store(whole.as_mut_ptr(), x);
    std::ptr::copy_nonoverlapping(whole.as_ptr(), to, valid);
}
