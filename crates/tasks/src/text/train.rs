//! `run`: fit, test, and leave a run directory.

use super::batch::TextBatcher;
use super::blend::Decision;
use super::config::{Balance, Recipe, TextConfig};
use super::corpus::Corpus;
use super::encode::Encoder;
use super::forward::logits;
use super::model::{Ensemble, Loss, TextModel, classifier};
use super::page::{self, PageInput};
use super::parts::{Fold, Parts};
use super::saved::{self, Inference};
use super::scores::{self, Answers};
use super::task::TextTask;
use super::wide;
use super::words::words_of;
use crate::error::Result;
use crate::files;
use crate::fit::{self, Buckets, FitConfig, FitData, History};
use crate::run_dir::RunDir;
use crate::say;
use crate::settings;
use crate::summary::{DataSummary, Summary, TrainSummary};
use crate::task::{Context, RunRequest};
use burn::module::Module;
use rayon::prelude::*;
use rekindle_data::{Coverage, Embeddings, class_weights};
use rekindle_eval::{LinearText, LinearTextConfig, mcnemar};
use rekindle_models::TextClassifier;

/// See [`crate::Task::run`].
pub fn run<T: TextTask>(context: &Context, request: &RunRequest) -> Result<Summary> {
    let (config, seed, limit) = resolve::<T>(request)?;
    let corpus = T::load(&config, &context.data, limit)?;
    say!("data: {}", corpus.source);
    corpus.notes.iter().for_each(|note| say!("  {note}"));
    let parts = Parts::new(&corpus, &config, seed)?;
    let mut notes = corpus.notes.clone();
    notes.push(duplicates(&parts));
    say!("  {}", duplicates(&parts));

    let run = RunDir::start(
        request,
        T::ABOUT.name,
        context.backend,
        (seed, limit),
        &config,
    )?;

    let trained = parts.train();
    let texts: Vec<&str> = trained
        .iter()
        .map(|&i| corpus.texts[i as usize].as_str())
        .collect();
    let encoder = Encoder::fit(&texts, &config);
    let vectors = saved::vectors(&config, &encoder, context, seed)?;
    if let Some(vectors) = &vectors {
        notes.push(covered(&vectors.coverage));
        say!("  {}", covered(&vectors.coverage));
    }
    let encoded = encoder.encode_all(&corpus.texts);
    let work = Work::<T> {
        context,
        request,
        run: &run,
        config: &config,
        corpus: &corpus,
        encoded: &encoded,
        labels: &corpus.labels,
        encoder: &encoder,
        vectors: vectors.as_ref(),
        seed,
        task: std::marker::PhantomData,
    };
    let fitted = work.fit(&parts.folds)?.into_iter();
    let (members, histories): (Vec<_>, Vec<_>) = fitted
        .map(|fitted| (fitted.model.classifier, fitted.history))
        .unzip();
    let Voted {
        decision,
        answers,
        alone,
        linear,
        votes,
        baseline,
        threshold,
    } = work.vote(&parts, &members);

    let mut summary = Summary {
        data: data_summary(&corpus, &parts),
        train: train_summary(&members, &histories),
        ..Summary::new(T::ABOUT.name, context.backend, seed)
    };
    fill(&mut summary, &answers, &linear, seed);
    for (name, alone) in &alone {
        summary.baselines.insert(name.to_string(), alone.metrics());
    }
    let summary = summary.finite();

    let example = T::example();
    let ensemble = Ensemble { members };
    run.write_model(&ensemble)?;
    encoder.write(&run)?;
    wide::write(&run, saved::VOTES, &votes)?;
    wide::write(&run, saved::BASELINE, &baseline)?;
    let inference = Inference {
        fingerprint: encoder.fingerprint(),
        rows: encoder.rows(&config),
        d_embedding: vectors
            .as_ref()
            .map_or(config.d_embedding, |v| v.d_embedding),
        members: ensemble.members.len(),
        decision,
        baseline_threshold: threshold,
    };
    files::write_json(&run.file(saved::INFERENCE), &inference)?;
    let csv: String = histories.iter().map(History::to_csv).collect();
    files::write_atomic(&run.file("metrics.csv"), csv.as_bytes())?;
    let saved = saved::Saved::<T>::new(config, inference, ensemble, encoder, votes);
    let page = page::render::<T>(&PageInput {
        summary: &summary,
        config: saved.config(),
        notes: &notes,
        histories: &histories,
        answers: &answers,
        texts: &parts
            .test
            .iter()
            .map(|&i| corpus.texts[i as usize].as_str())
            .collect::<Vec<_>>(),
        example: Some(&saved.answer(example, &context.device)),
    });
    run.write_report(&page, &summary)?;
    Ok(summary)
}

