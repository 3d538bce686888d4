//! The network in training, and the networks of a run.

use super::batch::{Targets, TextBatch};
use super::config::ClassifySettings;
use crate::fit::{StepOutput, Trainable};
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Distribution, Int, Tensor};
use rekindle_data::Vocabulary;
use rekindle_models::{TextClassifier, TextClassifierConfig};

/// A classifier with what its loss needs.
#[derive(Module, Debug)]
pub struct TextModel {
    /// The classifier.
    pub classifier: TextClassifier,
    #[module(skip)]
    loss: Loss,
    #[module(skip)]
    classes: usize,
}

/// How a model is judged in training.
#[derive(Debug, Clone, Default)]
pub struct Loss {
    /// Share of the target spread over all classes.
    pub smoothing: f64,
    /// Weight of each class; empty for equal ones.
    pub weights: Vec<f32>,
    /// Share of the tokens hidden.
    pub word_dropout: f64,
    /// Whether a text may have several classes.
    pub several: bool,
}

/// All networks of a run: one, or one a fold.
#[derive(Module, Debug)]
pub struct Ensemble {
    /// The classifiers.
    pub members: Vec<TextClassifier>,
}

/// The classifier these settings ask for.
pub fn classifier(
    config: &ClassifySettings,
    rows: usize,
    d_embedding: usize,
    classes: usize,
) -> TextClassifierConfig {
    TextClassifierConfig::new(rows, classes, d_embedding, config.d_hidden)
        .with_cell(config.cell)
        .with_num_layers(config.num_layers)
        .with_bidirectional(config.bidirectional)
        .with_pool(config.pool)
        .with_d_dense(config.d_dense)
        .with_spatial_dropout(config.spatial_dropout)
        .with_input_dropout(config.input_dropout)
        .with_recurrent_dropout(config.recurrent_dropout)
        .with_dropout(config.dropout)
        .with_convention(config.convention)
        .with_precision(config.train.precision)
}

impl TextModel {
    /// Puts a classifier into training.
    pub fn new(classifier: TextClassifier, classes: usize, loss: Loss) -> Self {
        Self {
            classifier,
            loss,
            classes,
        }
    }

    fn cross_entropy(&self, batch: TextBatch, loss: &CrossEntropyLossConfig) -> StepOutput {
        let [items, _] = batch.tokens.dims();
        let device = batch.tokens.device();
        let TextBatch {
            tokens,
            lengths,
            targets,
            frozen,
        } = batch;
        let logits = self.classifier.forward(tokens, lengths, frozen).logits;
        match targets {
            Targets::One(labels) => {
                let hit = logits.clone().detach().argmax(1).reshape([items]);
                StepOutput {
                    correct: Some(hit.equal(labels.clone()).float().sum()),
                    loss: loss.init(&device).forward(logits, labels),
                    items,
                }
            }
            Targets::Many(flags) => StepOutput {
                correct: None,
                loss: binary_cross_entropy(logits, flags) * self.classes as f64,
                items,
            },
        }
    }
}

/// Mean of `ln(1 + exp(z)) - y z` over all logits `z` and flags `y`, in a form that never overflows.
fn binary_cross_entropy(logits: Tensor<2>, flags: Tensor<2>) -> Tensor<1> {
    let positive = logits.clone().clamp_min(0.0);
    let softplus = (-logits.clone().abs()).exp().add_scalar(1.0).log();
    (positive + softplus - logits * flags).mean()
}

impl Trainable for TextModel {
    type Batch = TextBatch;

    fn loss(&self, batch: TextBatch) -> StepOutput {
        self.cross_entropy(batch, &CrossEntropyLossConfig::new())
    }

    fn loss_of_guessing(&self) -> Option<f64> {
        // Where texts have several classes, each of them costs a logarithm of two.
        let several = self.classes as f64 * std::f64::consts::LN_2;
        Some(match self.loss.several {
            true => several,
            false => (self.classes as f64).ln(),
        })
    }

    fn training_loss(&self, mut batch: TextBatch) -> StepOutput {
        if self.loss.word_dropout > 0.0 {
            batch.tokens = hide(batch.tokens, self.loss.word_dropout);
        }
        let weights = &self.loss.weights;
        let loss = CrossEntropyLossConfig::new()
            .with_smoothing((self.loss.smoothing > 0.0).then_some(self.loss.smoothing as f32))
            .with_weights((!weights.is_empty()).then(|| weights.clone()));
        self.cross_entropy(batch, &loss)
    }
}

/// Replaces a share of the tokens by the unknown one.
fn hide(tokens: Tensor<2, Int>, share: f64) -> Tensor<2, Int> {
    let uniform = Distribution::Uniform(0.0, 1.0);
    let drawn = Tensor::<2>::random(tokens.dims(), uniform, &tokens.device());
    tokens.mask_fill(drawn.lower_elem(share), Vocabulary::UNKNOWN as i32)
}
