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
use crate::settings::TaskFile;
use crate::task::{Context, Each, PredictRequest, Prediction};

pub use columns::{label as guess_label, texts as guess_texts};
pub use config::{ClassifySettings, Padding, Split, Tokens, Wide};

/// Tells classes of texts apart.
#[derive(Debug, Default)]
pub struct Classify;

impl Kind for Classify {
    const KIND: &'static str = "classify";
    const SUMMARY: &'static str = "classes of texts, from any labelled table";
    const DATA: &'static str = "your own: --data FILE with a column of texts and one of labels";

    fn predict(
        context: &Context,
        file: &TaskFile,
        run: &RunDir,
        request: &PredictRequest,
        each: Each<'_>,
    ) -> Result<Prediction> {
        let (_, model) = rekindle_train::program::open(&Self, context, file, run)?;
        predict::predict(&model, context, request, each)
    }
}
