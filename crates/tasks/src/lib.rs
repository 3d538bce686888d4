//! The tasks of Rekindle: recurrent networks on real data, end to end.
//!
//! A task ([`Task`]) loads its data, fits a model ([`mod@fit`]), tests it beside the
//! naive baselines and leaves a run directory ([`RunDir`]) that can be moved and used elsewhere.
//! [`registry`] finds tasks by name; the backend is the device of their [`Context`].
#![forbid(unsafe_code)]

pub mod catalogue;
pub mod compare;
mod error;
mod files;
pub mod fit;
mod page;
pub mod registry;
mod run_dir;
mod say;
mod settings;
mod summary;
mod task;
pub mod tasks;
mod text;

pub use burn_train::Interrupter;
pub use error::{Result, TaskError};
pub use files::write_atomic;
pub use rekindle_report::{Chart, ChartKind};
pub use run_dir::{RunConfig, RunDir, burn_version};
pub use say::say_line;
pub use summary::{DataSummary, Metrics, Summary, TrainSummary};
pub use task::{Context, PredictInput, Prediction, Replica, RunRequest, Task, TaskInfo};
