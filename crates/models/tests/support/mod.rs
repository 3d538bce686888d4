//! What the tests share: repeatable numbers, networks of every shape, padded batches and what a run
//! of one gives.
#![allow(dead_code)] // each binary uses a part

pub mod golden;
pub mod heads;
mod numbers;
mod parameters;
mod run;
pub mod scalar;
pub mod seq2seq;
mod setup;
mod shape;
pub mod slopes;

#[allow(unused_imports)]
pub use numbers::*;
#[allow(unused_imports)]
pub use parameters::*;
#[allow(unused_imports)]
pub use run::*;
#[allow(unused_imports)]
pub use setup::*;
#[allow(unused_imports)]
pub use shape::*;
