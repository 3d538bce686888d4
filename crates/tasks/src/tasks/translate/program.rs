//! A run of kind `translate`.

use super::Translate;
use super::baselines::TranslationMemory;
use super::config::{TranslateConfig, WRITING};
use super::data::{self, Texts};
use super::model::{TranslateBatch, TranslateModel};
use super::page;
use super::prepare::{PairBatcher, Prepared, prepare};
use super::saved::{PIECES, Translator};
use super::scores::Tested;
use crate::error::{Result, TaskError};
use crate::files;
use crate::fit::{Batcher, Buckets};
use crate::run_dir::RunDir;
use crate::summary::{DataSummary, Summary};
use crate::task::Context;
use rekindle_data::{Subwords, pair_groups};
use rekindle_train::program::{Loaded, NetworkPlan, PageInput, Program, Work};
use std::path::Path;
use std::sync::Arc;

impl Program for Translate {
    const CHANGEABLE: &'static [&'static str] = &WRITING;
    type Settings = TranslateConfig;
    type Data = Texts;
    type Prepared = Prepared;
    type Network = TranslateModel;
    type Model = Translator;
    type Tested = Tested;

    fn load(&self, work: &mut Work<TranslateConfig>) -> Result<Loaded<Texts>> {
        let config = &mut work.settings;
        let mut dirs = work.context.data.clone();
        if dirs.explicit.is_none() && !config.data.train.is_empty() {
            dirs.explicit = Some(work.file.path(&config.data.train));
        }
        let texts = data::load(config, &dirs, work.limit, work.seed)?;
        let [from, to] = config.names();
        let [train, valid, test] = [&texts.train, &texts.valid, &texts.test].map(|part| part.len());
        let counts = format!("{train} pairs train, {valid} validate, {test} test");
        Ok(Loaded {
            about: DataSummary {
                source: format!("{}, {from} to {to}", texts.source),
                rows: train + valid + test,
                train_items: train,
                valid_items: valid,
                test_items: test,
                ..DataSummary::default()
            },
            notes: [vec![counts], texts.notes.clone()].concat(),
            sources: texts.files.clone(),
            data: texts,
        })
    }

    fn prepare(
        &self,
        work: &mut Work<TranslateConfig>,
        loaded: &mut Loaded<Texts>,
    ) -> Result<Prepared> {
        let prepared = prepare(&loaded.data, &work.settings)?;
        let pieces = format!("{} pieces", prepared.subwords.len());
        let long = long_targets(&prepared, &work.settings);
        loaded.notes.extend([pieces].into_iter().chain(long));
        Ok(prepared)
    }

    fn networks(
        &self,
        work: &Work<TranslateConfig>,
        _: &Texts,
        prepared: &Prepared,
    ) -> Vec<NetworkPlan> {
        let (train, all) = (
            prepared.train as u32,
            (prepared.train + prepared.valid) as u32,
        );
        vec![NetworkPlan {
            part: 0,
            folder: None,
            title: None,
            fit: work.settings.train.fit(work.seed, 1e-8),
            train: (0..train).collect(),
            train_per_epoch: prepared.train,
            valid: (train..all).collect(),
            buckets: Some(Buckets {
                lengths: prepared.lengths.clone(),
                budget: None,
            }),
        }]
    }

    fn network(
        &self,
        work: &Work<TranslateConfig>,
        _: &Texts,
        prepared: &Prepared,
        _: &NetworkPlan,
    ) -> TranslateModel {
        let device = &work.context.device;
        TranslateModel::new(&work.settings, prepared.subwords.len(), device)
    }

    fn batcher<'a>(
        &'a self,
        work: &'a Work<TranslateConfig>,
        _: &'a Texts,
        prepared: &'a Prepared,
        _: &NetworkPlan,
    ) -> impl Batcher<Batch = TranslateBatch> + 'a {
        PairBatcher {
            prepared,
            config: &work.settings,
            seed: work.seed,
        }
    }

    fn test(
        &self,
        work: &Work<TranslateConfig>,
        texts: &Texts,
        prepared: &Prepared,
        networks: Vec<TranslateModel>,
        _: &mut Vec<String>,
    ) -> Result<(Translator, Tested)> {
        let mut networks = networks.into_iter();
        let Some(fitted) = networks.next() else {
            unreachable!("one network was planned");
        };
        let translator = Translator {
            network: fitted.network,
            subwords: prepared.subwords.clone(),
            config: work.settings.clone(),
            seed: work.seed,
        };
        let memory = TranslationMemory::new(&texts.train);
        let groups = texts.groups.clone();
        let tested = Tested::new(&translator, &texts.test, groups, Some(&memory));
        Ok((translator, tested))
    }

    fn fill(&self, tested: &Tested, summary: &mut Summary) {
        let seed = summary.seed;
        tested.fill(summary, seed);
    }

    fn write(&self, translator: &Translator, run: &RunDir) -> Result<()> {
        let pieces = translator.subwords.to_json()?;
        files::write_atomic(&run.file(PIECES), pieces.as_bytes())?;
        run.write_model(&translator.network)
    }

    fn open(
        &self,
        run: &RunDir,
        mut config: TranslateConfig,
        context: &Context,
    ) -> Result<Translator> {
        if config.data.target.is_empty() {
            // Runs of 0.1.0 name the source of English and German.
            config.data.target = match config.data.source.as_str() {
                "en" => "de",
                _ => "en",
            }
            .to_string();
        }
        let path = run.file(PIECES);
        let subwords = Subwords::from_json(&files::read_text(&path)?)
            .map_err(|error| TaskError::run(&path, error.to_string()))?;
        let model = TranslateModel::new(&config, subwords.len(), &context.device);
        Ok(Translator {
            network: run.read_model(model.network)?,
            subwords: Arc::new(subwords),
            seed: run.read_config()?.seed,
            config,
        })
    }

    fn evaluate(
        &self,
        translator: &Translator,
        _: &RunDir,
        input: &Path,
        _: &Context,
    ) -> Result<(Tested, DataSummary, Vec<String>)> {
        let (texts, notes) = data::load_tests(input, &translator.config)?;
        let tested = Tested::new(translator, &texts, pair_groups(&texts, true), None);
        let about = DataSummary {
            source: input.display().to_string(),
            rows: texts.len(),
            test_items: texts.len(),
            ..DataSummary::default()
        };
        Ok((tested, about, notes))
    }

    fn page(&self, input: &PageInput<'_, Self>) -> String {
        page::render(&page::PageInput {
            summary: input.summary,
            translator: input.model,
            history: input.histories.first(),
            tested: input.tested,
            notes: input.notes,
        })
    }

    fn beside(&self, input: &PageInput<'_, Self>) -> Result<Vec<(String, String)>> {
        let target = &input.model.config.data.target;
        Ok(vec![input.tested.file(target)])
    }
}

/// Says how many training pairs have a longer target than a translation may be.
fn long_targets(prepared: &Prepared, config: &TranslateConfig) -> Option<String> {
    let lengths = prepared.lengths.iter().take(prepared.train);
    let long = lengths
        .filter(|&&length| length > config.max_length)
        .count();
    let note = format!(
        "{long} targets have more than {most} pieces, where translations end; --set max_length=N \
         lets them be longer",
        most = config.max_length
    );
    (long > 0).then_some(note)
}
