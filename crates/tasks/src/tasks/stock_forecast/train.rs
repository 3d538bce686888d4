//! `run`: fit, test, and leave a run directory.

use super::baselines::Baselines;
use super::config::{DatasetChoice, Head, StockConfig, Strategy, Target};
use super::data::{self, Prices};
use super::forecast::Forecaster;
use super::history;
use super::model::StockModel;
use super::page::{self, PageInput};
use super::prepare::{Prepared, StockBatcher, prepare};
use super::scoring::{self, Tested};
use crate::error::{Result, TaskError};
use crate::files;
use crate::fit::{self, FitData, Fitted, History};
use crate::run_dir::{RunConfig, RunDir};
use crate::say;
use crate::settings::{self, Resolved, TaskFile};
use crate::summary::{DataSummary, Summary, TrainSummary};
use crate::task::{Context, RunRequest};
use burn::module::Module;
use jiff::civil::Date;
use rekindle_data::TimeSplit;
use rekindle_eval::rolling_origin;

/// See [`crate::Task::run`].
pub fn run(context: &Context, file: &TaskFile, request: &RunRequest) -> Result<Summary> {
    let Resolved {
        settings: config,
        seed,
        limit,
    } = settings::resolve::<StockConfig>(file, request)?;
    let config = settle(config)?;
    let prices = data::load(&config, &context.data, limit)?;
    announce(&prices);
    let blocks = blocks(&prices, &config)?;
    let task = file.name();
    let run = RunDir::start(
        request,
        RunConfig::new(file, context, &config, (seed, limit), &[])?,
    )?;

    let mut summary = Summary::new(task, context.backend, seed);
    let mut folds: Vec<Fold> = Vec::new();
    for (index, block) in blocks.into_iter().enumerate() {
        folds.push(fold(
            context, request, &run, &config, &prices, seed, index, block,
        )?);
    }
    let mut folds = folds.into_iter();
    let Some(mut last) = folds.next() else {
        return Err(too_few_days());
    };
    let mut histories = vec![last.fitted.history.clone()];
    let mut per_fold = vec![last.tested.points.metrics().0];
    for mut later in folds {
        per_fold.push(later.tested.points.metrics().0);
        histories.push(later.fitted.history.clone());
        std::mem::swap(&mut last, &mut later);
        let mut tested = later.tested;
        tested.extend(last.tested);
        last.tested = tested;
    }
    last.tested.fill(&mut summary, seed);
    summary.data = data_summary(&prices, &last, summary.data.test_items);
    summary.train = train_summary(&last, &histories);
    let summary = summary.finite();

    let Fold {
        prepared,
        baselines,
        fitted,
        tested,
    } = last;
    run.write_model(&fitted.model)?;
    files::write_json(&run.file("inference.json"), &prepared.inference)?;
    files::write_json(&run.file("baselines.json"), &baselines)?;
    history::write(&run, &prepared.series.table, config.lookback)?;
    let csv = histories.iter().map(History::to_csv).collect::<Vec<_>>();
    files::write_atomic(&run.file("metrics.csv"), csv.join("").as_bytes())?;
    let page = page::render(&PageInput {
        summary: &summary,
        config: &config,
        notes: &notes(&prices),
        form: prices.form,
        series: &prepared.series,
        spans: &prepared.split.spans(),
        histories: &histories,
        per_fold: &per_fold,
        tested: &tested,
    });
    run.write_report(&page, &summary)?;
    Ok(summary)
}

/// Settings that follow from others.
fn settle(mut config: StockConfig) -> Result<StockConfig> {
    if config.dataset != DatasetChoice::Panel && !config.symbols.trim().is_empty() {
        return Err(TaskError::usage(
            "symbols can be chosen from the panel alone",
            "add --set dataset=panel",
        ));
    }
    if config.target == Target::Level {
        // The scale head holds the median fixed, which a level cannot be.
        config.head = Head::Free;
    }
    Ok(config)
}

fn announce(prices: &Prices) {
    say!("data: {}", prices.source);
    for line in notes(prices) {
        say!("  {line}");
    }
}

/// What was read and what is worth knowing about it.
fn notes(prices: &Prices) -> Vec<String> {
    let lines = prices.summaries.iter().flat_map(|summary| summary.lines());
    prices.notes.iter().cloned().chain(lines).collect()
}

/// A block of test days and what comes before it.
struct TestBlock {
    split: TimeSplit,
    until: Option<Date>,
}

/// One fitted and tested model.
struct Fold {
    prepared: Prepared,
    baselines: Baselines,
    fitted: Fitted<StockModel>,
    tested: Tested,
}

fn too_few_days() -> TaskError {
    TaskError::usage(
        "the data have too few days for this split",
        "use more rows, or smaller --set lookback, horizon or folds",
    )
}

