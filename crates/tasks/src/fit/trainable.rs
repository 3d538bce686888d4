//! What the training loop asks of a network.

use crate::backend::TrainBackend;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Device, Tensor};

/// A network with a loss. One implementation serves the network in training and its inner module.
pub trait Trainable<B: Backend> {
    /// Inputs and targets of one step.
    type Batch;

    /// The loss on validation, and in training by default.
    fn loss(&self, batch: Self::Batch) -> StepOutput<B>;

    /// The loss to minimize, if it differs from [`Self::loss`], e.g. by label smoothing.
    fn training_loss(&self, batch: Self::Batch) -> StepOutput<B>
    where
        B: TrainBackend,
    {
        self.loss(batch)
    }
}

/// The mean loss of a batch and the number of items it is the mean of.
#[derive(Debug, Clone)]
pub struct StepOutput<B: Backend> {
    /// Mean loss, `[1]`.
    pub loss: Tensor<B, 1>,
    /// Number of items the network got right, `[1]`, where items can be right or wrong.
    pub correct: Option<Tensor<B, 1>>,
    /// Number of items.
    pub items: usize,
}

impl<B: Backend> StepOutput<B> {
    /// Moves it to another device.
    pub fn to_device(self, device: &Device<B>) -> Self {
        Self {
            loss: self.loss.to_device(device),
            correct: self.correct.map(|correct| correct.to_device(device)),
            items: self.items,
        }
    }
}

impl<B: AutodiffBackend> StepOutput<B> {
    /// Detached from the autodiff graph, on the inner backend.
    pub fn inner(self) -> StepOutput<B::InnerBackend> {
        StepOutput {
            loss: self.loss.inner(),
            correct: self.correct.map(Tensor::inner),
            items: self.items,
        }
    }
}
