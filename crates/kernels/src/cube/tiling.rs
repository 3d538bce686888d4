//! How the product of a step is cut into tiles, by what the device has room for.

use super::spec::Spec;

/// Units of a slice, by sequences and by columns.
pub const ROW_GROUPS: usize = 8;
pub const COLUMN_GROUPS: usize = 4;
/// Sequences that a unit takes at most.
const EACH: usize = 8;
/// Slices of a cube at most, and numbers of a product that a slice is worth its sums.
const SLICES: usize = 16;
const WORTH: usize = 64;
/// Numbers of a product that a unit takes at a stretch.
pub const STRETCH: usize = 4;
/// Numbers of a chunk that a unit brings at most, each waits in a register: of a large cube and a small.
const AHEAD: (usize, usize) = (24, 48);
/// Units of a large cube.
const LARGE: usize = 256;
/// Numbers left free after a row in shared memory, so that rows begin in different banks.
const GAP: usize = 4;

/// A tile, as a kernel is compiled for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Hidden units.
    pub hidden: usize,
    /// Sequences that one unit of a slice takes.
    pub each: usize,
    /// Products a hidden unit and sequence.
    pub outputs: usize,
    /// Numbers of a product.
    pub length: usize,
    /// Parts of a product that are summed side by side.
    pub slices: usize,
    /// Of the numbers of a product, those that lie in shared memory at a time.
    pub chunk: usize,
}

/// What a device has room for.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Processors to keep at work.
    pub processors: usize,
    /// Bytes of shared memory a cube.
    pub memory: usize,
    /// Units a cube.
    pub units: usize,
}

impl Tile {
    /// Of the way forwards: a product for every gate.
    pub fn forward(spec: &Spec, batch_size: usize, room: Room) -> Self {
        let gates = spec.kind.gates();
        let hidden = if gates == 1 { 16 } else { 8 };
        Self::new([hidden, gates, spec.d_hidden], spec, batch_size, room)
    }

    /// Of the way back: one product of all gates.
    pub fn backward(spec: &Spec, batch_size: usize, room: Room) -> Self {
        Self::new([16, 1, spec.width()], spec, batch_size, room)
    }

    fn new(
        [hidden, outputs, length]: [usize; 3],
        spec: &Spec,
        batch_size: usize,
        room: Room,
    ) -> Self {
        let mut tile = Self {
            hidden,
            each: EACH,
            outputs,
            length,
            slices: 1,
            chunk: 0,
        };
        // Large tiles read least; small ones keep all processors at work.
        let busy = |tile: &Self| tile.cubes(spec, batch_size) * 8 >= room.processors * 7;
        while tile.each > 1 && !busy(&tile) {
            tile.each /= 2;
        }
        // A unit of few sums reads more than it adds, however many there are.
        let most = SLICES.min(length / WORTH).min(tile.each * tile.wide());
        let double = |tile: &Self| Self {
            slices: 2 * tile.slices,
            ..*tile
        };
        let fits = |tile: &Self| tile.units() <= room.units && tile.sums() <= room.numbers();
        while 2 * tile.slices <= most && fits(&double(&tile)) {
            tile = double(&tile);
        }
        // Every unit brings as many numbers of a chunk.
        let step = STRETCH * tile.slices;
        let ahead = if tile.units() < LARGE {
            AHEAD.1
        } else {
            AHEAD.0
        };
        let with = |chunk: usize| Self { chunk, ..tile };
        let fits = |tile: &Self| {
            tile.left_rounds() + tile.right_rounds() <= ahead && tile.numbers() <= room.numbers()
        };
        let most = (1..)
            .map(|count| count * step)
            .take_while(|&chunk| fits(&with(chunk)));
        let most = most.last().unwrap_or(step);
        // As many parts, but the last no shorter than it must be.
        let even = length.div_ceil(length.div_ceil(most));
        with(even.next_multiple_of(step))
    }

    /// Units of a cube.
    pub fn units(&self) -> usize {
        self.slices * ROW_GROUPS * COLUMN_GROUPS
    }

    /// Sequences.
    pub fn rows(&self) -> usize {
        self.each * ROW_GROUPS
    }

    /// Hidden units of a sequence that a unit of the cube steps, at most.
    pub fn rounds(&self) -> usize {
        (self.rows() * self.hidden).div_ceil(self.units())
    }

    /// Cubes of a step.
    pub fn cubes(&self, spec: &Spec, batch_size: usize) -> usize {
        self.across(spec) * batch_size.div_ceil(self.rows())
    }

    /// Cubes that share their sequences.
    pub fn across(&self, spec: &Spec) -> usize {
        spec.d_hidden.div_ceil(self.hidden)
    }

    /// Columns of the right factor.
    fn columns(&self) -> usize {
        self.hidden * self.outputs
    }

    /// Columns of a unit.
    pub fn wide(&self) -> usize {
        self.columns() / COLUMN_GROUPS
    }

    /// Chunks of a product.
    pub fn parts(&self) -> usize {
        self.length.div_ceil(self.chunk)
    }

    /// Numbers of the left factor that a unit brings of a chunk.
    pub fn left_rounds(&self) -> usize {
        self.rows() * self.chunk / self.units()
    }

    /// Numbers of the right factor that a unit brings of a chunk.
    pub fn right_rounds(&self) -> usize {
        self.columns() * self.chunk / self.units()
    }

    /// Numbers from one row in shared memory to the next.
    pub fn stride(&self) -> usize {
        self.chunk + GAP
    }

    /// Sums of all slices.
    fn sums(&self) -> usize {
        self.slices * self.rows() * self.columns()
    }

    /// Numbers in shared memory: both factors, then the sums in their place.
    pub fn numbers(&self) -> usize {
        let factors = (self.rows() + self.columns()) * self.stride();
        factors.max(self.sums())
    }
}

impl Room {
    /// Numbers in shared memory, what rows begin with set aside.
    pub fn numbers(&self) -> usize {
        let starts = 2 * EACH * ROW_GROUPS * size_of::<u32>();
        self.memory.saturating_sub(starts) / size_of::<f32>()
    }
}
