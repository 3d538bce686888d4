//! A run of kind `stock-forecast`.

use super::StockForecast;
use super::baselines::Baselines;
use super::config::StockConfig;
use super::data::{self, Form, Prices};
use super::folds::{prepare_all, settle, too_few_days};
use super::forecast::Forecaster;
use super::history;
use super::model::{StockBatch, StockModel};
use super::page;
use super::prepare::{Inference, Prepared, Series, StockBatcher};
use super::scoring;
use crate::error::Result;
use crate::files;
use crate::fit::Batcher;
use crate::run_dir::RunDir;
use crate::summary::{DataSummary, Metrics, Summary};
use crate::task::Context;
use burn::tensor::Device;
use jiff::civil::Date;
use rekindle_data::Span;
use rekindle_train::program::{Loaded, NetworkPlan, PageInput, Program, Work};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// The fitted network of the last days, and what it needs.
pub struct Fitted {
    /// The settings.
    pub config: StockConfig,
    /// Scaler and units.
    pub inference: Inference,
    /// The network.
    pub network: StockModel,
    baselines: Baselines,
    /// The series it was fitted on; none of a run that was read back, whose `history.csv` has their ends.
    trained_on: Option<Arc<Series>>,
}

/// A test, and the series it was made on.
pub struct Tests {
    /// The points of all folds.
    pub tested: scoring::Tested,
    series: Arc<Series>,
    form: Form,
    /// The split; empty in an evaluation.
    spans: Vec<Span>,
    /// Figures of each fold; empty in an evaluation.
    per_fold: Vec<Metrics>,
}

impl Fitted {
    /// Forecasts on a device.
    pub fn forecaster<'a>(&'a self, device: &'a Device) -> Forecaster<'a> {
        Forecaster {
            model: &self.network,
            inference: &self.inference,
            lookback: self.config.lookback,
            strategy: self.config.strategy,
            device,
        }
    }

    /// Tests on the days after these origins.
    fn test(
        &self,
        series: &Arc<Series>,
        origins: &[u32],
        baselines: &Baselines,
        ahead: bool,
        device: &Device,
    ) -> Result<scoring::Tested> {
        let (config, form) = (&self.config, self.inference.form);
        let forecaster = self.forecaster(device);
        scoring::test(&forecaster, series, origins, baselines, config, form, ahead)
    }
}

/// Days ahead that the baselines are asked for.
fn longest(config: &StockConfig, ahead: bool) -> usize {
    config.horizon.max(if ahead { config.ahead } else { 1 })
}

impl Program for StockForecast {
    type Settings = StockConfig;
    type Data = Prices;
    /// One a fold, in the order of time.
    type Prepared = Vec<Prepared>;
    type Network = StockModel;
    type Model = Fitted;
    type Tested = Tests;

    fn load(&self, work: &mut Work<StockConfig>) -> Result<Loaded<Prices>> {
        work.settings = settle(work.settings.clone())?;
        let prices = data::load(&work.settings, &work.context.data, work.limit)?;
        let lines = prices.summaries.iter().flat_map(|summary| summary.lines());
        Ok(Loaded {
            about: DataSummary {
                source: prices.source.clone(),
                rows: prices.table.len(),
                series: prices.table.n_series(),
                until: last_day(prices.table.dates()),
                ..DataSummary::default()
            },
            notes: prices.notes.iter().cloned().chain(lines).collect(),
            sources: prices.files.clone(),
            data: prices,
        })
    }

    fn prepare(
        &self,
        work: &mut Work<StockConfig>,
        loaded: &mut Loaded<Prices>,
    ) -> Result<Vec<Prepared>> {
        let folds = prepare_all(&loaded.data, &work.settings)?;
        let last = folds.last().ok_or_else(too_few_days)?;
        let about = &mut loaded.about;
        about.train_items = last.train.len();
        about.valid_items = last.valid.len();
        about.test_from = last.inference.test_from.to_string();
        Ok(folds)
    }

    fn networks(
        &self,
        work: &Work<StockConfig>,
        _: &Prices,
        folds: &Vec<Prepared>,
    ) -> Vec<NetworkPlan> {
        let (config, count) = (&work.settings, folds.len());
        let plan = |(part, fold): (usize, &Prepared)| NetworkPlan {
            part,
            folder: (count > 1).then(|| format!("fold-{}", part + 1)),
            title: (count > 1).then(|| {
                let from = fold.inference.test_from;
                format!("fold {} of {count}: test from {from}", part + 1)
            }),
            // The epsilon of the runs by which the defaults were chosen.
            fit: config.train.fit(work.seed, 1e-5),
            train: fold.train.clone(),
            train_per_epoch: config.windows_per_epoch,
            valid: fold.valid.clone(),
            buckets: None,
        };
        folds.iter().enumerate().map(plan).collect()
    }

    fn network(
        &self,
        work: &Work<StockConfig>,
        _: &Prices,
        folds: &Vec<Prepared>,
        plan: &NetworkPlan,
    ) -> StockModel {
        let inference = &folds[plan.part].inference;
        StockModel::new(&work.settings, inference, &work.context.device)
    }

