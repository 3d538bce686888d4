//! The Adam update in ATen's operations on the tensors themselves.

use crate::{AdamOps, AdamStep};
use burn::backend::LibTorch;
use burn_tch::TchTensor;
use tch::Tensor;

impl AdamOps for LibTorch {
    fn adam(
        parameter: TchTensor,
        moment_1: TchTensor,
        moment_2: TchTensor,
        gradient: TchTensor,
        step: AdamStep,
    ) -> (TchTensor, TchTensor, TchTensor) {
        update(&step, [parameter, moment_1, moment_2], &gradient)
    }
}

fn update(
    step: &AdamStep,
    tensors: [TchTensor; 3],
    gradient: &TchTensor,
) -> (TchTensor, TchTensor, TchTensor) {
    let [mut parameter, mut moment_1, mut moment_2] = tensors.map(own);
    let (first, second) = step.corrections();
    tch::no_grad(|| {
        let _ = moment_1.lerp_(&gradient.tensor, 1.0 - step.beta_1);
        let scaled = &gradient.tensor * (1.0 - step.beta_2).sqrt();
        moment_2 *= step.beta_2;
        let _ = moment_2.addcmul_(&scaled, &scaled);
        if step.lr == 0.0 {
            return;
        }
        // addcdiv_ adds `m / size`, so `-lr / first` goes into the size.
        let rate = -first / step.lr;
        let mut size = moment_2.sqrt();
        size *= rate / second.sqrt();
        size += rate * step.epsilon;
        if step.weight_decay > 0.0 {
            parameter *= 1.0 - step.lr * step.weight_decay;
        }
        let _ = parameter.addcdiv_(&moment_1, &size);
    });
    (
        TchTensor::new(parameter),
        TchTensor::new(moment_1),
        TchTensor::new(moment_2),
    )
}

/// The tensor to write to: a copy if anybody else reads it.
fn own(tensor: TchTensor) -> Tensor {
    match tensor.can_mut() {
        true => tensor.tensor,
        false => tensor.tensor.detach().copy(),
    }
}
