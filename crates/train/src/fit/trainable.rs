//! What the training loop asks of a network.

use burn::tensor::{Device, Tensor};

/// A network with a loss.
pub trait Trainable {
    /// Inputs and targets of one step.
    type Batch;

    /// The loss on validation, and in training by default.
    fn loss(&self, batch: Self::Batch) -> StepOutput;

    /// The loss to minimize, if it differs from [`Self::loss`], e.g. by label smoothing.
    fn training_loss(&self, batch: Self::Batch) -> StepOutput {
        self.loss(batch)
    }

    /// The loss of guessing, e.g. `ln(classes)`, from which an untrained network should not be far.
    fn loss_of_guessing(&self) -> Option<f64> {
        None
    }
}

/// The mean loss of a batch and the number of items it is the mean of.
#[derive(Debug, Clone)]
pub struct StepOutput {
    /// Mean loss, `[1]`.
    pub loss: Tensor<1>,
    /// Number of items the network got right, `[1]`, where items can be right or wrong.
    pub correct: Option<Tensor<1>>,
    /// Number of items.
    pub items: usize,
}

impl StepOutput {
    /// Moves it to another device.
    pub fn to_device(self, device: &Device) -> Self {
        Self {
            loss: self.loss.to_device(device),
            correct: self.correct.map(|correct| correct.to_device(device)),
            items: self.items,
        }
    }

    /// Detached from the autodiff graph.
    pub fn inner(self) -> Self {
        Self {
            loss: self.loss.inner(),
            correct: self.correct.map(Tensor::inner),
            items: self.items,
        }
    }
}
