//! What a task is.

use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::fit::Display;
use crate::run_dir::RunDir;
use crate::summary::Summary;
use burn::tensor::Device;
use burn_train::Interrupter;
use rekindle_report::Chart;
use std::path::{Path, PathBuf};

/// A task in one line each.
#[derive(Debug, Clone, Copy)]
pub struct TaskInfo {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What data it reads.
    pub data: &'static str,
}

/// Where and how a task runs.
pub struct Context {
    /// Name of the backend, as given with `--backend`.
    pub backend: &'static str,
    /// The device, which holds what is trained.
    pub device: Device,
    /// The devices that share every training batch; [`Self::device`] has it alone where there are none.
    pub replicas: Vec<Replica>,
    /// Where data are looked for.
    pub data: DataDirs,
    /// How progress is shown.
    pub display: Display,
    /// `--set` pairs of `evaluate` and `predict`.
    pub set: Vec<(String, String)>,
    /// Set when the user wants to stop.
    pub interrupter: Interrupter,
}

/// A device that takes its part of every training batch.
#[derive(Debug, Clone)]
pub struct Replica {
    /// The device.
    pub device: Device,
    /// Where the process that lends it listens, if it is not one of this process.
    pub worker: Option<String>,
}

/// What `run` asks for.
#[derive(Debug, Clone, Default)]
pub struct RunRequest {
    /// The run directory.
    pub out: PathBuf,
    /// Go on with the run in it.
    pub resume: bool,
    /// The seed.
    pub seed: u64,
    /// Largest number of epochs; the task's own when absent.
    pub epochs: Option<usize>,
    /// `--set` pairs.
    pub set: Vec<(String, String)>,
    /// Rows to keep.
    pub limit: Option<usize>,
}

/// What `predict` is given.
#[derive(Debug, Clone)]
pub enum PredictInput {
    /// Texts.
    Texts(Vec<String>),
    /// A file.
    File(PathBuf),
}

/// What `predict` answers.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: serde_json::Value,
    /// A page, where the task has more to show than lines of text.
    pub html: Option<String>,
    /// A drawing of each answer, where there is something to draw.
    pub figures: Vec<Chart>,
}

/// A complete task on real data.
pub trait Task: Sync {
    /// Its name and what it is.
    fn info(&self) -> TaskInfo;

    /// Trains, tests, and leaves a run directory.
    ///
    /// # Errors
    /// Bad settings, bad data, and what stops training; see [`TaskError`](crate::TaskError).
    fn run(&self, context: &Context, request: &RunRequest) -> Result<Summary>;

    /// Tests a saved run on another labelled file of the same form.
    ///
    /// # Errors
    /// A damaged run, and bad data; see [`TaskError`](crate::TaskError).
    fn evaluate(
        &self,
        context: &Context,
        run: &RunDir,
        input: &Path,
        out: Option<&Path>,
    ) -> Result<Summary>;

    /// Predicts with a saved run.
    ///
    /// # Errors
    /// A damaged run, and bad data; see [`TaskError`](crate::TaskError).
    fn predict(&self, context: &Context, run: &RunDir, input: &PredictInput) -> Result<Prediction>;
}
