//! A kind of task, and the tasks of a kind.

use crate::error::Result;
use crate::run_dir::RunDir;
use crate::settings::{self, TaskFile};
use crate::summary::Summary;
use crate::task::{
    Context, Each, PredictRequest, Prediction, RunRequest, SettingRow, Task, TaskInfo,
};
use rekindle_train::program::{self, Program};
use std::path::Path;

/// What a kind says of itself; a task is a file of it.
pub trait Kind: Program + Default + Send + 'static {
    /// Its name.
    const KIND: &'static str;
    /// What a task of it does, where its file does not say.
    const SUMMARY: &'static str = "";
    /// What data such a task reads.
    const DATA: &'static str = "";

    /// See [`Task::predict`].
    fn predict(
        context: &Context,
        file: &TaskFile,
        run: &RunDir,
        request: &PredictRequest,
        each: Each<'_>,
    ) -> Result<Prediction>;
}

/// A task of a kind.
struct OfKind<K> {
    file: TaskFile,
    kind: K,
}

/// The task of a file.
pub fn task<K: Kind>(file: TaskFile) -> Box<dyn Task> {
    let kind = K::default();
    Box::new(OfKind { file, kind })
}

impl<K: Kind> Task for OfKind<K> {
    fn info(&self) -> TaskInfo {
        TaskInfo::of_file(&self.file, K::SUMMARY, K::DATA)
    }

    fn settings(&self) -> Result<Vec<SettingRow>> {
        settings::rows::<K::Settings>(&self.file)
    }

    fn run(&self, context: &Context, request: &RunRequest) -> Result<Summary> {
        program::run(&self.kind, context, &self.file, request)
    }

    fn evaluate(
        &self,
        context: &Context,
        run: &RunDir,
        input: &Path,
        out: Option<&Path>,
    ) -> Result<Summary> {
        program::evaluate(&self.kind, context, &self.file, run, input, out)
    }

    fn predict(
        &self,
        context: &Context,
        run: &RunDir,
        request: &PredictRequest,
        each: Each<'_>,
    ) -> Result<Prediction> {
        K::predict(context, &self.file, run, request, each)
    }
}
