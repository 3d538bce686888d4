//! The product of a step, `h·U` forwards and `d·Uᵀ` backwards, one tile of the batch and of the hidden
//! units a cube, with the pointwise step to follow in the same launch.

use super::spec::Spec;
use cubecl::prelude::*;

/// Units of a cube.
pub const UNITS: usize = 128;
/// Numbers of a product that a unit takes at a stretch.
const STRETCH: usize = 8;
/// Numbers of a chunk that a unit brings at most: each waits in a register.
const AHEAD: usize = 64;
/// A chunk is a multiple of it, so that every unit brings as many numbers.
const STEP: usize = 32;
/// Numbers left free after a row in shared memory, so that rows begin in different banks.
const GAP: usize = 4;

/// A tile, as a kernel is compiled for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Hidden units.
    pub hidden: usize,
    /// Sequences that one unit of the cube takes.
    pub each: usize,
    /// Products a hidden unit and sequence.
    pub outputs: usize,
    /// Numbers of a product.
    pub length: usize,
    /// Of these, those that lie in shared memory at a time.
    pub chunk: usize,
}

impl Tile {
    /// Of the way forwards: a product for every gate.
    pub fn forward(spec: &Spec, batch_size: usize, processors: usize, memory: usize) -> Self {
        let (gates, length) = (spec.kind.gates(), spec.d_hidden);
        Self::new([8, gates, length], spec, batch_size, processors, memory)
    }

    /// Of the way back: one product of all gates.
    pub fn backward(spec: &Spec, batch_size: usize, processors: usize, memory: usize) -> Self {
        let sizes = [16, 1, spec.width()];
        Self::new(sizes, spec, batch_size, processors, memory)
    }

    fn new(
        [hidden, outputs, length]: [usize; 3],
        spec: &Spec,
        batch_size: usize,
        processors: usize,
        memory: usize,
    ) -> Self {
        let mut tile = Self {
            hidden,
            each: 4,
            outputs,
            length,
            chunk: STEP,
        };
        // Large tiles read least; small ones keep all processors at work.
        let busy = |tile: &Self| tile.cubes(spec, batch_size) * 8 >= processors * 7;
        while tile.each > 1 && !busy(&tile) {
            tile.each /= 2;
        }
        let with = |chunk: usize| Self { chunk, ..tile };
        let fits = |tile: &Self| {
            tile.left_rounds() + tile.right_rounds() <= AHEAD && tile.memory() <= memory
        };
        let most = (1..)
            .map(|count| count * STEP)
            .take_while(|&chunk| fits(&with(chunk)));
        let most = most.last().unwrap_or(STEP);
        // As many parts, but the last no shorter than it must be.
        let even = length.div_ceil(length.div_ceil(most));
        with(even.next_multiple_of(STEP))
    }

    /// Chunks of a product.
    fn parts(&self) -> usize {
        self.length.div_ceil(self.chunk)
    }

    /// Numbers of the left factor that a unit brings of a chunk.
    fn left_rounds(&self) -> usize {
        self.rows() * self.chunk / UNITS
    }

    /// Numbers of the right factor that a unit brings of a chunk.
    fn right_rounds(&self) -> usize {
        self.hidden * self.outputs * self.chunk / UNITS
    }

    /// Sequences.
    pub fn rows(&self) -> usize {
        self.each * UNITS / self.hidden
    }

    /// Numbers from one row in shared memory to the next.
    fn stride(&self) -> usize {
        self.chunk + GAP
    }

    /// Cubes of a step.
    pub fn cubes(&self, spec: &Spec, batch_size: usize) -> usize {
        self.across(spec) * batch_size.div_ceil(self.rows())
    }

    /// Cubes that share their sequences.
    pub fn across(&self, spec: &Spec) -> usize {
        spec.d_hidden.div_ceil(self.hidden)
    }

    /// Bytes of shared memory.
    fn memory(&self) -> usize {
        (self.rows() + self.hidden * self.outputs) * self.stride() * size_of::<f32>()
    }
}

/// Where a unit of a cube stands.
#[derive(CubeType, Clone, Copy)]
pub struct Place {
    /// The tile's first sequence, in the order of lengths.
    pub first: usize,
    /// The tile's first hidden unit.
    pub first_hidden: usize,
    /// The unit's hidden unit in the tile.
    pub column: usize,
    /// The unit's first sequence in the tile.
    pub row: usize,
}

