//! Orthogonal initial weights.

use burn::tensor::{Device, Distribution, Tensor, TensorData};
use nalgebra::DMatrix;

/// A random matrix, `[rows, columns]`, whose rows or columns, whichever are fewer, are orthonormal
/// (Saxe et al., 2014): the `Q` of a normal matrix whose `R` has a positive diagonal.
///
/// Decomposed on the host in double precision. Burn's initializer writes its matrices entry by
/// entry, which takes seconds at a few hundred rows, and leaves up to 1e-4 for unlucky draws.
pub(crate) fn orthogonal([rows, columns]: [usize; 2], device: &Device) -> Tensor<2> {
    let normal = Tensor::<2>::random([rows, columns], Distribution::Normal(0.0, 1.0), device);
    let drawn = DMatrix::from_row_iterator(rows, columns, normal.into_data().iter::<f64>());
    let wide = rows < columns;
    let decomposed = if wide { drawn.transpose() } else { drawn }.qr();
    let (mut q, r) = (decomposed.q(), decomposed.r());
    for (mut column, diagonal) in q.column_iter_mut().zip(r.diagonal().iter()) {
        column *= diagonal.signum();
    }
    // Stored column by column, so that the transposed one is row by row.
    let by_row = if wide { q } else { q.transpose() };
    let data = TensorData::new(by_row.as_slice().to_vec(), [rows, columns]);
    Tensor::from_data(data, device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewer_of_rows_and_columns_are_orthonormal() {
        let device = Device::flex();
        for shape in [[1, 1], [4, 4], [3, 7], [7, 3], [200, 200]] {
            let matrix = orthogonal(shape, &device);
            assert_eq!(matrix.dims(), shape);
            let transposed = matrix.clone().transpose();
            let product = match shape[0] < shape[1] {
                true => matrix.matmul(transposed),
                false => transposed.matmul(matrix),
            };
            let off = product - Tensor::eye(shape[0].min(shape[1]), &device);
            let off: f32 = off.abs().max().into_scalar();
            assert!(off < 1e-5, "{shape:?}: {off} off");
        }
    }
}
