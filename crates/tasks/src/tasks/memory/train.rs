//! `run`: fit every network, measure what it remembers, and leave a run directory.

use super::config::{Member, MemoryConfig};
use super::data;
use super::model::{Members, MemoryModel};
use super::page::{self, PageInput};
use super::prepare::{SequenceBatcher, Source};
use super::scores::{self, Tested};
use crate::error::Result;
use crate::files;
use crate::fit::{self, FitData, History};
use crate::run_dir::{RunConfig, RunDir};
use crate::say;
use crate::settings::{self, Resolved, TaskFile};
use crate::summary::{DataSummary, Summary, TrainSummary};
use crate::task::{Context, RunRequest};
use burn::module::Module;
use std::sync::Arc;

/// See [`crate::Task::run`].
pub fn run(context: &Context, file: &TaskFile, request: &RunRequest) -> Result<Summary> {
    let Resolved {
        settings: mut config,
        seed,
        limit,
    } = settings::resolve::<MemoryConfig>(file, request)?;
    let digits = config.problem.is_mnist();
    let source = match digits {
        true => Source::Digits(data::load(&config, &context.data, limit)?),
        false => Source::MadeUp(seed),
    };
    if let (false, Some(limit)) = (digits, limit) {
        config.sequences = config.sequences.min(limit);
    }
    let said = match &source {
        Source::Digits(digits) => digits.source.clone(),
        _ => format!(
            "made up: {}, length {}",
            config.problem.name(),
            config.length
        ),
    };
    say!("data: {said}");
    let source = Arc::new(source);
    let task = file.name();
    let run = RunDir::start(
        request,
        RunConfig::new(file, context, &config, (seed, limit), &[])?,
    )?;

    let (mut all, mut models) = (Vec::new(), Vec::new());
    for member in config.cells.members() {
        say!("{}", member.0);
        let batcher = SequenceBatcher::new(config.clone(), source.clone());
        let (tested, model) = fit_one(context, request, &run, &batcher, seed, member)?;
        all.push(tested);
        models.push(model);
    }
    let batcher = SequenceBatcher::new(config, source);
    let parts = batcher.parts;
    let histories = || all.iter().filter_map(|one: &Tested| one.history.as_ref());
    let last = histories().next_back();
    let mut summary = Summary {
        data: DataSummary {
            source: said,
            rows: parts.all(),
            train_items: parts.train,
            valid_items: parts.valid,
            test_items: parts.test,
            ..DataSummary::default()
        },
        train: TrainSummary {
            epochs: last.map_or(0, |history| history.rows.len()),
            best_epoch: last.and_then(History::best).map_or(0, |row| row.epoch),
            seconds: histories().map(History::seconds).sum(),
            samples_per_second: last.map_or(0.0, |history| history.rate(parts.train)),
            parameters: all.last().map_or(0, |one| one.parameters),
        },
        ..Summary::new(task, context.backend, seed)
    };
    scores::fill(&all, &batcher, &mut summary);
    let summary = summary.finite();
    run.write_model(&Members { networks: models })?;
    let csv: Vec<String> = histories().map(History::to_csv).collect();
    files::write_atomic(&run.file("metrics.csv"), csv.join("").as_bytes())?;
    let page = page::render(&PageInput {
        summary: &summary,
        config: &batcher.config,
        all: &all,
    });
    if page::has_gradients(&all) {
        let [before, after] = page::gradient_charts(&all);
        for (name, chart) in [("gradients-before", before), ("gradients", after)] {
            let drawing = chart.to_svg_file();
            files::write_atomic(&run.file(&format!("{name}.svg")), drawing.as_bytes())?;
        }
    }
    run.write_report(&page, &summary)?;
    Ok(summary)
}

fn fit_one(
    context: &Context,
    request: &RunRequest,
    run: &RunDir,
    batcher: &SequenceBatcher,
    seed: u64,
    (name, cell): Member,
) -> Result<(Tested, MemoryModel)> {
    let (config, parts, device) = (&batcher.config, batcher.parts, &context.device);
    device.seed(seed);
    let model = MemoryModel::new(config, cell, device);
    let gradient_before = scores::gradients(&model, cell, batcher, device);
    let data = FitData {
        batcher,
        train: (0..parts.train as u32).collect(),
        train_per_epoch: parts.train,
        valid: parts.valid().collect(),
        buckets: None,
    };
    let fit_config = config.train.fit(seed, 1e-8);
    let resume = request.resume;
    let fitted = fit::fit(context, model, data, &fit_config, run, Some(name), resume)?;
    let (loss, hits) = scores::test(&fitted.model, batcher, parts.test(), device);
    let tested = Tested {
        name,
        history: Some(fitted.history),
        loss,
        hits,
        gradient_before,
        gradient_after: scores::gradients(&fitted.model, cell, batcher, device),
        gates: scores::gates(&fitted.model, batcher, device),
        parameters: fitted.model.num_params(),
    };
    Ok((tested, fitted.model))
}