/// The settings of a new run, or those of the run to go on with.
fn resolve<T: TextTask>(request: &RunRequest) -> Result<(TextConfig, u64, Option<usize>)> {
    let (mut config, seed, limit) = settings::resolve(request, || {
        // Some defaults follow from the recipe, and from what else is given.
        let asked = settings::apply(T::recipe(Recipe::Default), &request.set)?;
        let given: Vec<&str> = request.set.iter().map(|(key, _)| key.as_str()).collect();
        let mut defaults = T::recipe(asked.recipe);
        if given.contains(&"split") {
            defaults.split = asked.split;
        }
        defaults.extra = asked.extra;
        T::adapt(&mut defaults, &given);
        settings::apply(defaults, &request.set)
    })?;
    if let Some(epochs) = request.epochs {
        config.epochs = epochs;
    }
    config.check()?;
    Ok((config, seed, limit))
}

/// What the steps of a run share.
struct Work<'a, T> {
    context: &'a Context,
    request: &'a RunRequest,
    run: &'a RunDir,
    config: &'a TextConfig,
    corpus: &'a Corpus,
    encoded: &'a [Vec<u32>],
    labels: &'a [u32],
    encoder: &'a Encoder,
    vectors: Option<&'a Embeddings>,
    seed: u64,
    task: std::marker::PhantomData<T>,
}

/// What network and n-grams say together, and what the linear baseline says.
struct Voted {
    decision: Decision,
    answers: Answers,
    /// What network and n-grams say on their own, where both vote.
    alone: Vec<(&'static str, Answers)>,
    linear: Answers,
    votes: Vec<LinearText>,
    baseline: Vec<LinearText>,
    threshold: Option<f64>,
}

impl<T: TextTask> Work<'_, T> {
    /// A network a fold.
    fn fit(&self, folds: &[Fold]) -> Result<Vec<fit::Fitted<TextModel>>> {
        let mut fitted = Vec::new();
        for (index, fold) in folds.iter().enumerate() {
            if folds.len() > 1 {
                say!("fold {} of {}", index + 1, folds.len());
            }
            fitted.push(self.fit_one(fold, index, folds.len())?);
        }
        Ok(fitted)
    }

    fn fit_one(&self, fold: &Fold, index: usize, folds: usize) -> Result<fit::Fitted<TextModel>> {
        let (config, device) = (self.config, &self.context.device);
        let seed = self.seed.wrapping_add(1000 * index as u64);
        device.seed(seed);
        let d_embedding = self.vectors.map_or(config.d_embedding, |v| v.d_embedding);
        let rows = self.encoder.rows(config);
        let mut network = classifier(config, rows, d_embedding, T::CLASSES.len()).init(device);
        if let Some(vectors) = self.vectors {
            network = network.with_vectors(vectors.values.clone(), device);
        }
        let trained = fold.labels(self.labels);
        let loss = Loss {
            smoothing: config.label_smoothing,
            weights: match config.balance {
                Balance::Weights => class_weights(&trained, T::CLASSES.len())
                    .into_iter()
                    .map(|weight| weight as f32)
                    .collect(),
                _ => Vec::new(),
            },
            word_dropout: config.word_dropout,
        };
        let train = fold.drawn(self.labels, config.balance, seed);
        let length = |&item: &u32| self.encoded[item as usize].len();
        let buckets = config.bucket.then(|| Buckets {
            lengths: train.iter().map(length).collect(),
            budget: (config.batch_tokens > 0).then_some(config.batch_tokens),
        });
        // Short texts first: a batch of validation is then hardly padded.
        let mut valid = fold.valid.clone();
        valid.sort_by_key(length);
        let data = FitData {
            batcher: &TextBatcher {
                encoded: self.encoded,
                labels: self.labels,
                padding: config.padding,
                freeze_epochs: config.freeze_epochs,
            },
            train_per_epoch: train.len(),
            train,
            valid,
            buckets,
        };
        let fit_config = FitConfig {
            epochs: config.epochs,
            batch_size: config.batch_size,
            learning_rate: config.learning_rate,
            rate: config.rate,
            epsilon: 1e-7,
            weight_decay: config.weight_decay as f32,
            clip_norm: config.clip_norm,
            average: 0.0,
            patience: config.patience,
            seed,
            precision: config.precision,
        };
        let name = (folds > 1).then(|| format!("fold-{}", index + 1));
        fit::fit(
            self.context,
            TextModel::new(network, loss),
            data,
            &fit_config,
            self.run,
            name.as_deref(),
            self.request.resume,
        )
    }

