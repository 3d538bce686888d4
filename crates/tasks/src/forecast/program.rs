//! A run of kind `forecast`.

use super::Forecast;
use super::baselines::Baselines;
use super::batch::{ForecastBatch, ForecastBatcher};
use super::config::ForecastConfig;
use super::data;
use super::forecaster::{self, Forecaster};
use super::model::{Ensemble, ForecastModel};
use super::page;
use super::panel::{Encoding, Panel};
use super::prepare::{Fitted, Prepared, on_all_rows, prepare};
use super::ridge;
use super::saved::{Inference, Saved};
use super::scores::Tested;
use super::split::until;
use crate::error::{Result, TaskError};
use crate::fit::{Batcher, FitConfig, History};
use crate::run_dir::RunDir;
use crate::summary::{DataSummary, Summary};
use crate::task::Context;
use rekindle_data::{Timeline, read_times};
use rekindle_train::program::{Loaded, NetworkPlan, PageInput, Program, Work};
use std::path::Path;
use std::sync::Arc;

/// Steps of an epoch where windows are few.
const STEPS: usize = 50;
/// Tested steps that tell the width of intervals without those of validation.
const MANY_POINTS: usize = 1_000;

/// A test, and the series it was made on.
pub struct Tests {
    /// The forecasts and what came.
    pub tested: Tested,
    /// The series.
    pub timeline: Arc<Timeline>,
    /// How they were encoded.
    pub encoding: Encoding,
}

impl Forecast {
    /// Networks fitted on these windows, for these numbers of epochs or as long as validation improves.
    fn plans(
        work: &Work<ForecastConfig>,
        fitted: &Fitted,
        epochs: Option<&[usize]>,
    ) -> Vec<NetworkPlan> {
        let (config, train) = (&work.settings, fitted.train);
        let batch_size = config.train.batch_size.max(1).min((train / 8).max(16));
        let an_epoch = config.windows_per_epoch.min(STEPS * batch_size).max(1);
        let times = an_epoch.div_ceil(train.max(1));
        let items = (0..train as u32).cycle().take(times * train);
        let items: Vec<u32> = items.collect();
        let name = if epochs.is_some() { "final" } else { "network" };
        let plan = |part: usize| {
            // Far apart, so that the networks of neighbouring seeds share none.
            let seed = work.seed.wrapping_add(part as u64 * 1_000_003);
            NetworkPlan {
                part,
                folder: Some(format!("{name}-{}", part + 1)),
                title: (config.networks > 1)
                    .then(|| format!("{name} {} of {}", part + 1, config.networks)),
                fit: FitConfig {
                    epochs: epochs.map_or(config.train.epochs.max(1), |epochs| epochs[part]),
                    batch_size,
                    ..config.train.fit(seed, 1e-8)
                },
                train_per_epoch: config.windows_per_epoch.min(items.len()),
                train: items.clone(),
                valid: (train as u32..fitted.windows.len() as u32).collect(),
                buckets: None,
            }
        };
        (0..config.networks).map(plan).collect()
    }

    /// Baselines that know the values of a series up to some step.
    fn baselines(
        work: &Work<ForecastConfig>,
        timeline: &Timeline,
        fitted: &Fitted,
        known: impl Fn(usize) -> usize + Sync,
    ) -> Baselines {
        let errors = fitted.ridge.as_ref().map(|ridge| {
            let panel = Panel::new(timeline, &fitted.encoding);
            ridge::error_quantiles(&panel, ridge, fitted.train(), work.seed)
        });
        Baselines::fit(
            timeline,
            &fitted.encoding.shape,
            known,
            fitted.ridge.clone(),
            errors.unwrap_or_default(),
        )
    }
}

impl Program for Forecast {
    type Settings = ForecastConfig;
    type Data = Arc<Timeline>;
    type Prepared = Prepared;
    type Network = ForecastModel;
    type Model = Saved;
    type Tested = Tests;

