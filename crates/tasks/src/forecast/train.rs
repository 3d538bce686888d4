//! `run`: choose, fit, test, fit once more on all rows, and leave a run directory.

use super::baselines::Baselines;
use super::batch::ForecastBatcher;
use super::choice::Choice;
use super::config::{ForecastConfig, PredictAs};
use super::data;
use super::forecaster::{self, Forecaster};
use super::model::{Ensemble, ForecastModel};
use super::page::{self, PageInput};
use super::panel::{Encoding, Panel, spreads};
use super::ridge;
use super::saved::Inference;
use super::scores::Tested;
use super::shape::Shape;
use super::split::{Split, until};
use super::window::Window;
use crate::error::{Result, TaskError};
use crate::files;
use crate::fit::{self, FitConfig, FitData, History};
use crate::run_dir::{RunConfig, RunDir};
use crate::say;
use crate::settings::{self, Resolved, TaskFile};
use crate::summary::{DataSummary, Summary, TrainSummary};
use crate::task::{Context, RunRequest};
use burn::module::Module;
use rekindle_data::{Timeline, read_times, write_times};
use rekindle_eval::RidgeAutoregression;

/// Steps of an epoch where windows are few.
const STEPS: usize = 50;
/// Windows from which the typical ratio of scale and level is seen.
const RATIOS: usize = 500;
/// Tested steps that tell the width of intervals without those of validation.
const MANY_POINTS: usize = 1_000;

