//! The gates' squashing function.

use burn::tensor::{DType, Tensor, activation};

/// `σ(x) = 1 / (1 + e^-x)` in the precision of `x`.
///
/// Burn's provided sigmoid, which NdArray uses, computes in single precision whatever it is given;
/// `(1 + tanh(x / 2)) / 2` is the same function.
pub(crate) fn sigmoid(x: Tensor<2>) -> Tensor<2> {
    match x.dtype() {
        DType::F64 => (x * 0.5).tanh() * 0.5 + 0.5,
        _ => activation::sigmoid(x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn double_precision_is_kept() {
        let points = [-800.0, -30.0, -1.5, 0.0, 0.1, 2.0, 40.0, 800.0];
        let devices = [
            #[cfg(feature = "flex")]
            Device::flex(),
            #[cfg(feature = "ndarray")]
            Device::ndarray(),
        ];
        for device in devices {
            let data = TensorData::new(points.to_vec(), [1, points.len()]);
            let x = Tensor::<2>::from_data(data, (&device, DType::F64));
            let got = sigmoid(x).into_data().try_to_vec::<f64>().unwrap();
            for (x, got) in points.iter().zip(got) {
                let want = 1.0 / (1.0 + f64::exp(-x));
                assert!(
                    (got - want).abs() < 1e-15,
                    "sigmoid({x}) = {got}, not {want}"
                );
            }
        }
    }
}
