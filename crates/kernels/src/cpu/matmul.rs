//! A product of matrices into memory that nobody cleared before.

use super::path::Number;
use super::sizes::product;

/// `a bᵀ`, `[rows, columns]`, of `a` `[rows, inner]` and `b` `[columns, inner]`.
///
/// # Panics
/// When the sizes do not fit.
pub fn times_transposed<E: Number>(a: &[E], b: &[E], inner: usize) -> Vec<E> {
    let (rows, columns) = (a.len() / inner.max(1), b.len() / inner.max(1));
    assert!(
        a.len() == rows * inner && b.len() == columns * inner,
        "both matrices have rows of {inner} numbers"
    );
    let size = product(&[rows, columns]);
    let mut out = Vec::<E>::with_capacity(size);
    let stride = |numbers: usize| isize::try_from(numbers).unwrap_or(isize::MAX);
    // SAFETY: `a` and `b` hold `rows` and `columns` rows of `inner` numbers, `out` has room for the
    // result, which is written without being read, in every place, before its length is set. `E` is
    // `f32` or `f64`, which the library knows.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            stride(columns),
            false,
            a.as_ptr(),
            1,
            stride(inner),
            b.as_ptr(),
            stride(inner),
            1,
            E::of(0.0),
            E::of(1.0),
            false,
            false,
            false,
            gemm::Parallelism::Rayon(0),
        );
        out.set_len(size);
    }
    out
}