/// See [`crate::Task::run`].
pub fn run(context: &Context, file: &TaskFile, request: &RunRequest) -> Result<Summary> {
    let Resolved {
        settings: mut config,
        seed,
        limit,
    } = settings::resolve::<ForecastConfig>(file, request)?;
    let path = data::find(&context.data, file, &config)?;
    config.data.train = std::path::absolute(&path)
        .map_err(TaskError::write(&path))?
        .display()
        .to_string();
    let rows = read_times(&path, &data::spec(&config, limit))?;
    let timeline = rows.assemble(config.gaps, limit, None)?;
    let [time, target, series] = timeline.columns.clone();
    (config.data.time, config.data.target, config.data.series) = (time, target, series);
    say!("data: {}", path.display());
    let mut notes = timeline.summary.lines();
    notes.iter().for_each(|line| say!("  {line}"));
    let shape = Shape::choose(&timeline, &config)?;
    let split = Split::new(&timeline, &shape);
    check_split(&split, &shape)?;
    say!(
        "{} steps ahead from {} steps, season {}; {} windows to train on, {} to validate, {} to test",
        shape.horizon,
        shape.lookback,
        shape.season,
        split.train.len(),
        split.valid.len(),
        split.test.len()
    );
    let before_valid = |steps: usize| until(steps, &shape, false);
    let (encoding, ridge, choice) = choose(&timeline, &config, &shape, &split, before_valid, seed)?;
    say!("{}", choice.line());
    notes.push(choice.line());
    let run = RunDir::start(
        request,
        RunConfig::new(file, context, &config, (seed, limit), &[path])?,
    )?;
    let panel = Panel::new(&timeline, &encoding);
    let fitting = Fitting {
        context,
        config: &config,
        run: &run,
        seed,
        resume: request.resume,
    };
    let regression = ridge.as_ref().map(|(ridge, _)| ridge);
    let (model, histories) = fitting.fit(
        "network",
        &panel,
        regression,
        &split.train,
        &split.valid,
        None,
    )?;

    let not_negative = timeline.series.iter().map(|one| {
        one.values[..before_valid(one.values.len())]
            .iter()
            .all(|value| *value >= 0.0)
    });
    let mut forecaster = Forecaster {
        model: &model,
        ridge: regression,
        width: 1.0,
        not_negative: not_negative.collect(),
        device: &context.device,
    };
    forecaster.width = forecaster::width(&panel, &[&forecaster.forecast(&panel, &split.valid)]);
    let width = forecaster.width;
    notes.push(format!(
        "intervals are {width:.2} times as wide as the network's, to cover 80 % of validation"
    ));
    let forecasts = forecaster.forecast(&panel, &split.test);
    let errors = |windows: &[(u32, u32)]| {
        regression
            .map(|ridge| ridge::error_quantiles(&panel, ridge, windows, seed))
            .unwrap_or_default()
    };
    let before_test = |steps: usize| until(steps, &shape, true);
    let baselines = Baselines::fit(
        &timeline,
        &shape,
        before_test,
        regression.cloned(),
        errors(&split.train),
    );
    let tested = Tested::new(&panel, forecasts, &baselines);

    let mut summary = Summary {
        data: data_summary(&timeline, &split, &tested),
        train: train_summary(&model, &histories),
        ..Summary::new(file.name(), context.backend, seed)
    };
    tested.fill(&mut summary, seed);
    let mut summary = summary.finite();
    // Only now that the test is over: its part was in no choice before, so it tells widths best.
    let again = match tested.known() < MANY_POINTS {
        _ if !config.refit => 1.0,
        true => {
            let valid = forecaster.forecast(&panel, &split.valid);
            forecaster::width(&panel, &[&valid, &tested.forecasts])
        }
        false => forecaster::width(&panel, &[&tested.forecasts]),
    };
    let width = width * again;

    let kept = match config.refit {
        true => {
            say!("fitting once more on all rows");
            let penalty = ridge.as_ref().map(|(_, penalty)| *penalty);
            let refitted = refit(&fitting, &timeline, &encoding, penalty, &histories)?;
            notes.push(refit_note(&histories));
            summary.train.seconds += refitted.seconds;
            refitted
        }
        false => Kept {
            baselines: Baselines::fit(
                &timeline,
                &shape,
                |steps| steps,
                regression.cloned(),
                errors(&split.train),
            ),
            encoding: encoding.clone(),
            model,
            seconds: 0.0,
        },
    };
    run.write_model(&kept.model)?;
    let inference = Inference::new(&timeline, kept.encoding, width);
    files::write_json(&run.file("inference.json"), &inference)?;
    files::write_json(&run.file("baselines.json"), &kept.baselines)?;
    let history = write_times(&timeline, inference.history())
        .map_err(|error| TaskError::run(&run.file("history.csv"), error.to_string()))?;
    files::write_atomic(&run.file("history.csv"), &history)?;
    let csv: Vec<String> = histories.iter().map(History::to_csv).collect();
    files::write_atomic(&run.file("metrics.csv"), csv.join("").as_bytes())?;
    let page = page::render(&PageInput {
        summary: &summary,
        config: &config,
        notes: &notes,
        panel: &panel,
        histories: &histories,
        tested: &tested,
    });
    run.write_report(&page, &summary)?;
    Ok(summary)
}

fn check_split(split: &Split, shape: &Shape) -> Result<()> {
    if !split.train.is_empty() && !split.valid.is_empty() && !split.test.is_empty() {
        return Ok(());
    }
    let least = shape.least + (shape.test + shape.valid + 1) * shape.horizon;
    Err(TaskError::usage(
        format!("no series has the {least} steps that training, validation and test need"),
        "give longer series, or forecast fewer steps with --set horizon=N",
    ))
}

/// How values are encoded, the ridge regression with its penalty, and why.
type Chosen = (Encoding, Option<(RidgeAutoregression, f64)>, Choice);

