//! A run of kind `classify`.

use super::Classify;
use super::batch::{TextBatch, TextBatcher};
use super::classifier::{self, Classifier, Inference};
use super::config::{Balance, ClassifySettings};
use super::encode::Encoder;
use super::load::{self, Texts};
use super::model::{Ensemble, Loss, TextModel, classifier};
use super::page;
use super::parts::{Fold, Parts};
use super::scores::{self, Answers};
use super::truth::Truth;
use super::vote::{Voted, Voters, decide};
use crate::error::{Result, TaskError};
use crate::fit::{Batcher, Buckets, FitConfig, History};
use crate::run_dir::RunDir;
use crate::summary::{DataSummary, Summary};
use crate::task::Context;
use rekindle_data::{Coverage, Embeddings, class_weights};
use rekindle_models::Convention;
use rekindle_train::program::{Loaded, NetworkPlan, PageInput, Program, Work};
use std::path::Path;

/// Adam's epsilon: Keras's.
const EPSILON: f64 = 1e-7;

/// What is fitted before any network is.
pub struct Prepared {
    parts: Parts,
    encoder: Encoder,
    vectors: Option<Embeddings>,
    encoded: Vec<Vec<u32>>,
    classes: usize,
    truth: Truth,
    /// Weight of each class in the loss, by the first fold's training part.
    weights: Vec<f32>,
    /// Log odds of each class in the training part, where texts have several.
    prior: Option<Vec<f32>>,
}

/// What was said of the test texts.
pub struct Tested {
    /// The model's answers.
    pub answers: Answers,
    /// The linear baseline's.
    pub linear: Answers,
    /// What network and n-grams say on their own, where both vote.
    pub alone: Vec<(&'static str, Answers)>,
    /// The texts.
    pub texts: Vec<String>,
}

type Settings = ClassifySettings;

impl Classify {
    fn plan(
        &self,
        work: &Work<Settings>,
        prepared: &Prepared,
        fold: &Fold,
        at: u64,
    ) -> NetworkPlan {
        let (settings, encoded) = (&work.settings, &prepared.encoded);
        let length = |&item: &u32| encoded[item as usize].len();
        let train = fold.train.clone();
        // Short texts first: a batch of validation is then hardly padded.
        let mut valid = fold.valid.clone();
        valid.sort_by_key(length);
        NetworkPlan {
            part: 0,
            folder: None,
            title: None,
            fit: FitConfig {
                early_epsilon: settings.convention == Convention::Keras,
                ..settings
                    .train
                    .fit(work.seed.wrapping_add(1000 * at), EPSILON)
            },
            train_per_epoch: train.len(),
            buckets: settings.bucket.then(|| Buckets {
                lengths: train.iter().map(length).collect(),
                budget: (settings.batch_tokens > 0).then_some(settings.batch_tokens),
            }),
            train,
            valid,
        }
    }
}

impl Program for Classify {
    type Settings = ClassifySettings;
    type Data = Texts;
    type Prepared = Prepared;
    type Network = TextModel;
    type Model = Classifier;
    type Tested = Tested;

    fn load(&self, work: &mut Work<Settings>) -> Result<Loaded<Texts>> {
        load::load(work)
    }

    fn prepare(&self, work: &mut Work<Settings>, loaded: &mut Loaded<Texts>) -> Result<Prepared> {
        let corpus = &loaded.data.corpus;
        let several = corpus.several.is_some();
        if several
            && (work.settings.balance != Balance::None || work.settings.label_smoothing > 0.0)
        {
            return Err(TaskError::usage(
                "balance and label_smoothing are for texts of one class",
                "leave them out",
            ));
        }
        let mut parts = Parts::new(corpus, &work.settings, work.seed)?;
        loaded.notes.push(duplicates(&parts));
        let classes = &loaded.data.classes;
        for (part, items) in [
            ("the training part", &parts.train()),
            ("the test part", &parts.test),
        ] {
            let one = corpus.note_one_class(items, part, classes);
            let none = corpus.note_missing_classes(items, part, classes);
            loaded.notes.extend(one.into_iter().chain(none));
        }
        let trained = parts.train();
        work.settings.choose_length(trained.len());
        let settings = &work.settings;
        let texts: Vec<&str> = trained
            .iter()
            .map(|&item| corpus.texts[item as usize].as_str())
            .collect();
        let encoder = Encoder::fit(&texts, settings);
        let vectors = classifier::vectors(settings, &encoder, work.context, work.seed)?;
        if let Some(vectors) = &vectors {
            loaded.notes.push(covered(&vectors.coverage));
        }
        let about = &mut loaded.about;
        about.train_items = trained.len();
        about.valid_items = parts.folds.iter().map(|fold| fold.valid.len()).sum();
        about.test_items = parts.test.len();
        let classes = loaded.data.classes.len();
        let weights = match (settings.balance, parts.folds.first()) {
            (Balance::Weights, Some(fold)) => class_weights(&fold.labels(&corpus.labels), classes)
                .into_iter()
                .map(|weight| weight as f32)
                .collect(),
            _ => Vec::new(),
        };
        for (at, fold) in parts.folds.iter_mut().enumerate() {
            fold.draw(
                &corpus.labels,
                settings.balance,
                work.seed.wrapping_add(1000 * at as u64),
            );
        }
        Ok(Prepared {
            encoded: encoder.encode_all(&corpus.texts),
            truth: corpus.truth(),
            prior: several.then(|| log_odds(&corpus.truth().of(&trained), classes)),
            parts,
            encoder,
            vectors,
            classes,
            weights,
        })
    }