/// The place of this unit.
#[cube]
pub fn place(#[comptime] tile: Tile, #[comptime] spec: Spec) -> Place {
    let across = comptime!(tile.across(&spec));
    let rows = comptime!(tile.rows());
    let hidden = comptime!(tile.hidden);
    let cube = CUBE_POS_X as usize;
    let unit = UNIT_POS_X as usize;
    Place {
        first: cube / across * rows,
        first_hidden: cube % across * hidden,
        column: unit % hidden,
        row: unit / hidden,
    }
}

/// The tile's parts of either factor in shared memory, and where a row begins in global memory.
#[derive(CubeType, Clone, Copy)]
pub struct Stage {
    /// Of every sequence, in the left factor.
    pub starts: SharedMemory<u32>,
    /// Of every sequence, in the mask.
    pub masks: SharedMemory<u32>,
    lefts: SharedMemory<f32>,
    rights: SharedMemory<f32>,
}

/// Shared memory of a tile; aligned, so that four numbers are read at a time.
#[cube]
pub fn stage(#[comptime] tile: Tile) -> Stage {
    let (rows, columns) = comptime!((tile.rows(), tile.hidden * tile.outputs));
    let stride = comptime!(tile.stride());
    Stage {
        starts: SharedMemory::<u32>::new(rows),
        masks: SharedMemory::<u32>::new(rows),
        lefts: SharedMemory::<f32>::new_aligned(comptime!(rows * stride), 16usize),
        rights: SharedMemory::<f32>::new_aligned(comptime!(columns * stride), 16usize),
    }
}

/// Multiplies `tile.length` numbers of every sequence, which begin in `left` where `stage.starts` says,
/// with the tile's part of `U`, or of `Uᵀ` where `transposed`; adds to `sums`, `[each * outputs]`. While
/// one chunk is multiplied the next is on its way into registers.
#[cube]
pub fn multiply<F: Float>(
    left: &Tensor<F>,
    mask: &Tensor<F>,
    stage: &mut Stage,
    recurrent: &Tensor<F>,
    sums: &mut Array<f32>,
    place: Place,
    #[comptime] masked: bool,
    #[comptime] transposed: bool,
    #[comptime] tile: Tile,
    #[comptime] spec: Spec,
) {
    let (chunk, parts) = comptime!((tile.chunk, tile.parts()));
    let mut lefts = Array::<f32>::new(comptime!(tile.left_rounds()));
    let mut rights = Array::<f32>::new(comptime!(tile.right_rounds()));
    fetch_left(left, mask, stage, &mut lefts, 0usize, masked, tile);
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
            fetch_left(left, mask, stage, &mut lefts, from, masked, tile);
            fetch_right(recurrent, &mut rights, place, from, transposed, tile, spec);
        }
        for stretch in 0..comptime!(chunk / STRETCH) {
            add(
                &stage.lefts,
                &stage.rights,
                sums,
                place,
                stretch * STRETCH,
                tile,
            );
        }
        sync_cube();
    }
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
        let index = round * UNITS + UNIT_POS_X as usize;
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
        let index = round * UNITS + UNIT_POS_X as usize;
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
    #[unroll]
    for round in 0..comptime!(tile.left_rounds()) {
        let index = round * UNITS + UNIT_POS_X as usize;
        stage.lefts[index / chunk * stride + index % chunk] = lefts[round];
    }
    #[unroll]
    for round in 0..comptime!(tile.right_rounds()) {
        let index = round * UNITS + UNIT_POS_X as usize;
        if comptime!(transposed) {
            stage.rights[index / chunk * stride + index % chunk] = rights[round];
        } else {
            let row = index / comptime!(hidden * chunk) * hidden + index % hidden;
            stage.rights[row * stride + index / hidden % chunk] = rights[round];
        }
    }
}

/// One stretch of the product.
#[cube]
fn add(
    lefts: &SharedMemory<f32>,
    rights: &SharedMemory<f32>,
    sums: &mut Array<f32>,
    place: Place,
    from: usize,
    #[comptime] tile: Tile,
) {
    let (each, outputs, stride) = comptime!((tile.each, tile.outputs, tile.stride()));
    let hidden = comptime!(tile.hidden);
    let lanes = comptime!(UNITS / tile.hidden);
    #[unroll]
    for step in 0..STRETCH {
        let at = from + step;
        let mut factors = Array::<f32>::new(each);
        #[unroll]
        for one in 0..each {
            factors[one] = lefts[(place.row + one * lanes) * stride + at];
        }
        #[unroll]
        for output in 0..outputs {
            let weight = rights[(output * hidden + place.column) * stride + at];
            #[unroll]
            for one in 0..each {
                sums[one * outputs + output] += factors[one] * weight;
            }
        }
    }
}
