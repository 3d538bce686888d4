//! The tasks there are, by name.

use crate::classify::Classify;
use crate::error::{Result, TaskError};
use crate::forecast::Forecast;
use crate::kind::{Kind, task};
use crate::presets;
use crate::run_dir::{RunConfig, RunDir};
use crate::settings::TaskFile;
use crate::summary::Summary;
use crate::task::{Context, Each, PredictRequest, Prediction, Task, TaskInfo};
use crate::tasks::memory::Memory;
use crate::tasks::stock_forecast::StockForecast;
use crate::tasks::translate::Translate;
use crate::tasks::weather::Weather;
use std::path::Path;

/// The kinds, which work on people's own files.
const KINDS: [&str; 3] = [Classify::KIND, Forecast::KIND, Translate::KIND];

/// Every task and kind, the named tasks first.
///
/// # Errors
/// When the file of one is damaged.
pub fn all() -> Result<Vec<TaskInfo>> {
    names().map(|name| Ok(find(name)?.info())).collect()
}

fn names() -> impl Iterator<Item = &'static str> {
    presets::PRESETS.iter().map(|(name, _)| *name).chain(KINDS)
}

/// The task or kind of this name, or the task in a file.
///
/// # Errors
/// [`TaskError::Usage`] when there is none, or when the file is not a task.
pub fn find(name: &str) -> Result<Box<dyn Task>> {
    if name.ends_with(".toml") {
        return of_file(TaskFile::read(Path::new(name))?);
    }
    match presets::find(name)? {
        Some(file) => of_file(file),
        None => of_file(TaskFile::of_kind(name)),
    }
}

/// The task of a file.
///
/// # Errors
/// [`TaskError::Usage`] when there is no such kind.
pub fn of_file(file: TaskFile) -> Result<Box<dyn Task>> {
    Ok(match file.kind.as_str() {
        Classify::KIND => task::<Classify>(file),
        Forecast::KIND => task::<Forecast>(file),
        StockForecast::KIND => task::<StockForecast>(file),
        Weather::KIND => task::<Weather>(file),
        Translate::KIND => task::<Translate>(file),
        Memory::KIND => task::<Memory>(file),
        name => return Err(unknown(name)),
    })
}

fn unknown(name: &str) -> TaskError {
    let known: Vec<&str> = names().collect();
    TaskError::usage(
        format!("there is no task named {name}"),
        format!("the tasks are: {}; a file ends in .toml", known.join(", ")),
    )
}

/// The task of a run.
fn of_run(config: &RunConfig) -> Result<Box<dyn Task>> {
    match presets::find(&config.task)? {
        Some(file) => of_file(file),
        None if config.kind.is_empty() => find(&config.task),
        None => {
            let mut file = TaskFile::of_kind(&config.kind);
            file.name.clone_from(&config.task);
            of_file(file)
        }
    }
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
    let task = task_of(run)?;
    task.evaluate(context, run, input, out)
}

/// See [`Task::predict`]; the run says which task it is.
///
/// # Errors
/// See there.
pub fn predict(
    context: &Context,
    run: &RunDir,
    request: &PredictRequest,
    each: Each<'_>,
) -> Result<Prediction> {
    let task = task_of(run)?;
    task.predict(context, run, request, each)
}

fn task_of(run: &RunDir) -> Result<Box<dyn Task>> {
    of_run(&run.read_config()?)
}
