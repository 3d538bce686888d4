//! What is launched for a sequence, and with which memory.

use super::spec::Spec;
use super::tile::{Room, Tile};
use super::{resident, stepwise};
use burn::tensor::{DType, Shape, TensorMetadata};
use burn_cubecl::CubeRuntime;
use burn_cubecl::kernel::{cast, into_contiguous};
use burn_cubecl::ops::numeric::{empty_device_contiguous_dtype, zeros_client};
use burn_cubecl::ops::reshape;
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::HardwareProperties;
use cubecl::prelude::*;

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

/// Which way a sequence runs.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// Reads [`Given`], then the input product; gives [`Forward`].
    Forward,
    /// Reads [`Given`], then the hidden states, what was saved, the cells, and the gradients of all
    /// hidden and of the last states; gives [`Backward`].
    Backward,
}

/// A call without its tensors.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What the kernels are compiled for.
    pub spec: Spec,
    /// The longest length.
    pub steps: usize,
    /// Bound of the cell state, where the spec says there is one.
    pub clip: f32,
}

/// What either way reads.
struct Given<R: CubeRuntime> {
    /// `U`, `[H, G * H]`.
    pub recurrent: CubeTensor<R>,
    /// `[3 * H]`: peepholes, or a GRU's `b_u` in the third place, or zeros.
    pub extra: CubeTensor<R>,
    /// `h_0` and `c_0`, `[2, batch_size, H]`.
    pub initial: CubeTensor<R>,
    /// `[batch_size, H]`, where there is a mask.
    pub mask: CubeTensor<R>,
    /// Sequences, longest first, then their lengths in that order, `[2 * batch_size]`.
    pub order: CubeTensor<R>,
}

/// What the way forwards gives.
struct Forward<R: CubeRuntime> {
    /// `[batch_size, seq_length, H]`, zero at padded steps.
    pub hidden: CubeTensor<R>,
    /// Last hidden and cell state, `[2, batch_size, H]`.
    pub last: CubeTensor<R>,
    /// See `Kind::saved`, `[batch_size, seq_length, saved * H]`.
    pub saved: CubeTensor<R>,
    /// Of an LSTM, `[batch_size, seq_length, H]`.
    pub cells: CubeTensor<R>,
}

/// What the way back gives; all but the last two are zero at padded steps.
struct Backward<R: CubeRuntime> {
    /// Of `x·W + b`, `[batch_size, seq_length, G * H]`.
    pub d_input: CubeTensor<R>,
    /// Of `h·U` where it differs, else one number.
    pub d_product: CubeTensor<R>,
    /// `h_{t-1}` as `U` met it, `[batch_size, seq_length, H]`.
    pub previous: CubeTensor<R>,
    /// `[2, batch_size, H]`.
    pub d_initial: CubeTensor<R>,
    /// Of the peepholes, in single precision, `[batch_size, 3, H]`.
    pub d_extra: CubeTensor<R>,
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

impl<R: CubeRuntime> Given<R> {
    fn contiguous(self) -> Self {
        Self {
            recurrent: into_contiguous(self.recurrent),
            extra: into_contiguous(self.extra),
            initial: into_contiguous(self.initial),
            mask: into_contiguous(self.mask),
            order: into_contiguous(cast(self.order, DType::I32)),
        }
    }

