//! What kernels read and give, and the room for it.

use super::spec::Spec;
use super::tiling::Room;
use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::{cast, into_contiguous};
use burn_cubecl::ops::numeric::{empty_device_contiguous_dtype, zeros_client};
use burn_cubecl::ops::reshape;
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::HardwareProperties;

/// Registers that all units of a cube share, and the most that one may have.
const REGISTERS: (usize, usize) = (65_536, 255);
/// Registers that a unit needs besides its weights.
const WORKING: usize = 48;
/// Cubes that a processor takes at most, by its threads.
const CUBES: usize = 8;
/// Shared memory of a tile, so that a processor has room for two.
const TILE_MEMORY: usize = 96 << 10;
/// Processors of a GPU that does not say how many it has.
const PROCESSORS: usize = 64;

/// What either way reads.
#[derive(Clone)]
pub struct Given {
    /// `U`, `[H, G * H]`.
    pub recurrent: CubeTensor,
    /// `[3 * H]`: peepholes, or a GRU's `b_u` in the third place, or zeros.
    pub extra: CubeTensor,
    /// `h_0` and `c_0`, `[2, batch_size, H]`.
    pub initial: CubeTensor,
    /// `[batch_size, H]`, where there is a mask.
    pub mask: CubeTensor,
    /// Sequences, longest first, then their lengths in that order, `[2 * batch_size]`.
    pub order: CubeTensor,
}

/// What the way forwards gives.
pub struct Forward {
    /// `[batch_size, seq_length, H]`, zero at padded steps.
    pub hidden: CubeTensor,
    /// Last hidden and cell state, `[2, batch_size, H]`.
    pub last: CubeTensor,
    /// See `Kind::saved`, `[batch_size, seq_length, saved * H]`.
    pub saved: CubeTensor,
    /// Of an LSTM, `[batch_size, seq_length, H]`.
    pub cells: CubeTensor,
}

/// What the way back gives; all but the last two are zero at padded steps.
pub struct Backward {
    /// Of `x·W + b`, `[batch_size, seq_length, G * H]`.
    pub d_input: CubeTensor,
    /// Of `h·U` where it differs, else one number.
    pub d_product: CubeTensor,
    /// `h_{t-1}` as `U` met it, `[batch_size, seq_length, H]`.
    pub previous: CubeTensor,
    /// `[2, batch_size, H]`.
    pub d_initial: CubeTensor,
    /// Of the peepholes, in single precision, `[batch_size, 3, H]`.
    pub d_extra: CubeTensor,
}

/// Shapes of [`Forward`]'s tensors.
pub fn forward_shapes(spec: &Spec, batch_size: usize, seq_length: usize) -> [Shape; 4] {
    let kept = |wanted: bool, size: usize| match wanted && spec.keep {
        true => Shape::new([batch_size, seq_length, size]),
        false => Shape::new([1, 1, 1]),
    };
    [
        Shape::new([batch_size, seq_length, spec.d_hidden]),
        Shape::new([2, batch_size, spec.d_hidden]),
        kept(spec.saved() > 0, spec.saved()),
        kept(spec.kind.has_cell(), spec.d_hidden),
    ]
}

/// Shapes of [`Backward`]'s tensors.
pub fn backward_shapes(spec: &Spec, batch_size: usize, seq_length: usize) -> [Shape; 5] {
    let of = |wanted: bool, shape: [usize; 3]| Shape::new(if wanted { shape } else { [1, 1, 1] });
    [
        Shape::new([batch_size, seq_length, spec.width()]),
        of(
            spec.kind.has_product(),
            [batch_size, seq_length, spec.width()],
        ),
        Shape::new([batch_size, seq_length, spec.d_hidden]),
        Shape::new([2, batch_size, spec.d_hidden]),
        of(spec.kind.has_peephole(), [batch_size, 3, spec.d_hidden]),
    ]
}

impl Given {
    pub fn contiguous(self) -> Self {
        Self {
            recurrent: into_contiguous(self.recurrent),
            extra: into_contiguous(self.extra),
            initial: into_contiguous(self.initial),
            mask: into_contiguous(self.mask),
            order: into_contiguous(cast(self.order, DType::I32)),
        }
    }

    pub fn batch_size(&self) -> usize {
        self.initial.shape()[1]
    }

    fn hardware(&self) -> &HardwareProperties {
        &self.recurrent.client.properties().hardware
    }

    fn processors(&self) -> usize {
        let count = self.hardware().num_streaming_multiprocessors;
        count.map_or(PROCESSORS, |count| count as usize)
    }

    /// How the resident kernels are compiled, if they can run here at all.
    pub fn resident(&self, mut spec: Spec) -> Option<Spec> {
        let hardware = self.hardware();
        let (width, gates) = (spec.width(), spec.kind.gates());
        if width > hardware.max_units_per_cube as usize {
            return None;
        }
        // A processor hands registers out by eights.
        let most = (REGISTERS.0 / width / 8 * 8).min(REGISTERS.1);
        spec.registers = most.saturating_sub(WORKING).min(spec.d_hidden);
        let weights = spec.shared_weights() * self.recurrent.dtype.size();
        // Backwards two buffers of all gates lie in shared memory.
        let row = 2 * width * size_of::<f32>();
        let fit = hardware.max_shared_memory_size.checked_sub(weights)? / row;
        // Cubes of one sequence that a processor has room for: while one waits another computes.
        let room = REGISTERS.0 / (width * (spec.registers + WORKING));
        let room = room.min(hardware.max_shared_memory_size / (weights + row));
        let wanted = self
            .batch_size()
            .div_ceil(room.clamp(1, CUBES) * self.processors());
        spec.rows = wanted.clamp(1, gates.min(fit.max(1)));
        (fit > 0).then_some(spec)
    }

    pub fn empty(&self, shape: Shape, dtype: DType) -> CubeTensor {
        let (client, device) = (&self.recurrent.client, &self.recurrent.device);
        empty_device_contiguous_dtype(client.clone(), device.clone(), shape, dtype)
    }

    pub fn zeros(&self, shape: Shape, dtype: DType) -> CubeTensor {
        let (client, device) = (&self.recurrent.client, &self.recurrent.device);
        // In one dimension: CUDA sets rows apart, and the kernels take them to follow each other.
        let flat = Shape::new([shape.num_elements()]);
        reshape(
            zeros_client(client.clone(), device.clone(), flat, dtype),
            shape,
        )
    }

    /// What a tile of a step has room for.
    pub fn room(&self) -> Room {
        Room {
            processors: self.processors(),
            memory: self.hardware().max_shared_memory_size.min(TILE_MEMORY),
            units: self.hardware().max_units_per_cube as usize,
        }
    }
}
