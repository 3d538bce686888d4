//! The encoder-decoder, and writing with it.

use crate::support::seq2seq::{
    Case, File, before, check, device, encode, forced, longest, loss, row, tokens,
};
use crate::support::{Setup, assert_close, cpu_devices, flex, parameters, values};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::activation::log_softmax;
use rekindle_models::search::{BeamConfig, Marks, SampleConfig, beam_search, sample};
use rekindle_models::{AdamConfig, Seq2Seq};

const MARKS: Marks = Marks {
    pad: 0,
    start: 1,
    end: 2,
    unknown: 3,
};
const BEAM: BeamConfig = BeamConfig {
    beam: 4,
    length_penalty: 0.0,
    coverage_penalty: 0.0,
    no_repeat: 0,
    max_length: 6,
};

#[test]
fn features_losses_and_gradients_are_those_of_pytorch() {
    for device in cpu_devices() {
        check(&Setup::single(device), 2e-5);
    }
    #[cfg(feature = "tch")]
    check(&Setup::single(crate::support::libtorch()), 2e-5);
    #[cfg(feature = "wgpu")]
    check(&Setup::single(crate::support::wgpu()), 1e-4);
}

fn on_every_case(check: impl Fn(&File, &Case, &Seq2Seq)) {
    let file = File::read();
    for case in &file.cases {
        check(&file, case, &file.network(case, &flex()));
    }
}

#[test]
fn padding_order_and_company_change_nothing() {
    on_every_case(|file, case, network| {
        let (sources, targets) = (&file.sources, &file.targets);
        let (read, written) = (longest(sources), longest(targets) + 1);
        let want = forced(network, (sources, read), (targets, written));
        let more = forced(network, (sources, read + 3), (targets, written + 2));
        let turn = |rows: &[Vec<u32>]| rows.iter().rev().cloned().collect::<Vec<_>>();
        let (back, there) = (turn(sources), turn(targets));
        let turned = forced(network, (&back, read), (&there, written));
        for at in 0..sources.len() {
            let steps = targets[at].len() + 1;
            let name = format!("{}, sentence {at}", case.name());
            let wanted = row(&want.features, at, steps);
            let got = row(&more.features, at, steps);
            assert_close(&format!("{name}, padded"), &got, &wanted, 1e-5);
            let got = row(&turned.features, sources.len() - 1 - at, steps);
            assert_close(&format!("{name}, turned"), &got, &wanted, 1e-5);
            let (one, other) = (&sources[at..=at], &targets[at..=at]);
            let alone = forced(network, (one, one[0].len()), (other, steps));
            let got = row(&alone.features, 0, steps);
            assert_close(&format!("{name}, alone"), &got, &wanted, 1e-5);
        }
    });
}

#[test]
fn weights_sum_to_one_and_leave_padding_out() {
    on_every_case(|file, case, network| {
        let (sources, targets) = (&file.sources, &file.targets);
        let read = longest(sources) + 2;
        let decoded = forced(network, (sources, read), (targets, longest(targets) + 1));
        let Some(weights) = decoded.weights else {
            assert!(case.attention.is_none());
            return;
        };
        let [_, steps, _] = weights.dims();
        for (at, source) in sources.iter().enumerate() {
            for weights in row(&weights, at, steps).chunks(read) {
                assert!((weights[..source.len()].iter().sum::<f64>() - 1.0).abs() < 1e-5);
                assert!(weights[source.len()..].iter().all(|&weight| weight == 0.0));
            }
        }
    });
}

#[test]
fn step_by_step_is_all_at_once() {
    on_every_case(|file, case, network| {
        let (sources, targets) = (&file.sources, &file.targets);
        let steps = longest(targets) + 1;
        let want = forced(network, (sources, longest(sources)), (targets, steps));
        let (source, mut state) = encode(network, sources, longest(sources));
        let (numbers, _) = tokens(&before(targets), steps, &device(network));
        for step in 0..steps {
            let decoded = network.decode(numbers.clone().narrow(1, step, 1), &source, state);
            state = decoded.state;
            let want = want.features.clone().narrow(1, step, 1);
            let name = format!("{}, step {step}", case.name());
            assert_close(&name, &values(decoded.features), &values(want), 1e-5);
        }
    });
}

