//! The network: recurrent layers over the days, quantiles of the days ahead.

use super::config::{Head, LEVELS, StockConfig};
use super::prepare::Inference;
use crate::fit::{StepOutput, Trainable};
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};
use rekindle_models::{
    QuantileHead, QuantileHeadConfig, ScaledQuantileHead, ScaledQuantileHeadConfig, Stack,
    StackConfig, pinball_loss,
};

/// Reads `lookback` days, gives the quantiles of `horizon` days.
#[derive(Module, Debug)]
pub struct StockModel {
    stack: Stack,
    dropout: Dropout,
    head: AnyHead,
}

/// One of the heads.
#[derive(Module, Debug)]
enum AnyHead {
    Free(QuantileHead),
    Scale(ScaledQuantileHead),
}

/// A batch of windows.
#[derive(Debug, Clone)]
pub struct StockBatch {
    /// `[batch_size, lookback, d_input]`.
    pub input: Tensor<3>,
    /// `[batch_size, horizon]`, in the units the model works in.
    pub target: Tensor<2>,
}

impl StockModel {
    /// Makes the network; untrained it gives the quantiles `start` for every day ahead.
    pub fn new(config: &StockConfig, inference: &Inference, device: &Device) -> Self {
        let d_input = inference.scaler.center.len();
        let stack = StackConfig::new(config.cell, d_input, config.d_hidden)
            .with_num_layers(config.num_layers)
            .with_dropout(config.dropout)
            .with_precision(config.train.precision)
            .init(device);
        let (width, levels) = (config.d_hidden, LEVELS.to_vec());
        let (horizon, start) = (inference.horizon, inference.start.clone());
        let dropout = DropoutConfig::new(config.dropout).init();
        let head = match config.head {
            Head::Free => {
                AnyHead::Free(QuantileHeadConfig::new(width, horizon, levels, start).init(device))
            }
            Head::Scale => AnyHead::Scale(
                ScaledQuantileHeadConfig::new(width, levels, start, inference.medians.clone())
                    .init(device),
            ),
        };
        Self {
            stack,
            dropout,
            head,
        }
    }
}

impl StockModel {
    /// Quantiles, `[batch_size, horizon, levels]`.
    pub fn forward(&self, input: Tensor<3>) -> Tensor<3> {
        let features = self.stack.forward(input, None, None).last_hidden();
        let features = self.dropout.forward(features);
        match &self.head {
            AnyHead::Free(head) => head.forward(features),
            AnyHead::Scale(head) => head.forward(features),
        }
    }
}

impl Trainable for StockModel {
    type Batch = StockBatch;

    fn loss(&self, batch: StockBatch) -> StepOutput {
        let items = batch.input.dims()[0];
        StepOutput {
            loss: pinball_loss(self.forward(batch.input), batch.target, &LEVELS),
            correct: None,
            items,
        }
    }
}
