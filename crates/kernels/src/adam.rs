//! One Adam update, as one pass over memory where the backend has a kernel.

use crate::primitive::tensor;
use crate::runner::Runner;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{DType, Tensor};

/// The Adam update as an operation; gradients do not flow through it.
#[backend_extension(
    Cube: cfg(feature = "cube"),
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch")
)]
pub trait AdamOps: Backend {
    /// The new parameter and its new moments; all tensors are of one shape and one precision, `f32` or `f64`.
    #[allow(unused_variables, reason = "where no backend is built in")]
    fn adam(
        parameter: FloatTensor<Self>,
        moment_1: FloatTensor<Self>,
        moment_2: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

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

    /// Applies the update, by the kernel of the tensors' backend where it has one for their precision.
    pub fn update<const D: usize>(
        &self,
        tensors: AdamTensors<Tensor<D>>,
        gradient: Tensor<D>,
    ) -> AdamTensors<Tensor<D>> {
        let dtype = gradient.dtype();
        let plain = matches!(dtype, DType::F32 | DType::F64)
            && tensors.parameter.dtype() == dtype
            && !tensors.parameter.is_autodiff();
        let kernel = !matches!(Runner::of(&gradient), None | Some(Runner::Remote));
        if !plain || !kernel {
            return self.reference(tensors, gradient);
        }
        let shape = gradient.shape();
        let fits = |one: &Tensor<D>| one.shape() == shape;
        assert!(
            fits(&tensors.parameter) && fits(&tensors.moment_1) && fits(&tensors.moment_2),
            "a parameter, its moments and its gradient are of one shape"
        );
        let (parameter, moment_1, moment_2) = <Dispatch as AdamOps>::adam(
            tensors.parameter.into_dispatch(),
            tensors.moment_1.into_dispatch(),
            tensors.moment_2.into_dispatch(),
            gradient.into_dispatch(),
            *self,
        );
        AdamTensors {
            parameter: tensor(parameter),
            moment_1: tensor(moment_1),
            moment_2: tensor(moment_2),
        }
    }

    /// The update in tensor operations.
    pub fn reference<const D: usize>(
        &self,
        tensors: AdamTensors<Tensor<D>>,
        gradient: Tensor<D>,
    ) -> AdamTensors<Tensor<D>> {
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
