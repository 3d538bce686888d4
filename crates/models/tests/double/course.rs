//! Two steps of training of the news course's network against Keras's, written by
//! `scripts/golden/course.py`.

use crate::support::{Setup, assert_close, gradients, parameters, tensor, values, with_parameters};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData, activation::softmax};
use rekindle_models::{
    AdamConfig, Convention, Masks, Pool, TextClassifier, TextClassifierConfig, TextMasks,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Sums of a few hundred numbers in double precision; Keras's moments move by a difference.
const ROUNDING: f64 = 1e-12;

on_every_backend! { two_steps_of_training_are_kerass }

#[derive(Deserialize)]
struct File {
    sizes: Sizes,
    learning_rate: f64,
    /// Its two shares and its epsilon.
    adam: [f64; 3],
    before: Named,
    steps: Vec<Step>,
    /// Probabilities of the last step's rows outside training.
    evaluated: Vec<f64>,
}

type Named = BTreeMap<String, Vec<f64>>;

#[derive(Deserialize)]
struct Sizes {
    vocabulary: usize,
    classes: usize,
    d_embedding: usize,
    d_hidden: usize,
    steps: usize,
    batch: usize,
}

#[derive(Deserialize)]
struct Step {
    tokens: Vec<i32>,
    labels: Vec<i32>,
    masks: Named,
    loss: f64,
    probabilities: Vec<f64>,
    gradients: Named,
    after: Named,
}

impl Sizes {
    fn network(&self, weights: &Named, setup: &Setup) -> TextClassifier {
        let Self {
            vocabulary,
            classes,
            d_embedding,
            d_hidden,
            ..
        } = *self;
        let network = TextClassifierConfig::new(vocabulary, classes, d_embedding, d_hidden)
            .with_bidirectional(false)
            .with_pool(Pool::Last)
            .with_convention(Convention::Keras)
            .init(&setup.device);
        let known = parameters(&network);
        assert_eq!(known.len(), weights.len());
        let theirs = known.iter().map(|(path, _)| weights[path].clone());
        with_parameters(network, &theirs.collect::<Vec<_>>(), setup)
    }

    fn masks(&self, masks: &Named, setup: &Setup) -> TextMasks {
        let by_gate =
            |name: &str, width: usize| Some(tensor(&masks[name], [self.batch, 4 * width], setup));
        let features = [self.batch, 1, self.d_embedding];
        TextMasks {
            features: Some(tensor(&masks["features"], features, setup)),
            layers: vec![Masks {
                input: by_gate("input", self.d_embedding),
                recurrent: by_gate("recurrent", self.d_hidden),
            }],
        }
    }

    fn tokens(&self, step: &Step, device: &Device) -> Tensor<2, Int> {
        let data = TensorData::new(step.tokens.clone(), [self.batch, self.steps]);
        Tensor::from_data(data, device)
    }
}

fn assert_named(what: &str, got: &[(String, Vec<f64>)], want: &Named) {
    for (path, got) in got {
        assert_close(&format!("{what}: {path}"), got, &want[path], ROUNDING);
    }
}

fn two_steps_of_training_are_kerass(setup: &Setup) {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let text = std::fs::read_to_string(format!("{package}/tests/golden/course.json")).unwrap();
    let file: File = serde_json::from_str(&text).unwrap();
    let (sizes, tracked) = (&file.sizes, setup.tracked());
    let mut network = sizes.network(&file.before, &tracked);
    let [beta_1, beta_2, epsilon] = file.adam;
    let mut adam = AdamConfig::new()
        .with_beta_1(beta_1)
        .with_beta_2(beta_2)
        .with_epsilon(epsilon)
        .with_early_epsilon(true)
        .init();
    for (at, step) in file.steps.iter().enumerate() {
        let name = |what: &str| format!("step {at}, {what}");
        let tokens = sizes.tokens(step, &tracked.device);
        let masks = sizes.masks(&step.masks, &tracked);
        let logits = network.forward_masked(tokens, None, masks).logits;
        let said = values(softmax(logits.clone(), 1));
        assert_close(&name("probabilities"), &said, &step.probabilities, ROUNDING);
        let labels = TensorData::new(step.labels.clone(), [sizes.batch]);
        let labels = Tensor::from_data(labels, &tracked.device);
        let criterion = CrossEntropyLossConfig::new().init(&tracked.device);
        let loss = criterion.forward(logits, labels);
        assert_close(&name("loss"), &values(loss.clone()), &[step.loss], ROUNDING);
        let grads = loss.backward();
        assert_named(
            &name("gradient"),
            &gradients(&network, &grads),
            &step.gradients,
        );
        let grads = GradientsParams::from_grads(grads, &network);
        network = adam.step(file.learning_rate, network, grads);
        assert_named(&name("after"), &parameters(&network), &step.after);
    }
    let last = file.steps.last().unwrap();
    let network = sizes.network(&last.after, &setup.plain());
    let tokens = sizes.tokens(last, &setup.plain().device);
    let said = values(softmax(network.forward(tokens, None, false).logits, 1));
    assert_close("evaluated", &said, &file.evaluated, ROUNDING);
}
