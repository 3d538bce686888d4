//! In which precision recurrent layers compute while training.

use burn::tensor::{DType, Device, FloatDType, Tensor};
use serde::{Deserialize, Serialize};

/// Precision of the recurrence while training.
///
/// Parameters, and all that is not recurrent, stay in single precision; in half precision inputs and
/// weights are rounded on the way into a layer, and its outputs widened on the way out, gradients the
/// other way around (Micikevicius et al., "Mixed Precision Training", ICLR 2018). Outside training a
/// layer computes in the precision of its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// That of the parameters, single precision.
    #[default]
    F32,
    /// IEEE half precision: 11 bits, up to 65,504. Small gradients need their loss scaled.
    F16,
    /// Brain floating point: 8 bits, the range of single precision.
    Bf16,
}

impl Precision {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// Whether a backend computes in it.
    pub fn is_supported(self, device: &Device) -> bool {
        self.half()
            .is_none_or(|half| device.supports_dtype(DType::from(half)))
    }

    /// What a layer in training casts to.
    pub(crate) fn half(self) -> Option<FloatDType> {
        match self {
            Self::F32 => None,
            Self::F16 => Some(FloatDType::F16),
            Self::Bf16 => Some(FloatDType::BF16),
        }
    }
}

/// The tensor in another precision, if there is one.
pub(crate) fn cast<const D: usize>(tensor: Tensor<D>, to: Option<FloatDType>) -> Tensor<D> {
    match to {
        Some(to) => tensor.cast(to),
        None => tensor,
    }
}
