//! A run of kind `weather`.

use super::Weather;
use super::config::{Member, WeatherConfig};
use super::data;
use super::model::{Members, WeatherBatch, WeatherModel};
use super::page;
use super::prepare::{Days, Inference, Prepared, WeatherBatcher, prepare};
use super::saved::{probabilities, too_short};
use super::scores::Tested;
use crate::error::Result;
use crate::files;
use crate::fit::Batcher;
use crate::run_dir::RunDir;
use crate::summary::{DataSummary, Summary};
use crate::task::Context;
use burn::tensor::Device;
use jiff::civil::Date;
use rekindle_data::{SeriesTable, Span};
use rekindle_train::program::{Loaded, NetworkPlan, PageInput, Program, Work};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// All networks of a run, and what they need.
pub struct Networks {
    /// The settings.
    pub config: WeatherConfig,
    /// Scaler and baselines.
    pub inference: Inference,
    /// The networks.
    pub members: Members,
}

/// A test, and the observations it was made on.
pub struct Tests {
    /// The forecasts and what happened.
    pub tested: Tested,
    /// The observations.
    pub days: Arc<Days>,
    /// The split; empty in an evaluation.
    pub spans: Vec<Span>,
}

impl Networks {
    /// All networks and baselines on the windows that end at `rows`, whose outcome is known.
    fn test(&self, days: &Days, rows: &[u32], device: &Device) -> Tested {
        let mut forecasts: Vec<_> = self
            .members
            .kinds()
            .map(|(member, models)| (member.name(), probabilities(models, days, rows, device)))
            .collect();
        forecasts.extend(self.inference.baselines.forecast(days, rows));
        let rains = |&row: &u32| days.rains_tomorrow(row as usize) == Some(true);
        Tested {
            happened: rows.iter().map(rains).collect(),
            forecasts,
            stations: days.table.n_series(),
            chosen: self.config.member.name(),
        }
    }
}

impl Program for Weather {
    type Settings = WeatherConfig;
    type Data = SeriesTable;
    type Prepared = Prepared;
    type Network = WeatherModel;
    type Model = Networks;
    type Tested = Tests;

    fn load(&self, work: &mut Work<WeatherConfig>) -> Result<Loaded<SeriesTable>> {
        let path = data::find(&work.context.data)?;
        let (table, loaded) = data::load_file(&path, &work.settings, work.limit, true)?;
        Ok(Loaded {
            about: about(loaded.source.clone(), &table),
            notes: loaded.lines(),
            data: table,
            sources: vec![path],
        })
    }

    fn prepare(
        &self,
        work: &mut Work<WeatherConfig>,
        loaded: &mut Loaded<SeriesTable>,
    ) -> Result<Prepared> {
        let prepared = prepare(loaded.data.clone(), &work.settings)?;
        let about = &mut loaded.about;
        about.train_items = prepared.train.len();
        about.valid_items = prepared.valid.len();
        about.test_from = prepared.inference.test_from.to_string();
        Ok(prepared)
    }

    fn networks(
        &self,
        work: &Work<WeatherConfig>,
        _: &SeriesTable,
        prepared: &Prepared,
    ) -> Vec<NetworkPlan> {
        let repeats = work.settings.repeats;
        let plan = |part: usize| {
            let (member, repeat) = (Member::ALL[part / repeats], part % repeats);
            // Far apart, so that the repeats of neighbouring seeds share none.
            let seed = work.seed.wrapping_add(repeat as u64 * 1_000_003);
            NetworkPlan {
                part,
                folder: Some(format!("{}-{}", member.name(), repeat + 1)),
                title: Some(format!("{}, {} of {repeats}", member.name(), repeat + 1)),
                fit: work.settings.train.fit(seed, 1e-7),
                train: prepared.train.clone(),
                train_per_epoch: prepared.train.len(),
                valid: prepared.valid.clone(),
                buckets: None,
            }
        };
        (0..Member::ALL.len() * repeats).map(plan).collect()
    }

