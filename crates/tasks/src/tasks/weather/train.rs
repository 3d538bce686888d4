//! `run`: fit all networks, test, and leave a run directory.

use super::config::{Member, WeatherConfig};
use super::data;
use super::model::{Members, WeatherModel};
use super::page::{self, PageInput};
use super::prepare::{Days, Prepared, WeatherBatcher, prepare};
use super::saved::test;
use crate::error::Result;
use crate::files;
use crate::fit::{self, FitData, Fitted, History};
use crate::run_dir::{RunConfig, RunDir};
use crate::say;
use crate::settings::{self, Resolved, TaskFile};
use crate::summary::{DataSummary, Summary, TrainSummary};
use crate::task::{Context, RunRequest};
use burn::module::Module;
use jiff::civil::Date;

/// See [`crate::Task::run`].
pub fn run(context: &Context, file: &TaskFile, request: &RunRequest) -> Result<Summary> {
    let Resolved {
        settings: config,
        seed,
        limit,
    } = settings::resolve::<WeatherConfig>(file, request)?;
    let (table, loaded) = data::load(&config, &context.data, limit)?;
    say!("data: {}", loaded.source);
    let notes = loaded.lines();
    notes.iter().for_each(|line| say!("  {line}"));
    let prepared = prepare(table, &config)?;
    let task = file.name();
    let run = RunDir::start(
        request,
        RunConfig::new(file, context, &config, (seed, limit), &[])?,
    )?;

    let (mut members, mut histories) = (Vec::new(), Vec::new());
    for member in Member::ALL {
        for repeat in 0..config.repeats {
            say!("{}, {} of {}", member.name(), repeat + 1, config.repeats);
            let fitted = fit_one(
                context, request, &run, &config, &prepared, seed, member, repeat,
            )?;
            members.push(fitted.model);
            histories.push(fitted.history);
        }
    }
    let members = Members::new(members);
    let days = &prepared.days;
    let (inference, rows) = (&prepared.inference, &prepared.test);
    let tested = test(&members, days, inference, rows, &config, &context.device);

    let mut summary = Summary {
        data: DataSummary {
            source: loaded.source.clone(),
            rows: days.table.len(),
            series: days.table.n_series(),
            train_items: prepared.train.len(),
            valid_items: prepared.valid.len(),
            test_from: prepared.inference.test_from.to_string(),
            until: last_day(days),
            ..DataSummary::default()
        },
        train: train_summary(&members, &config, &histories),
        ..Summary::new(task, context.backend, seed)
    };
    tested.fill(&mut summary, seed);
    let summary = summary.finite();

    run.write_model(&members)?;
    files::write_json(&run.file("inference.json"), &prepared.inference)?;
    let csv: Vec<String> = histories.iter().map(History::to_csv).collect();
    files::write_atomic(&run.file("metrics.csv"), csv.join("").as_bytes())?;
    let page = page::render(&PageInput {
        summary: &summary,
        config: &config,
        notes: &notes,
        spans: &prepared.split.spans(),
        days,
        histories: &histories,
        tested: &tested,
    });
    run.write_report(&page, &summary)?;
    Ok(summary)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one call; a struct would only rename them"
)]
fn fit_one(
    context: &Context,
    request: &RunRequest,
    run: &RunDir,
    config: &WeatherConfig,
    prepared: &Prepared,
    seed: u64,
    member: Member,
    repeat: usize,
) -> Result<Fitted<WeatherModel>> {
    let device = &context.device;
    // Far apart, so that the repeats of neighbouring seeds share none.
    let seed = seed.wrapping_add(repeat as u64 * 1_000_003);
    device.seed(seed);
    let model = WeatherModel::new(config, member, prepared.days.d_input(), device);
    let data = FitData {
        batcher: &WeatherBatcher(&prepared.days),
        train: prepared.train.clone(),
        train_per_epoch: prepared.train.len(),
        valid: prepared.valid.clone(),
        buckets: None,
    };
    let fit_config = config.train.fit(seed, 1e-7);
    let name = format!("{}-{}", member.name(), repeat + 1);
    fit::fit(
        context,
        model,
        data,
        &fit_config,
        run,
        Some(&name),
        request.resume,
    )
}

fn train_summary(members: &Members, config: &WeatherConfig, histories: &[History]) -> TrainSummary {
    let chosen = members.kinds().enumerate();
    let mut chosen = chosen.filter(|(_, (member, _))| *member == config.member);
    let (at, parameters) = match chosen.next() {
        Some((at, (_, models))) => (at, models.iter().map(Module::num_params).sum()),
        None => (0, 0),
    };
    let history = &histories[at * config.repeats];
    TrainSummary {
        epochs: history.rows.len(),
        best_epoch: history.best().map_or(0, |row| row.epoch),
        seconds: histories.iter().map(History::seconds).sum(),
        samples_per_second: history.samples_per_second(),
        parameters,
    }
}

/// Last day of the observations.
pub fn last_day(days: &Days) -> String {
    let last = days.table.dates().iter().max();
    last.map(Date::to_string).unwrap_or_default()
}
