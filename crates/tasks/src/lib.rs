//! The tasks of Rekindle: recurrent networks on real data, end to end.
//!
//! A task ([`Task`](rekindle_train::Task)) loads its data, fits a model, tests it beside the naive baselines and leaves a
//! run directory ([`RunDir`](rekindle_train::RunDir)) that can be moved and used elsewhere. [`registry`] finds tasks by
//! name; the backend is the device of their [`Context`](rekindle_train::Context). The training loop and the run directory
//! are in [`rekindle_train`].
#![forbid(unsafe_code)]

pub mod catalogue;
pub mod classify;
pub mod forecast;
pub mod kind;
pub mod new;
mod page;
pub mod presets;
pub mod registry;
pub mod tasks;

use rekindle_train::{
    compare, data_dirs, error, files, fit, run_dir, say, settings, summary, task,
};
