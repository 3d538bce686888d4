//! The two matrix products of the engine: rows times a packed panel, and the sum of outer products.

use super::real::Real;
use super::simd::{LANES, Op, Simd};
use std::mem::MaybeUninit;

/// Rows of a register tile.
const TILE_ROWS: usize = 6;
/// Columns of the widest panel.
pub const PANEL: usize = 4 * LANES;
/// Rows whose sums are kept near while a panel passes by.
const GROUP_ROWS: usize = 6 * TILE_ROWS;
/// Bytes of a panel that stay in the nearest cache while the rows of a group meet them.
const NEAR_BYTES: usize = 16 << 10;

/// Sums of a group of rows, on whole cache lines.
#[repr(C, align(64))]
pub struct Sums<E>([E; GROUP_ROWS * PANEL]);

/// Rows of a group: groups as equal as can be, since a thin one would read all weights for few rows.
#[inline(always)]
pub fn group_rows(rows: usize) -> usize {
    rows.div_ceil(rows.div_ceil(GROUP_ROWS).max(1)).max(1)
}

/// Left factors of a group of rows, and the panel that they meet.
#[derive(Clone, Copy)]
pub struct Factors<'a, E> {
    /// Rows of the left factor.
    pub rows: &'a [*const E],
    /// Their layout.
    pub runs: Runs,
    /// The right factor, `[k][columns]`.
    pub panel: *const E,
    /// Distance from one of its rows to the next.
    pub ld: usize,
}

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

/// `sums_i[v] += Σ_k a_i[k] · panel[k][v]` for the rows of a group and `NB` blocks of columns.
///
/// A piece of the panel meets all rows while it lies in the nearest cache.
///
/// # Safety
/// `factors` point to what they say; sums are `NB` blocks a row, `ld` apart.
#[inline(always)]
pub unsafe fn add_products<S: Simd, const NB: usize>(
    sums: *mut S::Elem,
    ld: usize,
    factors: Factors<'_, S::Elem>,
) {
    let Runs {
        blocks,
        stride,
        width,
    } = factors.runs;
    // A lone tile reads the panel once, near or not.
    let near = match factors.rows.len() <= TILE_ROWS {
        true => usize::MAX,
        false => NEAR_BYTES / (factors.ld * size_of::<S::Elem>()),
    };
    let cuts = width.div_ceil(near.max(1)).max(1);
    let most = (near / width.max(1)).max(1);
    let mut block = 0;
    while block < blocks {
        let taken = most.min(blocks - block);
        let mut k = 0;
        for left in (1..=cuts).rev() {
            let piece = Runs {
                blocks: taken,
                stride,
                width: (width - k).div_ceil(left),
            };
            let panel = factors.panel.wrapping_add((block * width + k) * factors.ld);
            tiles::<S, NB>(
                sums,
                ld,
                block * stride + k,
                Factors {
                    runs: piece,
                    panel,
                    ..factors
                },
            );
            k += piece.width;
        }
        block += taken;
    }
}

/// All rows of a group, in tiles of heights as equal as can be; `from` is where each row begins.
///
/// Meanwhile the piece that follows is asked for, a cache line a step: it would come too late.
#[inline(always)]
unsafe fn tiles<S: Simd, const NB: usize>(
    sums: *mut S::Elem,
    ld: usize,
    from: usize,
    factors: Factors<'_, S::Elem>,
) {
    let steps = factors.runs.blocks * factors.runs.width;
    let mut ahead = factors.panel.wrapping_add(steps * factors.ld);
    let mut row = 0;
    for left in (1..=factors.rows.len().div_ceil(TILE_ROWS)).rev() {
        let height = (factors.rows.len() - row).div_ceil(left);
        let sums = sums.add(row * ld);
        match height {
            1 => tile::<S, 1, NB>(sums, ld, row, from, factors, ahead),
            2 => tile::<S, 2, NB>(sums, ld, row, from, factors, ahead),
            3 => tile::<S, 3, NB>(sums, ld, row, from, factors, ahead),
            4 => tile::<S, 4, NB>(sums, ld, row, from, factors, ahead),
            5 => tile::<S, 5, NB>(sums, ld, row, from, factors, ahead),
            _ => tile::<S, 6, NB>(sums, ld, row, from, factors, ahead),
        }
        row += height;
        ahead = ahead.wrapping_add(steps * line::<S>());
    }
}

