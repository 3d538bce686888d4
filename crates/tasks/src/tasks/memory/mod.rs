//! What vanishes and what stays: how far back a network remembers.
//!
//! Networks of one size learn a problem that needs memory, made up or of digits read pixel by pixel. The
//! report has what they reach, how their gradients fade with distance in time before and after training,
//! and what their gates do along a sequence.

mod config;
mod data;
mod model;
mod page;
mod prepare;
mod problem;
mod saved;
mod scores;
mod train;

pub use config::{Cells, MemoryConfig, Problem};

use crate::error::Result;
use crate::kind::Kind;
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::summary::Summary;
use crate::task::{Context, Each, PredictRequest, Prediction, RunRequest};
use std::path::Path;

/// The kind.
#[derive(Debug)]
pub struct Memory;

impl Kind for Memory {
    const KIND: &'static str = "memory";
    type Settings = MemoryConfig;

    fn run(context: &Context, file: &TaskFile, request: &RunRequest) -> Result<Summary> {
        train::run(context, file, request)
    }

    fn evaluate(
        context: &Context,
        _: &TaskFile,
        run: &RunDir,
        input: &Path,
        out: Option<&Path>,
    ) -> Result<Summary> {
        saved::evaluate(context, run, input, out)
    }

    fn predict(
        context: &Context,
        _: &TaskFile,
        run: &RunDir,
        request: &PredictRequest,
        _: Each<'_>,
    ) -> Result<Prediction> {
        saved::predict(context, run, &request.input)
    }
}