/// Days ahead the model gives in one go.
fn model_horizon(prices: &Prices, config: &StockConfig) -> usize {
    match config.strategy {
        Strategy::Recursive => 1,
        Strategy::Direct if prices.ahead => config.horizon.max(config.ahead),
        Strategy::Direct => config.horizon,
    }
}

/// Cuts the test part into `folds` blocks; each is tested by a model fitted on all before it.
fn blocks(prices: &Prices, config: &StockConfig) -> Result<Vec<TestBlock>> {
    let mut days = prices.table.dates().to_vec();
    days.sort();
    days.dedup();
    let test_days = match prices.test_from {
        Some(from) => days.len() - days.partition_point(|&day| day < from),
        None => (days.len() as f64 * config.test).round() as usize,
    };
    let horizon = model_horizon(prices, config);
    let length = test_days / config.folds;
    let least = 2 * (config.lookback + horizon) + 10;
    let folds =
        rolling_origin(days.len(), config.folds, length, 0, least).ok_or_else(too_few_days)?;
    let last = config.folds - 1;
    folds
        .into_iter()
        .enumerate()
        .map(|(index, fold)| {
            let valid = (fold.train.end as f64 * config.valid).round().max(1.0) as usize;
            let valid_from = days[fold.train.end - valid];
            let split = TimeSplit::from_dates(
                days.clone(),
                valid_from,
                days[fold.test.start],
                config.lookback,
                horizon,
            )?;
            let until = (index < last).then(|| days[fold.test.end - 1]);
            Ok(TestBlock { split, until })
        })
        .collect()
}

#[expect(
    clippy::too_many_arguments,
    reason = "one call; a struct would only rename them"
)]
fn fold(
    context: &Context,
    request: &RunRequest,
    run: &RunDir,
    config: &StockConfig,
    prices: &Prices,
    seed: u64,
    index: usize,
    block: TestBlock,
) -> Result<Fold> {
    let horizon = model_horizon(prices, config);
    let prepared = prepare(prices, block.split, config, horizon, block.until)?;
    if config.folds > 1 {
        say!(
            "fold {} of {}: test from {}",
            index + 1,
            config.folds,
            prepared.inference.test_from
        );
    }
    let fitted = fit_model(context, request, run, config, &prepared, seed, index)?;
    let forecaster = Forecaster {
        model: &fitted.model,
        inference: &prepared.inference,
        lookback: config.lookback,
        strategy: config.strategy,
        device: &context.device,
    };
    let ahead = prices.ahead && config.folds == 1;
    let baselines = Baselines::fit(
        &prepared.series,
        &prepared.train,
        config.lookback,
        config.horizon.max(if ahead { config.ahead } else { 1 }),
        prepared.inference.train_until,
    );
    let tested = scoring::test(
        &forecaster,
        &prepared.series,
        &prepared.test,
        &baselines,
        config,
        prices.form,
        ahead,
    )?;
    Ok(Fold {
        prepared,
        baselines,
        fitted,
        tested,
    })
}

fn fit_model(
    context: &Context,
    request: &RunRequest,
    run: &RunDir,
    config: &StockConfig,
    prepared: &Prepared,
    seed: u64,
    fold: usize,
) -> Result<Fitted<StockModel>> {
    context.device.seed(seed);
    let Prepared {
        series, inference, ..
    } = prepared;
    let model = StockModel::new(config, inference, &context.device);
    let data = FitData {
        batcher: &StockBatcher {
            series,
            lookback: config.lookback,
            horizon: inference.horizon,
        },
        train: prepared.train.clone(),
        train_per_epoch: config.windows_per_epoch,
        valid: prepared.valid.clone(),
        buckets: None,
    };
    // The epsilon of the runs by which the defaults were chosen.
    let fit_config = config.train.fit(seed, 1e-5);
    let name = (config.folds > 1).then(|| format!("fold-{}", fold + 1));
    fit::fit(
        context,
        model,
        data,
        &fit_config,
        run,
        name.as_deref(),
        request.resume,
    )
}

fn data_summary(prices: &Prices, fold: &Fold, test_items: usize) -> DataSummary {
    DataSummary {
        source: prices.source.clone(),
        rows: prices.table.len(),
        series: prices.table.n_series(),
        train_items: fold.prepared.train.len(),
        valid_items: fold.prepared.valid.len(),
        test_items,
        test_from: fold.prepared.inference.test_from.to_string(),
        until: prices
            .table
            .dates()
            .iter()
            .max()
            .map(Date::to_string)
            .unwrap_or_default(),
    }
}

fn train_summary(fold: &Fold, histories: &[History]) -> TrainSummary {
    let history = &fold.fitted.history;
    TrainSummary {
        epochs: history.rows.len(),
        best_epoch: history.best().map_or(0, |row| row.epoch),
        seconds: histories.iter().map(History::seconds).sum(),
        samples_per_second: history.samples_per_second(),
        parameters: fold.fitted.model.num_params(),
    }
}
