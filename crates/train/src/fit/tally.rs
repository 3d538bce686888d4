//! Losses and hits of a pass over batches.

use super::trainable::StepOutput;
use burn::tensor::Tensor;
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

/// The outputs of a pass. They stay on the device until `read`, because reading waits for the device.
pub struct Outputs {
    unread: Vec<StepOutput>,
    tally: Tally,
}

impl Outputs {
    /// No outputs yet.
    pub fn new() -> Self {
        Self {
            unread: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Adds the outputs of a step.
    pub fn extend(&mut self, outputs: impl IntoIterator<Item = StepOutput>) {
        self.unread.extend(outputs);
    }

    /// Reads all new outputs in one transfer. Returns the mean loss and number of items of each.
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

    /// The sums over all outputs read so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

fn numbers(tensors: Vec<Tensor<1>>) -> Vec<f64> {
    match tensors.is_empty() {
        true => Vec::new(),
        false => Tensor::cat(tensors, 0).into_data().iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn output(loss: f32, correct: Option<f32>, items: usize) -> StepOutput {
        let number = |value| Tensor::from_floats([value], &Device::flex());
        StepOutput {
            loss: number(loss),
            correct: correct.map(number),
            items,
        }
    }

    #[test]
    fn reading_in_parts_gives_the_sums_of_reading_at_once() {
        let all = [(0.3, 2.0, 4), (0.7, 1.0, 4), (0.1, 3.0, 3)];
        let (mut at_once, mut in_parts) = (Outputs::new(), Outputs::new());
        for (loss, correct, items) in all {
            at_once.extend([output(loss, Some(correct), items)]);
            in_parts.extend([output(loss, Some(correct), items)]);
            assert_eq!(in_parts.read(), [(f64::from(loss), items)]);
        }
        assert_eq!(at_once.read().len(), 3);
        assert_eq!(at_once.tally(), in_parts.tally());
        assert!((at_once.tally().mean_loss() - 4.3 / 11.0).abs() < 1e-7);
        assert_eq!(at_once.tally().accuracy(), 6.0 / 11.0);
        assert!(at_once.read().is_empty());
    }

    #[test]
    fn a_task_without_right_answers_has_none() {
        let mut outputs = Outputs::new();
        outputs.extend([output(0.5, None, 2)]);
        outputs.read();
        assert_eq!(outputs.tally().accuracy(), 0.0);
        assert_eq!(outputs.tally().items, 2);
    }
}