    fn batch_size(&self) -> usize {
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
    fn resident(&self, mut spec: Spec) -> Option<Spec> {
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

    fn empty(&self, shape: Shape, dtype: DType) -> CubeTensor<R> {
        let (client, device) = (&self.recurrent.client, &self.recurrent.device);
        empty_device_contiguous_dtype(client.clone(), device.clone(), shape, dtype)
    }

    fn zeros(&self, shape: Shape, dtype: DType) -> CubeTensor<R> {
        let (client, device) = (&self.recurrent.client, &self.recurrent.device);
        // In one dimension: CUDA sets rows apart, and the kernels take them to follow each other.
        let flat = Shape::new([shape.num_elements()]);
        reshape(
            zeros_client(client.clone(), device.clone(), flat, dtype),
            shape,
        )
    }

    /// What a tile of a step has room for.
    fn room(&self) -> Room {
        Room {
            processors: self.processors(),
            memory: self.hardware().max_shared_memory_size.min(TILE_MEMORY),
            units: self.hardware().max_units_per_cube as usize,
        }
    }
}

/// Runs a sequence. `order` is the last of [`Given`].
pub fn run<R: CubeRuntime>(
    way: Way,
    plan: &Plan,
    order: CubeTensor<R>,
    inputs: Vec<CubeTensor<R>>,
) -> Vec<CubeTensor<R>> {
    let mut inputs = inputs.into_iter();
    let mut next = || inputs.next().expect("as many tensors as the way reads");
    let given = Given {
        recurrent: next(),
        extra: next(),
        initial: next(),
        mask: next(),
        order,
    };
    match way {
        Way::Forward => {
            let output = forward(plan, next(), given);
            vec![output.hidden, output.last, output.saved, output.cells]
        }
        Way::Backward => {
            let forwarded = (next(), next(), next());
            let output = backward(plan, given, forwarded, (next(), next()));
            vec![
                output.d_input,
                output.d_product,
                output.previous,
                output.d_initial,
                output.d_extra,
            ]
        }
    }
}

/// Runs a sequence forwards from its input product `gates`, `[batch_size, seq_length, G * H]`.
fn forward<R: CubeRuntime>(plan: &Plan, gates: CubeTensor<R>, given: Given<R>) -> Forward<R> {
    let (gates, given) = (into_contiguous(gates), given.contiguous());
    let (batch_size, seq_length) = (given.batch_size(), gates.shape()[1]);
    let dtype = gates.dtype;
    let spec = plan.spec;
    let resident = given.resident(spec);
    let shapes = forward_shapes(&spec, batch_size, seq_length);
    let [hidden, last, saved, cells] = shapes;
    let output = Forward {
        // On chip a cube clears the padded steps itself; the others are never read there.
        hidden: match resident {
            Some(_) => given.empty(hidden, dtype),
            None => given.zeros(hidden, dtype),
        },
        last: given.empty(last, dtype),
        saved: given.empty(saved, dtype),
        cells: given.empty(cells, dtype),
    };
    match resident {
        Some(spec) => {
            let cubes = CubeCount::Static(batch_size.div_ceil(spec.rows) as u32, 1, 1);
            // SAFETY: a unit reads and writes what its sequence and hidden unit own, by `order`,
            // which names every sequence once with a length of 1 to `seq_length`.
            unsafe {
                resident::forward::launch_unchecked(
                    &given.recurrent.client,
                    cubes,
                    CubeDim::new_1d(spec.width() as u32),
                    gates.into_tensor_arg(),
                    given.recurrent.clone().into_tensor_arg(),
                    given.extra.into_tensor_arg(),
                    given.initial.into_tensor_arg(),
                    given.mask.into_tensor_arg(),
                    given.order.into_tensor_arg(),
                    output.hidden.clone().into_tensor_arg(),
                    output.last.clone().into_tensor_arg(),
                    output.saved.clone().into_tensor_arg(),
                    output.cells.clone().into_tensor_arg(),
                    batch_size as u32,
                    seq_length as u32,
                    plan.clip,
                    spec,
                    dtype.into(),
                );
            }
            output
        }
        None => forward_by_steps(plan, gates, given, output),
    }
}

fn forward_by_steps<R: CubeRuntime>(
    plan: &Plan,
    gates: CubeTensor<R>,
    given: Given<R>,
    mut output: Forward<R>,
) -> Forward<R> {
    let spec = plan.spec;
    let (batch_size, seq_length) = (given.batch_size(), gates.shape()[1]);
    let dtype = gates.dtype;
    let client = given.recurrent.client.clone();
    let tile = Tile::forward(&spec, batch_size, given.room());
    let cubes = tile.cubes(&spec, batch_size) as u32;
    let state = given.empty(Shape::new([2, batch_size, spec.d_hidden]), DType::F32);
    for now in 0..plan.steps {
        // SAFETY: a unit writes what its sequences and its hidden unit own, by `order`, which names
        // every sequence once with a length of 1 to `seq_length`; it reads those, and what the
        // launch before wrote.
        unsafe {
            stepwise::forward::launch_unchecked(
                &client,
                CubeCount::Static(cubes, 1, 1),
                CubeDim::new_1d(tile.units() as u32),
                gates.clone().into_tensor_arg(),
                given.recurrent.clone().into_tensor_arg(),
                given.extra.clone().into_tensor_arg(),
                given.initial.clone().into_tensor_arg(),
                given.mask.clone().into_tensor_arg(),
                given.order.clone().into_tensor_arg(),
                state.clone().into_tensor_arg(),
                output.hidden.clone().into_tensor_arg(),
                output.saved.clone().into_tensor_arg(),
                output.cells.clone().into_tensor_arg(),
                batch_size as u32,
                seq_length as u32,
                now as u32,
                plan.clip,
                spec,
                tile,
                dtype.into(),
            );
        }
    }
    output.last = cast(state, dtype);
    output
}

/// Runs a sequence backwards from the gradients of all hidden states and of the last states.
fn backward<R: CubeRuntime>(
    plan: &Plan,
    given: Given<R>,
    (hidden, saved, cells): (CubeTensor<R>, CubeTensor<R>, CubeTensor<R>),
    (upstream, upstream_last): (CubeTensor<R>, CubeTensor<R>),
) -> Backward<R> {
    let given = given.contiguous();
    let forwarded = Forward {
        hidden: into_contiguous(hidden),
        last: into_contiguous(upstream_last),
        saved: into_contiguous(saved),
        cells: into_contiguous(cells),
    };
    let upstream = into_contiguous(upstream);
    let (batch_size, seq_length) = (given.batch_size(), upstream.shape()[1]);
    let dtype = upstream.dtype;
    let spec = plan.spec;
    let resident = given.resident(spec);
    let [d_input, d_product, previous, d_initial, d_extra] =
        backward_shapes(&spec, batch_size, seq_length);
    let new = |shape: Shape, dtype: DType| match resident {
        Some(_) => given.empty(shape, dtype),
        None => given.zeros(shape, dtype),
    };
    let output = Backward {
        d_input: new(d_input, dtype),
        d_product: new(d_product, dtype),
        previous: new(previous, dtype),
        d_initial: given.empty(d_initial, dtype),
        d_extra: new(d_extra, DType::F32),
    };
    let Some(spec) = resident else {
        backward_by_steps(plan, &given, &forwarded, upstream, &output);
        return output;
    };
    let cubes = CubeCount::Static(batch_size.div_ceil(spec.rows) as u32, 1, 1);
    // SAFETY: as for the way forwards.
    unsafe {
        resident::backward::launch_unchecked(
            &given.recurrent.client,
            cubes,
            CubeDim::new_1d(spec.width() as u32),
            given.recurrent.clone().into_tensor_arg(),
            given.extra.into_tensor_arg(),
            given.initial.into_tensor_arg(),
            given.mask.into_tensor_arg(),
            given.order.into_tensor_arg(),
            forwarded.hidden.into_tensor_arg(),
            forwarded.saved.into_tensor_arg(),
            forwarded.cells.into_tensor_arg(),
            upstream.into_tensor_arg(),
            forwarded.last.into_tensor_arg(),
            output.d_input.clone().into_tensor_arg(),
            output.d_product.clone().into_tensor_arg(),
            output.previous.clone().into_tensor_arg(),
            output.d_initial.clone().into_tensor_arg(),
            output.d_extra.clone().into_tensor_arg(),
            batch_size as u32,
            seq_length as u32,
            plan.clip,
            spec,
            dtype.into(),
        );
    }
    output
}

fn backward_by_steps<R: CubeRuntime>(
    plan: &Plan,
    given: &Given<R>,
    forwarded: &Forward<R>,
    upstream: CubeTensor<R>,
    output: &Backward<R>,
) {
    let spec = plan.spec;
    let (batch_size, seq_length) = (given.batch_size(), upstream.shape()[1]);
    let dtype = upstream.dtype;
    let client = given.recurrent.client.clone();
    let tile = Tile::backward(&spec, batch_size, given.room());
    let cubes = tile.cubes(&spec, batch_size) as u32;
    let carry = given.empty(Shape::new([2, batch_size, spec.d_hidden]), DType::F32);
    for after in (0..=plan.steps).rev() {
        // SAFETY: as for the way forwards.
        unsafe {
            stepwise::backward::launch_unchecked(
                &client,
                CubeCount::Static(cubes, 1, 1),
                CubeDim::new_1d(tile.units() as u32),
                given.recurrent.clone().into_tensor_arg(),
                given.extra.clone().into_tensor_arg(),
                given.initial.clone().into_tensor_arg(),
                given.mask.clone().into_tensor_arg(),
                given.order.clone().into_tensor_arg(),
                forwarded.hidden.clone().into_tensor_arg(),
                forwarded.saved.clone().into_tensor_arg(),
                forwarded.cells.clone().into_tensor_arg(),
                upstream.clone().into_tensor_arg(),
                forwarded.last.clone().into_tensor_arg(),
                carry.clone().into_tensor_arg(),
                output.d_input.clone().into_tensor_arg(),
                output.d_product.clone().into_tensor_arg(),
                output.previous.clone().into_tensor_arg(),
                output.d_initial.clone().into_tensor_arg(),
                output.d_extra.clone().into_tensor_arg(),
                batch_size as u32,
                seq_length as u32,
                after as u32,
                plan.clip,
                spec,
                tile,
                dtype.into(),
            );
        }
    }
}
