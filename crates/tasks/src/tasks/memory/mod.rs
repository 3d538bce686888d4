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
mod program;
mod saved;
mod scores;

pub use config::{Cells, MemoryConfig, Problem};

use crate::error::Result;
use crate::kind::Kind;
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, Each, PredictRequest, Prediction};

/// The kind.
#[derive(Debug, Default)]
pub struct Memory;

impl Kind for Memory {
    const KIND: &'static str = "memory";

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
