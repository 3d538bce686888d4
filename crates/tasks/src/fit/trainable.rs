//! What a network gives the training loop.

use crate::backend::TrainBackend;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Device, Tensor};

/// A network with a loss. One implementation serves the network in training and its inner module.
pub trait Trainable<B: Backend> {
    /// Inputs and targets of one step.
    type Batch;

    /// The loss that validation reports.
    fn loss(&self, batch: Self::Batch) -> StepOutput<B>;

    /// The loss that is minimized, where it differs, for instance by label smoothing.
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
    /// On another device.
    pub fn to_device(self, device: &Device<B>) -> Self {
        Self {
            loss: self.loss.to_device(device),
            correct: self.correct.map(|correct| correct.to_device(device)),
            items: self.items,
        }
    }
}

impl<B: AutodiffBackend> StepOutput<B> {
    /// Without its graph.
    pub fn inner(self) -> StepOutput<B::InnerBackend> {
        StepOutput {
            loss: self.loss.inner(),
            correct: self.correct.map(Tensor::inner),
            items: self.items,
        }
    }
}
