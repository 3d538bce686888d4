//! The networks: a layer over today, or recurrent layers over the days up to today.

use super::config::{Member, WeatherConfig};
use crate::fit::{StepOutput, Trainable};
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use rekindle_models::{Stack, StackConfig};

/// From days to the log odds of rain on the next.
#[derive(Module, Debug)]
pub struct WeatherModel {
    reader: Reader,
    dropout: Dropout,
    output: Linear,
}

/// What reads the days.
#[derive(Module, Debug)]
enum Reader {
    Today(Linear),
    Days(Stack),
}

/// All networks of a run: those of each kind side by side, kinds in the order of [`Member::ALL`].
#[derive(Module, Debug)]
pub struct Members {
    members: Vec<WeatherModel>,
}

/// A batch of windows.
#[derive(Debug, Clone)]
pub struct WeatherBatch {
    /// `[batch_size, lookback, d_input]`.
    pub input: Tensor<3>,
    /// 1 where it rained on the next day, `[batch_size]`.
    pub rain: Tensor<1>,
}

impl Members {
    /// All networks, in order.
    pub fn new(members: Vec<WeatherModel>) -> Self {
        Self { members }
    }

    /// Every kind with its networks.
    pub fn kinds(&self) -> impl Iterator<Item = (Member, &[WeatherModel])> {
        let repeats = (self.members.len() / Member::ALL.len()).max(1);
        Member::ALL.into_iter().zip(self.members.chunks(repeats))
    }
}

impl WeatherModel {
    /// Makes a network for days of `d_input` features.
    pub fn new(config: &WeatherConfig, member: Member, d_input: usize, device: &Device) -> Self {
        let reader = match member.cell() {
            None => Reader::Today(LinearConfig::new(d_input, config.d_hidden).init(device)),
            Some(cell) => {
                let stack = StackConfig::new(cell, d_input, config.d_hidden);
                Reader::Days(stack.with_precision(config.train.precision).init(device))
            }
        };
        Self {
            reader,
            dropout: DropoutConfig::new(config.dropout).init(),
            output: LinearConfig::new(config.d_hidden, 1).init(device),
        }
    }
}

impl WeatherModel {
    /// Log odds of rain, `[batch_size]`.
    pub fn forward(&self, input: Tensor<3>) -> Tensor<1> {
        let features = match &self.reader {
            Reader::Days(stack) => stack.forward(input, None, None).last_hidden(),
            Reader::Today(layer) => {
                let [_, days, _] = input.dims();
                let today = input.narrow(1, days - 1, 1).squeeze_dim::<2>(1);
                layer.forward(today).tanh()
            }
        };
        self.output
            .forward(self.dropout.forward(features))
            .squeeze_dim(1)
    }
}

impl Trainable for WeatherModel {
    type Batch = WeatherBatch;

    fn loss_of_guessing(&self) -> Option<f64> {
        Some(std::f64::consts::LN_2)
    }

    fn loss(&self, batch: WeatherBatch) -> StepOutput {
        let [items] = batch.rain.dims();
        let odds = self.forward(batch.input);
        let right = odds.clone().greater_elem(0.0).float() - batch.rain.clone();
        StepOutput {
            loss: cross_entropy(odds, batch.rain),
            correct: Some(right.abs().neg().add_scalar(1.0).sum()),
            items,
        }
    }
}

/// Mean binary cross-entropy from log odds, `log(1 + e^x) - y·x`, without overflow.
fn cross_entropy(odds: Tensor<1>, truth: Tensor<1>) -> Tensor<1> {
    let positive = activation::relu(odds.clone());
    let rest = odds.clone().abs().neg().exp().add_scalar(1.0).log();
    (positive + rest - truth * odds).mean()
}
