//! Gradients of one step, on one device or on several.
//!
//! Each device takes its share of the batch. The gradients are those of the mean loss of the whole
//! batch, so the number of devices changes results by rounding alone (and by what dropout draws).
//! One thread hands work to one device after the other; GPUs and workers compute in the background, so
//! all of them work at once.

use super::batches::{Batcher, share};
use super::parcel::Parcel;
use super::trainable::{StepOutput, Trainable};
use crate::task::Replica;
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

/// The devices of a step.
#[derive(Debug)]
pub struct Devices {
    /// Where the model is, and the gradients are wanted.
    pub home: Device,
    /// Those that share the batch.
    pub replicas: Vec<Replica>,
}

/// A worker that gave no answer.
#[derive(Debug)]
pub struct Lost {
    /// Where it listened.
    pub worker: String,
}

/// Gradients and output of a part of a batch.
pub type Step = (GradientsParams, StepOutput);

enum Part {
    Here(Box<Step>),
    OnItsWay(Box<Parcel>, String),
}

/// The gradients of the mean loss over `items`, and the output of each device, all at home.
///
/// # Errors
/// When a worker is gone.
pub fn gradients<M, K>(
    model: &M,
    batcher: &K,
    items: &[u32],
    place: StepPlace,
    devices: &Devices,
) -> Result<(GradientsParams, Vec<StepOutput>), Lost>
where
    K: Batcher,
    M: Module + Trainable<Batch = K::Batch>,
{
    let replicas = &devices.replicas;
    let own = replicas.iter().position(|one| one.worker.is_none());
    let step = |at: usize| {
        let device = &replicas[at].device;
        let items = share(items, at, replicas.len());
        if items.is_empty() {
            return None;
        }
        let batch = batcher.batch(items, place.epoch, &device.clone().autodiff());
        device.seed(place.seed.wrapping_add(at as u64));
        let step = match Some(at) == own {
            true => backward(model, batch, place.loss_scale),
            false => backward(&model.clone().fork(device), batch, place.loss_scale),
        };
        Some(match &replicas[at].worker {
            None => Part::Here(Box::new(step)),
            Some(worker) => {
                let parcel = Box::new(Parcel::pack(model, step));
                // A worker that is gone is found when its parcel does not come.
                let _ = device.flush();
                Part::OnItsWay(parcel, worker.clone())
            }
        })
    };
    // Workers first, since they compute while this process does its own part.
    let (away, here): (Vec<_>, Vec<_>) =
        (0..replicas.len()).partition(|&at| replicas[at].worker.is_some());
    let mut parts: Vec<_> = (away.into_iter().chain(here))
        .filter_map(|at| Some((at, step(at)?)))
        .collect();
    parts.sort_by_key(|(at, _)| *at);
    let mut steps = Vec::new();
    for (_, part) in parts {
        steps.push(match part {
            Part::Here(step) => *step,
            Part::OnItsWay(parcel, worker) => {
                parcel.unpack(model, &devices.home).map_err(|error| {
                    tracing::warn!("worker {worker}: {error}");
                    Lost { worker }
                })?
            }
        });
    }
    let factor = 1.0 / place.loss_scale;
    Ok(combine(model, steps, factor, &devices.home))
}

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
