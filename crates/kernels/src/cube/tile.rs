//! The product of a step, `h·U` forwards and `d·Uᵀ` backwards, one tile of the batch and of the hidden
//! units a cube, with the pointwise step to follow in the same launch.
//!
//! The numbers of a product are dealt out in slices: every slice has units for the whole tile, so that a
//! unit has many sums to add to for each number it reads, and the slices are added at the end.

use super::spec::Spec;
use super::tiling::{COLUMN_GROUPS, ROW_GROUPS, STRETCH, Tile};
use cubecl::prelude::*;

/// Where a cube stands.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub struct Place {
    /// The tile's first sequence, in the order of lengths.
    pub first: usize,
    /// The tile's first hidden unit.
    pub first_hidden: usize,
}

/// The place of this cube.
#[cube]
pub fn place(#[comptime] tile: Tile, #[comptime] spec: Spec) -> Place {
    let across = comptime!(tile.across(&spec));
    let rows = comptime!(tile.rows());
    let hidden = comptime!(tile.hidden);
    let cube = CUBE_POS_X as usize;
    Place {
        first: cube / across * rows,
        first_hidden: cube % across * hidden,
    }
}

/// One hidden unit of one sequence of the tile.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub struct Pair {
    /// Its sequence in the tile.
    pub row: usize,
    /// Its hidden unit in the tile.
    pub column: usize,
    /// The sequence, in the order of lengths.
    pub slot: usize,
    /// The hidden unit.
    pub at: usize,
    /// The tile, the batch and the layer have them.
    pub inside: bool,
}

/// What this unit steps in a round.
#[cube]
pub fn pair(
    place: Place,
    #[comptime] round: usize,
    batch_size: usize,
    #[comptime] tile: Tile,
    #[comptime] spec: Spec,
) -> Pair {
    let (rows, hidden) = comptime!((tile.rows(), tile.hidden));
    let index = UNIT_POS_X as usize + comptime!(round * tile.units());
    let (row, column) = (index / hidden, index % hidden);
    let (slot, at) = (place.first + row, place.first_hidden + column);
    Pair {
        row,
        column,
        slot,
        at,
        inside: row < rows && slot < batch_size && at < comptime!(spec.d_hidden),
    }
}

/// A tile's shared memory, and where a row begins in global memory.
#[derive(CubeType)]
pub struct Stage {
    /// Of every sequence, in the left factor.
    pub starts: Shared<[u32]>,
    /// Of every sequence, in the mask.
    pub masks: Shared<[u32]>,
    /// The left factor by rows, the right one by columns; then the sums.
    numbers: Shared<[f32]>,
}

/// Shared memory of a tile; aligned, so that four numbers are read at a time.
#[cube]
pub fn stage(#[comptime] tile: Tile) -> Stage {
    let rows = comptime!(tile.rows());
    Stage {
        starts: Shared::<[u32]>::new_slice(rows),
        masks: Shared::<[u32]>::new_slice(rows),
        numbers: Shared::<[f32]>::new_aligned_slice(comptime!(tile.numbers()), 16usize),
    }
}

/// Multiplies `tile.length` numbers of every sequence, which begin in `left` where `stage.starts` says,
/// with the tile's part of `U`, or of `Uᵀ` where `transposed`; [`total`] has the results. While
/// one chunk is multiplied the next is on its way into registers.
#[cube]
pub fn multiply<F: Float>(
    left: &Tensor<F>,
    mask: &Tensor<F>,
    stage: &mut Stage,
    recurrent: &Tensor<F>,
    place: Place,
    #[comptime] masked: bool,
    #[comptime] transposed: bool,
    #[comptime] tile: Tile,
    #[comptime] spec: Spec,
) {
    let (chunk, parts) = comptime!((tile.chunk, tile.parts()));
    let (each, wide) = comptime!((tile.each, tile.wide()));
    let (hidden, rows, outputs) = comptime!((tile.hidden, tile.rows(), tile.outputs));
    let unit = UNIT_POS_X as usize;
    let row = unit % ROW_GROUPS;
    let column = unit / ROW_GROUPS % COLUMN_GROUPS;
    let slice = unit / comptime!(ROW_GROUPS * COLUMN_GROUPS);
    let mut sums = Array::<f32>::new(comptime!(each * wide));
    #[unroll]
    for one in 0..comptime!(each * wide) {
        sums[one] = 0f32;
    }
    let mut lefts = Array::<f32>::new(comptime!(tile.left_rounds()));
    let mut rights = Array::<f32>::new(comptime!(tile.right_rounds()));
    fetch_left(left, mask, &*stage, &mut lefts, 0usize, masked, tile);
    fetch_right(
        recurrent,
        &mut rights,
        place,
        0usize,
        transposed,
        tile,
        spec,
    );
    for part in 0..parts {
        put(&lefts, &rights, stage, transposed, tile);
        sync_cube();
        if part + 1 < parts {
            let from = (part + 1) * chunk;
            fetch_left(left, mask, &*stage, &mut lefts, from, masked, tile);
            fetch_right(recurrent, &mut rights, place, from, transposed, tile, spec);
        }
        for stretch in 0..comptime!(chunk / STRETCH / tile.slices) {
            let at = (stretch * comptime!(tile.slices) + slice) * STRETCH;
            add(&stage.numbers, &mut sums, row, column, at, tile);
        }
        sync_cube();
    }
    #[unroll]
    for one in 0..each {
        #[unroll]
        for other in 0..wide {
            let here = column + other * COLUMN_GROUPS;
            let gate = slice * outputs + here / hidden;
            let sequence = gate * rows + row + one * ROW_GROUPS;
            stage.numbers[sequence * hidden + here % hidden] = sums[one * wide + other];
        }
    }
    sync_cube();
}

