//! What a task is.

use crate::data_dirs::DataDirs;
use crate::error::Result;
use crate::fit::Display;
use crate::run_dir::RunDir;
use crate::settings::{SettingDoc, TaskFile};
use crate::summary::Summary;
use burn::tensor::Device;
use burn_train::Interrupter;
use rekindle_report::Chart;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A task in one line each.
#[derive(Debug, Clone)]
pub struct TaskInfo {
    /// Its name on the command line.
    pub name: Cow<'static, str>,
    /// What it does.
    pub summary: Cow<'static, str>,
    /// What data it reads.
    pub data: Cow<'static, str>,
}

impl TaskInfo {
    /// One of texts that are known when the program is built.
    pub const fn fixed(name: &'static str, summary: &'static str, data: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            summary: Cow::Borrowed(summary),
            data: Cow::Borrowed(data),
        }
    }
}

impl TaskInfo {
    /// Of a task file; what it leaves out is said of the kind.
    pub fn of_file(file: &TaskFile, summary: &'static str, data: &'static str) -> Self {
        let own = |text: &str, or: &'static str| match text.is_empty() {
            true => Cow::Borrowed(or),
            false => Cow::Owned(text.to_string()),
        };
        Self {
            name: file.name().to_string().into(),
            summary: own(&file.summary, summary),
            data: own(&file.about, data),
        }
    }
}

/// A setting of a task with its default there.
#[derive(Debug, Clone)]
pub struct SettingRow {
    /// Name, documentation and values.
    pub doc: SettingDoc,
    /// Its value when nothing else is said.
    pub default: String,
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

impl Context {
    /// Tells the user what was noticed, apart from answers.
    pub fn tell(&self, note: &str) {
        crate::say::note_line(format_args!("note: {note}"));
    }
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
    /// The seed; that of the task file, or 1, when absent.
    pub seed: Option<u64>,
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

/// What `predict` asks for.
#[derive(Debug, Clone)]
pub struct PredictRequest {
    /// What is to be answered.
    pub input: PredictInput,
    /// A page of all answers is wanted.
    pub page: bool,
}

/// The answer to one input, given as soon as it is there.
#[derive(Debug, Clone)]
pub struct TaskAnswer {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: serde_json::Value,
    /// For a table: columns of the input that are passed through, and the answer's own.
    pub cells: Vec<(String, String)>,
}

/// Takes answers as they come.
pub type Each<'a> = &'a mut dyn FnMut(TaskAnswer) -> Result<()>;

/// What `predict` answers beside the single answers.
#[derive(Debug, Clone, Default)]
pub struct Prediction {
    /// All of it for people, where answers were not given one by one.
    pub text: String,
    /// The same for programs.
    pub json: serde_json::Value,
    /// A page, where the task has more to show than lines of text.
    pub html: Option<String>,
    /// A drawing of each answer, where there is something to draw.
    pub figures: Vec<Chart>,
}

/// A complete task on real data.
pub trait Task: Send + Sync {
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

    /// Predicts with a saved run; `each` gets the answers of single inputs as they come.
    ///
    /// # Errors
    /// A damaged run, and bad data; see [`TaskError`](crate::TaskError).
    fn predict(
        &self,
        context: &Context,
        run: &RunDir,
        request: &PredictRequest,
        each: Each<'_>,
    ) -> Result<Prediction>;

    /// Its settings with their defaults.
    ///
    /// # Errors
    /// When the task's file is damaged.
    fn settings(&self) -> Result<Vec<SettingRow>>;
}
