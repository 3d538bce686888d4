//! The tasks there are, by name.

use crate::error::{Result, TaskError};
use crate::forecast::Forecast;
use crate::run_dir::RunDir;
use crate::summary::Summary;
use crate::task::{Context, PredictInput, Prediction, Task};
use crate::tasks::imdb::Imdb;
use crate::tasks::memory::Memory;
use crate::tasks::news::News;
use crate::tasks::quora::Quora;
use crate::tasks::stock_forecast::StockForecast;
use crate::tasks::translate::Translate;
use crate::tasks::weather::Weather;
use std::path::Path;

/// Every task.
pub const TASKS: &[&dyn Task] = &[
    &Forecast,
    &StockForecast,
    &News,
    &Imdb,
    &Quora,
    &Weather,
    &Translate,
    &Memory,
];

/// The task of this name.
///
/// # Errors
/// [`TaskError::Usage`] when there is none.
pub fn find(name: &str) -> Result<&'static dyn Task> {
    let found = TASKS.iter().find(|task| task.info().name == name);
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = TASKS.iter().map(|task| task.info().name).collect();
        TaskError::usage(
            format!("there is no task named {name}"),
            format!("the tasks are: {}", known.join(", ")),
        )
    })
}

/// See [`Task::evaluate`]; the run says which task it is.
///
/// # Errors
/// See there.
pub fn evaluate(
    context: &Context,
    run: &RunDir,
    input: &Path,
    out: Option<&Path>,
) -> Result<Summary> {
    let task = task_of(context, run)?;
    task.evaluate(context, run, input, out)
}

/// See [`Task::predict`]; the run says which task it is.
///
/// # Errors
/// See there.
pub fn predict(context: &Context, run: &RunDir, input: &PredictInput) -> Result<Prediction> {
    let task = task_of(context, run)?;
    task.predict(context, run, input)
}

fn task_of(context: &Context, run: &RunDir) -> Result<&'static dyn Task> {
    let name = run.read_config()?.task;
    let task = find(&name)?;
    check_settings(&name, &context.set)?;
    Ok(task)
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
