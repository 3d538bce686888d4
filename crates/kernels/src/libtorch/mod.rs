//! The fused recurrence on LibTorch: ATen's own layers, oneDNN on the CPU and cuDNN on NVIDIA GPUs.
//!
//! ATen's graph of one forward pass is kept and run backwards when Burn's autodiff asks for it.

mod adam;
mod layer;
mod packing;

use crate::fused::{Fused, FusedCall, FusedCell, FusedOutput, FusedTensors, FusedUpstream};
use crate::{AdamStep, AdamTensors};
use burn_tch::{LibTorch, TchElement, TchTensor};
use layer::Outputs;
use std::any::Any;
use std::sync::Arc;
use tch::{Kind, Tensor};

/// ATen's recurrent layers.
pub struct AtenKernel;

/// A forward pass that can be run backwards: what it read, and what it gave, with its graph.
struct Kept {
    leaves: FusedTensors<TchTensor>,
    outputs: Outputs<TchTensor>,
}

impl<E: TchElement> Fused<LibTorch<E>> for AtenKernel {
    fn name(&self) -> &'static str {
        "LibTorch's recurrent layers"
    }

    fn covers(&self, call: &FusedCall, tensors: &FusedTensors<TchTensor>) -> bool {
        let cell = match call.cell {
            FusedCell::Elman { .. } => true,
            FusedCell::Lstm { peephole, clip } => !peephole && clip.is_none(),
            FusedCell::Gru { mirror } => !mirror,
        };
        let kind = tensors.input.tensor.kind();
        let alike = tensors.iter().all(|one| one.tensor.kind() == kind);
        cell && tensors.mask.is_none() && alike && matches!(kind, Kind::Float | Kind::Double)
    }

    fn forward(
        &self,
        call: &FusedCall,
        tensors: &FusedTensors<TchTensor>,
        keep: bool,
    ) -> FusedOutput<TchTensor> {
        let leaves = tensors.clone().map(|one| {
            let leaf = one.tensor.detach().set_requires_grad(keep);
            TchTensor::from_existing(leaf, one.storage)
        });
        let values = leaves.clone().map(|one| one.tensor);
        let run = || layer::run(call, &values);
        let outputs = match keep {
            true => tch::with_grad(run),
            false => tch::no_grad(run),
        };
        let outputs = outputs.map(TchTensor::new);
        // One storage, so that nobody writes over what the graph has kept.
        let given =
            |one: &TchTensor| TchTensor::from_existing(one.tensor.detach(), one.storage.clone());
        FusedOutput {
            hidden: given(&outputs.hidden),
            last_hidden: given(&outputs.last_hidden),
            last_cell: outputs.last_cell.as_ref().map(given),
            kept: keep.then(|| Arc::new(Kept { leaves, outputs }) as Arc<dyn Any + Send + Sync>),
        }
    }

    fn backward(
        &self,
        _call: &FusedCall,
        _tensors: &FusedTensors<TchTensor>,
        (_, kept): (&TchTensor, &(dyn Any + Send + Sync)),
        upstream: FusedUpstream<TchTensor>,
        want_input: bool,
    ) -> FusedTensors<Option<TchTensor>> {
        let none = FusedTensors {
            input: None,
            weight_input: None,
            weight_recurrent: None,
            bias: None,
            candidate_bias: None,
            peephole: None,
            hidden: None,
            cell: None,
            mask: None,
        };
        let Some(Kept { leaves, outputs }) = kept.downcast_ref() else {
            return none;
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
        FusedTensors {
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

    fn adam(
        &self,
        step: &AdamStep,
        tensors: AdamTensors<TchTensor>,
        gradient: TchTensor,
    ) -> AdamTensors<TchTensor> {
        adam::update(step, tensors, gradient)
    }
}
