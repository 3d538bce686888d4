//! Pooling and the classifier of texts.

use crate::support::{assert_close, cpu_devices, flex, parameters, tensor, values};
use burn::module::Module;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use rekindle_models::{
    AttentionPoolConfig, CellKind, Convention, Lengths, Pool, PoolingConfig, StackConfig,
    TextClassifier, TextClassifierConfig,
};

const POOLS: [Pool; 6] = [
    Pool::Last,
    Pool::Max,
    Pool::Mean,
    Pool::MaxMean,
    Pool::Attention,
    Pool::MaxAttention,
];

fn tokens(rows: &[&[i32]], steps: usize, device: &Device) -> (Tensor<2, Int>, Lengths) {
    let mut ids = vec![0; rows.len() * steps];
    for (row, ids) in rows.iter().zip(ids.chunks_mut(steps)) {
        ids[..row.len()].copy_from_slice(row);
    }
    let data = TensorData::new(ids, [rows.len(), steps]);
    let lengths = rows.iter().map(|row| row.len()).collect();
    (
        Tensor::from_data(data, device),
        Lengths::new(lengths).unwrap(),
    )
}

fn model(pool: Pool, device: &Device) -> TextClassifier {
    TextClassifierConfig::new(20, 3, 5, 4)
        .with_pool(pool)
        .with_d_dense(6)
        .init(device)
}

const ROWS: [&[i32]; 4] = [&[3, 4, 5, 6], &[7], &[8, 9], &[10, 11, 12]];

fn padding_and_order_change_nothing(device: &Device) {
    for pool in POOLS {
        let model = model(pool, device);
        let logits = |rows: &[&[i32]], steps: usize| {
            let (tokens, lengths) = tokens(rows, steps, device);
            values(model.forward(tokens, Some(lengths), false).logits)
        };
        let want = logits(&ROWS, 4);
        assert_close(&format!("{pool:?}, padded"), &logits(&ROWS, 9), &want, 1e-6);
        let turned: Vec<&[i32]> = ROWS.iter().rev().copied().collect();
        let got: Vec<f64> = logits(&turned, 4)
            .chunks(3)
            .rev()
            .flatten()
            .copied()
            .collect();
        assert_close(&format!("{pool:?}, turned"), &got, &want, 1e-6);
        for (row, want) in ROWS.iter().zip(want.chunks(3)) {
            assert_close(
                &format!("{pool:?}, alone"),
                &logits(&[row], row.len()),
                want,
                1e-6,
            );
        }
    }
}

#[test]
fn padding_and_the_order_of_texts_change_nothing() {
    cpu_devices()
        .iter()
        .for_each(padding_and_order_change_nothing);
    #[cfg(feature = "tch")]
    padding_and_order_change_nothing(&crate::support::libtorch());
}

#[test]
fn pools_are_what_they_are_called() {
    let device = flex().device;
    let stack = StackConfig::new(CellKind::Gru, 2, 3).init(&device);
    let input = Tensor::random([2, 4, 2], Distribution::Default, &device);
    let output = stack.forward(input, None, Some(Lengths::new(vec![4, 2]).unwrap()));
    let hidden = values(output.hidden.clone());
    let steps = |row: usize, unit: usize| -> Vec<f64> {
        let length = [4, 2][row];
        (0..length)
            .map(|step| hidden[(row * 4 + step) * 3 + unit])
            .collect()
    };
    let each = |of: &dyn Fn(Vec<f64>) -> f64| -> Vec<f64> {
        (0..6).map(|at| of(steps(at / 3, at % 3))).collect()
    };
    let pooled = |pool: Pool| {
        let pooling = PoolingConfig::new(pool, 3);
        let pooled = pooling.init(&device).forward(&output);
        assert_eq!(pooled.features.dims(), [2, pooling.d_output()]);
        assert_eq!(
            pooled.attention.is_some(),
            matches!(pool, Pool::Attention | Pool::MaxAttention)
        );
        values(pooled.features)
    };
    let max = each(&|steps| steps.into_iter().fold(f64::NEG_INFINITY, f64::max));
    let mean = each(&|steps| steps.iter().sum::<f64>() / steps.len() as f64);
    assert_close("max", &pooled(Pool::Max), &max, 1e-6);
    assert_close("mean", &pooled(Pool::Mean), &mean, 1e-6);
    let both = [&max[..3], &mean[..3], &max[3..], &mean[3..]].concat();
    assert_close("both", &pooled(Pool::MaxMean), &both, 1e-6);
    assert_close(
        "last",
        &pooled(Pool::Last),
        &values(output.last_hidden()),
        0.0,
    );
}

