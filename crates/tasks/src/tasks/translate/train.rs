//! `run`: fit the network, test, and leave a run directory.

use super::baselines::TranslationMemory;
use super::config::TranslateConfig;
use super::data;
use super::model::TranslateModel;
use super::page::{self, PageInput};
use super::prepare::{PairBatcher, Prepared, prepare};
use super::saved::{PIECES, Translator};
use super::scores::Tested;
use crate::error::{Result, TaskError};
use crate::files;
use crate::fit::{self, Buckets, FitData};
use crate::run_dir::{RunConfig, RunDir};
use crate::say;
use crate::settings::{self, Resolved, TaskFile};
use crate::summary::{DataSummary, Summary, TrainSummary};
use crate::task::{Context, RunRequest};
use burn::module::Module;
use std::path::Path;

/// See [`crate::Task::run`].
pub fn run(context: &Context, file: &TaskFile, request: &RunRequest) -> Result<Summary> {
    let Resolved {
        settings: mut config,
        seed,
        limit,
    } = settings::resolve::<TranslateConfig>(file, request)?;
    let mut dirs = context.data.clone();
    if dirs.explicit.is_none() && !config.data.train.is_empty() {
        dirs.explicit = Some(file.path(&config.data.train));
    }
    let texts = data::load(&mut config, &dirs, limit, seed)?;
    let [from, to] = config.names();
    say!(
        "data: {}, {from} to {to}\n  {} pairs train, {} validate, {} test",
        texts.source,
        texts.train.len(),
        texts.valid.len(),
        texts.test.len()
    );
    texts.notes.iter().for_each(|note| say!("  {note}"));
    let prepared = prepare(&texts, &config)?;
    say!("  {} pieces", prepared.subwords.len());
    let notes = [texts.notes.clone(), long_targets(&prepared, &config)].concat();
    let task = file.name();
    let pieces = prepared.subwords.to_json()?;
    if request.resume {
        check_pieces(&request.out, &pieces)?;
    }
    let run = RunDir::start(
        request,
        RunConfig::new(file, context, &config, (seed, limit), &texts.files)?,
    )?;
    files::write_atomic(&run.file(PIECES), pieces.as_bytes())?;

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
    let fit_config = config.train.fit(seed, 1e-8);
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
    let memory = TranslationMemory::new(&texts.train);
    let tested = Tested::new(&translator, &texts.test, texts.groups, Some(&memory));
    let mut summary = Summary {
        data: DataSummary {
            source: texts.source,
            rows: texts.train.len() + texts.valid.len() + texts.test.len(),
            train_items: texts.train.len(),
            valid_items: texts.valid.len(),
            test_items: texts.test.len(),
            ..DataSummary::default()
        },
        train: TrainSummary {
            epochs: history.rows.len(),
            best_epoch: history.best().map_or(0, |row| row.epoch),
            seconds: history.seconds(),
            samples_per_second: history.rate(texts.train.len()),
            parameters: translator.network.num_params(),
        },
        ..Summary::new(task, context.backend, seed)
    };
    tested.fill(&mut summary, seed);
    let summary = summary.finite();
    tested.write(&run, &translator.config.data.target)?;
    files::write_atomic(&run.file("metrics.csv"), history.to_csv().as_bytes())?;
    let page = page::render(&PageInput {
        summary: &summary,
        translator: &translator,
        history: Some(history),
        tested: &tested,
        notes: &notes,
    });
    run.write_report(&page, &summary)?;
    Ok(summary)
}

/// Says how many training pairs have a longer target than a translation may be.
fn long_targets(prepared: &Prepared, config: &TranslateConfig) -> Vec<String> {
    let lengths = prepared.lengths.iter().take(prepared.train);
    let long = lengths
        .filter(|&&length| length > config.max_length)
        .count();
    let note = format!(
        "{long} targets have more than {most} pieces, where translations end; --set max_length=N \
         lets them be longer",
        most = config.max_length
    );
    let said = (long > 0).then_some(note);
    said.iter().for_each(|note| say!("  {note}"));
    said.into_iter().collect()
}

/// Refuses to go on with other texts than the run began with.
fn check_pieces(run: &Path, pieces: &str) -> Result<()> {
    let path = run.join(PIECES);
    if !path.is_file() || files::read_text(&path)? == pieces {
        return Ok(());
    }
    Err(TaskError::Usage {
        what: "the training texts are not those that the run began with".to_string(),
        place: Some(path.display().to_string()),
        help: "give the same --data as then, or start a new run with another --out".to_string(),
    })
}