#[test]
fn one_step_moves_every_parameter() {
    let file = File::read();
    for case in &file.cases {
        let network = file.network(case, &flex().tracked());
        let (read, written) = (longest(&file.sources), longest(&file.targets) + 1);
        let decoded = forced(&network, (&file.sources, read), (&file.targets, written));
        let grads = loss(&network, decoded, &file.targets, 0.1).backward();
        let grads = GradientsParams::from_grads(grads, &network);
        let was = parameters(&network);
        let moved = AdamConfig::new().init().step(0.01, network, grads);
        for ((path, was), (_, now)) in was.iter().zip(parameters(&moved)) {
            assert!(was != &now, "{}: {path} stays", case.name());
        }
    }
}

#[test]
fn dropout_is_for_training_alone() {
    let training = flex().tracked().device;
    let network = rekindle_models::Seq2SeqConfig::new(9, 4, 6)
        .with_attention(Some(rekindle_models::Score::General))
        .with_embedding_dropout(0.5)
        .with_memory_dropout(0.5)
        .with_layer_dropout(0.5)
        .with_output_dropout(0.5)
        .init(&training);
    let file = File::read();
    let (sources, targets) = ((&file.sources[..], 5), (&file.targets[..], 5));
    let features = || values(forced(&network, sources, targets).features);
    assert_ne!(features(), features());
    let plain = network.valid();
    let features = || values(forced(&plain, sources, targets).features);
    assert_eq!(features(), features());
}

/// Log probability of writing `tokens` and then the end, or of its first tokens alone if cut.
fn log_probability(network: &Seq2Seq, source: &[u32], tokens: &[u32], cut: bool) -> f64 {
    let (sources, targets) = ([source.to_vec()], [tokens.to_vec()]);
    let steps = tokens.len() + 1;
    let decoded = forced(network, (&sources, source.len()), (&targets, steps));
    let scores = network.scores(decoded.features) + network.bias.val().unsqueeze();
    let logs = values(log_softmax(scores, 1));
    let vocabulary = logs.len() / steps;
    let written = tokens.iter().copied().chain((!cut).then_some(2));
    written
        .enumerate()
        .map(|(step, token)| logs[step * vocabulary + token as usize])
        .sum()
}

fn sources(file: &File) -> Vec<&[u32]> {
    file.sources.iter().map(Vec::as_slice).collect()
}

#[test]
fn hypotheses_have_the_probability_they_say() {
    on_every_case(|file, case, network| {
        for (source, found) in
            sources(file)
                .into_iter()
                .zip(beam_search(network, &sources(file), MARKS, &BEAM))
        {
            assert!(!found.is_empty() && found.len() <= 4, "{}", case.name());
            for one in &found {
                let want = log_probability(network, source, &one.tokens, one.cut);
                assert_close(&case.name(), &[one.log_probability], &[want], 1e-4);
                let rows = one.tokens.len() + usize::from(!one.cut);
                let attended = if case.attention.is_some() { rows } else { 0 };
                assert_eq!(one.attention.len(), attended);
                assert!(one.attention.iter().all(|row| row.len() == source.len()));
            }
            assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        }
    });
}