/// What [`multiply`] gives for one product of a sequence and hidden unit of the tile.
#[cube]
pub fn total(
    stage: &Stage,
    output: usize,
    row: usize,
    column: usize,
    #[comptime] tile: Tile,
) -> f32 {
    let (hidden, rows, outputs) = comptime!((tile.hidden, tile.rows(), tile.outputs));
    let mut sum = 0f32;
    #[unroll]
    for slice in 0..comptime!(tile.slices) {
        sum += stage.numbers[((slice * outputs + output) * rows + row) * hidden + column];
    }
    sum
}

/// Asks for a chunk of the left factor; past the product's end it is zero.
#[cube]
fn fetch_left<F: Float>(
    left: &Tensor<F>,
    mask: &Tensor<F>,
    stage: &Stage,
    values: &mut Array<f32>,
    from: usize,
    #[comptime] masked: bool,
    #[comptime] tile: Tile,
) {
    let (length, chunk) = comptime!((tile.length, tile.chunk));
    #[unroll]
    for round in 0..comptime!(tile.left_rounds()) {
        let index = round * comptime!(tile.units()) + UNIT_POS_X as usize;
        let row = index / chunk;
        let at = usize::min(from + index % chunk, comptime!(length - 1));
        let mut value = f32::cast_from(left[stage.starts[row] as usize + at]);
        if comptime!(masked) {
            value *= f32::cast_from(mask[stage.masks[row] as usize + at]);
        }
        values[round] = select(from + index % chunk < length, value, 0f32);
    }
}

/// Asks for a chunk of `U`.
#[cube]
fn fetch_right<F: Float>(
    recurrent: &Tensor<F>,
    values: &mut Array<f32>,
    place: Place,
    from: usize,
    #[comptime] transposed: bool,
    #[comptime] tile: Tile,
    #[comptime] spec: Spec,
) {
    let (d_hidden, width) = comptime!((spec.d_hidden, spec.width()));
    let (length, chunk, hidden) = comptime!((tile.length, tile.chunk, tile.hidden));
    #[unroll]
    for round in 0..comptime!(tile.right_rounds()) {
        let index = round * comptime!(tile.units()) + UNIT_POS_X as usize;
        if comptime!(transposed) {
            let column = usize::min(place.first_hidden + index / chunk, comptime!(d_hidden - 1));
            let at = usize::min(from + index % chunk, comptime!(length - 1));
            values[round] = f32::cast_from(recurrent[column * width + at]);
        } else {
            let column = usize::min(place.first_hidden + index % hidden, comptime!(d_hidden - 1));
            let at = usize::min(from + index / hidden % chunk, comptime!(length - 1));
            let gate = index / comptime!(hidden * chunk);
            values[round] = f32::cast_from(recurrent[at * width + gate * d_hidden + column]);
        }
    }
}

/// Lays a chunk of both factors into shared memory.
#[cube]
fn put(
    lefts: &Array<f32>,
    rights: &Array<f32>,
    stage: &mut Stage,
    #[comptime] transposed: bool,
    #[comptime] tile: Tile,
) {
    let (chunk, stride, hidden) = comptime!((tile.chunk, tile.stride(), tile.hidden));
    let first = comptime!(tile.rows() * tile.stride());
    #[unroll]
    for round in 0..comptime!(tile.left_rounds()) {
        let index = round * comptime!(tile.units()) + UNIT_POS_X as usize;
        stage.numbers[index / chunk * stride + index % chunk] = lefts[round];
    }
    #[unroll]
    for round in 0..comptime!(tile.right_rounds()) {
        let index = round * comptime!(tile.units()) + UNIT_POS_X as usize;
        if comptime!(transposed) {
            stage.numbers[first + index / chunk * stride + index % chunk] = rights[round];
        } else {
            let row = index / comptime!(hidden * chunk) * hidden + index % hidden;
            stage.numbers[first + row * stride + index / hidden % chunk] = rights[round];
        }
    }
}

/// One stretch of the product.
#[cube]
fn add(
    numbers: &[f32],
    sums: &mut Array<f32>,
    row: usize,
    column: usize,
    from: usize,
    #[comptime] tile: Tile,
) {
    let (each, wide, stride) = comptime!((tile.each, tile.wide(), tile.stride()));
    let first = comptime!(tile.rows() * tile.stride());
    let mut factors = Array::<f32>::new(comptime!(each * STRETCH));
    #[unroll]
    for one in 0..each {
        let start = (row + one * ROW_GROUPS) * stride + from;
        #[unroll]
        for step in 0..STRETCH {
            factors[one * STRETCH + step] = numbers[start + step];
        }
    }
    #[unroll]
    for other in 0..wide {
        let start = first + (column + other * COLUMN_GROUPS) * stride + from;
        #[unroll]
        for step in 0..STRETCH {
            let weight = numbers[start + step];
            #[unroll]
            for one in 0..each {
                sums[one * wide + other] += factors[one * STRETCH + step] * weight;
            }
        }
    }
}
