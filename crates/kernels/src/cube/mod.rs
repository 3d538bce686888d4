//! The kernel for every backend on CubeCL: CUDA, and WGPU on Vulkan, Metal and DirectX.
//!
//! The products of all steps at once (`x·W + b`, and backwards the gradients of `W`, `U`, `b` and `x`)
//! are ordinary tensor operations. What is left is the recurrence: one launch runs all its steps
//! where `U` fits on chip ([`resident`]), else one launch a step ([`stepwise`]).
//! Both run the same pointwise step ([`step`]). Numbers are stored in the precision of the tensors
//! and computed in `f32`.

mod adam;
mod embedding;
#[cfg(feature = "fusion")]
mod fusion;
mod launch;
mod memory;
mod on_chip;
mod operands;
mod over_rows;
mod product;
mod recurrence;
mod resident;
mod spec;
mod step;
mod stepwise;
mod tile;
mod tiling;

use crate::fused::{
    CallSizes, Fused, FusedCall, FusedCell, FusedOutput, FusedTensors, FusedUpstream, primitive,
    tensor,
};
use crate::sequence::clear_padding;
use crate::{AdamStep, AdamTensors, EmbeddingKernel, RecurrentBackend};
use burn::tensor::backend::Backend;
use burn::tensor::ops::{FloatTensor, IntTensor};
use burn::tensor::{DType, FloatDType, Int, Tensor, TensorData, TensorMetadata};
use launch::{Plan, Way};
use operands::{backward_shapes, forward_shapes};
use recurrence::Recurrence;
use spec::Spec;
use std::any::Any;
use std::sync::Arc;

/// The recurrence in CubeCL.
pub struct CubeKernel;

/// What the backward pass reads besides the hidden states.
struct Kept<B: Backend> {
    plan: Plan,
    /// Zero at padded steps, `[batch_size * seq_length, d_input]`.
    input: Tensor<B, 2>,
    /// `U`, extra, initial and mask in the kernels' shapes.
    given: [FloatTensor<B>; 4],
    order: IntTensor<B>,
    saved: FloatTensor<B>,
    cells: FloatTensor<B>,
}

