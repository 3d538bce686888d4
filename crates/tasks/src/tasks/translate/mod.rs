//! Texts from one language into another: pairs of one's own, or captions in three languages.
//!
//! An encoder reads the source as pieces of words, a decoder writes the target and attends to what was
//! read. The report shows what it looked at, beside a translation memory as the baseline.

mod baselines;
mod checks;
mod config;
mod data;
mod model;
mod multi30k;
mod page;
mod prepare;
mod program;
mod saved;
mod scores;

pub use config::{AttentionKind, TranslateConfig};

use crate::error::Result;
use crate::kind::Kind;
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, Each, PredictRequest, Prediction};

/// The kind.
#[derive(Debug, Default)]
pub struct Translate;

impl Kind for Translate {
    const KIND: &'static str = "translate";
    const SUMMARY: &'static str =
        "texts from one language into another, with attention you can see";
    const DATA: &'static str =
        "pairs of your own, or Multi30k: 29,000 captions in English, German and French";

    fn predict(
        context: &Context,
        file: &TaskFile,
        run: &RunDir,
        request: &PredictRequest,
        _: Each<'_>,
    ) -> Result<Prediction> {
        saved::predict(context, file, run, &request.input)
    }
}
