//! The gates' squashing function.

use burn::tensor::{DType, Tensor, activation, backend::Backend};

/// `σ(x) = 1 / (1 + e^-x)` in the precision of `x`.
///
/// Burn's provided sigmoid, which NdArray uses, computes in single precision whatever it is given;
/// `(1 + tanh(x / 2)) / 2` is the same function.
pub(crate) fn sigmoid<B: Backend>(x: Tensor<B, 2>) -> Tensor<B, 2> {
    match x.dtype() {
        DType::F64 => (x * 0.5).tanh() * 0.5 + 0.5,
        _ => activation::sigmoid(x),
    }
}

#[cfg(all(test, feature = "ndarray"))]
mod tests {
    use super::*;
    use burn::tensor::TensorData;
    use burn_ndarray::NdArray;

    #[test]
    fn double_precision_is_kept() {
        let points = [-800.0, -30.0, -1.5, 0.0, 0.1, 2.0, 40.0, 800.0];
        let data = TensorData::new(points.to_vec(), [1, points.len()]);
        let x = Tensor::<NdArray<f64>, 2>::from_data(data, &Default::default());
        let got = sigmoid(x).into_data().to_vec::<f64>().unwrap();
        for (x, got) in points.iter().zip(got) {
            let want = 1.0 / (1.0 + f64::exp(-x));
            assert!(
                (got - want).abs() < 1e-15,
                "sigmoid({x}) = {got}, not {want}"
            );
        }
    }
}
