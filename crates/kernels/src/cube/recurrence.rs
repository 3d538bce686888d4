//! What a backend on CubeCL runs with kernels of its own.

use super::launch::{self, Plan, Way};
use super::{CubeKernel, adam, embedding, product};
use crate::fused::Fused;
use crate::{AdamStep, AdamTensors, EmbeddingKernel, RecurrentBackend};
use burn::tensor::backend::Backend;
use burn::tensor::ops::{FloatTensor, FloatTensorOps, IntTensor};
use burn::tensor::{DType, Shape};
use burn_cubecl::{BoolElement, CubeBackend, CubeRuntime, FloatElement, IntElement};

/// The kernels of a backend.
pub trait Recurrence: Backend {
    /// Runs a sequence on all that `way` reads; `outputs` are the shapes and precisions of what it
    /// gives.
    fn sequence(
        way: Way,
        plan: Plan,
        order: IntTensor<Self>,
        inputs: Vec<FloatTensor<Self>>,
        outputs: &[(Shape, DType)],
    ) -> Vec<FloatTensor<Self>>;

    /// A product of all steps at once.
    fn product(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_matmul(left, right)
    }

    /// See [`EmbeddingKernel`]; none where Burn's own has to do.
    fn embedding_gradient() -> Option<EmbeddingKernel<Self>> {
        None
    }

    /// See [`AdamStep`].
    fn adam(
        step: &AdamStep,
        tensors: AdamTensors<FloatTensor<Self>>,
        gradient: FloatTensor<Self>,
    ) -> AdamTensors<FloatTensor<Self>>;
}

impl<R, F, I, BT> Recurrence for CubeBackend<R, F, I, BT>
where
    R: CubeRuntime,
    F: FloatElement,
    I: IntElement,
    BT: BoolElement,
{
    fn sequence(
        way: Way,
        plan: Plan,
        order: IntTensor<Self>,
        inputs: Vec<FloatTensor<Self>>,
        _outputs: &[(Shape, DType)],
    ) -> Vec<FloatTensor<Self>> {
        launch::run(way, &plan, order, inputs)
    }

    fn product(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        product::large(&left, &right).unwrap_or_else(|| Self::float_matmul(left, right))
    }

    fn embedding_gradient() -> Option<EmbeddingKernel<Self>> {
        Some(embedding::gradient)
    }

    fn adam(
        step: &AdamStep,
        tensors: AdamTensors<FloatTensor<Self>>,
        gradient: FloatTensor<Self>,
    ) -> AdamTensors<FloatTensor<Self>> {
        adam::update(step, tensors, gradient)
    }
}

impl<R, F, I, BT> RecurrentBackend for CubeBackend<R, F, I, BT>
where
    R: CubeRuntime,
    F: FloatElement,
    I: IntElement,
    BT: BoolElement,
{
    fn fused() -> Option<&'static dyn Fused<Self>> {
        Some(&CubeKernel)
    }
}
