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

/// The outputs of a pass. They stay on the device until `read`, because reading waits for the device.
pub struct Outputs {
    unread: Vec<(usize, StepOutput)>,
    tally: Tally,
    first: Option<f64>,
    bad: Option<(usize, f64)>,
}

impl Outputs {
    /// No outputs yet.
    pub fn new() -> Self {
        Self::go_on(Tally::default())
    }

    /// More outputs of a pass whose others came to this. They are added one by one, so that the sum does
    /// not depend on where the pass was stopped.
    pub fn go_on(tally: Tally) -> Self {
        Self {
            unread: Vec::new(),
            tally,
            first: None,
            bad: None,
        }
    }

    /// Adds the outputs of a step.
    pub fn extend(&mut self, step: usize, outputs: impl IntoIterator<Item = StepOutput>) {
        let outputs = outputs.into_iter().map(|output| (step, output));
        self.unread.extend(outputs);
    }

    /// Number of outputs that were not read.
    pub fn unread(&self) -> usize {
        self.unread.len()
    }

    /// The first loss that was read.
    pub fn first(&self) -> Option<f64> {
        self.first
    }

    /// The first step whose loss is not finite, and that loss, among those read.
    pub fn bad(&self) -> Option<(usize, f64)> {
        self.bad
    }

    /// Reads all new outputs in one transfer. Returns the mean loss and number of items of each.
    pub fn read(&mut self) -> Vec<(f64, usize)> {
        let outputs = std::mem::take(&mut self.unread);
        let (steps, outputs): (Vec<usize>, Vec<StepOutput>) = outputs.into_iter().unzip();
        let items = outputs.iter().map(|output| output.items);
        let items: Vec<usize> = items.collect();
        let correct = outputs.iter().filter_map(|o| o.correct.clone()).collect();
        let losses = numbers(outputs.into_iter().map(|output| output.loss).collect());
        let read: Vec<(f64, usize)> = losses.into_iter().zip(items).collect();
        self.first = self.first.or(read.first().map(|&(loss, _)| loss));
        for (&(loss, items), step) in read.iter().zip(steps) {
            if !loss.is_finite() && self.bad.is_none() {
                self.bad = Some((step, loss));
            }
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
        for (step, (loss, correct, items)) in all.into_iter().enumerate() {
            at_once.extend(step, [output(loss, Some(correct), items)]);
            in_parts.extend(step, [output(loss, Some(correct), items)]);
            assert_eq!(in_parts.read(), [(f64::from(loss), items)]);
            // As if the run had been stopped here.
            in_parts = Outputs::go_on(in_parts.tally());
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
        outputs.extend(0, [output(0.5, None, 2)]);
        outputs.read();
        assert_eq!(outputs.tally().accuracy(), 0.0);
        assert_eq!(outputs.tally().items, 2);
    }

    #[test]
    fn the_first_step_that_is_not_finite_is_known() {
        let mut outputs = Outputs::new();
        for (step, loss) in [1.0, f32::INFINITY, f32::NAN].into_iter().enumerate() {
            outputs.extend(step, [output(loss, None, 1)]);
        }
        outputs.read();
        assert_eq!(outputs.bad(), Some((1, f64::INFINITY)));
        assert_eq!(outputs.first(), Some(1.0));
    }
}