    fn load(&self, work: &mut Work<ForecastConfig>) -> Result<Loaded<Arc<Timeline>>> {
        let config = &mut work.settings;
        let path = data::find(&work.context.data, work.file, config)?;
        config.data.train = std::path::absolute(&path)
            .map_err(TaskError::write(&path))?
            .display()
            .to_string();
        let rows = read_times(&path, &data::spec(config, work.limit))?;
        let timeline = rows.assemble(config.gaps, work.limit, None)?;
        let [time, target, series] = timeline.columns.clone();
        (config.data.time, config.data.target, config.data.series) = (time, target, series);
        Ok(Loaded {
            about: DataSummary {
                source: timeline.summary.source.clone(),
                rows: timeline.len(),
                series: timeline.series.len(),
                until: timeline.summary.span[1].clone(),
                ..DataSummary::default()
            },
            notes: timeline.summary.lines(),
            sources: vec![path],
            data: Arc::new(timeline),
        })
    }

    fn prepare(
        &self,
        work: &mut Work<ForecastConfig>,
        loaded: &mut Loaded<Arc<Timeline>>,
    ) -> Result<Prepared> {
        let timeline = &loaded.data;
        let prepared = prepare(timeline, &work.settings, work.seed)?;
        loaded.notes.extend(prepared.notes.clone());
        let about = &mut loaded.about;
        about.train_items = prepared.fitted.train;
        about.valid_items = prepared.fitted.valid().len();
        let first = prepared.test.iter().filter_map(|&(series, end)| {
            let time = timeline.time(series as usize, end as usize)?;
            Some((time, timeline.written(series as usize, end as usize)))
        });
        about.test_from = first
            .min_by_key(|(time, _)| *time)
            .map_or(String::new(), |(_, written)| written);
        Ok(prepared)
    }

    fn networks(
        &self,
        work: &Work<ForecastConfig>,
        _: &Arc<Timeline>,
        prepared: &Prepared,
    ) -> Vec<NetworkPlan> {
        Self::plans(work, &prepared.fitted, None)
    }

    fn network(
        &self,
        work: &Work<ForecastConfig>,
        timeline: &Arc<Timeline>,
        prepared: &Prepared,
        _: &NetworkPlan,
    ) -> ForecastModel {
        let panel = Panel::new(timeline, &prepared.fitted.encoding);
        ForecastModel::new(&work.settings, &panel, &work.context.device)
    }