    fn made(&self, data: &Texts, prepared: &Prepared) -> Vec<(&'static str, String)> {
        vec![
            ("vocabulary", prepared.encoder.fingerprint()),
            ("list of classes", format!("{:?}", data.classes.list)),
        ]
    }

    fn networks(&self, work: &Work<Settings>, _: &Texts, prepared: &Prepared) -> Vec<NetworkPlan> {
        let folds = &prepared.parts.folds;
        let several = folds.len() > 1;
        let plan = |(at, fold): (usize, &Fold)| NetworkPlan {
            folder: several.then(|| format!("fold-{}", at + 1)),
            title: several.then(|| format!("fold {} of {}", at + 1, folds.len())),
            ..self.plan(work, prepared, &fold.as_drawn(), at as u64)
        };
        folds.iter().enumerate().map(plan).collect()
    }

    fn network(
        &self,
        work: &Work<Settings>,
        _: &Texts,
        prepared: &Prepared,
        _: &NetworkPlan,
    ) -> TextModel {
        let (settings, device) = (&work.settings, &work.context.device);
        let vectors = prepared.vectors.as_ref();
        let d_embedding = vectors.map_or(settings.d_embedding, |v| v.d_embedding);
        let rows = prepared.encoder.rows(settings);
        let mut network = classifier(settings, rows, d_embedding, prepared.classes).init(device);
        if let Some(vectors) = vectors {
            network = network.with_vectors(vectors.values.clone(), device);
        }
        if let Some(prior) = &prepared.prior {
            network = network.with_prior(prior.clone(), device);
        }
        let loss = Loss {
            smoothing: settings.label_smoothing,
            weights: prepared.weights.clone(),
            word_dropout: settings.word_dropout,
            several: prepared.prior.is_some(),
        };
        TextModel::new(network, prepared.classes, loss)
    }

