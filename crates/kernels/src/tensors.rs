//! Groups of tensors that an operation takes as one argument.

use crate::call::CallTensors;
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Backend, BackendTensor, Dispatch, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind,
    ExtensionType,
};

/// Float tensors of a backend.
pub type FloatTensors<B> = List<FloatTensor<B>>;

/// The tensors of a backend's sequence operation.
pub type SequenceTensors<B> = CallTensors<FloatTensor<B>>;

/// Several tensors.
#[derive(Debug, Clone)]
pub struct List<T>(
    /// The tensors.
    pub Vec<T>,
);

impl<T> List<T> {
    fn map<U>(self, change: impl FnMut(T) -> U) -> List<U> {
        List(self.0.into_iter().map(change).collect())
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

/// Burn's derive knows neither optional tensors nor lists.
macro_rules! extension_type {
    ($group:ident) => {
        impl<B: Backend> ExtensionType<B> for $group<FloatTensor<B>> {
            type Target = $group<FloatTensor<Dispatch>>;

            fn map_to_dispatch<F>(
                self,
                map_kind: F,
                autodiff: DispatchAutodiffContext,
            ) -> Self::Target
            where
                F: Fn(BackendTensor<B>) -> DispatchTensorKind,
            {
                self.map(|tensor| DispatchTensor {
                    kind: map_kind(BackendTensor::Float(tensor)),
                    autodiff,
                })
            }

            fn map_from_dispatch<F>(target: Self::Target, unwrap_kind: F) -> Self
            where
                F: Fn(DispatchTensor) -> BackendTensor<B>,
            {
                target.map(|tensor| unwrap_kind(tensor).float())
            }

            fn routing_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
                target.iter().next()
            }

            fn routing_float_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
                target.iter().next()
            }

            fn autodiff_context(target: &Self::Target) -> DispatchAutodiffContext {
                target
                    .iter()
                    .map(|tensor| tensor.autodiff)
                    .fold(DispatchAutodiffContext::Disabled, |all, one| all.merge(one))
            }
        }
    };
}

extension_type!(List);
extension_type!(CallTensors);
