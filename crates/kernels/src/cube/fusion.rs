//! The kernels as operations of Burn's Fusion stream: each runs when the stream gets to it.

use super::launch::{self, Plan, Way};
use super::recurrence::Recurrence;
use super::{CubeKernel, adam, embedding, product, taken};
use crate::embedding::gradient_shape;
use crate::fused::{Fused, tensor};
use crate::{AdamStep, AdamTensors, EmbeddingKernel, RecurrentBackend};
use burn::tensor::ops::{FloatTensor, FloatTensorOps, IntTensor};
use burn::tensor::{DType, Shape, Tensor, TensorMetadata};
use burn_cubecl::fusion::FusionCubeRuntime;
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{BoolElement, CubeBackend, CubeRuntime, FloatElement, IntElement};
use burn_fusion::client::GlobalFusionClient;
use burn_fusion::stream::{Operation, OperationStreams, StreamId};
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

    /// In a tensor of its own, since where two threads let go of one the one that reads it may find it gone
    /// (issue 4947 of tracel-ai/burn); computed here and put on no thread's stream, since reading runs all
    /// that waits on the stream: what is joined would depend on the clock.
    fn for_another_thread<const D: usize>(shared: Tensor<Self, D>) -> Tensor<Self, D> {
        let own = (shared * 1.0).into_primitive().tensor();
        let (client, stream) = (own.client.clone(), own.stream);
        let mut own = GlobalFusionClient::change_client_float::<CubeBackend<R, F, I, BT>>(
            own.into_ir(),
            client.clone(),
            client,
            stream,
        );
        own.stream = StreamId { value: u64::MAX };
        tensor(own)
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
        let name = match way {
            Way::Forward => "recurrent_sequence",
            Way::Backward => "recurrent_sequence_backward",
        };
        inputs.push(order);
        register::<R, F, I, BT>(name, inputs, outputs, move |mut inputs| {
            let order = inputs.pop().expect("as many tensors as were registered");
            launch::run(way, &plan, order, inputs)
        })
    }

    fn product(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self> {
        let (device, dtype) = (left.client.device(), left.dtype());
        let shape = product::large_shape::<R>(device, dtype, &left.shape(), &right.shape());
        let Some(shape) = shape else {
            return Self::float_matmul(left, right);
        };
        let outputs = [(shape, dtype)];
        let product = register::<R, F, I, BT>("product", vec![left, right], &outputs, |inputs| {
            let [left, right] = taken(inputs);
            vec![CubeBackend::<R, F, I, BT>::product(left, right)]
        });
        let [product] = taken(product);
        product
    }

    fn embedding_gradient() -> Option<EmbeddingKernel<Self>> {
        Some(embedding_gradient::<R, F, I, BT>)
    }

    fn adam(
        step: &AdamStep,
        tensors: AdamTensors<FloatTensor<Self>>,
        gradient: FloatTensor<Self>,
    ) -> AdamTensors<FloatTensor<Self>> {
        let outputs = [(); 3].map(|()| (gradient.shape(), gradient.dtype()));
        let inputs = vec![
            tensors.parameter,
            tensors.moment_1,
            tensors.moment_2,
            gradient,
        ];
        let step = *step;
        let updated = register::<R, F, I, BT>("adam", inputs, &outputs, move |inputs| {
            let [parameter, moment_1, moment_2, gradient] = taken(inputs);
            let tensors = AdamTensors {
                parameter,
                moment_1,
                moment_2,
            };
            let updated = adam::update(&step, tensors, gradient);
            vec![updated.parameter, updated.moment_1, updated.moment_2]
        });
        let [parameter, moment_1, moment_2] = taken(updated);
        AdamTensors {
            parameter,
            moment_1,
            moment_2,
        }
    }
}

fn embedding_gradient<R, F, I, BT>(
    gradient: FusionTensor<FusionCubeRuntime<R>>,
    tokens: FusionTensor<FusionCubeRuntime<R>>,
    vocabulary: usize,
) -> FusionTensor<FusionCubeRuntime<R>>
where
    R: CubeRuntime,
    F: FloatElement,
    I: IntElement,
    BT: BoolElement,
{
    let shape = gradient_shape(&gradient.shape(), vocabulary);
    let outputs = [(shape, gradient.dtype())];
    let inputs = vec![gradient, tokens];
    let summed = register::<R, F, I, BT>("embedding_gradient", inputs, &outputs, move |inputs| {
        let [gradient, tokens] = taken(inputs);
        vec![embedding::gradient(gradient, tokens, vocabulary)]
    });
    let [summed] = taken(summed);
    summed
}

/// Puts a kernel on the stream that its inputs are on; `outputs` are the shapes and precisions of what it
/// gives.
fn register<R, F, I, BT>(
    name: &'static str,
    inputs: Vec<FusionTensor<FusionCubeRuntime<R>>>,
    outputs: &[(Shape, DType)],
    run: impl Fn(Vec<CubeTensor<R>>) -> Vec<CubeTensor<R>> + Send + Sync + 'static,
) -> Vec<FusionTensor<FusionCubeRuntime<R>>>
where
    R: CubeRuntime,
    F: FloatElement,
    I: IntElement,
    BT: BoolElement,
{
    let client = inputs[0].client.clone();
    let streams = OperationStreams::with_inputs(&inputs);
    let inputs: Vec<TensorIr> = inputs.into_iter().map(FusionTensor::into_ir).collect();
    let outputs: Vec<TensorIr> = (outputs.iter())
        .map(|(shape, dtype)| TensorIr::uninit(client.create_empty_handle(), shape.clone(), *dtype))
        .collect();
    let tensors = CustomOpIr::new(name, &inputs, &outputs);
    let kernel = Kernel::<CubeBackend<R, F, I, BT>, _> {
        name,
        tensors: tensors.clone(),
        run,
        backend: PhantomData,
    };
    client.register(streams, OperationIr::Custom(tensors), kernel)
}

/// What stands for a tensor on the stream.
type Handle<R> = <FusionCubeRuntime<R> as FusionRuntime>::FusionHandle;

struct Kernel<B, K> {
    name: &'static str,
    tensors: CustomOpIr,
    run: K,
    backend: PhantomData<fn() -> B>,
}

impl<B, K> std::fmt::Debug for Kernel<B, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<R, F, I, BT, K> Operation<FusionCubeRuntime<R>> for Kernel<CubeBackend<R, F, I, BT>, K>
where
    R: CubeRuntime,
    F: FloatElement,
    I: IntElement,
    BT: BoolElement,
    K: Fn(Vec<CubeTensor<R>>) -> Vec<CubeTensor<R>> + Send + Sync,
{
    fn execute(&self, handles: &mut HandleContainer<Handle<R>>) {
        let inputs = (self.tensors.inputs.iter())
            .map(|tensor| handles.get_float_tensor::<CubeBackend<R, F, I, BT>>(tensor))
            .collect();
        for (place, tensor) in self.tensors.outputs.iter().zip((self.run)(inputs)) {
            handles.register_float_tensor::<CubeBackend<R, F, I, BT>>(&place.id, tensor);
        }
    }
}
