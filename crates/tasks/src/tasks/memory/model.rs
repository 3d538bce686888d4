//! A recurrent layer and what reads its states.

use super::config::{MemoryConfig, Problem};
use super::data::SIDE;
use super::problem::{COPIED, COPY_INPUTS, SYMBOLS};
use crate::fit::{StepOutput, Trainable};
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};
use rekindle_models::{CellKind, ElementDropout, Stack, StackConfig, State};

/// From a sequence to its answer: a number, a class, or a symbol a step.
#[derive(Module, Debug)]
pub struct MemoryModel {
    /// The layer.
    pub stack: Stack,
    dropout: ElementDropout,
    output: Linear,
    #[module(skip)]
    truncate: usize,
}

/// All networks of a run, in the order of the report.
#[derive(Module, Debug)]
pub struct Members {
    /// The networks.
    pub networks: Vec<MemoryModel>,
}

/// Sequences and their answers.
#[derive(Debug, Clone)]
pub struct MemoryBatch {
    /// `[batch_size, seq_length, d_input]`.
    pub input: Tensor<3>,
    /// The answers.
    pub answers: Answers,
}

/// What was said of one sequence.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A number.
    Number(f64),
    /// A class, or one a step.
    Classes(Vec<usize>),
}

/// What is to be said.
#[derive(Debug, Clone)]
pub enum Answers {
    /// A number a sequence, `[batch_size]`.
    Numbers(Tensor<1>),
    /// A class a sequence, `[batch_size]`.
    Classes(Tensor<1, Int>),
    /// A symbol a step, sequence by sequence, `[batch_size * seq_length]`.
    Symbols(Tensor<1, Int>),
}

/// Sizes of an input step and of the output.
pub fn sizes(problem: Problem) -> (usize, usize) {
    match problem {
        Problem::Adding => (2, 1),
        Problem::Copy => (COPY_INPUTS, SYMBOLS + 1),
        Problem::MnistRows => (SIDE, 10),
        Problem::MnistPixels | Problem::MnistPermuted => (1, 10),
    }
}

impl MemoryModel {
    /// Makes the network of one cell.
    pub fn new(config: &MemoryConfig, cell: CellKind, device: &Device) -> Self {
        let (d_input, d_output) = sizes(config.problem);
        let directions = 1 + usize::from(config.bidirectional);
        Self {
            stack: StackConfig::new(cell, d_input, config.d_hidden)
                .with_num_layers(config.num_layers)
                .with_bidirectional(config.bidirectional)
                .with_pyramid(config.pyramid)
                .with_span(config.chrono.then(|| config.steps()))
                .with_precision(config.train.precision)
                .init(device),
            dropout: ElementDropout::new(config.dropout),
            output: LinearConfig::new(config.d_hidden * directions, d_output).init(device),
            truncate: config.truncate,
        }
    }
}

impl MemoryModel {
    /// Answers read off the last state, `[batch_size, d_output]`.
    pub fn at_the_end(&self, input: Tensor<3>) -> Tensor<2> {
        let [_, length, _] = input.dims();
        let cut = match self.truncate {
            0 => 0,
            steps => length.saturating_sub(steps),
        };
        // What comes before the cut gives values and takes no gradient.
        let before = (cut > 0).then(|| {
            let output = self
                .stack
                .forward(input.clone().narrow(1, 0, cut), None, None);
            output.last.into_iter().map(State::detach).collect()
        });
        let rest = input.narrow(1, cut, length - cut);
        let last = self.stack.forward(rest, before, None).last_hidden();
        self.output.forward(self.dropout.forward(last))
    }

    /// Answers at every step, `[batch_size * seq_length, d_output]`.
    pub fn at_every_step(&self, input: Tensor<3>) -> Tensor<2> {
        let hidden = self.stack.forward(input, None, None).hidden;
        let [batch_size, seq_length, d] = hidden.dims();
        let rows = hidden.reshape([batch_size * seq_length, d]);
        self.output.forward(self.dropout.forward(rows))
    }

    /// What it says of one sequence, `[1, seq_length, d_input]`.
    pub fn say(&self, input: Tensor<3>, problem: Problem) -> Said {
        let likeliest = |scores: Tensor<2>| {
            let classes = scores.argmax(1).into_data();
            Said::Classes(classes.iter::<i64>().map(|class| class as usize).collect())
        };
        match problem {
            Problem::Adding => {
                let said = self.at_the_end(input).into_data();
                Said::Number(said.iter::<f64>().next().unwrap_or(f64::NAN))
            }
            Problem::Copy => likeliest(self.at_every_step(input)),
            _ => likeliest(self.at_the_end(input)),
        }
    }
}

impl Trainable for MemoryModel {
    type Batch = MemoryBatch;

    fn loss(&self, batch: MemoryBatch) -> StepOutput {
        let [batch_size, steps, _] = batch.input.dims();
        let items = batch_size * batch.answers.each();
        let (loss, correct) = match batch.answers {
            Answers::Numbers(wanted) => {
                let said = self.at_the_end(batch.input).squeeze_dim::<1>(1);
                ((said - wanted).powi_scalar(2).mean(), None)
            }
            Answers::Classes(labels) => {
                let (loss, right) = classified(self.at_the_end(batch.input), labels);
                (loss, Some(right.sum()))
            }
            Answers::Symbols(labels) => {
                let (loss, right) = classified(self.at_every_step(batch.input), labels);
                // Blanks are no answers.
                let symbols = right
                    .reshape([batch_size, steps])
                    .narrow(1, steps - COPIED, COPIED);
                (loss, Some(symbols.sum()))
            }
        };
        StepOutput {
            loss,
            correct,
            items,
        }
    }
}

impl Answers {
    /// Answers of a sequence.
    pub fn each(&self) -> usize {
        match self {
            Self::Numbers(_) | Self::Classes(_) => 1,
            Self::Symbols(_) => COPIED,
        }
    }
}

/// Mean cross-entropy, and which of the likeliest classes are the right ones.
fn classified(scores: Tensor<2>, labels: Tensor<1, Int>) -> (Tensor<1>, Tensor<1>) {
    let likeliest = scores.clone().argmax(1).squeeze_dim::<1>(1);
    let right = likeliest.equal(labels.clone()).float();
    let logs = log_softmax(scores, 1).gather(1, labels.unsqueeze_dim(1));
    (logs.mean().neg(), right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::TensorData;

    #[test]
    fn a_gradient_goes_back_as_many_steps_as_it_is_told() {
        let device = Device::flex().autodiff();
        for truncate in [1, 3, 5, 7, 11, 12, 50, 0] {
            let config = MemoryConfig {
                truncate,
                d_hidden: 4,
                ..MemoryConfig::default()
            };
            let model = MemoryModel::new(&config, CellKind::Gru, &device);
            let numbers: Vec<f32> = (0..24).map(|at| (at as f32 * 0.37).sin()).collect();
            let data = TensorData::new(numbers, [1, 12, 2]);
            let input = Tensor::<3>::from_data(data, &device).require_grad();
            let gradient = model.at_the_end(input.clone()).sum().backward();
            let gradient = input.grad(&gradient).unwrap().into_data();
            let gradient: Vec<f32> = gradient.iter::<f32>().collect();
            let reached = gradient
                .chunks(2)
                .filter(|step| step != &[0.0, 0.0])
                .count();
            let wanted = if truncate == 0 { 12 } else { truncate.min(12) };
            assert_eq!(reached, wanted, "truncate={truncate}");
        }
    }
}
