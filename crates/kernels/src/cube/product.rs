//! Large products of all steps at once, on tiles of several rows a plane: Burn itself takes its smallest
//! tiles for all sizes where it does not try them out.

use burn::tensor::{DType, Shape, TensorMetadata};
use burn_cubecl::CubeRuntime;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cubek_matmul::components::tile::TileMatmulKind;
use cubek_matmul::definition::{MatmulElems, MatmulGlobalElems};
use cubek_matmul::launch::{Strategy, launch_ref};
use cubek_matmul::routines::BlueprintStrategy;
use cubek_matmul::routines::simple::SimpleArgs;
use cubek_std::InputBinding;

/// Multiplications of a product that is worth it.
const LARGE: usize = 1 << 32;

/// The shape of a product that is large and known to be faster this way: on CUDA in single precision.
pub fn large_shape<R: CubeRuntime>(
    device: &R::Device,
    dtype: DType,
    left: &Shape,
    right: &Shape,
) -> Option<Shape> {
    let mut shape = left.to_vec();
    let inner = shape.pop()?;
    shape.push(right.to_vec().pop()?);
    let size = shape.iter().product::<usize>() * inner;
    let large = size >= LARGE && dtype == DType::F32;
    (large && R::name(&R::client(device)) == "cuda").then(|| Shape::from(shape))
}

/// `left · right` where it has a [`large_shape`].
pub fn large<R: CubeRuntime>(left: &CubeTensor<R>, right: &CubeTensor<R>) -> Option<CubeTensor<R>> {
    let (device, dtype) = (left.device.clone(), left.dtype);
    let shape = large_shape::<R>(&device, dtype, &left.shape(), &right.shape())?;
    let client = left.client.clone();
    let output = empty_device_contiguous_dtype(client.clone(), device, shape, dtype);
    let mut types = MatmulElems::from_globals(&MatmulGlobalElems {
        lhs: dtype.into(),
        rhs: dtype.into(),
        out: dtype.into(),
    });
    let tiles = SimpleArgs {
        multi_rows: true,
        tile_matmul: TileMatmulKind::Mma,
    };
    let [left, right] =
        [left, right].map(|factor| InputBinding::new(factor.clone().binding(), dtype.into()));
    let strategy = Strategy::SimpleCyclicMma(BlueprintStrategy::Inferred(tiles));
    let to = output.clone().binding();
    let launched = launch_ref(&strategy, &client, left, right, to, &mut types);
    launched.is_ok().then_some(output)
}