    fn network(
        &self,
        work: &Work<WeatherConfig>,
        _: &SeriesTable,
        prepared: &Prepared,
        plan: &NetworkPlan,
    ) -> WeatherModel {
        let member = Member::ALL[plan.part / work.settings.repeats];
        let d_input = prepared.days.d_input();
        WeatherModel::new(&work.settings, member, d_input, &work.context.device)
    }

    fn batcher<'a>(
        &'a self,
        _: &'a Work<WeatherConfig>,
        _: &'a SeriesTable,
        prepared: &'a Prepared,
        _: &NetworkPlan,
    ) -> impl Batcher<Batch = WeatherBatch> + 'a {
        WeatherBatcher(&prepared.days)
    }

    fn chosen(&self, config: &WeatherConfig, _: usize) -> Range<usize> {
        let mut all = Member::ALL.into_iter();
        let at = all.position(|member| member == config.member);
        let first = at.unwrap_or_default() * config.repeats;
        first..first + config.repeats
    }

    fn test(
        &self,
        work: &Work<WeatherConfig>,
        _: &SeriesTable,
        prepared: &Prepared,
        networks: Vec<WeatherModel>,
        _: &mut Vec<String>,
    ) -> Result<(Networks, Tests)> {
        let model = Networks {
            config: work.settings.clone(),
            inference: prepared.inference.clone(),
            members: Members::new(networks),
        };
        let tests = Tests {
            tested: model.test(&prepared.days, &prepared.test, &work.context.device),
            days: prepared.days.clone(),
            spans: prepared.split.spans(),
        };
        Ok((model, tests))
    }

    fn fill(&self, tests: &Tests, summary: &mut Summary) {
        let seed = summary.seed;
        tests.tested.fill(summary, seed);
    }

    fn write(&self, model: &Networks, run: &RunDir) -> Result<()> {
        run.write_model(&model.members)?;
        files::write_json(&run.file("inference.json"), &model.inference)
    }

    fn open(&self, run: &RunDir, config: WeatherConfig, context: &Context) -> Result<Networks> {
        let inference: Inference = files::read_json(&run.file("inference.json"))?;
        let d_input = inference.scaler.center.len();
        let all = Member::ALL.into_iter();
        let all = all.flat_map(|member| std::iter::repeat_n(member, config.repeats));
        let new = |member| WeatherModel::new(&config, member, d_input, &context.device);
        Ok(Networks {
            members: run.read_model(Members::new(all.map(new).collect()))?,
            config,
            inference,
        })
    }

    fn evaluate(
        &self,
        model: &Networks,
        _: &RunDir,
        input: &Path,
        context: &Context,
    ) -> Result<(Tests, DataSummary, Vec<String>)> {
        let (table, loaded) = data::load_file(input, &model.config, None, true)?;
        let mut about = about(loaded.source.clone(), &table);
        let days = Days::new(table, &model.config, &model.inference);
        let dates = days.table.dates();
        let mut rows = days.ends();
        rows.sort_by_key(|&row| dates[row as usize]);
        let Some(&first) = rows.first() else {
            return Err(too_short(&model.config, input));
        };
        about.test_from = dates[first as usize].to_string();
        let tests = Tests {
            tested: model.test(&days, &rows, &context.device),
            days: Arc::new(days),
            spans: Vec::new(),
        };
        Ok((tests, about, loaded.lines()))
    }

    fn page(&self, input: &PageInput<'_, Self>) -> String {
        page::render(&page::PageInput {
            summary: input.summary,
            config: &input.model.config,
            notes: input.notes,
            spans: &input.tested.spans,
            days: &input.tested.days,
            histories: input.histories,
            tested: &input.tested.tested,
        })
    }
}

fn about(source: String, table: &SeriesTable) -> DataSummary {
    let last = table.dates().iter().max();
    DataSummary {
        source,
        rows: table.len(),
        series: table.n_series(),
        until: last.map(Date::to_string).unwrap_or_default(),
        ..DataSummary::default()
    }
}
