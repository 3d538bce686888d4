//! The sequence kernel on LibTorch: ATen's own layers, oneDNN on the CPU and cuDNN on NVIDIA GPUs.
//!
//! ATen's graph of one forward pass is kept and run backwards when Burn's autodiff asks for it.

mod adam;
mod layer;
mod packing;

use crate::call::{CallOutputs, CallSizes, CallTensors, CallUpstream, Saved, SequenceCall};
use crate::operation::{SequenceKernel, SequenceOps, outputs};
use burn::backend::LibTorch;
use burn_tch::TchTensor;
use layer::Outputs;
use std::sync::Arc;
use tch::{Kind, Tensor};

/// A forward pass that can be run backwards: its inputs, and its outputs with their graph.
struct Kept {
    leaves: CallTensors<TchTensor>,
    outputs: Outputs<TchTensor>,
}

impl SequenceOps for LibTorch {
    fn sequence(
        call: SequenceCall,
        tensors: CallTensors<TchTensor>,
    ) -> (TchTensor, TchTensor, Option<TchTensor>) {
        outputs(Self::forward(&call, &tensors, false))
    }
}

impl SequenceKernel for LibTorch {
    fn forward(
        call: &SequenceCall,
        tensors: &CallTensors<TchTensor>,
        save: bool,
    ) -> CallOutputs<TchTensor> {
        let sizes = CallSizes::new(call, tensors);
        let leaves = tensors.clone().map(|one| {
            let leaf = one.tensor.detach().set_requires_grad(save);
            TchTensor::from_existing(leaf, one.storage)
        });
        let values = leaves.clone().map(|one| one.tensor);
        let run = || layer::run(call, sizes, &values);
        let outputs = match save {
            true => tch::with_grad(run),
            false => tch::no_grad(run),
        };
        let outputs = outputs.map(TchTensor::new);
        // They share storage, so that nobody overwrites what the graph has saved.
        let given =
            |one: &TchTensor| TchTensor::from_existing(one.tensor.detach(), one.storage.clone());
        CallOutputs {
            hidden: given(&outputs.hidden),
            last_hidden: given(&outputs.last_hidden),
            last_cell: outputs.last_cell.as_ref().map(given),
            saved: save.then(|| Arc::new(Kept { leaves, outputs }) as Saved),
        }
    }

    fn backward(
        _call: &SequenceCall,
        _tensors: &CallTensors<TchTensor>,
        (_, saved): (&TchTensor, &Saved),
        upstream: CallUpstream<TchTensor>,
        want_input: bool,
    ) -> CallTensors<Option<TchTensor>> {
        let Some(Kept { leaves, outputs }) = saved.downcast_ref() else {
            unreachable!("the backward pass follows a forward pass of the same backend");
        };
        let none = CallTensors {
            input: None,
            weight_input: None,
            weight_recurrent: None,
            bias: None,
            candidate_bias: None,
            peephole: None,
            hidden: None,
            cell: None,
            mask: None,
            input_mask: None,
        };
        let pairs = [
            Some(&outputs.hidden).zip(upstream.hidden),
            Some(&outputs.last_hidden).zip(upstream.last_hidden),
            outputs.last_cell.as_ref().zip(upstream.last_cell),
        ];
        let total = tch::with_grad(|| {
            let products = pairs.into_iter().flatten();
            products
                .map(|(output, gradient)| (&output.tensor * gradient.tensor).sum(None::<Kind>))
                .reduce(|sum, product| sum + product)
        });
        let Some(total) = total else {
            return none;
        };
        let mut wanted: Vec<&Tensor> = leaves.iter().map(|leaf| &leaf.tensor).collect();
        if !want_input {
            wanted.remove(0);
        }
        let gradients = Tensor::run_backward(&[total], &wanted, false, false);
        let mut gradients = gradients.into_iter().map(TchTensor::new);
        CallTensors {
            input: if want_input { gradients.next() } else { None },
            weight_input: gradients.next(),
            weight_recurrent: gradients.next(),
            bias: leaves.bias.as_ref().map(|_| gradients.next()),
            candidate_bias: leaves.candidate_bias.as_ref().map(|_| gradients.next()),
            hidden: leaves.hidden.as_ref().map(|_| gradients.next()),
            cell: leaves.cell.as_ref().map(|_| gradients.next()),
            ..none
        }
    }
}
