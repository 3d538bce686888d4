//! Large products of all steps at once, on tiles of several rows a plane: Burn itself takes its smallest
//! tiles for all sizes where it does not try them out.

use burn::backend::Cube;
use burn::backend::TensorMetadata;
use burn::backend::cubecl::dtype_to_elem_type;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{DType, Shape};
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cubek_matmul::definition::{MatmulElems, MatmulGlobalElems};
use cubek_matmul::launch::launch_ref;
use cubek_matmul::multi_level::Strategy;
use cubek_matmul::multi_level::components::tile::TileMatmulKind;
use cubek_matmul::multi_level::routines::batch::simple::SimpleArgs;
use cubek_matmul::routine::BlueprintStrategy;
use cubek_std::InputBinding;

/// Multiplications of a product that is worth it.
const LARGE: usize = 1 << 32;

/// `left · right`, on the larger tiles where they are known to be faster.
pub fn product(left: CubeTensor, right: CubeTensor) -> CubeTensor {
    large(&left, &right).unwrap_or_else(|| Cube::float_matmul(left, right))
}

/// The shape of a product that is large and known to be faster this way: on CUDA in single precision.
fn large_shape(left: &CubeTensor, right: &CubeTensor) -> Option<Shape> {
    let mut shape = left.shape().to_vec();
    let inner = shape.pop()?;
    shape.push(right.shape().to_vec().pop()?);
    let size = shape.iter().product::<usize>() * inner;
    let large = size >= LARGE && left.dtype == DType::F32;
    (large && left.client.name() == "cuda").then(|| Shape::from(shape))
}

/// `left · right` where it has a [`large_shape`].
fn large(left: &CubeTensor, right: &CubeTensor) -> Option<CubeTensor> {
    let (device, dtype) = (left.device.clone(), left.dtype);
    let shape = large_shape(left, right)?;
    let client = left.client.clone();
    let output = empty_device_contiguous_dtype(client.clone(), device, shape, dtype);
    let mut types = MatmulElems::from_globals(&MatmulGlobalElems {
        lhs: dtype_to_elem_type(dtype),
        rhs: dtype_to_elem_type(dtype),
        out: dtype_to_elem_type(dtype),
    });
    let tiles = SimpleArgs {
        multi_rows: true,
        tile_matmul: TileMatmulKind::Mma,
    };
    let [left, right] = [left, right]
        .map(|factor| InputBinding::new(factor.clone().binding(), dtype_to_elem_type(dtype)));
    let strategy = Strategy::SimpleCyclicMma(BlueprintStrategy::Inferred(tiles));
    let to = output.clone().binding();
    let launched = launch_ref(&strategy.into(), &client, left, right, to, &mut types);
    launched.is_ok().then_some(output)
}