    /// Fits the linear models, chooses weights and thresholds on validation, and tests.
    fn vote(&self, parts: &Parts, members: &[TextClassifier]) -> Voted {
        let (config, classes) = (self.config, T::CLASSES.len());
        let words: Vec<Vec<String>> = self
            .corpus
            .texts
            .par_iter()
            .map(|text| words_of(text, config.tokens))
            .collect();
        let linear_fold = |fold: &Fold, config: &LinearTextConfig| {
            let documents: Vec<&[String]> = pick(&words, &fold.train);
            LinearText::fit(&documents, &fold.labels(self.labels), classes, config)
        };
        let fit_all = |config: &LinearTextConfig| -> Vec<LinearText> {
            parts
                .folds
                .iter()
                .map(|fold| linear_fold(fold, config))
                .collect()
        };
        let baseline = fit_all(&wide::baseline(self.seed));
        let votes = match wide::vote(config, self.seed) {
            _ if !config.wide => Vec::new(),
            vote if vote == wide::baseline(self.seed) => baseline.clone(),
            vote => fit_all(&vote),
        };

        // On validation every text is judged by the models that did not train on it.
        let truth: Vec<u32> = parts
            .folds
            .iter()
            .flat_map(|fold| &fold.valid)
            .map(|&i| self.labels[i as usize])
            .collect();
        let network = |member: usize, items: &[u32]| {
            let device = &self.context.device;
            logits(
                &members[member],
                self.encoded,
                items,
                classes,
                config.padding,
                device,
            )
        };
        let scored = |model: &LinearText, items: &[u32]| model.scores(&pick(&words, items));
        let folds = || parts.folds.iter().enumerate();
        let concat = |of: &dyn Fn(usize, &[u32]) -> Vec<f64>| -> Vec<f64> {
            folds().flat_map(|(at, fold)| of(at, &fold.valid)).collect()
        };
        let mean = |of: &dyn Fn(usize, &[u32]) -> Vec<f64>| {
            average(folds().map(|(at, _)| of(at, &parts.test)).collect())
        };
        let of_votes = |at: usize, items: &[u32]| scored(&votes[at], items);
        let of_baseline = |at: usize, items: &[u32]| scored(&baseline[at], items);
        let mut valid_votes = vec![concat(&network)];
        let mut test_votes = vec![mean(&network)];
        let decision = |votes: &[Vec<f64>]| Decision::fit(&truth, votes, classes, T::POSITIVE);
        let test_truth: Vec<u32> = parts
            .test
            .iter()
            .map(|&i| self.labels[i as usize])
            .collect();
        let mut alone = Vec::new();
        if config.wide {
            valid_votes.push(concat(&of_votes));
            test_votes.push(mean(&of_votes));
            for (at, name) in ["network_alone", "ngrams_alone"].into_iter().enumerate() {
                let one = decision(&valid_votes[at..=at]);
                alone.push((name, decide(&one, &test_votes[at..=at], &test_truth)));
            }
        }
        let decision = decision(&valid_votes);
        let threshold = scores::threshold(&concat(&of_baseline), &truth, classes, T::POSITIVE);
        let test_scores = mean(&of_baseline);
        let linear = scores::linear(test_scores, &test_truth, classes, T::POSITIVE, threshold);
        Voted {
            answers: decide(&decision, &test_votes, &test_truth),
            decision,
            alone,
            linear,
            votes,
            baseline,
            threshold,
        }
    }
}

