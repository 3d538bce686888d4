//! Gradients of one step, on one device or on several.
//!
//! Each device takes its share of the batch. The gradients are those of the mean loss of the whole
//! batch, so the number of devices changes results by rounding alone (and by what dropout draws).
//! One thread hands work to one device after the other; GPUs compute in the background, so all of
//! them work at once.

use super::batches::{Batcher, share};
use super::trainable::{StepOutput, Trainable};
use crate::backend::TrainBackend;
use burn::module::{AutodiffModule, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Device, Tensor};
use std::marker::PhantomData;

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
pub fn gradients<B, M, K>(
    model: &M,
    batcher: &K,
    items: &[u32],
    place: StepPlace,
    devices: &[Device<B>],
) -> (GradientsParams, Vec<StepOutput<B::InnerBackend>>)
where
    B: TrainBackend,
    K: Batcher,
    M: AutodiffModule<B> + Trainable<B, Batch = K::Batch<B>>,
{
    let mut steps = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        let items = share(items, at, devices.len());
        if items.is_empty() {
            continue;
        }
        let batch = batcher.batch(items, place.epoch, device);
        B::seed(device, place.seed.wrapping_add(at as u64));
        steps.push(match at {
            0 => backward(model, batch, place.loss_scale),
            _ => backward(&model.clone().fork(device), batch, place.loss_scale),
        });
    }
    combine(model, steps, 1.0 / place.loss_scale, &devices[0])
}

type Step<B> = (
    GradientsParams,
    StepOutput<<B as AutodiffBackend>::InnerBackend>,
);

fn backward<B, M>(model: &M, batch: M::Batch, loss_scale: f64) -> Step<B>
where
    B: TrainBackend,
    M: AutodiffModule<B> + Trainable<B>,
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
fn combine<B: AutodiffBackend, M: AutodiffModule<B>>(
    model: &M,
    steps: Vec<Step<B>>,
    factor: f64,
    device: &Device<B>,
) -> (GradientsParams, Vec<StepOutput<B::InnerBackend>>) {
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
            false => gradients.to_device::<B, M>(device, model),
        };
        weighted.push((gradients, weight));
        outputs.push(output.to_device(device));
    }
    let mut sum = WeightedSum::<B> {
        weighted,
        sum: GradientsParams::new(),
        backend: PhantomData,
    };
    model.visit(&mut sum);
    (sum.sum, outputs)
}

struct WeightedSum<B> {
    weighted: Vec<(GradientsParams, f64)>,
    sum: GradientsParams,
    backend: PhantomData<B>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for WeightedSum<B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let terms = self.weighted.iter_mut().filter_map(|(gradients, weight)| {
            let gradient = gradients.remove::<B::InnerBackend, D>(param.id)?;
            Some(gradient * *weight)
        });
        if let Some(sum) = terms.reduce(|sum, term| sum + term) {
            self.sum.register::<B::InnerBackend, D>(param.id, sum);
        }
    }
}
