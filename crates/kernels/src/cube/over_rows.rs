//! Sums over all steps of all sequences. Burn's kernels give such a sum to as few units as it has
//! results, so it is taken apart into sums of some rows each, and these are added.

use burn::tensor::Tensor;

/// Results that keep a GPU at work, counted in tiles of `TILE * TILE`.
const TILES: usize = 2048;
const TILE: usize = 64;
/// Most parts of a product.
const PARTS: usize = 64;

/// The sum of all rows, `[size]` of `[rows, size]`.
pub fn sum(of: Tensor<2>) -> Tensor<1> {
    let [rows, size] = of.dims();
    let parts = divisor(rows, rows.isqrt());
    let parted = of.reshape([parts, rows / parts, size]).sum_dim(1);
    parted.reshape([parts, size]).sum_dim(0).squeeze_dim(0)
}

/// `leftᵀ · right`, `[m, n]` of `[rows, m]` and `[rows, n]`.
pub fn product(left: Tensor<2>, right: Tensor<2>) -> Tensor<2> {
    let ([rows, m], [_, n]) = (left.dims(), right.dims());
    let tiles = m.div_ceil(TILE) * n.div_ceil(TILE);
    let parts = divisor(rows, (TILES / tiles).min(PARTS));
    if parts == 1 {
        return super::matmul(left.transpose(), right);
    }
    let left = left.reshape([parts, rows / parts, m]).swap_dims(1, 2);
    let right = right.reshape([parts, rows / parts, n]);
    super::matmul(left, right).sum_dim(0).squeeze_dim(0)
}

/// The largest divisor of `number` that is at most `bound`, or 1.
fn divisor(number: usize, bound: usize) -> usize {
    (1..=bound)
        .rev()
        .find(|part| number.is_multiple_of(*part))
        .unwrap_or(1)
}
