//! The kernel for every backend on CubeCL: CUDA, and WGPU on Vulkan, Metal and DirectX.
//!
//! The products of all steps at once (`x·W + b`, and backwards the gradients of `W`, `U`, `b` and `x`)
//! are ordinary tensor operations. What is left is the recurrence: one launch runs all its steps
//! where `U` fits on chip ([`resident`]), else one launch a step ([`stepwise`]).
//! Both run the same pointwise step ([`step`]). Numbers are stored in the precision of the tensors
//! and computed in `f32`.

mod adam;
mod embedding;
mod launch;
mod memory;
mod on_chip;
mod operands;
mod over_rows;
mod product;
mod resident;
mod spec;
mod step;
mod stepwise;
mod tile;
mod tiling;

use crate::call::{
    CallOutputs, CallSizes, CallTensors, CallUpstream, KernelCell, Saved, SequenceCall,
};
use crate::operation::{SequenceKernel, SequenceOps, outputs};
use crate::sequence::clear_padding;
use burn::backend::{Cube, TensorMetadata};
use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use burn_cubecl::tensor::CubeTensor;
use launch::Plan;
use operands::{Forward, Given};
use spec::Spec;
use std::sync::Arc;

/// What the backward pass reads besides the hidden states.
struct Kept {
    plan: Plan,
    sizes: CallSizes,
    /// Zero at padded steps, `[batch_size * seq_length, d_input]`.
    input: Tensor<2>,
    given: Given,
    saved: CubeTensor,
    cells: CubeTensor,
}

impl SequenceOps for Cube {
    fn sequence(
        call: SequenceCall,
        tensors: CallTensors<CubeTensor>,
    ) -> (CubeTensor, CubeTensor, Option<CubeTensor>) {
        outputs(Self::forward(&call, &tensors, false))
    }
}

impl SequenceKernel for Cube {
    fn forward(
        call: &SequenceCall,
        tensors: &CallTensors<CubeTensor>,
        save: bool,
    ) -> CallOutputs<CubeTensor> {
        let input: Tensor<3> = tensor(tensors.input.clone());
        let sizes = CallSizes::new(call, tensors);
        let (batch_size, seq_length) = (sizes.batch_size, sizes.seq_length);
        let (d_input, width) = (sizes.d_input, call.cell.gates() * sizes.d_hidden);
        let lengths = match &call.lengths {
            Some(lengths) => lengths.as_slice().to_vec(),
            None => vec![seq_length; batch_size],
        };
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let plan = plan(call, tensors, steps, save);
        let order = order(&lengths, &input.device());
        let input = clear_padding(input, call.lengths.as_ref());
        let input = input.reshape([batch_size * seq_length, d_input]);

        let weight: Tensor<2> = tensor(tensors.weight_input.clone());
        let product = matmul(input.clone(), weight);
        let gates = match tensors.bias.clone() {
            Some(bias) => product + tensor::<1>(bias).unsqueeze(),
            None => product,
        };
        let gates = primitive(gates.reshape([batch_size, seq_length, width]));
        let given = given(tensors, order);
        let output = launch::forward(&plan, gates, given.clone());
        let (last_hidden, last_cell) = halves(output.last);
        let has_cell = plan.spec.kind.has_cell();
        CallOutputs {
            hidden: output.hidden,
            last_hidden,
            last_cell: has_cell.then_some(last_cell),
            saved: save.then(|| {
                let kept = Kept {
                    plan,
                    sizes,
                    input,
                    given,
                    saved: output.saved,
                    cells: output.cells,
                };
                Arc::new(kept) as Saved
            }),
        }
    }

