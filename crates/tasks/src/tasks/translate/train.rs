//! `run`: fit the network, test, and leave a run directory.

use super::baselines::TranslationMemory;
use super::config::TranslateConfig;
use super::data;
use super::model::TranslateModel;
use super::page::{self, PageInput};
use super::prepare::{PairBatcher, prepare};
use super::saved::{PIECES, Translator};
use super::scores::Tested;
use crate::error::Result;
use crate::files;
use crate::fit::{self, Buckets, FitConfig, FitData, Rate};
use crate::run_dir::RunDir;
use crate::say;
use crate::settings;
use crate::summary::{DataSummary, Summary, TrainSummary};
use crate::task::{Context, RunRequest};
use burn::module::Module;

/// See [`crate::Task::run`].
pub fn run(context: &Context, request: &RunRequest) -> Result<Summary> {
    let fresh = || settings::apply(TranslateConfig::default(), &request.set);
    let (mut config, seed, limit) = settings::fresh_or_saved(request, fresh)?;
    if let Some(epochs) = request.epochs {
        config.epochs = epochs;
    }
    config.check()?;
    let captions = data::load(&config, &context.data, limit)?;
    say!(
        "data: {}\n  {} pairs train, {} validate, {} test",
        captions.source,
        captions.train.len(),
        captions.valid.len(),
        captions.test.len()
    );
    let prepared = prepare(&captions, &config)?;
    say!("  {} pieces", prepared.subwords.len());
    let task = &super::Translate::INFO.name;
    let run = RunDir::start(request, task, context.backend, (seed, limit), &config)?;
    files::write_atomic(&run.file(PIECES), prepared.subwords.to_json()?.as_bytes())?;

    context.device.seed(seed);
    let model = TranslateModel::new(&config, prepared.subwords.len(), &context.device);
    let data = FitData {
        batcher: &PairBatcher {
            prepared: &prepared,
            config: &config,
            seed,
        },
        train: (0..prepared.train as u32).collect(),
        train_per_epoch: prepared.train,
        valid: (prepared.train as u32..(prepared.train + prepared.valid) as u32).collect(),
        buckets: Some(Buckets {
            lengths: prepared.lengths.clone(),
            budget: None,
        }),
    };
    let fit_config = FitConfig {
        epochs: config.epochs,
        batch_size: config.batch_size,
        learning_rate: config.learning_rate,
        rate: Rate::Cosine,
        epsilon: 1e-8,
        weight_decay: config.weight_decay as f32,
        clip_norm: config.clip_norm,
        average: config.average,
        patience: config.patience,
        seed,
        precision: config.precision,
    };
    let fitted = fit::fit(
        context,
        model,
        data,
        &fit_config,
        &run,
        None,
        request.resume,
    )?;
    run.write_model(&fitted.model.network)?;

    let history = &fitted.history;
    let translator = Translator {
        network: fitted.model.network,
        subwords: prepared.subwords.clone(),
        config,
        seed,
    };
    let memory = TranslationMemory::new(&captions.train);
    let tested = Tested::new(&translator, &captions.test, Some(&memory));
    let mut summary = Summary {
        data: DataSummary {
            source: captions.source.clone(),
            rows: captions.train.len() + captions.valid.len() + captions.test.len(),
            train_items: captions.train.len(),
            valid_items: captions.valid.len(),
            test_items: captions.test.len(),
            ..DataSummary::default()
        },
        train: TrainSummary {
            epochs: history.rows.len(),
            best_epoch: history.best().map_or(0, |row| row.epoch),
            seconds: history.seconds(),
            samples_per_second: history.rate(captions.train.len()),
            parameters: translator.network.num_params(),
        },
        ..Summary::new(task, context.backend, seed)
    };
    tested.fill(&mut summary, seed);
    let summary = summary.finite();
    tested.write(&run, translator.config.source.other())?;
    files::write_atomic(&run.file("metrics.csv"), history.to_csv().as_bytes())?;
    let page = page::render(&PageInput {
        summary: &summary,
        translator: &translator,
        history: Some(history),
        tested: &tested,
    });
    run.write_report(&page, &summary)?;
    Ok(summary)
}
