//! Losses and hits of a pass over batches.

use super::trainable::StepOutput;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use serde::{Deserialize, Serialize};

/// Losses and hits added up over batches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Sum of the losses, weighted by items.
    pub loss: f64,
    /// Number of items the model got right; 0 where items cannot be right or wrong.
    pub correct: f64,
    /// Number of items.
    pub items: usize,
}

impl Tally {
    /// Mean loss.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.items.max(1) as f64
    }

    /// Share of the items the model got right.
    pub fn accuracy(&self) -> f64 {
        self.correct / self.items.max(1) as f64
    }
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            correct: self.correct + other.correct,
            items: self.items + other.items,
        }
    }
}

/// The outputs of a pass. They stay on the device until they are read, because reading waits for it.
pub struct Outputs<B: Backend> {
    unread: Vec<StepOutput<B>>,
    tally: Tally,
}

impl<B: Backend> Outputs<B> {
    /// Of a pass that begins.
    pub fn new() -> Self {
        Self {
            unread: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Adds the outputs of a step.
    pub fn extend(&mut self, outputs: impl IntoIterator<Item = StepOutput<B>>) {
        self.unread.extend(outputs);
    }

    /// Reads what has not been read, in one transfer: mean loss and number of items of each output.
    pub fn read(&mut self) -> Vec<(f64, usize)> {
        let outputs = std::mem::take(&mut self.unread);
        let items = outputs.iter().map(|output| output.items);
        let items: Vec<usize> = items.collect();
        let correct = outputs.iter().filter_map(|o| o.correct.clone()).collect();
        let losses = numbers(outputs.into_iter().map(|output| output.loss).collect());
        let read: Vec<(f64, usize)> = losses.into_iter().zip(items).collect();
        for &(loss, items) in &read {
            self.tally.loss += loss * items as f64;
            self.tally.items += items;
        }
        for correct in numbers(correct) {
            self.tally.correct += correct;
        }
        read
    }

    /// The sums over what has been read.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

fn numbers<B: Backend>(tensors: Vec<Tensor<B, 1>>) -> Vec<f64> {
    match tensors.is_empty() {
        true => Vec::new(),
        false => Tensor::cat(tensors, 0).into_data().iter().collect(),
    }
}
