//! Repeatable numbers, tensors of them, and how near they come.

use super::setup::Setup;
use burn::tensor::{Tensor, TensorData};

/// Repeatable numbers (SplitMix64).
pub struct Numbers(u64);

impl Numbers {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number of [-1, 1).
    pub fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// Numbers of [-scale, scale).
    pub fn vector(&mut self, len: usize, scale: f64) -> Vec<f64> {
        (0..len).map(|_| self.draw() * scale).collect()
    }
}

/// A tensor of these values.
pub fn tensor<const D: usize>(values: &[f64], shape: [usize; D], setup: &Setup) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), setup)
}

/// The values of a tensor.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// Whether `got` is within `tolerance * (1 + |want|)` of `want`; what is not a number is near to none.
pub fn is_close(got: f64, want: f64, tolerance: f64) -> bool {
    (got - want).abs() <= tolerance * (1.0 + want.abs())
}

/// Fails unless `got` [`is_close`] to `want` everywhere.
#[track_caller]
pub fn assert_close(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}: number of values");
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        assert!(
            is_close(*got, *want, tolerance),
            "{what}, value {at}: {got:e}, not {want:e}"
        );
    }
}
