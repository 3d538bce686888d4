//! Sums of a gradient's rows by their tokens, in two launches and always in the same order: first a cube
//! adds up what is alike among [`PART`] rows, then a unit adds up one number over all parts.

use crate::embedding::{EmbeddingGradient, EmbeddingOps, gradient_shape};
use burn::backend::Cube;
use burn::backend::TensorMetadata;
use burn::backend::cubecl::dtype_to_elem_type;
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::{cast, into_contiguous};
use burn_cubecl::ops::numeric::{empty_device_contiguous_dtype, zeros_client};
use burn_cubecl::tensor::CubeTensor;
use cubecl::{calculate_cube_count_elemwise, prelude::*};

/// Rows, and units, of a cube.
const PART: usize = 256;
/// Numbers of the table at a time: 64 MiB.
const TABLE: usize = 1 << 24;

/// Leaves in `sums`, `[rows, d]`, for the first row of each token in a part the sum of all such rows, and in
/// `table`, `[parts, vocabulary]`, which row that is, counted from one.
#[cube(launch_unchecked)]
fn by_parts<F: Float>(
    gradient: &Tensor<F>,
    tokens: &Tensor<i32>,
    table: &mut Tensor<u32>,
    sums: &mut Tensor<f32>,
    rows: u32,
    first_part: u32,
    vocabulary: u32,
    #[comptime] d: usize,
    #[define(F)] _dtype: ElemType,
) {
    let rows = rows as usize;
    let unit = UNIT_POS_X as usize;
    let start = (first_part as usize + CUBE_POS_X as usize) * PART;
    let mut alike = Shared::<[u32]>::new_slice(PART);
    let mut firsts = Shared::<[u32]>::new_slice(PART);
    let row = start + unit;
    let token = u32::cast_from(tokens[usize::min(row, rows - 1)]);
    // What is no token is summed with its like and left there.
    alike[unit] = select(row < rows && token < vocabulary, token, vocabulary);
    sync_cube();
    let mut first = unit;
    for back in 0..unit {
        let before = unit - 1 - back;
        if alike[before] == alike[unit] {
            first = before;
        }
    }
    firsts[unit] = first as u32;
    if first == unit && alike[unit] < vocabulary {
        let place = CUBE_POS_X as usize * vocabulary as usize + alike[unit] as usize;
        table[place] = row as u32 + 1u32;
    }
    sync_cube();
    for round in 0..d {
        let number = round * PART + unit;
        let (own, column) = (number / d, number % d);
        if firsts[own] == own as u32 && alike[own] < vocabulary {
            let mut sum = 0f32;
            for other in own..PART {
                if firsts[other] == own as u32 {
                    sum += f32::cast_from(gradient[(start + other) * d + column]);
                }
            }
            sums[(start + own) * d + column] = sum;
        }
    }
}

/// Adds up the parts: `[vocabulary, d]`, to what is there where `add`.
#[cube(launch_unchecked)]
fn over_parts<F: Float>(
    table: &Tensor<u32>,
    sums: &Tensor<f32>,
    output: &mut Tensor<F>,
    parts: u32,
    vocabulary: u32,
    #[comptime] add: bool,
    #[comptime] d: usize,
    #[define(F)] _dtype: ElemType,
) {
    let at = ABSOLUTE_POS;
    let (token, column) = (at / d, at % d);
    if token < vocabulary as usize {
        let mut sum = 0f32;
        if comptime!(add) {
            sum = f32::cast_from(output[at]);
        }
        for part in 0..parts as usize {
            let row = table[part * vocabulary as usize + token] as usize;
            if row > 0 {
                sum += sums[(row - 1) * d + column];
            }
        }
        output[at] = F::cast_from(sum);
    }
}

impl EmbeddingOps for Cube {}

impl EmbeddingGradient for Cube {
    fn sum_by_token(gradient: CubeTensor, tokens: CubeTensor, vocabulary: usize) -> CubeTensor {
        sum_by_token(gradient, tokens, vocabulary)
    }
}

fn sum_by_token(gradient: CubeTensor, tokens: CubeTensor, vocabulary: usize) -> CubeTensor {
    let (gradient, tokens) = (into_contiguous(gradient), cast(tokens, DType::I32));
    let tokens = into_contiguous(tokens);
    let rows = tokens.shape().num_elements();
    let d = gradient.shape().to_vec().pop().unwrap_or(1);
    assert_eq!(
        gradient.shape().num_elements(),
        rows * d,
        "a row for each token"
    );
    let parts = rows.div_ceil(PART);
    let (client, device) = (gradient.client.clone(), gradient.device.clone());
    let (shape, dtype) = (
        gradient_shape(&gradient.shape(), vocabulary),
        gradient.dtype,
    );
    let [_, d] = shape.dims();
    if rows == 0 {
        return zeros_client(client, device, shape, dtype);
    }
    let new = |shape: Shape, dtype| {
        empty_device_contiguous_dtype(client.clone(), device.clone(), shape, dtype)
    };
    let sums = new(Shape::new([rows * d]), DType::F32);
    let output = new(shape, dtype);
    let units = CubeDim::new_1d(PART as u32);
    let cubes = calculate_cube_count_elemwise(&client, vocabulary * d, units);
    let at_once = (TABLE / vocabulary.max(1)).clamp(1, parts);
    for first in (0..parts).step_by(at_once) {
        let parts = at_once.min(parts - first);
        let cells = Shape::new([parts * vocabulary]);
        let table = zeros_client(client.clone(), device.clone(), cells, DType::U32);
        // SAFETY: a unit of the first launch writes where its row's sums and its part's tokens are, and
        // no other token than the vocabulary has; the second reads rows that the first left in the
        // table, and writes one number of the output.
        unsafe {
            by_parts::launch_unchecked(
                &client,
                CubeCount::Static(parts as u32, 1, 1),
                units,
                gradient.clone().into_tensor_arg(),
                tokens.clone().into_tensor_arg(),
                table.clone().into_tensor_arg(),
                sums.clone().into_tensor_arg(),
                rows as u32,
                first as u32,
                vocabulary as u32,
                d,
                dtype_to_elem_type(dtype),
            );
            over_parts::launch_unchecked(
                &client,
                cubes.clone(),
                units,
                table.into_tensor_arg(),
                sums.clone().into_tensor_arg(),
                output.clone().into_tensor_arg(),
                parts as u32,
                vocabulary as u32,
                first > 0,
                d,
                dtype_to_elem_type(dtype),
            );
        }
    }
    output
}
