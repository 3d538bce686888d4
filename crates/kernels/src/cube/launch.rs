//! What is launched for a sequence.

use super::operands::{Backward, Forward, Given, backward_shapes, forward_shapes};
use super::spec::Spec;
use super::tiling::Tile;
use super::{resident, stepwise};
use burn::backend::TensorMetadata;
use burn::backend::cubecl::dtype_to_elem_type;
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::{cast, into_contiguous};
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

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

/// Runs a sequence forwards from its input product `gates`, `[batch_size, seq_length, G * H]`.
pub fn forward(plan: &Plan, gates: CubeTensor, given: Given) -> Forward {
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
                    dtype_to_elem_type(dtype),
                );
            }
            output
        }
        None => forward_by_steps(plan, gates, given, output),
    }
}

fn forward_by_steps(plan: &Plan, gates: CubeTensor, given: Given, mut output: Forward) -> Forward {
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
                dtype_to_elem_type(dtype),
            );
        }
    }
    output.last = cast(state, dtype);
    output
}

/// Runs a sequence backwards from the gradients `upstream` of all hidden states, `[batch_size, seq_length, H]`.
/// `forwarded` is what the forward pass returned, with the gradients of the last states in place of these.
pub fn backward(plan: &Plan, given: Given, forwarded: Forward, upstream: CubeTensor) -> Backward {
    let given = given.contiguous();
    let forwarded = Forward {
        hidden: into_contiguous(forwarded.hidden),
        last: into_contiguous(forwarded.last),
        saved: into_contiguous(forwarded.saved),
        cells: into_contiguous(forwarded.cells),
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
            dtype_to_elem_type(dtype),
        );
    }
    output
}

fn backward_by_steps(
    plan: &Plan,
    given: &Given,
    forwarded: &Forward,
    upstream: CubeTensor,
    output: &Backward,
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
                dtype_to_elem_type(dtype),
            );
        }
    }
}