    fn batcher<'a>(
        &'a self,
        _: &'a Work<ForecastConfig>,
        timeline: &'a Arc<Timeline>,
        prepared: &'a Prepared,
        _: &NetworkPlan,
    ) -> impl Batcher<Batch = ForecastBatch> + 'a {
        ForecastBatcher {
            panel: Panel::new(timeline, &prepared.fitted.encoding),
            ridge: prepared.fitted.ridge.as_ref(),
            windows: &prepared.fitted.windows,
        }
    }

    fn test(
        &self,
        work: &Work<ForecastConfig>,
        timeline: &Arc<Timeline>,
        prepared: &Prepared,
        networks: Vec<ForecastModel>,
        notes: &mut Vec<String>,
    ) -> Result<(Saved, Tests)> {
        let (config, fitted) = (&work.settings, &prepared.fitted);
        let (shape, model) = (&fitted.encoding.shape, Ensemble { networks });
        let panel = || Panel::new(timeline, &fitted.encoding);
        let not_negative = timeline.series.iter().map(|one| {
            one.values[..until(one.values.len(), shape, false)]
                .iter()
                .all(|value| *value >= 0.0)
        });
        let mut forecaster = Forecaster {
            model: &model,
            ridge: fitted.ridge.as_ref(),
            width: 1.0,
            not_negative: not_negative.collect(),
            device: &work.context.device,
        };
        let first = forecaster.forecast(panel(), fitted.valid());
        forecaster.width = forecaster::width(timeline, &[&first]);
        let width = forecaster.width;
        notes.push(format!(
            "intervals are {width:.2} times as wide as the network's, to cover 80 % of validation"
        ));
        let forecasts = forecaster.forecast(panel(), &prepared.test);
        let before_test = |steps: usize| until(steps, shape, true);
        let baselines = Self::baselines(work, timeline, fitted, before_test);
        let tested = Tested::new(&panel(), forecasts, &baselines);
        // Only now that the test is over: its part was in no choice before, so it tells widths best.
        let again = match tested.known() < MANY_POINTS {
            _ if !config.refit => 1.0,
            true => {
                let valid = forecaster.forecast(panel(), fitted.valid());
                forecaster::width(timeline, &[&valid, &tested.forecasts])
            }
            false => forecaster::width(timeline, &[&tested.forecasts]),
        };
        let saved = Saved {
            config: config.clone(),
            inference: Inference::new(timeline, fitted.encoding.clone(), width * again),
            baselines: Self::baselines(work, timeline, fitted, |steps| steps),
            model,
            trained_on: Some(timeline.clone()),
        };
        let tests = Tests {
            tested,
            timeline: timeline.clone(),
            encoding: fitted.encoding.clone(),
        };
        Ok((saved, tests))
    }

    fn refit(
        &self,
        work: &Work<ForecastConfig>,
        timeline: &Arc<Timeline>,
        prepared: &mut Prepared,
        histories: &[History],
    ) -> Result<Option<Vec<NetworkPlan>>> {
        if !work.settings.refit {
            return Ok(None);
        }
        prepared.fitted = on_all_rows(timeline, prepared, work.seed);
        let best = histories.iter().map(History::best);
        let epochs: Vec<usize> = best.map(|best| best.map_or(1, |row| row.epoch)).collect();
        Ok(Some(Self::plans(work, &prepared.fitted, Some(&epochs))))
    }

    fn refitted(
        &self,
        work: &Work<ForecastConfig>,
        timeline: &Arc<Timeline>,
        prepared: &Prepared,
        saved: Saved,
        networks: Vec<ForecastModel>,
        notes: &mut Vec<String>,
    ) -> Result<Saved> {
        notes.push("intervals of the kept model cover 80 % of the test".to_string());
        let (fitted, width) = (&prepared.fitted, saved.inference.width);
        Ok(Saved {
            inference: Inference::new(timeline, fitted.encoding.clone(), width),
            baselines: Self::baselines(work, timeline, fitted, |steps| steps),
            model: Ensemble { networks },
            ..saved
        })
    }

    fn fill(&self, tests: &Tests, summary: &mut Summary) {
        let seed = summary.seed;
        tests.tested.fill(summary, seed);
        summary.data.test_items = tests.tested.known();
    }

    fn write(&self, saved: &Saved, run: &RunDir) -> Result<()> {
        saved.write(run)
    }

    fn open(&self, run: &RunDir, config: ForecastConfig, context: &Context) -> Result<Saved> {
        Saved::read(run, config, &context.device)
    }

    fn evaluate(
        &self,
        saved: &Saved,
        run: &RunDir,
        input: &Path,
        context: &Context,
    ) -> Result<(Tests, DataSummary, Vec<String>)> {
        let joined = saved.join(run, input)?;
        let encoding = saved.inference.encoding.clone();
        let origins = joined.origins(encoding.shape.least, encoding.shape.horizon);
        let Some(&first) = origins.first() else {
            return Err(TaskError::Usage {
                what: "no row of the file comes after the training file's rows".to_string(),
                place: Some(input.display().to_string()),
                help: "give rows that follow, or other series; `predict` forecasts beyond the end"
                    .to_string(),
            });
        };
        let timeline = joined.timeline;
        let forecaster = saved.forecaster(&timeline, &context.device);
        let panel = || Panel::new(&timeline, &encoding);
        let forecasts = forecaster.forecast(panel(), &origins);
        let about = DataSummary {
            source: timeline.summary.source.clone(),
            rows: timeline.summary.rows_read,
            series: timeline.series.len(),
            test_from: timeline.written(first.0 as usize, first.1 as usize),
            until: timeline.summary.span[1].clone(),
            ..DataSummary::default()
        };
        let tested = Tested::new(&panel(), forecasts, &saved.baselines);
        let notes = timeline.summary.lines();
        let tests = Tests {
            tested,
            timeline: Arc::new(timeline),
            encoding,
        };
        Ok((tests, about, notes))
    }

    fn page(&self, input: &PageInput<'_, Self>) -> String {
        let tests = input.tested;
        page::render(&page::PageInput {
            summary: input.summary,
            config: &input.model.config,
            notes: input.notes,
            panel: &Panel::new(&tests.timeline, &tests.encoding),
            histories: input.histories,
            tested: &tests.tested,
        })
    }
}