#[test]
fn attention_is_a_softmax_of_the_scores_over_valid_steps() {
    let device = flex().device;
    let layer = AttentionPoolConfig::new(2, 3).init(&device);
    let hidden = [0.1, -0.4, 0.9, 0.3, -0.2, 0.5];
    let input = tensor::<3>(&hidden, [1, 3, 2], &flex());
    let lengths = Lengths::new(vec![2]).unwrap();
    let (pooled, weights) = layer.forward(input, Some(&lengths));
    let (w, b) = (
        values(layer.hidden.weight.val()),
        values(layer.hidden.bias.as_ref().unwrap().val()),
    );
    let v = values(layer.score.weight.val());
    let score = |h: &[f64]| -> f64 {
        (0..3)
            .map(|k| v[k] * (h[0] * w[k] + h[1] * w[3 + k] + b[k]).tanh())
            .sum()
    };
    let scores = [score(&hidden[..2]).exp(), score(&hidden[2..4]).exp()];
    let sum: f64 = scores.iter().sum();
    let want = [scores[0] / sum, scores[1] / sum, 0.0];
    assert_close("weights", &values(weights), &want, 1e-6);
    let mix = |unit: usize| want[0] * hidden[unit] + want[1] * hidden[2 + unit];
    assert_close("pooled", &values(pooled), &[mix(0), mix(1)], 1e-6);
}

#[test]
fn frozen_token_vectors_get_no_gradient_and_all_others_do() {
    let device = flex().tracked().device;
    let (tokens, lengths) = tokens(&ROWS, 4, &device);
    for frozen in [true, false] {
        let model = model(Pool::MaxAttention, &device);
        let logits = model
            .forward(tokens.clone(), Some(lengths.clone()), frozen)
            .logits;
        let weights = Tensor::from_floats([[0.3, -1.0, 0.6]], &device);
        let gradients = (logits * weights).sum().backward();
        let found = burn::optim::GradientsParams::from_grads(gradients, &model);
        let all = burn::module::list_param_ids(&model).len();
        assert_eq!(found.len(), all - usize::from(frozen));
    }
}

#[test]
fn the_courses_network_has_as_many_parameters_as_kerass() {
    let config = TextClassifierConfig::new(8_000, 4, 128, 64)
        .with_bidirectional(false)
        .with_pool(Pool::Last);
    assert_eq!(config.init(&flex().device).num_params(), 1_073_668);
}

/// Every one of the dropouts alone and all of them, in both conventions.
#[test]
fn outside_training_nothing_is_dropped() {
    for convention in [Convention::Own, Convention::Keras] {
        let config = TextClassifierConfig::new(20, 3, 5, 4).with_convention(convention);
        for config in [
            config.clone().with_spatial_dropout(0.5),
            config.clone().with_input_dropout(0.5),
            config.clone().with_recurrent_dropout(0.5),
            config.clone().with_dropout(0.5),
            config
                .with_spatial_dropout(0.5)
                .with_input_dropout(0.5)
                .with_recurrent_dropout(0.5)
                .with_dropout(0.5),
        ] {
            drops_in_training_alone(&config);
        }
    }
}

fn drops_in_training_alone(config: &TextClassifierConfig) {
    let training = flex().tracked().device;
    let model = config.init(&training);
    let (trained, lengths) = tokens(&ROWS, 4, &training);
    let draw = || {
        values(
            model
                .forward(trained.clone(), Some(lengths.clone()), false)
                .logits,
        )
    };
    assert_ne!(draw(), draw());
    let plain = model.valid();
    let (tokens, lengths) = tokens(&ROWS, 4, &flex().device);
    let draw = || {
        values(
            plain
                .forward(tokens.clone(), Some(lengths.clone()), false)
                .logits,
        )
    };
    assert_eq!(draw(), draw());
}

/// Keras's linear layers: Glorot uniform, without a bias.
#[test]
fn kerass_classifier_starts_as_kerass() {
    let config = TextClassifierConfig::new(20, 3, 5, 40).with_d_dense(60);
    let layers = |convention| {
        let model = config
            .clone()
            .with_convention(convention)
            .init(&flex().device);
        let of = |path: &str| {
            let found = parameters(&model)
                .into_iter()
                .find(|(name, _)| name == path);
            found.unwrap().1
        };
        (of("dense.weight"), of("dense.bias"))
    };
    let largest = |values: &[f64]| values.iter().fold(0.0_f64, |a, x| a.max(x.abs()));
    let (weight, bias) = layers(Convention::Keras);
    let bound = (6.0 / (160.0 + 60.0_f64)).sqrt();
    assert!((0.95 * bound..=bound).contains(&largest(&weight)));
    assert_eq!(largest(&bias), 0.0);
    assert!(largest(&layers(Convention::Own).1) > 0.0);
}