    fn batcher<'a>(
        &'a self,
        work: &'a Work<Settings>,
        _: &'a Texts,
        prepared: &'a Prepared,
        _: &NetworkPlan,
    ) -> impl Batcher<Batch = TextBatch> + 'a {
        TextBatcher {
            encoded: &prepared.encoded,
            truth: &prepared.truth,
            classes: prepared.classes,
            padding: work.settings.padding,
            freeze_epochs: work.settings.freeze_epochs,
        }
    }

    fn test(
        &self,
        work: &Work<Settings>,
        data: &Texts,
        prepared: &Prepared,
        networks: Vec<TextModel>,
        _: &mut Vec<String>,
    ) -> Result<(Classifier, Tested)> {
        let settings = &work.settings;
        let members: Vec<_> = networks
            .into_iter()
            .map(|network| network.classifier)
            .collect();
        let Voted {
            decision,
            answers,
            alone,
            linear,
            votes,
            baseline,
            thresholds,
        } = voters(work, data, prepared).vote(&prepared.parts, &members);
        let vectors = prepared.vectors.as_ref();
        let inference = Inference {
            fingerprint: prepared.encoder.fingerprint(),
            rows: prepared.encoder.rows(settings),
            d_embedding: vectors.map_or(settings.d_embedding, |v| v.d_embedding),
            members: members.len(),
            decision,
            baseline_threshold: thresholds.one.map(|(_, threshold)| threshold),
            baseline_thresholds: thresholds.several,
        };
        let texts = prepared.parts.test.iter();
        let texts = texts.map(|&item| data.corpus.texts[item as usize].clone());
        let model = Classifier {
            name: work.file.name().to_string(),
            example: work.file.example.clone(),
            config: settings.clone(),
            classes: data.classes.clone(),
            inference,
            ensemble: Ensemble { members },
            encoder: prepared.encoder.clone(),
            votes,
            baseline,
        };
        let tested = Tested {
            answers,
            linear,
            alone,
            texts: texts.collect(),
        };
        Ok((model, tested))
    }

    fn refit(
        &self,
        work: &Work<Settings>,
        data: &Texts,
        prepared: &mut Prepared,
        histories: &[History],
    ) -> Result<Option<Vec<NetworkPlan>>> {
        if !work.settings.refit {
            return Ok(None);
        }
        let best = histories
            .iter()
            .filter_map(|history| Some(history.best()?.epoch));
        let best: Vec<usize> = best.collect();
        let epochs = (best.iter().sum::<usize>() as f64 / best.len().max(1) as f64).round();
        let all = Fold::new((0..data.corpus.len() as u32).collect(), Vec::new());
        let mut plan = self.plan(work, prepared, &all, 0);
        plan.folder = Some("all-rows".to_string());
        plan.fit.epochs = (epochs as usize).max(1);
        Ok(Some(vec![plan]))
    }

    fn refitted(
        &self,
        work: &Work<Settings>,
        data: &Texts,
        prepared: &Prepared,
        mut model: Classifier,
        networks: Vec<TextModel>,
        _: &mut Vec<String>,
    ) -> Result<Classifier> {
        let members = networks.into_iter().map(|network| network.classifier);
        model.ensemble = Ensemble {
            members: members.collect(),
        };
        model.inference.members = model.ensemble.members.len();
        (model.votes, model.baseline) = voters(work, data, prepared).on_all();
        Ok(model)
    }

    fn fill(&self, tested: &Tested, summary: &mut Summary) {
        let seed = summary.seed;
        scores::fill(summary, &tested.answers, &tested.linear, seed);
        for (name, alone) in &tested.alone {
            summary.baselines.insert(name.to_string(), alone.metrics());
        }
    }

    fn write(&self, model: &Classifier, run: &RunDir) -> Result<()> {
        model.write(run)
    }

    fn open(&self, run: &RunDir, settings: Settings, context: &Context) -> Result<Classifier> {
        Classifier::open(run, settings, &context.device)
    }

    fn evaluate(
        &self,
        model: &Classifier,
        _: &RunDir,
        input: &Path,
        context: &Context,
    ) -> Result<(Tested, DataSummary, Vec<String>)> {
        let mut corpus = load::labelled(&model.config.data, &model.classes, input)?;
        let classes = &model.classes;
        let all: Vec<u32> = (0..corpus.len() as u32).collect();
        let one = corpus.note_one_class(&all, "the file", classes);
        corpus.notes.extend(one);
        let votes = model.votes(&corpus.texts, &context.device);
        let truth = corpus.truth();
        let tested = Tested {
            answers: decide(&model.inference.decision, &votes, &truth),
            linear: scores::linear(
                model.scores(&model.baseline, &corpus.texts),
                &truth,
                classes.len(),
                &model.thresholds(),
            ),
            alone: Vec::new(),
            texts: corpus.texts,
        };
        let rows = corpus.labels.len();
        let about = DataSummary {
            source: input
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            rows,
            test_items: rows,
            ..DataSummary::default()
        };
        Ok((tested, about, corpus.notes))
    }

    fn page(&self, input: &PageInput<'_, Self>) -> String {
        let (model, tested) = (input.model, input.tested);
        let example = (!model.example.is_empty())
            .then(|| model.answer(&model.example, &input.context.device));
        let texts: Vec<&str> = tested.texts.iter().map(String::as_str).collect();
        page::render(&page::PageInput {
            summary: input.summary,
            config: &model.config,
            classes: &model.classes,
            notes: input.notes,
            histories: input.histories,
            answers: &tested.answers,
            texts: &texts,
            example: example.as_ref(),
        })
    }
}

/// Log odds of each class among these texts; one text more on either side keeps them finite.
fn log_odds(truth: &Truth, classes: usize) -> Vec<f32> {
    let of = |class: usize| {
        let is = truth.is(class).into_iter().filter(|&is| is).count() as f32;
        ((is + 1.0) / (truth.len() as f32 - is + 1.0)).ln()
    };
    (0..classes).map(of).collect()
}

fn voters<'a>(work: &'a Work<Settings>, data: &'a Texts, prepared: &'a Prepared) -> Voters<'a> {
    Voters {
        config: &work.settings,
        corpus: &data.corpus,
        encoded: &prepared.encoded,
        classes: &data.classes,
        seed: work.seed,
        device: &work.context.device,
    }
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
