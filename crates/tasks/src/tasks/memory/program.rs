//! A run of kind `memory`.

use super::Memory;
use super::config::MemoryConfig;
use super::data;
use super::model::{Members, MemoryBatch, MemoryModel};
use super::page;
use super::prepare::{SequenceBatcher, Source};
use super::saved;
use super::scores::{self, Tests};
use crate::error::Result;
use crate::fit::Batcher;
use crate::run_dir::RunDir;
use crate::summary::{DataSummary, Summary};
use crate::task::Context;
use burn::module::Module;
use rekindle_models::CellKind;
use rekindle_train::program::{Loaded, NetworkPlan, PageInput, Program, Work};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// The networks of a run, in the order of its cells.
pub struct Networks {
    /// The settings.
    pub config: MemoryConfig,
    /// The networks.
    pub members: Members,
}

impl Networks {
    /// Untrained ones, to be read into.
    pub fn new(config: MemoryConfig, device: &burn::tensor::Device) -> Self {
        let members = config.cells.members().into_iter();
        let networks = members.map(|(_, cell)| MemoryModel::new(&config, cell, device));
        Self {
            members: Members {
                networks: networks.collect(),
            },
            config,
        }
    }

    /// Each with its name and cell.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, CellKind, &MemoryModel)> {
        let members = self.config.cells.members().into_iter();
        let named = members.zip(&self.members.networks);
        named.map(|((name, cell), network)| (name, cell, network))
    }
}

impl Program for Memory {
    type Settings = MemoryConfig;
    type Data = Arc<Source>;
    type Prepared = SequenceBatcher;
    type Network = MemoryModel;
    type Model = Networks;
    type Tested = Tests;

    fn load(&self, work: &mut Work<MemoryConfig>) -> Result<Loaded<Arc<Source>>> {
        let config = &mut work.settings;
        let (source, said, sources) = match config.problem.is_mnist() {
            true => {
                let (digits, files) = data::load(config, &work.context.data, work.limit)?;
                let said = digits.source.clone();
                (Source::Digits(digits), said, files)
            }
            false => {
                let limit = work.limit.unwrap_or(usize::MAX);
                config.sequences = config.sequences.min(limit);
                let said = format!(
                    "made up: {}, length {}",
                    config.problem.name(),
                    config.length
                );
                (Source::MadeUp(work.seed), said, Vec::new())
            }
        };
        Ok(Loaded {
            data: Arc::new(source),
            about: DataSummary {
                source: said,
                ..DataSummary::default()
            },
            notes: Vec::new(),
            sources,
        })
    }

    fn prepare(
        &self,
        work: &mut Work<MemoryConfig>,
        loaded: &mut Loaded<Arc<Source>>,
    ) -> Result<SequenceBatcher> {
        let batcher = SequenceBatcher::new(work.settings.clone(), loaded.data.clone());
        let (about, parts) = (&mut loaded.about, batcher.parts);
        about.rows = parts.all();
        about.train_items = parts.train;
        about.valid_items = parts.valid;
        about.test_items = parts.test;
        Ok(batcher)
    }

    fn networks(
        &self,
        work: &Work<MemoryConfig>,
        _: &Arc<Source>,
        batcher: &SequenceBatcher,
    ) -> Vec<NetworkPlan> {
        let parts = batcher.parts;
        let plan = |(part, (name, _)): (usize, (&str, _))| NetworkPlan {
            part,
            folder: Some(name.to_string()),
            title: Some(name.to_string()),
            fit: work.settings.train.fit(work.seed, 1e-8),
            train: (0..parts.train as u32).collect(),
            train_per_epoch: parts.train,
            valid: parts.valid().collect(),
            buckets: None,
        };
        let members = work.settings.cells.members().into_iter();
        members.enumerate().map(plan).collect()
    }

    fn network(
        &self,
        work: &Work<MemoryConfig>,
        _: &Arc<Source>,
        _: &SequenceBatcher,
        plan: &NetworkPlan,
    ) -> MemoryModel {
        let (_, cell) = work.settings.cells.members()[plan.part];
        MemoryModel::new(&work.settings, cell, &work.context.device)
    }

    fn batcher<'a>(
        &'a self,
        _: &'a Work<MemoryConfig>,
        _: &'a Arc<Source>,
        batcher: &'a SequenceBatcher,
        _: &NetworkPlan,
    ) -> impl Batcher<Batch = MemoryBatch> + 'a {
        batcher
    }

    fn chosen(&self, _: &MemoryConfig, networks: usize) -> Range<usize> {
        networks.saturating_sub(1)..networks
    }

    fn test(
        &self,
        work: &Work<MemoryConfig>,
        _: &Arc<Source>,
        batcher: &SequenceBatcher,
        networks: Vec<MemoryModel>,
        _: &mut Vec<String>,
    ) -> Result<(Networks, Tests)> {
        let (config, device) = (&work.settings, &work.context.device);
        let model = Networks {
            config: config.clone(),
            members: Members { networks },
        };
        let mut tests = Tests::new(&model, batcher, device);
        for (one, (_, cell, network)) in tests.all.iter_mut().zip(model.named()) {
            // The same seed draws the weights that training began with; `fork` draws them now.
            device.seed(work.seed);
            let untrained = MemoryModel::new(config, cell, device).fork(device);
            one.gradient_before = scores::gradients(&untrained, cell, batcher, device);
            one.gradient_after = scores::gradients(network, cell, batcher, device);
            one.gates = scores::gates(network, batcher, device);
        }
        Ok((model, tests))
    }

    fn fill(&self, tests: &Tests, summary: &mut Summary) {
        tests.fill(summary);
    }

    fn write(&self, model: &Networks, run: &RunDir) -> Result<()> {
        run.write_model(&model.members)
    }

    fn open(&self, run: &RunDir, config: MemoryConfig, context: &Context) -> Result<Networks> {
        let untrained = Networks::new(config, &context.device);
        Ok(Networks {
            members: run.read_model(untrained.members)?,
            ..untrained
        })
    }

    fn evaluate(
        &self,
        model: &Networks,
        _: &RunDir,
        input: &Path,
        context: &Context,
    ) -> Result<(Tests, DataSummary, Vec<String>)> {
        let batcher = saved::given(&model.config, input)?;
        let about = DataSummary {
            source: input.display().to_string(),
            rows: batcher.parts.test,
            test_items: batcher.parts.test,
            ..DataSummary::default()
        };
        let tests = Tests::new(model, &batcher, &context.device);
        Ok((tests, about, Vec::new()))
    }

    fn page(&self, input: &PageInput<'_, Self>) -> String {
        page::render(input.summary, input.tested, input.histories)
    }

    fn beside(&self, input: &PageInput<'_, Self>) -> Result<Vec<(String, String)>> {
        if !page::has_gradients(&input.tested.all) {
            return Ok(Vec::new());
        }
        let names = ["gradients-before.svg", "gradients.svg"].map(String::from);
        let charts = page::gradient_charts(&input.tested.all).map(|chart| chart.to_svg_file());
        Ok(names.into_iter().zip(charts).collect())
    }
}
