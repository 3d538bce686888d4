//! Training, run directories, and a run written once.
//!
//! [`mod@fit`] is the epoch loop, [`RunDir`] what a run leaves, and [`Task`] what the command line
//! asks of a task.
#![forbid(unsafe_code)]

pub mod compare;
pub mod data_dirs;
pub mod error;
pub mod fault;
pub mod files;
mod finite;
pub mod fit;
pub mod program;
pub mod run_dir;
pub mod say;
pub mod settings;
pub mod summary;
pub mod sums;
pub mod task;

pub use burn_train::Interrupter;
pub use data_dirs::DataDirs;
pub use error::{Result, TaskError};
pub use files::write_atomic;
pub use rekindle_report::{Chart, ChartKind};
pub use run_dir::{RunConfig, RunDir, SourceFile, burn_version};
pub use say::say_line;
pub use summary::{DataSummary, Metrics, Summary, TrainSummary};
pub use task::{
    Context, Each, PredictInput, PredictRequest, Prediction, Replica, RunRequest, SettingRow, Task,
    TaskAnswer, TaskInfo,
};
