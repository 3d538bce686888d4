//! What the tests share: repeatable numbers, networks of every shape, padded batches and what a run
//! of one gives.
#![allow(dead_code, unused_imports)] // each binary uses a part

pub mod golden;
pub mod heads;
mod numbers;
mod parameters;
mod run;
pub mod scalar;
pub mod seq2seq;
mod shape;
pub mod slopes;

pub use numbers::*;
pub use parameters::*;
pub use run::*;
pub use shape::*;
