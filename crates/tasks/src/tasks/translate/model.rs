//! The network in training.

use super::config::TranslateConfig;
use crate::fit::{StepOutput, Trainable};
use burn::module::Module;
use burn::tensor::{Device, Distribution, Int, Tensor};
use rekindle_data::Subwords;
use rekindle_models::{CrossEntropy, Lengths, Seq2Seq};

/// The network with what its loss needs.
#[derive(Module, Debug)]
pub struct TranslateModel {
    /// The network.
    pub network: Seq2Seq,
    #[module(skip)]
    smoothing: f64,
}

/// A batch of pairs.
#[derive(Debug, Clone)]
pub struct TranslateBatch {
    /// Pieces read, `[batch_size, seq_length]`.
    pub source: Tensor<2, Int>,
    /// Their numbers.
    pub lengths: Option<Lengths>,
    /// Pieces before each step, `[batch_size, steps]`.
    pub before: Tensor<2, Int>,
    /// Pieces to come, sentence by sentence; padding where a sentence is over.
    pub targets: Vec<usize>,
    /// Pieces to come that count.
    pub pieces: usize,
    /// Share of the true pieces before each step that the network gets to read.
    pub forcing: f64,
}

impl TranslateModel {
    /// Makes a network.
    pub fn new(config: &TranslateConfig, vocabulary: usize, device: &Device) -> Self {
        Self {
            network: config.network(vocabulary).init(device),
            smoothing: config.label_smoothing,
        }
    }

    fn smoothed_loss(&self, batch: TranslateBatch, smoothing: f64) -> StepOutput {
        let (source, state) = self.network.encode(batch.source, batch.lengths);
        let decoded = self.network.decode(batch.before, &source, state);
        let call = CrossEntropy {
            smoothing,
            ignore: Subwords::PAD as usize,
        };
        StepOutput {
            loss: self.network.loss(decoded.features, &batch.targets, &call),
            correct: None,
            items: batch.pieces,
        }
    }

    /// The pieces the network itself would put before each step, given the true ones.
    fn own(&self, batch: TranslateBatch) -> Tensor<2, Int> {
        let [batch_size, steps] = batch.before.dims();
        let (source, state) = self.network.encode(batch.source, batch.lengths);
        let decoded = self.network.decode(batch.before.clone(), &source, state);
        let scores = self.network.scores(decoded.features) + self.network.bias.val().unsqueeze();
        let next = scores.argmax(1).reshape([batch_size, steps]);
        let first = batch.before.narrow(1, 0, 1);
        match steps {
            1 => first,
            _ => Tensor::cat(vec![first, next.narrow(1, 0, steps - 1)], 1),
        }
    }
}

impl TranslateModel {
    /// Puts the network's own pieces in the place of true ones, each with the probability that the
    /// batch does not force it. All are found in one pass, which reads true pieces alone.
    ///
    /// Samy Bengio et al., "Scheduled Sampling for Sequence Prediction with Recurrent Neural
    /// Networks", NIPS 2015; in two passes by Tsvetomila Mihaylova and André Martins, "Scheduled
    /// Sampling for Transformers", ACL 2019.
    fn mixed(&self, batch: TranslateBatch) -> TranslateBatch {
        let inner = TranslateBatch {
            source: batch.source.clone().inner(),
            before: batch.before.clone().inner(),
            lengths: batch.lengths.clone(),
            targets: Vec::new(),
            pieces: batch.pieces,
            forcing: 1.0,
        };
        let own = Tensor::from_inner(self.valid().own(inner));
        let uniform = Distribution::Uniform(0.0, 1.0);
        let drawn = Tensor::<2>::random(own.dims(), uniform, &own.device());
        let before = batch
            .before
            .mask_where(drawn.greater_elem(batch.forcing), own);
        TranslateBatch { before, ..batch }
    }
}

impl Trainable for TranslateModel {
    type Batch = TranslateBatch;

    fn loss(&self, batch: TranslateBatch) -> StepOutput {
        self.smoothed_loss(batch, 0.0)
    }

    fn training_loss(&self, batch: TranslateBatch) -> StepOutput {
        let batch = match batch.forcing < 1.0 {
            true => self.mixed(batch),
            false => batch,
        };
        self.smoothed_loss(batch, self.smoothing)
    }
}