/// What a decision makes of votes.
pub fn decide(decision: &Decision, votes: &[Vec<f64>], truth: &[u32]) -> Answers {
    let probabilities = decision.probabilities(votes);
    Answers {
        truth: truth.to_vec(),
        said: decision.classes_of(&probabilities),
        scores: probabilities,
        probable: true,
        classes: decision.classes,
        positive: decision.threshold.map(|(class, _)| class),
        threshold: decision.threshold.map(|(_, threshold)| threshold),
    }
}

/// The mean of several models' votes.
pub fn average(votes: Vec<Vec<f64>>) -> Vec<f64> {
    let count = votes.len().max(1) as f64;
    let mut votes = votes.into_iter();
    let mut sum = votes.next().unwrap_or_default();
    for vote in votes {
        sum.iter_mut()
            .zip(vote)
            .for_each(|(sum, vote)| *sum += vote);
    }
    sum.iter_mut().for_each(|sum| *sum /= count);
    sum
}

fn pick<'a>(words: &'a [Vec<String>], items: &[u32]) -> Vec<&'a [String]> {
    items
        .iter()
        .map(|&item| words[item as usize].as_slice())
        .collect()
}

/// The model's figures, the linear baseline's, and whether they differ by more than luck.
pub fn fill(summary: &mut Summary, answers: &Answers, linear: &Answers, seed: u64) {
    summary.metrics = answers.metrics();
    for (name, interval) in answers.intervals(seed) {
        summary.intervals.insert(name.to_string(), interval);
    }
    let test = mcnemar(&answers.right(), &linear.right());
    summary
        .metrics
        .insert("mcnemar_p_linear".into(), test.p_value);
    summary.baselines.insert("linear".into(), linear.metrics());
    let mut counts = vec![0usize; answers.classes];
    answers
        .truth
        .iter()
        .for_each(|&class| counts[class as usize] += 1);
    let most = counts.iter().max().copied().unwrap_or(0);
    let share = most as f64 / answers.truth.len().max(1) as f64;
    let majority = [("accuracy".to_string(), share)].into_iter().collect();
    summary.baselines.insert("largest_class".into(), majority);
}

fn duplicates(parts: &Parts) -> String {
    format!(
        "{} of {} test texts and {} of the validation texts stand in the training part too, word \
         for word",
        parts.duplicates.test_in_train,
        parts.test.len(),
        parts.duplicates.valid_in_train
    )
}

fn covered(coverage: &Coverage) -> String {
    let known = coverage.exact + coverage.lowered + coverage.titled;
    format!(
        "token vectors: {known} of {} tokens found, {:.1} % of the running text",
        known + coverage.missing,
        100.0 * coverage.tokens_covered
    )
}

fn data_summary(corpus: &Corpus, parts: &Parts) -> DataSummary {
    DataSummary {
        source: corpus.source.clone(),
        rows: corpus.len(),
        series: 0,
        train_items: parts.train().len(),
        valid_items: parts.folds.iter().map(|fold| fold.valid.len()).sum(),
        test_items: parts.test.len(),
        ..DataSummary::default()
    }
}

fn train_summary(members: &[TextClassifier], histories: &[History]) -> TrainSummary {
    let first = histories.first();
    TrainSummary {
        epochs: histories.iter().map(|history| history.rows.len()).sum(),
        best_epoch: first.and_then(History::best).map_or(0, |row| row.epoch),
        seconds: histories.iter().map(History::seconds).sum(),
        samples_per_second: first.map_or(0.0, History::samples_per_second),
        parameters: members.iter().map(Module::num_params).sum(),
    }
}
