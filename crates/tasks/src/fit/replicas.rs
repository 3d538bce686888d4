//! Training on several devices: each takes a part of every batch, and one update serves all.
//!
//! The gradients are those of the whole batch, so that the number of devices changes no result but
//! by rounding (and by what dropout draws). Work is handed to one device after the other from one
//! thread: a GPU takes it and goes on by itself, so that all of them are at work.

use super::step::StepOutput;
use burn::module::{AutodiffModule, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn_train::{TrainOutput, TrainStep};
use std::marker::PhantomData;
use std::sync::Arc;

/// One device's parts of the batches of an epoch.
pub trait Parts<I>: Send + Sync {
    /// From where training is; none where a batch has too few items for all devices.
    fn parts(&self) -> Coming<'_, I>;
}

/// The devices beside the first, with their parts of the batches.
pub type Replicas<B, I> = Vec<(
    <B as burn::tensor::backend::BackendTypes>::Device,
    Arc<dyn Parts<I>>,
)>;

/// One device's parts as they come.
pub type Coming<'a, I> = Box<dyn Iterator<Item = Option<I>> + 'a>;

/// The parts of an epoch as they come, one device each.
pub struct Running<'a, B: Backend, I> {
    devices: Vec<(B::Device, Coming<'a, I>)>,
}

impl<'a, B: AutodiffBackend, I> Running<'a, B, I> {
    /// Starts an epoch.
    pub fn new(replicas: &'a Replicas<B, I>) -> Self {
        let devices = replicas
            .iter()
            .map(|(device, parts)| (device.clone(), parts.parts()))
            .collect();
        Self { devices }
    }

    /// Runs a step of a copy of `model` on every device that has items.
    pub fn step<M>(&mut self, model: &M, seed: u64) -> Vec<TrainOutput<M::Output>>
    where
        M: AutodiffModule<B> + TrainStep<Input = I>,
    {
        let mut outputs = Vec::new();
        for (at, (device, parts)) in self.devices.iter_mut().enumerate() {
            if let Some(Some(batch)) = parts.next() {
                B::seed(device, seed.wrapping_add(1 + at as u64));
                outputs.push(model.clone().fork(device).step(batch));
            }
        }
        outputs
    }
}

/// The gradients of the mean loss of all items times `factor`, on `device`, and what the steps gave.
pub fn combine<B: AutodiffBackend, M: AutodiffModule<B>>(
    model: &M,
    outputs: Vec<TrainOutput<StepOutput<B::InnerBackend>>>,
    factor: f64,
    device: &B::Device,
) -> (GradientsParams, Vec<StepOutput<B::InnerBackend>>) {
    let items: usize = outputs.iter().map(|output| output.item.items).sum();
    let alone = outputs.len() == 1;
    let mut parts = Vec::new();
    let mut given = Vec::new();
    for output in outputs {
        let share = output.item.items as f64 / items as f64 * factor;
        let grads = match alone {
            true => output.grads,
            false => output.grads.to_device::<B, M>(device, model),
        };
        parts.push((grads, share));
        given.push(output.item.to_device(device));
    }
    if alone && factor == 1.0 {
        let only = parts.pop().map(|(grads, _)| grads);
        return (only.unwrap_or_default(), given);
    }
    let mut sum = Sum::<B> {
        parts,
        sum: GradientsParams::new(),
        backend: PhantomData,
    };
    model.visit(&mut sum);
    (sum.sum, given)
}

/// Adds up gradients, each times its share.
struct Sum<B> {
    parts: Vec<(GradientsParams, f64)>,
    sum: GradientsParams,
    backend: PhantomData<B>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Sum<B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let shares = self.parts.iter_mut().filter_map(|(grads, share)| {
            let grad = grads.remove::<B::InnerBackend, D>(param.id)?;
            Some(grad * *share)
        });
        if let Some(sum) = shares.reduce(|sum, grad| sum + grad) {
            self.sum.register::<B::InnerBackend, D>(param.id, sum);
        }
    }
}