    fn batcher<'a>(
        &'a self,
        work: &'a Work<StockConfig>,
        _: &'a Prices,
        folds: &'a Vec<Prepared>,
        plan: &NetworkPlan,
    ) -> impl Batcher<Batch = StockBatch> + 'a {
        let fold = &folds[plan.part];
        StockBatcher {
            series: &fold.series,
            lookback: work.settings.lookback,
            horizon: fold.inference.horizon,
        }
    }

    fn chosen(&self, _: &StockConfig, networks: usize) -> Range<usize> {
        networks.saturating_sub(1)..networks
    }

    fn test(
        &self,
        work: &Work<StockConfig>,
        prices: &Prices,
        folds: &Vec<Prepared>,
        networks: Vec<StockModel>,
        _: &mut Vec<String>,
    ) -> Result<(Fitted, Tests)> {
        let config = &work.settings;
        let ahead = prices.ahead && config.folds == 1;
        let (mut last, mut per_fold) = (None, Vec::new());
        for (fold, network) in folds.iter().zip(networks) {
            let model = Fitted {
                config: config.clone(),
                inference: fold.inference.clone(),
                network,
                baselines: Baselines::fit(
                    &fold.series,
                    &fold.train,
                    config.lookback,
                    longest(config, ahead),
                    fold.inference.train_until,
                ),
                trained_on: Some(fold.series.clone()),
            };
            let (device, baselines) = (&work.context.device, &model.baselines);
            let mut tested = model.test(&fold.series, &fold.test, baselines, ahead, device)?;
            per_fold.push(tested.points.metrics().0);
            if let Some((_, earlier)) = last {
                tested.extend(earlier);
            }
            last = Some((model, tested));
        }
        let ((model, tested), fold) = last.zip(folds.last()).ok_or_else(too_few_days)?;
        let tests = Tests {
            tested,
            series: fold.series.clone(),
            form: prices.form,
            spans: fold.split.spans(),
            per_fold,
        };
        Ok((model, tests))
    }

    fn fill(&self, tests: &Tests, summary: &mut Summary) {
        let seed = summary.seed;
        tests.tested.fill(summary, seed);
    }

    fn write(&self, model: &Fitted, run: &RunDir) -> Result<()> {
        run.write_model(&model.network)?;
        files::write_json(&run.file("inference.json"), &model.inference)?;
        files::write_json(&run.file("baselines.json"), &model.baselines)?;
        match &model.trained_on {
            Some(series) => history::write(run, &series.table, model.config.lookback),
            None => Ok(()),
        }
    }

    fn open(&self, run: &RunDir, config: StockConfig, context: &Context) -> Result<Fitted> {
        let inference: Inference = files::read_json(&run.file("inference.json"))?;
        let network = StockModel::new(&config, &inference, &context.device);
        Ok(Fitted {
            network: run.read_model(network)?,
            baselines: files::read_json(&run.file("baselines.json"))?,
            config,
            inference,
            trained_on: None,
        })
    }

    fn evaluate(
        &self,
        model: &Fitted,
        run: &RunDir,
        input: &Path,
        context: &Context,
    ) -> Result<(Tests, DataSummary, Vec<String>)> {
        let (inference, config) = (&model.inference, &model.config);
        let (table, loaded) = history::before_file(run, input, inference.form)?;
        let (first, from) = (loaded.first_date, inference.test_from);
        let longest = longest(config, inference.ahead);
        let before_test = from.yesterday().unwrap_or(from);
        let baselines = model.baselines.clone();
        let baselines = baselines.with_file(&table, longest, before_test);
        let series = Arc::new(Series::new(table, inference));
        let dates = series.table.dates();
        let origins = series.origins(config.lookback, |origin| {
            series.days_after(origin) > 0 && dates[origin + 1] >= from.max(first)
        })?;
        let device = &context.device;
        let tested = model.test(&series, &origins, &baselines, inference.ahead, device)?;
        let name = input.file_name().unwrap_or_default();
        let about = DataSummary {
            rows: loaded.rows_kept,
            series: loaded.series,
            source: name.to_string_lossy().into_owned(),
            test_from: from.max(first).to_string(),
            until: last_day(dates),
            ..DataSummary::default()
        };
        let tests = Tests {
            tested,
            series,
            form: inference.form,
            spans: Vec::new(),
            per_fold: Vec::new(),
        };
        Ok((tests, about, loaded.lines()))
    }

    fn page(&self, input: &PageInput<'_, Self>) -> String {
        let tests = input.tested;
        page::render(&page::PageInput {
            summary: input.summary,
            config: &input.model.config,
            notes: input.notes,
            form: tests.form,
            series: &tests.series,
            spans: &tests.spans,
            histories: input.histories,
            per_fold: &tests.per_fold,
            tested: &tests.tested,
        })
    }
}

fn last_day(dates: &[Date]) -> String {
    dates.iter().max().map(Date::to_string).unwrap_or_default()
}
