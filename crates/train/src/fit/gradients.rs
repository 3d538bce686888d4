//! Gradients of one step, on one device or on several.
//!
//! Each device takes its share of the batch. The gradients are those of the mean loss of the whole
//! batch, so the number of devices changes results by rounding alone (and by what dropout draws).
//! One thread hands work to one device after the other; GPUs compute in the background, so all of
//! them work at once.

use super::batches::{Batcher, share};
use super::trainable::{StepOutput, Trainable};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

/// What a step depends on besides the network and its items.
#[derive(Debug, Clone, Copy)]
pub struct StepPlace {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Seed of the dropout masks.
    pub seed: u64,
    /// Factor of the loss in the backward pass; the gradients are divided by it again.
    pub loss_scale: f64,
}

/// The gradients of the mean loss over `items` on the first device, and the output of each device.
pub fn gradients<M, K>(
    model: &M,
    batcher: &K,
    items: &[u32],
    place: StepPlace,
    devices: &[Device],
) -> (GradientsParams, Vec<StepOutput>)
where
    K: Batcher,
    M: Module + Trainable<Batch = K::Batch>,
{
    let mut steps = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        let items = share(items, at, devices.len());
        if items.is_empty() {
            continue;
        }
        let batch = batcher.batch(items, place.epoch, &device.clone().autodiff());
        device.seed(place.seed.wrapping_add(at as u64));
        steps.push(match at {
            0 => backward(model, batch, place.loss_scale),
            _ => backward(&model.clone().fork(device), batch, place.loss_scale),
        });
    }
    combine(model, steps, 1.0 / place.loss_scale, &devices[0])
}

type Step = (GradientsParams, StepOutput);

fn backward<M>(model: &M, batch: M::Batch, loss_scale: f64) -> Step
where
    M: Module + Trainable,
{
    let output = model.training_loss(batch);
    let gradients = match loss_scale == 1.0 {
        true => output.loss.backward(),
        false => (output.loss.clone() * loss_scale).backward(),
    };
    (
        GradientsParams::from_grads(gradients, model),
        output.inner(),
    )
}

/// Adds up the devices' gradients, each weighted by its share of the items and by `factor`.
fn combine<M: Module>(
    model: &M,
    steps: Vec<Step>,
    factor: f64,
    device: &Device,
) -> (GradientsParams, Vec<StepOutput>) {
    let items: usize = steps.iter().map(|(_, output)| output.items).sum();
    let alone = steps.len() == 1;
    let (mut weighted, mut outputs) = (Vec::new(), Vec::new());
    for (gradients, output) in steps {
        if alone && factor == 1.0 {
            return (gradients, vec![output]);
        }
        let weight = output.items as f64 / items as f64 * factor;
        let gradients = match alone {
            true => gradients,
            false => gradients.to_device(device, model),
        };
        weighted.push((gradients, weight));
        outputs.push(output.to_device(device));
    }
    let mut sum = WeightedSum {
        weighted,
        sum: GradientsParams::new(),
    };
    model.visit(&mut sum);
    (sum.sum, outputs)
}

struct WeightedSum {
    weighted: Vec<(GradientsParams, f64)>,
    sum: GradientsParams,
}

impl ModuleVisitor for WeightedSum {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let terms = self.weighted.iter_mut().filter_map(|(gradients, weight)| {
            let gradient = gradients.remove::<D>(param.id)?;
            Some(gradient * *weight)
        });
        if let Some(sum) = terms.reduce(|sum, term| sum + term) {
            self.sum.register::<D>(param.id, sum);
        }
    }
}
