//! What a training or validation step gives back.

use super::loss_scale;
use burn::module::AutodiffModule;
use burn::tensor::{Tensor, backend::AutodiffBackend, backend::Backend};
use burn_train::metric::{
    Adaptor, Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes,
    NumericEntry, SerializedEntry,
    state::{FormatOptions, NumericMetricState},
};
use burn_train::{ItemLazy, TrainOutput};
use rekindle_models::RecurrentBackend;
use std::sync::Arc;

/// The mean loss of a batch and how many items it is the mean of.
#[derive(Debug, Clone)]
pub struct StepOutput<B: Backend> {
    /// Mean loss, `[1]`.
    pub loss: Tensor<B, 1>,
    /// Items the model got right, `[1]`, where there is such a thing.
    pub correct: Option<Tensor<B, 1>>,
    /// Number of items.
    pub items: usize,
}

impl<B: Backend> StepOutput<B> {
    /// On another device.
    pub fn to_device(self, device: &B::Device) -> Self {
        Self {
            loss: self.loss.to_device(device),
            correct: self.correct.map(|correct| correct.to_device(device)),
            items: self.items,
        }
    }
}

impl<B: RecurrentBackend> StepOutput<B> {
    /// What is to be displayed, by another thread.
    pub fn displayed(&self) -> Self {
        Self {
            loss: B::for_another_thread(self.loss.clone()),
            correct: None,
            items: self.items,
        }
    }
}

impl<B: AutodiffBackend> StepOutput<B> {
    fn inner(self) -> StepOutput<B::InnerBackend> {
        StepOutput {
            loss: self.loss.inner(),
            correct: self.correct.map(Tensor::inner),
            items: self.items,
        }
    }
}

/// Runs the backward pass of the loss and packs what `burn-train` wants of a training step.
pub fn train_output<B: AutodiffBackend, M: AutodiffModule<B>>(
    model: &M,
    output: StepOutput<B>,
) -> TrainOutput<StepOutput<B::InnerBackend>> {
    let factor = loss_scale::current();
    let grads = match factor == 1.0 {
        true => output.loss.backward(),
        false => (output.loss.clone() * factor).backward(),
    };
    TrainOutput::new(model, grads, output.inner())
}

/// A [`StepOutput`] whose loss has been read from the device.
#[derive(Debug, Clone, Copy)]
pub struct ReadLoss {
    loss: f64,
    items: usize,
}

impl<B: Backend> ItemLazy for StepOutput<B> {
    type ItemSync = ReadLoss;

    fn sync(self) -> ReadLoss {
        let loss = self
            .loss
            .into_data()
            .iter::<f64>()
            .next()
            .unwrap_or(f64::NAN);
        ReadLoss {
            loss,
            items: self.items,
        }
    }
}

impl Adaptor<ReadLoss> for ReadLoss {
    fn adapt(&self) -> ReadLoss {
        *self
    }
}

/// The loss as `burn-train` displays it.
#[derive(Clone)]
pub struct LossMetric {
    name: MetricName,
    state: NumericMetricState,
}

impl Default for LossMetric {
    fn default() -> Self {
        Self {
            name: Arc::new("Loss".to_string()),
            state: NumericMetricState::new(),
        }
    }
}

impl Metric for LossMetric {
    type Input = ReadLoss;

    fn update(&mut self, item: &ReadLoss, _: &MetricMetadata) -> SerializedEntry {
        let format = FormatOptions::new(self.name()).precision(4);
        self.state.update(item.loss, item.items, format)
    }

    fn clear(&mut self) {
        self.state.reset();
    }

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes {
            unit: None,
            higher_is_better: false,
        }
        .into()
    }
}

impl Numeric for LossMetric {
    fn value(&self) -> NumericEntry {
        self.state.current_value()
    }

    fn running_value(&self) -> NumericEntry {
        self.state.running_value()
    }
}