/// How values are encoded, and the ridge regression with its penalty.
fn choose(
    timeline: &Timeline,
    config: &ForecastConfig,
    shape: &Shape,
    split: &Split,
    known: impl Fn(usize) -> usize,
    seed: u64,
) -> Result<Chosen> {
    let until = |series: usize| known(timeline.series[series].values.len());
    let mut encoding = Encoding {
        shape: shape.clone(),
        frequency: timeline.frequency,
        predict_as: PredictAs::Blend,
        calendar: config.calendar,
        covariates: timeline.covariates.clone(),
        spreads: spreads(timeline, until),
        level_weight: 0.0,
        series: timeline.series.iter().map(|one| one.name.clone()).collect(),
    };
    if config.predict_as == PredictAs::LogReturn {
        refuse_logarithms(timeline)?;
    }
    let panel = Panel::new(timeline, &encoding);
    let level_weight = level_weight(&panel, &split.train, seed);
    drop(panel);
    encoding.level_weight = level_weight;
    let panel = Panel::new(timeline, &encoding);
    let blended = ridge::fit(&panel, &split.train, &split.valid, None, seed);
    let mut choice = Choice::make(
        &panel,
        blended.as_ref().map(|(ridge, _)| ridge),
        &split.valid,
    );
    if config.predict_as != PredictAs::Auto {
        choice.predict_as = config.predict_as;
    }
    let predict_as = choice.predict_as;
    drop(panel);
    encoding.predict_as = predict_as;
    let fitted = match predict_as {
        PredictAs::Blend => blended,
        _ => ridge::fit(
            &Panel::new(timeline, &encoding),
            &split.train,
            &split.valid,
            None,
            seed,
        ),
    };
    Ok((encoding, fitted, choice))
}

/// Errors relative to the level count as much in all as those relative to the scale.
fn level_weight(panel: &Panel, windows: &[(u32, u32)], seed: u64) -> f64 {
    let drawn = ridge::draw(windows, RATIOS, seed);
    let ratio = |&(series, end): &(u32, u32)| {
        let window = Window::new(panel, series as usize, end as usize);
        window.scale / window.level
    };
    let mut ratios: Vec<f64> = drawn
        .iter()
        .map(ratio)
        .filter(|ratio| ratio.is_finite())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or(1.0);
    (1.0 / median.max(0.05)).min(20.0)
}

fn refuse_logarithms(timeline: &Timeline) -> Result<()> {
    for (index, one) in timeline.series.iter().enumerate() {
        if let Some(step) = one.values.iter().position(|value| *value <= 0.0) {
            let of = if one.name.is_empty() {
                String::new()
            } else {
                format!(" of {}", one.name)
            };
            return Err(TaskError::usage(
                format!(
                    "the value{of} at {} is {}, and only values above zero have a logarithm",
                    timeline.written(index, step),
                    one.values[step]
                ),
                "choose --set predict_as=auto or difference",
            ));
        }
    }
    Ok(())
}

/// What every fit of a run shares.
struct Fitting<'a> {
    context: &'a Context,
    config: &'a ForecastConfig,
    run: &'a RunDir,
    seed: u64,
    resume: bool,
}

impl Fitting<'_> {
    /// Fits the networks, for these numbers of epochs or as long as validation improves.
    fn fit(
        &self,
        name: &str,
        panel: &Panel,
        ridge: Option<&RidgeAutoregression>,
        train: &[(u32, u32)],
        valid: &[(u32, u32)],
        epochs: Option<&[usize]>,
    ) -> Result<(Ensemble, Vec<History>)> {
        let (context, config) = (self.context, self.config);
        let windows = [train, valid].concat();
        let batch_size = config
            .train
            .batch_size
            .max(1)
            .min((train.len() / 8).max(16));
        let an_epoch = config.windows_per_epoch.min(STEPS * batch_size).max(1);
        let times = an_epoch.div_ceil(train.len().max(1));
        let items: Vec<u32> = (0..train.len() as u32)
            .cycle()
            .take(times * train.len())
            .collect();
        let (mut networks, mut histories) = (Vec::new(), Vec::new());
        for network in 0..config.networks {
            // Far apart, so that the networks of neighbouring seeds share none.
            let seed = self.seed.wrapping_add(network as u64 * 1_000_003);
            context.device.seed(seed);
            if config.networks > 1 {
                say!("{name} {} of {}", network + 1, config.networks);
            }
            let fitted = fit::fit(
                context,
                ForecastModel::new(config, panel, &context.device),
                FitData {
                    batcher: &ForecastBatcher {
                        panel,
                        ridge,
                        windows: &windows,
                    },
                    train: items.clone(),
                    train_per_epoch: config.windows_per_epoch.min(items.len()),
                    valid: (train.len() as u32..windows.len() as u32).collect(),
                    buckets: None,
                },
                &FitConfig {
                    epochs: epochs.map_or(config.train.epochs.max(1), |epochs| epochs[network]),
                    batch_size,
                    ..config.train.fit(seed, 1e-8)
                },
                self.run,
                Some(&format!("{name}-{}", network + 1)),
                self.resume,
            )?;
            networks.push(fitted.model);
            histories.push(fitted.history);
        }
        Ok((Ensemble { networks }, histories))
    }
}