#[test]
fn a_wide_beam_finds_the_best_there_is() {
    let config = BeamConfig {
        beam: 500,
        max_length: 3,
        ..BEAM
    };
    on_every_case(|file, case, network| {
        let source = &file.sources[0];
        let found = &beam_search(network, &[source], MARKS, &config)[0];
        let best = found.iter().find(|one| !one.cut).expect("something ends");
        let words: Vec<u32> = (4..file.vocabulary as u32).collect();
        let mut all = vec![Vec::new()];
        all.extend(words.iter().map(|&a| vec![a]));
        all.extend(
            words
                .iter()
                .flat_map(|&a| words.iter().map(move |&b| vec![a, b])),
        );
        let most = all
            .iter()
            .map(|tokens| log_probability(network, source, tokens, false))
            .fold(f64::NEG_INFINITY, f64::max);
        assert_close(&case.name(), &[best.log_probability], &[most], 1e-4);
    });
}

#[test]
fn greedy_takes_the_likeliest_token_and_company_changes_nothing() {
    let greedy = BeamConfig { beam: 1, ..BEAM };
    let likeliest = SampleConfig {
        temperature: 1.0,
        top_k: 1,
        top_p: 1.0,
        max_length: 6,
        seed: 3,
    };
    on_every_case(|file, case, network| {
        let all = beam_search(network, &sources(file), MARKS, &greedy);
        let drawn = sample(network, &sources(file), MARKS, &likeliest);
        for (at, source) in sources(file).into_iter().enumerate() {
            let alone = &beam_search(network, &[source], MARKS, &greedy)[0][0];
            assert_eq!(alone.tokens, all[at][0].tokens, "{}", case.name());
            assert_eq!(alone.tokens, drawn[at].tokens, "{}", case.name());
        }
        let wide = beam_search(network, &sources(file), MARKS, &BEAM);
        for (at, source) in sources(file).into_iter().enumerate() {
            let alone = &beam_search(network, &[source], MARKS, &BEAM)[0];
            let tokens = |found: &[rekindle_models::search::Hypothesis]| -> Vec<Vec<u32>> {
                found.iter().map(|one| one.tokens.clone()).collect()
            };
            assert_eq!(tokens(alone), tokens(&wide[at]), "{}", case.name());
        }
    });
}

#[test]
fn nothing_is_written_twice_and_drawing_is_repeatable() {
    let once = BeamConfig {
        no_repeat: 1,
        max_length: 5,
        ..BEAM
    };
    let draw = |seed| SampleConfig {
        temperature: 1.5,
        top_k: 0,
        top_p: 0.95,
        max_length: 12,
        seed,
    };
    on_every_case(|file, case, network| {
        for found in beam_search(network, &sources(file), MARKS, &once).concat() {
            let mut tokens = found.tokens.clone();
            tokens.sort_unstable();
            tokens.dedup();
            assert_eq!(tokens.len(), found.tokens.len(), "{}", case.name());
        }
        let first = sample(network, &sources(file), MARKS, &draw(1));
        assert_eq!(first, sample(network, &sources(file), MARKS, &draw(1)));
        let others = (2..12).map(|seed| sample(network, &sources(file), MARKS, &draw(seed)));
        assert!(others.into_iter().any(|other| other != first));
        for (source, one) in sources(file).into_iter().zip(&first) {
            let want = log_probability(network, source, &one.tokens, one.cut);
            assert_close(&case.name(), &[one.log_probability], &[want], 1e-4);
        }
    });
}

#[test]
fn penalties_favour_length_and_coverage() {
    let longer = BeamConfig {
        length_penalty: 5.0,
        ..BEAM
    };
    let covering = BeamConfig {
        coverage_penalty: 2.0,
        ..BEAM
    };
    on_every_case(|file, case, network| {
        let find = |config| beam_search(network, &sources(file), MARKS, config);
        for found in find(&longer).concat() {
            let length = (found.tokens.len() + 1 - usize::from(found.cut)) as f64;
            let want = found.log_probability / ((5.0 + length) / 6.0).powf(5.0);
            assert_close(&case.name(), &[found.score], &[want], 1e-9);
        }
        for found in find(&covering).concat() {
            assert!(found.score <= found.log_probability);
        }
    });
}