impl<B: Recurrence + RecurrentBackend> Fused<B> for CubeKernel {
    fn name(&self) -> &'static str {
        "the CubeCL kernel"
    }

    fn covers(&self, _call: &FusedCall, tensors: &FusedTensors<FloatTensor<B>>) -> bool {
        let dtype = tensors.input.dtype();
        let known = matches!(dtype, DType::F32 | DType::F16 | DType::BF16);
        known && tensors.iter().all(|one| one.dtype() == dtype)
    }

    fn forward(
        &self,
        call: &FusedCall,
        tensors: &FusedTensors<FloatTensor<B>>,
        keep: bool,
    ) -> FusedOutput<FloatTensor<B>> {
        let input: Tensor<B, 3> = tensor(tensors.input.clone());
        let sizes = CallSizes::new(call, tensors);
        let (batch_size, seq_length) = (sizes.batch_size, sizes.seq_length);
        let (d_input, width) = (sizes.d_input, call.cell.gates() * sizes.d_hidden);
        let lengths = match &call.lengths {
            Some(lengths) => lengths.as_slice().to_vec(),
            None => vec![seq_length; batch_size],
        };
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let plan = plan(call, tensors, steps, keep);
        let order = order::<B>(&lengths, &input.device()).into_primitive();
        let input = clear_padding(input, call.lengths.as_deref());
        let input = input.reshape([batch_size * seq_length, d_input]);

        let weight: Tensor<B, 2> = tensor(tensors.weight_input.clone());
        let product = product(input.clone(), weight);
        let gates = match tensors.bias.clone() {
            Some(bias) => product + tensor::<B, 1>(bias).unsqueeze(),
            None => product,
        };
        let gates = primitive(&gates.reshape([batch_size, seq_length, width]));
        let given = given::<B>(tensors, batch_size);

        let dtype = tensors.input.dtype();
        let shapes = forward_shapes(&plan.spec, batch_size, seq_length);
        let shapes = shapes.map(|shape| (shape, dtype));
        let inputs = given.iter().cloned().chain([gates]).collect();
        let outputs = B::sequence(Way::Forward, plan, order.clone(), inputs, &shapes);
        let [hidden, last, saved, cells] = taken(outputs);
        let (last_hidden, last_cell) = halves::<B>(last);
        let has_cell = plan.spec.kind.has_cell();
        FusedOutput {
            hidden,
            last_hidden,
            last_cell: has_cell.then_some(last_cell),
            kept: keep.then(|| {
                let kept = Kept::<B> {
                    plan,
                    input,
                    given,
                    order,
                    saved,
                    cells,
                };
                Arc::new(kept) as Arc<dyn Any + Send + Sync>
            }),
        }
    }

    fn backward(
        &self,
        _call: &FusedCall,
        tensors: &FusedTensors<FloatTensor<B>>,
        (hidden, kept): (&FloatTensor<B>, &(dyn Any + Send + Sync)),
        upstream: FusedUpstream<FloatTensor<B>>,
        want_input: bool,
    ) -> FusedTensors<Option<FloatTensor<B>>> {
        let kept: &Kept<B> = kept.downcast_ref().expect("what the forward pass kept");
        let plan = kept.plan;
        let (kind, d_hidden, width) = (plan.spec.kind, plan.spec.d_hidden, plan.spec.width());
        let [batch_size, seq_length, _] = hidden.shape().dims();
        let rows = batch_size * seq_length;
        let device = B::float_device(hidden);
        let dtype = hidden.dtype();
        let zeros = |shape: [usize; 2]| Tensor::<B, 2>::zeros(shape, (&device, dtype));
        let from_hidden = match upstream.hidden {
            Some(gradient) => gradient,
            None => primitive(&zeros([rows, d_hidden]).reshape([batch_size, seq_length, d_hidden])),
        };
        let state = |gradient: Option<FloatTensor<B>>| match gradient {
            Some(gradient) => tensor(gradient),
            None => zeros([batch_size, d_hidden]),
        };
        let from_last = vec![state(upstream.last_hidden), state(upstream.last_cell)];
        let from_last = primitive(&Tensor::stack::<3>(from_last, 0));

        let forwarded = [hidden.clone(), kept.saved.clone(), kept.cells.clone()];
        let inputs = kept.given.iter().cloned().chain(forwarded);
        let inputs = inputs.chain([from_hidden, from_last]).collect();
        let [d_input, d_product, previous, d_initial, d_extra] =
            backward_shapes(&plan.spec, batch_size, seq_length);
        let shapes = [
            (d_input, dtype),
            (d_product, dtype),
            (previous, dtype),
            (d_initial, dtype),
            (d_extra, DType::F32),
        ];
        let outputs = B::sequence(Way::Backward, plan, kept.order.clone(), inputs, &shapes);
        let [d_input, d_product, previous, d_initial, d_extra] = taken(outputs);

        let flat = |one: FloatTensor<B>, size: usize| tensor::<B, 3>(one).reshape([rows, size]);
        let d_input = flat(d_input, width);
        let d_product = match kind.has_product() {
            true => flat(d_product, width),
            false => d_input.clone(),
        };
        let previous = flat(previous, d_hidden);
        let sum = |of: Tensor<B, 2>| primitive(&over_rows::sum(of));
        let weight: Tensor<B, 2> = tensor(tensors.weight_input.clone());
        let [d_inputs, _] = weight.dims();
        let (d_hidden_0, d_cell_0) = halves::<B>(d_initial);
        FusedTensors {
            input: want_input.then(|| {
                let product = product(d_input.clone(), weight.transpose());
                primitive(&product.reshape([batch_size, seq_length, d_inputs]))
            }),
            weight_input: Some(primitive(&over_rows::product(
                kept.input.clone(),
                d_input.clone(),
            ))),
            weight_recurrent: Some(primitive(&over_rows::product(previous, d_product.clone()))),
            bias: tensors.bias.as_ref().map(|_| Some(sum(d_input))),
            candidate_bias: (tensors.candidate_bias.as_ref())
                .map(|_| Some(sum(d_product.narrow(1, 2 * d_hidden, d_hidden)))),
            peephole: tensors.peephole.as_ref().map(|_| {
                let summed = tensor::<B, 3>(d_extra).sum_dim(0).squeeze_dim::<2>(0);
                Some(primitive(&summed.cast(FloatDType::from(dtype))))
            }),
            hidden: tensors.hidden.as_ref().map(|_| Some(d_hidden_0)),
            cell: tensors.cell.as_ref().map(|_| Some(d_cell_0)),
            mask: None,
        }
    }

    fn embedding(&self, dtype: DType) -> Option<EmbeddingKernel<B>> {
        B::embedding_gradient().filter(|_| dtype == DType::F32)
    }

    fn adam(
        &self,
        step: &AdamStep,
        tensors: AdamTensors<FloatTensor<B>>,
        gradient: FloatTensor<B>,
    ) -> AdamTensors<FloatTensor<B>> {
        B::adam(step, tensors, gradient)
    }
}

