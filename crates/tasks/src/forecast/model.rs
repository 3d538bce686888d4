//! The network: recurrent layers over patches of the past, then over patches ahead.

use super::batch::{ForecastBatch, ForecastBatcher};
use super::config::{ForecastConfig, LEVELS};
use super::panel::Panel;
use super::window;
use crate::fit::{StepOutput, Trainable};
use burn::module::{Initializer, Module, Param};
use burn::nn::{Dropout, DropoutConfig, Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{Device, Distribution, Tensor, activation};
use rekindle_models::{QuantileHead, QuantileHeadConfig, Stack, StackConfig, pinball_loss};

/// Share of the windows of a step that are trained as those of a series that is not known.
const UNKNOWN: f64 = 0.2;
/// Quantiles of the untrained network, around its median, in units of the window's scale.
const START: [f64; 7] = [-0.9, -0.7, -0.35, 0.0, 0.35, 0.7, 0.9];

/// Reads a window and gives the quantiles of `horizon` steps.
///
/// ```text
/// h   = encoder(relu(W·patch + V·vector of the series))
/// d   = decoder(U·[what is known of a patch ahead], from h)
/// q_k = softmax(G·d)·bases + Q_k(d)
/// ```
#[derive(Module, Debug)]
pub struct ForecastModel {
    input: Linear,
    vectors: Embedding,
    vector_input: Linear,
    encoder: Stack,
    position: Param<Tensor<3>>,
    ahead: Linear,
    decoder: Stack,
    dropout: Dropout,
    gate: Linear,
    head: QuantileHead,
    #[module(skip)]
    bases: usize,
    #[module(skip)]
    horizon: usize,
    #[module(skip)]
    patch: usize,
    #[module(skip)]
    unknown: usize,
}

/// The networks of a run, whose quantiles are averaged.
#[derive(Module, Debug)]
pub struct Ensemble {
    /// One or more.
    pub networks: Vec<ForecastModel>,
}

impl ForecastModel {
    /// Makes the network for windows of a panel.
    pub fn new(config: &ForecastConfig, panel: &Panel, device: &Device) -> Self {
        let (shape, width) = (&panel.encoding.shape, config.d_hidden);
        let bases = window::bases(panel.encoding.predict_as, shape.periods.len());
        let stack = || {
            StackConfig::new(config.cell, width, width)
                .with_num_layers(config.num_layers)
                .with_dropout(config.dropout)
                .with_precision(config.train.precision)
                .init(device)
        };
        let small = |std: f64| Initializer::Normal { mean: 0.0, std };
        let unknown = panel.encoding.series.len();
        let mut gate = LinearConfig::new(width, shape.patch * bases)
            .with_initializer(Initializer::Zeros)
            .init(device);
        gate.bias = gate
            .bias
            .map(|bias| bias.map(|bias| trust_last(bias, bases)));
        Self {
            input: LinearConfig::new(ForecastBatcher::d_patch(panel), width).init(device),
            vectors: EmbeddingConfig::new(unknown + 1, config.d_series)
                .with_initializer(small(0.1))
                .init(device),
            vector_input: LinearConfig::new(config.d_series, width)
                .with_bias(false)
                .init(device),
            encoder: stack(),
            position: small(0.1).init([1, shape.patches_ahead(), width], device),
            ahead: LinearConfig::new(ForecastBatcher::d_ahead(panel), width).init(device),
            decoder: stack(),
            dropout: DropoutConfig::new(config.dropout).init(),
            gate,
            head: QuantileHeadConfig::new(width, shape.patch, LEVELS.to_vec(), START.to_vec())
                .init(device),
            bases,
            horizon: shape.horizon,
            patch: shape.patch,
            unknown,
        }
    }

    /// Quantiles in the window's units, `[batch_size, horizon, levels]`.
    pub fn forward(&self, batch: &ForecastBatch) -> Tensor<3> {
        let [size, _, _] = batch.patches.dims();
        let [_, ahead, _] = batch.ahead.dims();
        let vector = self
            .vector_input
            .forward(self.vectors.forward(batch.ids.clone()));
        let patches = activation::relu(self.input.forward(batch.patches.clone()) + vector);
        let read = self.encoder.forward(
            self.dropout.forward(patches),
            None,
            Some(batch.lengths.clone()),
        );
        let known = self.ahead.forward(batch.ahead.clone()) + self.position.val();
        let features = self.decoder.forward(known, Some(read.last), None).hidden;
        let features = self.dropout.forward(features);
        let [_, _, width] = features.dims();
        let features = features.reshape([size * ahead, width]);

        let quantiles = self.head.forward(features.clone());
        let quantiles = quantiles.reshape([size, ahead * self.patch, LEVELS.len()]);
        let quantiles = quantiles.narrow(1, 0, self.horizon);
        let weights = self
            .gate
            .forward(features)
            .reshape([size, ahead * self.patch, self.bases]);
        let weights = activation::softmax(weights.narrow(1, 0, self.horizon), 2);
        let base = (weights * batch.bases.clone()).sum_dim(2);
        quantiles + base
    }

    fn loss_of(&self, batch: ForecastBatch) -> StepOutput {
        let items = batch.target.dims()[0];
        let quantiles = self.forward(&batch) * batch.weight.clone().unsqueeze_dim::<3>(2);
        StepOutput {
            loss: pinball_loss(quantiles, batch.target * batch.weight, &LEVELS),
            correct: None,
            items,
        }
    }
}

/// The last base, of all the most able one, starts with the largest weight.
fn trust_last(bias: Tensor<1>, bases: usize) -> Tensor<1> {
    let [size] = bias.dims();
    let start: Vec<f32> = (0..size)
        .map(|at| f32::from(u8::from(at % bases == bases - 1)))
        .collect();
    let device = bias.device();
    Tensor::from_data(burn::tensor::TensorData::new(start, [size]), &device)
}

impl Trainable for ForecastModel {
    type Batch = ForecastBatch;

    fn loss(&self, batch: ForecastBatch) -> StepOutput {
        self.loss_of(batch)
    }

    fn training_loss(&self, mut batch: ForecastBatch) -> StepOutput {
        let device = batch.patches.device();
        let unknown =
            Tensor::<2>::random(batch.ids.dims(), Distribution::Bernoulli(UNKNOWN), &device).int();
        let known = unknown.clone().neg().add_scalar(1);
        batch.ids = batch.ids * known + unknown.mul_scalar(self.unknown as i32);
        self.loss_of(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::PredictAs;
    use super::super::panel::Panel;
    use super::super::testing::{encoding, timeline, wave};
    use super::*;
    use rekindle_models::CellKind;

    #[test]
    fn padding_and_neighbours_change_nothing() {
        let device = Device::flex();
        let timeline = timeline(&[wave(40), wave(5), wave(9)]);
        let encoding = encoding(PredictAs::Blend, &timeline);
        let batcher = ForecastBatcher {
            panel: Panel::new(&timeline, &encoding),
            ridge: None,
            windows: &[],
        };
        for cell in [CellKind::Gru, CellKind::Lstm] {
            let config = ForecastConfig {
                cell,
                d_hidden: 8,
                num_layers: 2,
                ..ForecastConfig::default()
            };
            let model = ForecastModel::new(&config, &batcher.panel, &device);
            let values = |batch: &ForecastBatch| -> Vec<f32> {
                model.forward(batch).into_data().iter().collect()
            };
            let all = values(&batcher.cut(&[(0, 30), (1, 5), (2, 9)], &device));
            let each = all.len() / 3;
            let other_order = values(&batcher.cut(&[(2, 9), (1, 5)], &device));
            let mut longer = batcher.cut(&[(1, 5)], &device);
            let [_, _, width] = longer.patches.dims();
            let padding = Tensor::ones([1, 3, width], &device);
            longer.patches = Tensor::cat(vec![longer.patches, padding], 1);
            let close = |one: &[f32], other: &[f32]| {
                one.iter()
                    .zip(other)
                    .all(|(one, other)| (one - other).abs() < 1e-5)
            };
            assert!(
                close(&all[each..2 * each], &other_order[each..]),
                "{cell:?}"
            );
            assert!(close(&all[2 * each..], &other_order[..each]), "{cell:?}");
            assert!(close(&all[each..2 * each], &values(&longer)), "{cell:?}");
            let ascending = all.chunks(LEVELS.len()).all(|levels| levels.is_sorted());
            assert!(ascending, "quantiles do not cross");
        }
    }
}
