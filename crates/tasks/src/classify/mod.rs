//! Kind `classify`: from a table of labelled texts to a classifier with its report.

mod answer;
mod batch;
mod blend;
mod classes;
mod classifier;
mod columns;
mod config;
mod corpus;
mod encode;
mod forward;
mod load;
mod model;
mod page;
mod parts;
mod predict;
mod program;
mod scores;
mod source;
mod style;
mod truth;
mod vote;
mod wide;
mod words;

use crate::error::Result;
use crate::kind::Kind;
use crate::run_dir::RunDir;
use crate::settings::{self, TaskFile};
use crate::summary::Summary;
use crate::task::{Context, Each, PredictRequest, Prediction, RunRequest};
use rekindle_train::program as run;
use std::path::Path;

pub use columns::{label as guess_label, texts as guess_texts};
pub use config::{ClassifySettings, Padding, Split, Tokens, Wide};

/// Tells classes of texts apart.
#[derive(Debug)]
pub struct Classify;

impl Kind for Classify {
    const KIND: &'static str = "classify";
    const SUMMARY: &'static str = "classes of texts, from any labelled table";
    const DATA: &'static str = "your own: --data FILE with a column of texts and one of labels";
    type Settings = ClassifySettings;

    fn run(context: &Context, file: &TaskFile, request: &RunRequest) -> Result<Summary> {
        run::run(&Self, context, file, request)
    }

    fn evaluate(
        context: &Context,
        file: &TaskFile,
        run: &RunDir,
        input: &Path,
        out: Option<&Path>,
    ) -> Result<Summary> {
        run::evaluate(&Self, context, file, run, input, out)
    }

    fn predict(
        context: &Context,
        file: &TaskFile,
        run: &RunDir,
        request: &PredictRequest,
        each: Each<'_>,
    ) -> Result<Prediction> {
        let config = settings::of_run(file, &run.read_config()?)?;
        let model = classifier::Classifier::open(run, config, &context.device)?;
        predict::predict(&model, context, request, each)
    }
}