/// Numbers in a cache line.
#[inline(always)]
fn line<S: Simd>() -> usize {
    64 / size_of::<S::Elem>()
}

#[inline(always)]
unsafe fn tile<S: Simd, const MR: usize, const NB: usize>(
    sums: *mut S::Elem,
    ld: usize,
    row: usize,
    from: usize,
    factors: Factors<'_, S::Elem>,
    ahead: *const S::Elem,
) {
    let mut a = [std::ptr::null(); MR];
    for i in 0..MR {
        a[i] = factors.rows.get_unchecked(row + i).wrapping_add(from);
    }
    // Conditions are constants: what registers cannot hold is not even compiled.
    if S::TILE_BLOCKS >= NB {
        return accumulate::<S, MR, NB>(sums, ld, a, factors, ahead);
    }
    for at in 0..NB {
        let factors = Factors {
            panel: factors.panel.add(at * LANES),
            ..factors
        };
        accumulate::<S, MR, 1>(sums.add(at * LANES), ld, a, factors, ahead);
    }
}

/// The register tile: `MR` rows and `NB` blocks of columns.
#[inline(always)]
unsafe fn accumulate<S: Simd, const MR: usize, const NB: usize>(
    sums: *mut S::Elem,
    ld: usize,
    a: [*const S::Elem; MR],
    factors: Factors<'_, S::Elem>,
    mut ahead: *const S::Elem,
) {
    let zero = S::splat(S::Elem::of(0.0));
    let mut acc = [[zero; NB]; MR];
    for i in 0..MR {
        for v in 0..NB {
            acc[i][v] = S::load(sums.add(i * ld + v * LANES));
        }
    }
    let mut panel = factors.panel;
    for block in 0..factors.runs.blocks {
        let mut k = block * factors.runs.stride;
        let end = k + factors.runs.width;
        while k < end {
            let mut columns = [zero; NB];
            for v in 0..NB {
                columns[v] = S::load(panel.add(v * LANES));
            }
            for i in 0..MR {
                let factor = S::splat(*a[i].add(k));
                for v in 0..NB {
                    acc[i][v] = S::fma(factor, columns[v], acc[i][v]);
                }
            }
            S::prefetch(ahead);
            ahead = ahead.wrapping_add(line::<S>());
            panel = panel.wrapping_add(factors.ld);
            k += 1;
        }
    }
    for i in 0..MR {
        for v in 0..NB {
            S::store(sums.add(i * ld + v * LANES), acc[i][v]);
        }
    }
}

/// `out_r += a_r · panel` for many rows: one panel of at most [`PANEL`] columns.
pub struct Rows<'a, E> {
    /// The rows, and the panel, with columns padded to whole blocks.
    pub factors: Factors<'a, E>,
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
        match self.columns.div_ceil(LANES) {
            1 => self.groups::<S, 1>(),
            2 => self.groups::<S, 2>(),
            3 => self.groups::<S, 3>(),
            _ => self.groups::<S, 4>(),
        }
    }
}

impl<E: Real> Rows<'_, E> {
    #[inline(always)]
    unsafe fn groups<S: Simd<Elem = E>, const NB: usize>(&self) {
        let mut sums = MaybeUninit::<Sums<E>>::uninit();
        let sums = sums.as_mut_ptr().cast::<E>();
        let zero = S::splat(E::of(0.0));
        let group = group_rows(self.out.len());
        let groups = self.factors.rows.chunks(group);
        for (rows, out) in groups.zip(self.out.chunks(group)) {
            for (row, out) in out.iter().enumerate() {
                for v in 0..NB {
                    let valid = self.columns - v * LANES;
                    let before = match self.add {
                        true => load_part::<S>(out.add(v * LANES), valid),
                        false => zero,
                    };
                    S::store(sums.add((row * NB + v) * LANES), before);
                }
            }
            let factors = Factors {
                rows,
                ..self.factors
            };
            add_products::<S, NB>(sums, NB * LANES, factors);
            for (row, out) in out.iter().enumerate() {
                for v in 0..NB {
                    let sum = S::load(sums.add((row * NB + v) * LANES));
                    store_part::<S>(out.add(v * LANES), sum, self.columns - v * LANES);
                }
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
        // The tile that follows comes from afar: the result is larger than what it is made of.
        let mut ahead = c.wrapping_add(MR * self.ldc);
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
            S::prefetch(ahead);
            ahead = ahead.wrapping_add(line::<S>());
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