/// What a run keeps for later forecasts.
struct Kept {
    model: Ensemble,
    encoding: Encoding,
    baselines: Baselines,
    seconds: f64,
}

/// Fits once more on all rows, as long as was best on validation.
fn refit(
    fitting: &Fitting,
    timeline: &Timeline,
    encoding: &Encoding,
    penalty: Option<f64>,
    histories: &[History],
) -> Result<Kept> {
    let encoding = Encoding {
        spreads: spreads(timeline, |_| usize::MAX),
        ..encoding.clone()
    };
    let panel = Panel::new(timeline, &encoding);
    let all = Split::everything(timeline, &encoding.shape);
    let ridge = ridge::fit(&panel, &all, &[], penalty, fitting.seed).map(|(ridge, _)| ridge);
    let epochs: Vec<usize> = histories
        .iter()
        .map(|history| history.best().map_or(1, |row| row.epoch))
        .collect();
    let (model, again) = fitting.fit("final", &panel, ridge.as_ref(), &all, &[], Some(&epochs))?;
    let errors = ridge
        .as_ref()
        .map(|ridge| ridge::error_quantiles(&panel, ridge, &all, fitting.seed));
    let baselines = Baselines::fit(
        timeline,
        &encoding.shape,
        |steps| steps,
        ridge.clone(),
        errors.unwrap_or_default(),
    );
    drop(panel);
    Ok(Kept {
        model,
        encoding,
        baselines,
        seconds: again.iter().map(History::seconds).sum(),
    })
}

fn refit_note(histories: &[History]) -> String {
    let epochs = histories
        .iter()
        .filter_map(History::best)
        .map(|row| row.epoch.to_string());
    format!(
        "the kept model was fitted once more on all rows, test part included, for {} epochs, and its \
         intervals cover 80 % of the test; the figures are those of the model before that",
        epochs.collect::<Vec<_>>().join(" and ")
    )
}

fn data_summary(timeline: &Timeline, split: &Split, tested: &Tested) -> DataSummary {
    let first = split.test.iter().filter_map(|&(series, end)| {
        Some((timeline.time(series as usize, end as usize)?, (series, end)))
    });
    let first = first
        .min()
        .map(|(_, (series, end))| timeline.written(series as usize, end as usize));
    DataSummary {
        source: timeline.summary.source.clone(),
        rows: timeline.len(),
        series: timeline.series.len(),
        train_items: split.train.len(),
        valid_items: split.valid.len(),
        test_items: tested.known(),
        test_from: first.unwrap_or_default(),
        until: timeline.summary.span[1].clone(),
    }
}

fn train_summary(model: &Ensemble, histories: &[History]) -> TrainSummary {
    let first = histories.first();
    TrainSummary {
        epochs: first.map_or(0, |history| history.rows.len()),
        best_epoch: first.and_then(History::best).map_or(0, |row| row.epoch),
        seconds: histories.iter().map(History::seconds).sum(),
        samples_per_second: first.map_or(0.0, History::samples_per_second),
        parameters: model.num_params(),
    }
}