    fn backward(
        call: &SequenceCall,
        tensors: &CallTensors<CubeTensor>,
        (hidden, saved): (&CubeTensor, &Saved),
        upstream: CallUpstream<CubeTensor>,
        want_input: bool,
    ) -> CallTensors<Option<CubeTensor>> {
        let Some(kept) = saved.downcast_ref::<Kept>() else {
            unreachable!("the backward pass follows a forward pass of the same backend");
        };
        assert_eq!(
            CallSizes::new(call, tensors),
            kept.sizes,
            "sizes of both passes"
        );
        let plan = kept.plan;
        let (kind, d_hidden, width) = (plan.spec.kind, plan.spec.d_hidden, plan.spec.width());
        let (batch_size, seq_length) = (kept.sizes.batch_size, kept.sizes.seq_length);
        let rows = batch_size * seq_length;
        let (device, dtype) = (kept.input.device(), hidden.dtype());
        let zeros = |shape: [usize; 2]| Tensor::<2>::zeros(shape, (&device, dtype));
        let from_hidden = match upstream.hidden {
            Some(gradient) => gradient,
            None => primitive(zeros([rows, d_hidden]).reshape([batch_size, seq_length, d_hidden])),
        };
        let state = |gradient: Option<CubeTensor>| match gradient {
            Some(gradient) => tensor(gradient),
            None => zeros([batch_size, d_hidden]),
        };
        let from_last = vec![state(upstream.last_hidden), state(upstream.last_cell)];
        let forwarded = Forward {
            hidden: hidden.clone(),
            last: primitive(Tensor::stack::<3>(from_last, 0)),
            saved: kept.saved.clone(),
            cells: kept.cells.clone(),
        };
        let output = launch::backward(&plan, kept.given.clone(), forwarded, from_hidden);

        let flat = |one: CubeTensor, size: usize| tensor::<3>(one).reshape([rows, size]);
        let d_input = flat(output.d_input, width);
        let d_product = match kind.has_product() {
            true => flat(output.d_product, width),
            false => d_input.clone(),
        };
        let previous = flat(output.previous, d_hidden);
        let sum = |of: Tensor<2>| primitive(over_rows::sum(of));
        let weight: Tensor<2> = tensor(tensors.weight_input.clone());
        let [d_inputs, _] = weight.dims();
        let (d_hidden_0, d_cell_0) = halves(output.d_initial);
        CallTensors {
            input: want_input.then(|| {
                let product = matmul(d_input.clone(), weight.transpose());
                primitive(product.reshape([batch_size, seq_length, d_inputs]))
            }),
            weight_input: Some(primitive(over_rows::product(
                kept.input.clone(),
                d_input.clone(),
            ))),
            weight_recurrent: Some(primitive(over_rows::product(previous, d_product.clone()))),
            bias: tensors.bias.as_ref().map(|_| Some(sum(d_input))),
            candidate_bias: (tensors.candidate_bias.as_ref())
                .map(|_| Some(sum(d_product.narrow(1, 2 * d_hidden, d_hidden)))),
            peephole: tensors.peephole.as_ref().map(|_| {
                let summed = tensor::<3>(output.d_extra).sum_dim(0).squeeze_dim::<2>(0);
                Some(primitive(summed.cast(FloatDType::from(dtype))))
            }),
            hidden: tensors.hidden.as_ref().map(|_| Some(d_hidden_0)),
            cell: tensors.cell.as_ref().map(|_| Some(d_cell_0)),
            mask: None,
            input_mask: None,
        }
    }
}

/// A tensor of the backend's own as one of Burn's.
fn tensor<const D: usize>(primitive: CubeTensor) -> Tensor<D> {
    Tensor::from_primitive::<Cube>(primitive)
}

/// The backend's own tensor.
fn primitive<const D: usize>(tensor: Tensor<D>) -> CubeTensor {
    match tensor.try_into_primitive::<Cube>() {
        Ok(primitive) => primitive,
        Err(error) => unreachable!("made from this backend's tensors: {error:?}"),
    }
}

/// A product of all steps at once.
fn matmul<const D: usize>(left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
    tensor(product::product(primitive(left), primitive(right)))
}

fn plan<T: TensorMetadata>(
    call: &SequenceCall,
    tensors: &CallTensors<T>,
    steps: usize,
    keep: bool,
) -> Plan {
    let [d_hidden, _] = tensors.weight_recurrent.shape().dims();
    let clip = match call.cell {
        KernelCell::Lstm { clip, .. } => clip.unwrap_or(0.0),
        _ => 0.0,
    };
    Plan {
        spec: Spec::new(call, d_hidden, tensors.mask.is_some(), keep),
        steps,
        clip: clip as f32,
    }
}

/// `U`, extra, initial and mask as [`operands::Given`] has them.
fn given(tensors: &CallTensors<CubeTensor>, order: CubeTensor) -> Given {
    let [d_hidden, _] = tensors.weight_recurrent.shape().dims();
    let batch_size = tensors.input.shape()[0];
    let device = tensor::<3>(tensors.input.clone()).device();
    let options = (&device, tensors.input.dtype());
    let zeros = |count: usize| Tensor::<1>::zeros([count * d_hidden], options);
    let extra = match (tensors.peephole.clone(), tensors.candidate_bias.clone()) {
        (Some(peephole), _) => tensor::<2>(peephole).reshape([3 * d_hidden]),
        (None, Some(bias)) => Tensor::cat(vec![zeros(2), tensor(bias)], 0),
        (None, None) => zeros(3),
    };
    let state = |state: &Option<CubeTensor>| match state {
        Some(state) => tensor::<2>(state.clone()),
        None => Tensor::zeros([batch_size, d_hidden], options),
    };
    let initial = Tensor::stack::<3>(vec![state(&tensors.hidden), state(&tensors.cell)], 0);
    let mask = match tensors.mask.clone() {
        Some(mask) => mask,
        None => primitive(Tensor::<2>::ones([1, 1], options)),
    };
    Given {
        recurrent: tensors.weight_recurrent.clone(),
        extra: primitive(extra),
        initial: primitive(initial),
        mask,
        order,
    }
}

/// Sequences, longest first, then their lengths in that order: those that run side by side in a cube
/// end at nearly the same step.
fn order(lengths: &[usize], device: &Device) -> CubeTensor {
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
    let order = Tensor::<1, Int>::from_data(TensorData::new(values, [count]), device);
    match order.try_into_primitive::<Cube>() {
        Ok(primitive) => primitive,
        Err(error) => unreachable!("made on this backend's device: {error:?}"),
    }
}

/// The two parts of `[2, batch_size, H]`.
fn halves(pair: CubeTensor) -> (CubeTensor, CubeTensor) {
    let pair: Tensor<3> = tensor(pair);
    let half = |at: usize| primitive(pair.clone().narrow(0, at, 1).squeeze_dim::<2>(0));
    (half(0), half(1))
}