/// A product of all steps at once.
fn product<B: Recurrence, const D: usize>(left: Tensor<B, D>, right: Tensor<B, D>) -> Tensor<B, D> {
    tensor(B::product(primitive(&left), primitive(&right)))
}

fn plan<T: TensorMetadata>(
    call: &FusedCall,
    tensors: &FusedTensors<T>,
    steps: usize,
    keep: bool,
) -> Plan {
    let [d_hidden, _] = tensors.weight_recurrent.shape().dims();
    let clip = match call.cell {
        FusedCell::Lstm { clip, .. } => clip.unwrap_or(0.0),
        _ => 0.0,
    };
    Plan {
        spec: Spec::new(call, d_hidden, tensors.mask.is_some(), keep),
        steps,
        clip: clip as f32,
    }
}

/// `U`, extra, initial and mask as [`operands::Given`] has them.
fn given<B: Backend>(
    tensors: &FusedTensors<FloatTensor<B>>,
    batch_size: usize,
) -> [FloatTensor<B>; 4] {
    let [d_hidden, _] = tensors.weight_recurrent.shape().dims();
    let device = B::float_device(&tensors.input);
    let options = (&device, tensors.input.dtype());
    let zeros = |count: usize| Tensor::<B, 1>::zeros([count * d_hidden], options);
    let extra = match (tensors.peephole.clone(), tensors.candidate_bias.clone()) {
        (Some(peephole), _) => tensor::<B, 2>(peephole).reshape([3 * d_hidden]),
        (None, Some(bias)) => Tensor::cat(vec![zeros(2), tensor(bias)], 0),
        (None, None) => zeros(3),
    };
    let state = |state: &Option<FloatTensor<B>>| match state {
        Some(state) => tensor::<B, 2>(state.clone()),
        None => Tensor::zeros([batch_size, d_hidden], options),
    };
    let initial = Tensor::stack::<3>(vec![state(&tensors.hidden), state(&tensors.cell)], 0);
    let mask = match tensors.mask.clone() {
        Some(mask) => mask,
        None => primitive(&Tensor::<B, 2>::ones([1, 1], options)),
    };
    [
        tensors.weight_recurrent.clone(),
        primitive(&extra),
        primitive(&initial),
        mask,
    ]
}

/// Sequences, longest first, then their lengths in that order: those that run side by side in a cube
/// end at nearly the same step.
fn order<B: Backend>(lengths: &[usize], device: &B::Device) -> Tensor<B, 1, Int> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&sequence| std::cmp::Reverse(lengths[sequence]));
    let sorted = order.iter().map(|&sequence| lengths[sequence]);
    let values: Vec<i32> = order
        .iter()
        .copied()
        .chain(sorted)
        .map(|value| value as i32)
        .collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// What a kernel gave, one by one.
fn taken<T, const N: usize>(tensors: Vec<T>) -> [T; N] {
    let found = tensors.len();
    (tensors.try_into()).unwrap_or_else(|_| panic!("{found} tensors for {N}"))
}

/// The two parts of `[2, batch_size, H]`.
fn halves<B: Backend>(pair: FloatTensor<B>) -> (FloatTensor<B>, FloatTensor<B>) {
    let pair: Tensor<B, 3> = tensor(pair);
    let half = |at: usize| primitive(&pair.clone().narrow(0, at, 1).squeeze_dim::<2>(0));
    (half(0), half(1))
}
