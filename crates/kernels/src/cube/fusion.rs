//! Sequences as operations of Burn's Fusion stream.

use super::CubeKernel;
use super::launch::{self, Plan, Way};
use super::recurrence::Recurrence;
use crate::fused::{Fused, primitive, tensor};
use crate::{AdamStep, AdamTensors, RecurrentBackend};
use burn::tensor::ops::{FloatTensor, FloatTensorOps, IntTensor};
use burn::tensor::{DType, Shape, Tensor, TensorMetadata};
use burn_cubecl::fusion::FusionCubeRuntime;
use burn_cubecl::{BoolElement, CubeBackend, CubeRuntime, FloatElement, IntElement};
use burn_fusion::stream::{Operation, OperationStreams};
use burn_fusion::{Fusion, FusionRuntime, FusionTensor};
use burn_ir::{CustomOpIr, HandleContainer, OperationIr, TensorIr};
use std::marker::PhantomData;

impl<R, F, I, BT> RecurrentBackend for Fusion<CubeBackend<R, F, I, BT>>
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

impl<R, F, I, BT> Recurrence for Fusion<CubeBackend<R, F, I, BT>>
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
        mut inputs: Vec<FloatTensor<Self>>,
        outputs: &[(Shape, DType)],
    ) -> Vec<FloatTensor<Self>> {
        inputs.push(order);
        let client = inputs[0].client.clone();
        let streams = OperationStreams::with_inputs(&inputs);
        let inputs: Vec<TensorIr> = inputs.into_iter().map(FusionTensor::into_ir).collect();
        let outputs: Vec<TensorIr> = outputs
            .iter()
            .map(|(shape, dtype)| {
                TensorIr::uninit(client.create_empty_handle(), shape.clone(), *dtype)
            })
            .collect();
        let name = match way {
            Way::Forward => "recurrent_sequence",
            Way::Backward => "recurrent_sequence_backward",
        };
        let tensors = CustomOpIr::new(name, &inputs, &outputs);
        let operation = Sequence::<CubeBackend<R, F, I, BT>> {
            way,
            plan,
            tensors: tensors.clone(),
            backend: PhantomData,
        };
        client.register(streams, OperationIr::Custom(tensors), operation)
    }

    /// Fusion makes one launch of the tensor operations.
    fn adam(
        step: &AdamStep,
        tensors: AdamTensors<FloatTensor<Self>>,
        gradient: FloatTensor<Self>,
    ) -> AdamTensors<FloatTensor<Self>> {
        let shape = tensors.parameter.shape();
        let count = Shape::new([shape.num_elements()]);
        let flat = |one: FloatTensor<Self>| -> Tensor<Self, 1> {
            tensor(Self::float_reshape(one, count.clone()))
        };
        let updated = step.reference(
            AdamTensors {
                parameter: flat(tensors.parameter),
                moment_1: flat(tensors.moment_1),
                moment_2: flat(tensors.moment_2),
            },
            flat(gradient),
        );
        let back = |one: Tensor<Self, 1>| Self::float_reshape(primitive(&one), shape.clone());
        AdamTensors {
            parameter: back(updated.parameter),
            moment_1: back(updated.moment_1),
            moment_2: back(updated.moment_2),
        }
    }
}

/// What stands for a tensor on the stream.
type Handle<R> = <FusionCubeRuntime<R> as FusionRuntime>::FusionHandle;

struct Sequence<B> {
    way: Way,
    plan: Plan,
    /// The order is the last input.
    tensors: CustomOpIr,
    backend: PhantomData<fn() -> B>,
}

impl<B> std::fmt::Debug for Sequence<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "recurrent sequence, {:?}", self.way)
    }
}

impl<R, F, I, BT> Operation<FusionCubeRuntime<R>> for Sequence<CubeBackend<R, F, I, BT>>
where
    R: CubeRuntime,
    F: FloatElement,
    I: IntElement,
    BT: BoolElement,
{
    fn execute(&self, handles: &mut HandleContainer<Handle<R>>) {
        let mut inputs: Vec<_> = (self.tensors.inputs.iter())
            .map(|tensor| handles.get_float_tensor::<CubeBackend<R, F, I, BT>>(tensor))
            .collect();
        let order = inputs.pop().expect("as many tensors as were registered");
        let outputs = launch::run(self.way, &self.plan, order, inputs);
        for (place, tensor) in self.tensors.outputs.iter().zip(outputs) {
            handles.register_float_tensor::<CubeBackend<R, F, I, BT>>(&place.id, tensor);
        }
    }
}
