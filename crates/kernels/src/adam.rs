//! One Adam update, as one pass over memory where the backend has a fused kernel.

use crate::RecurrentBackend;
use crate::fused::tensor;
use burn::tensor::{DType, Tensor};

/// The numbers of an update.
///
/// ```text
/// m ← β1·m + (1-β1)·g    v ← β2·v + (1-β2)·g²
/// p ← (1 - lr·decay)·p - lr · m/(1-β1^t) / (√(v/(1-β2^t)) + ε)
/// ```
///
/// Diederik P. Kingma and Jimmy Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015; with the
/// decay of Ilya Loshchilov and Frank Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// Learning rate.
    pub lr: f64,
    /// `β1`.
    pub beta_1: f64,
    /// `β2`.
    pub beta_2: f64,
    /// `ε`.
    pub epsilon: f64,
    /// `decay`.
    pub weight_decay: f64,
    /// `t`, from 1.
    pub time: usize,
}

/// A parameter with its moments.
#[derive(Debug, Clone)]
pub struct AdamTensors<T> {
    /// `p`.
    pub parameter: T,
    /// `m`.
    pub moment_1: T,
    /// `v`.
    pub moment_2: T,
}

impl AdamStep {
    /// What the moments are divided by.
    pub fn corrections(&self) -> (f64, f64) {
        let time = i32::try_from(self.time).unwrap_or(i32::MAX);
        (1.0 - self.beta_1.powi(time), 1.0 - self.beta_2.powi(time))
    }

    /// Applies the update.
    pub fn apply<B: RecurrentBackend, const D: usize>(
        &self,
        tensors: AdamTensors<Tensor<B, D>>,
        gradient: Tensor<B, D>,
    ) -> AdamTensors<Tensor<B, D>> {
        let dtype = gradient.dtype();
        let plain = matches!(dtype, DType::F32 | DType::F64) && tensors.parameter.dtype() == dtype;
        match B::fused().filter(|_| plain) {
            Some(fused) => {
                let primitive = |tensor: Tensor<B, D>| tensor.into_primitive().tensor();
                let updated = fused.adam(
                    self,
                    AdamTensors {
                        parameter: primitive(tensors.parameter),
                        moment_1: primitive(tensors.moment_1),
                        moment_2: primitive(tensors.moment_2),
                    },
                    primitive(gradient),
                );
                AdamTensors {
                    parameter: tensor(updated.parameter),
                    moment_1: tensor(updated.moment_1),
                    moment_2: tensor(updated.moment_2),
                }
            }
            None => self.reference(tensors, gradient),
        }
    }

    /// The update in tensor operations.
    pub fn reference<B: RecurrentBackend, const D: usize>(
        &self,
        tensors: AdamTensors<Tensor<B, D>>,
        gradient: Tensor<B, D>,
    ) -> AdamTensors<Tensor<B, D>> {
        let (first, second) = self.corrections();
        let moment_1 = tensors.moment_1 * self.beta_1 + gradient.clone() * (1.0 - self.beta_1);
        let moment_2 =
            tensors.moment_2 * self.beta_2 + gradient.powi_scalar(2) * (1.0 - self.beta_2);
        let size = (moment_2.clone() / second).sqrt() + self.epsilon;
        let change = moment_1.clone() / size * (self.lr / first);
        AdamTensors {
            parameter: tensors.parameter * (1.0 - self.lr * self.weight_decay) - change,
            moment_1,
            moment_2,
        }
    }
}
