//! The tasks there are, by name.

use crate::backend::TrainBackend;
use crate::error::{Result, TaskError};
use crate::run_dir::RunDir;
use crate::summary::Summary;
use crate::task::{Context, PredictInput, Prediction, RunRequest, Task, TaskInfo};
use crate::tasks::imdb::Imdb;
use crate::tasks::memory::Memory;
use crate::tasks::news::News;
use crate::tasks::quora::Quora;
use crate::tasks::stock_forecast::StockForecast;
use crate::tasks::translate::Translate;
use crate::tasks::weather::Weather;
use rekindle_models::RecurrentBackend;
use std::path::Path;

/// One line a task.
pub const TASKS: &[TaskInfo] = &[
    StockForecast::INFO,
    News::INFO,
    Imdb::INFO,
    Quora::INFO,
    Weather::INFO,
    Translate::INFO,
    Memory::INFO,
];

/// Calls a method of the task of this name.
macro_rules! on_task {
    ($name:expr, $task:ident => $call:expr) => {
        match $name {
            name if name == StockForecast::INFO.name => {
                type $task = StockForecast;
                $call
            }
            name if name == News::INFO.name => {
                type $task = News;
                $call
            }
            name if name == Imdb::INFO.name => {
                type $task = Imdb;
                $call
            }
            name if name == Quora::INFO.name => {
                type $task = Quora;
                $call
            }
            name if name == Weather::INFO.name => {
                type $task = Weather;
                $call
            }
            name if name == Translate::INFO.name => {
                type $task = Translate;
                $call
            }
            name if name == Memory::INFO.name => {
                type $task = Memory;
                $call
            }
            name => Err(unknown(name)),
        }
    };
}

fn unknown(name: &str) -> TaskError {
    let known: Vec<&str> = TASKS.iter().map(|task| task.name).collect();
    TaskError::usage(
        format!("there is no task named {name}"),
        format!("the tasks are: {}", known.join(", ")),
    )
}

/// Checks that a task of this name exists.
pub fn check(name: &str) -> Result<()> {
    TASKS
        .iter()
        .any(|task| task.name == name)
        .then_some(())
        .ok_or_else(|| unknown(name))
}

/// See [`Task::run`].
pub fn run<B: TrainBackend>(
    name: &str,
    context: &Context<B>,
    request: &RunRequest,
) -> Result<Summary> {
    on_task!(name, T => T::run(context, request))
}

/// See [`Task::evaluate`]; the run says which task it is.
pub fn evaluate<B: RecurrentBackend>(
    context: &Context<B>,
    run: &RunDir,
    input: &Path,
    out: Option<&Path>,
) -> Result<Summary> {
    let name = run.read_config()?.task;
    check_settings(&name, &context.set)?;
    on_task!(name.as_str(), T => T::evaluate(context, run, input, out))
}

/// See [`Task::predict`]; the run says which task it is.
pub fn predict<B: RecurrentBackend>(
    context: &Context<B>,
    run: &RunDir,
    input: &PredictInput,
) -> Result<Prediction> {
    let name = run.read_config()?.task;
    check_settings(&name, &context.set)?;
    on_task!(name.as_str(), T => T::predict(context, run, input))
}

/// Refuses settings for a saved run of a task that has none to change.
fn check_settings(task: &str, set: &[(String, String)]) -> Result<()> {
    if set.is_empty() || task == Translate::INFO.name {
        return Ok(());
    }
    Err(TaskError::usage(
        format!("a trained run of {task} has no settings to change"),
        "leave --set out",
    ))
}
