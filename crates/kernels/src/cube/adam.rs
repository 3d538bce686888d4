//! The Adam update in one launch.

use crate::{AdamOps, AdamStep};
use burn::backend::Cube;
use burn::backend::TensorMetadata;
use burn::backend::cubecl::dtype_to_elem_type;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cubecl::{calculate_cube_count_elemwise, prelude::*};

/// Units of a cube.
const UNITS: u32 = 256;

/// `numbers` are `β1, 1 - β1, β2, 1 - β2, lr / (1 - β1^t), 1 / (1 - β2^t), ε, 1 - lr·decay`: the
/// differences come from double precision.
#[cube(launch_unchecked)]
fn step<F: Float>(
    parameter: &Tensor<F>,
    moment_1: &Tensor<F>,
    moment_2: &Tensor<F>,
    gradient: &Tensor<F>,
    new_parameter: &mut Tensor<F>,
    new_moment_1: &mut Tensor<F>,
    new_moment_2: &mut Tensor<F>,
    numbers: Sequence<f32>,
    #[define(F)] _dtype: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < gradient.len() {
        let slope = gradient[at];
        let first = F::cast_from(numbers[0]) * moment_1[at] + F::cast_from(numbers[1]) * slope;
        let second =
            F::cast_from(numbers[2]) * moment_2[at] + F::cast_from(numbers[3]) * slope * slope;
        let size = (second * F::cast_from(numbers[5])).sqrt() + F::cast_from(numbers[6]);
        new_parameter[at] =
            parameter[at] * F::cast_from(numbers[7]) - F::cast_from(numbers[4]) * first / size;
        new_moment_1[at] = first;
        new_moment_2[at] = second;
    }
}

impl AdamOps for Cube {
    fn adam(
        parameter: CubeTensor,
        moment_1: CubeTensor,
        moment_2: CubeTensor,
        gradient: CubeTensor,
        step: AdamStep,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        update(&step, [parameter, moment_1, moment_2], gradient)
    }
}

fn update(
    of: &AdamStep,
    tensors: [CubeTensor; 3],
    gradient: CubeTensor,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let shape = gradient.shape();
    assert!(
        tensors
            .iter()
            .all(|one| one.shape() == shape && one.dtype == gradient.dtype),
        "a parameter, its moments and its gradient are of one shape and one precision"
    );
    let [parameter, moment_1, moment_2] = tensors.map(into_contiguous);
    let (first, second) = of.corrections();
    let mut numbers = SequenceArg::new();
    for number in [
        of.beta_1,
        1.0 - of.beta_1,
        of.beta_2,
        1.0 - of.beta_2,
        of.lr / first,
        1.0 / second,
        of.epsilon,
        1.0 - of.lr * of.weight_decay,
    ] {
        numbers.push(number as f32);
    }
    let gradient = into_contiguous(gradient);
    let empty = || {
        let (client, device) = (gradient.client.clone(), gradient.device.clone());
        empty_device_contiguous_dtype(client, device, gradient.shape(), gradient.dtype)
    };
    let updated = (empty(), empty(), empty());
    let (count, dtype) = (gradient.shape().num_elements(), gradient.dtype);
    let client = gradient.client.clone();
    let units = CubeDim::new_1d(UNITS);
    let cubes = calculate_cube_count_elemwise(&client, count, units);
    // SAFETY: all tensors have as many numbers as the gradient, and units past them do nothing.
    unsafe {
        step::launch_unchecked(
            &client,
            cubes,
            units,
            parameter.into_tensor_arg(),
            moment_1.into_tensor_arg(),
            moment_2.into_tensor_arg(),
            gradient.into_tensor_arg(),
            updated.0.clone().into_tensor_arg(),
            updated.1.clone().into_tensor_arg(),
            updated.2.clone().into_tensor_arg(),
            numbers,
            dtype_to_elem_type(dtype),
        );
    }
    updated
}
