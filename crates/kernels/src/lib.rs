//! The recurrent sequence operation of Rekindle, for every Burn backend.
//!
//! One trait, [`RecurrentBackend`], runs a [`Cell`] over a whole sequence. Its provided method is the
//! reference in tensor operations ([`sequence::reference`]), so a backend opts in with an empty
//! `impl`; a fused kernel overrides the method and is tested against the reference.
//!
//! # Packed gates
//!
//! A cell with `G` gates and `H` hidden units packs its parameters by gate, side by side:
//!
//! | parameter | shape |
//! |---|---|
//! | input weight `W` | `[d_input, G * H]` |
//! | recurrent weight `U` | `[H, G * H]` |
//! | bias `b` | `[G * H]` |
//!
//! Gate order, the same everywhere in the project: LSTM `i, f, g, o`; GRU `r, z, n`; Elman has one;
//! an LSTM with coupled gates `f, g, o`.
//!
//! The input product `x·W + b` of the whole sequence is one matmul outside the loop; only `h·U`
//! stays inside.

mod adam;
#[cfg(feature = "allocator")]
pub mod allocator;
mod autodiff;
mod backend;
mod cell;
pub mod cpu;
mod cross_entropy;
#[cfg(feature = "cube")]
mod cube;
mod dropout;
mod elman;
mod embedding;
pub mod fused;
mod gru;
mod join;
mod lengths;
#[cfg(feature = "tch")]
mod libtorch;
mod lstm;
mod pairs;
mod peephole;
pub mod sequence;
mod sigmoid;
mod state;
mod tanh;
mod unary;
mod zoneout;

/// For crates that test on it and must not depend on it.
#[cfg(feature = "cuda")]
pub use burn_cuda::Cuda;
/// For crates that test on it and must not depend on it.
#[cfg(feature = "tch")]
pub use burn_tch::LibTorch;
/// For crates that test on it and must not depend on it.
#[cfg(feature = "wgpu")]
pub use burn_wgpu::Wgpu;

pub use adam::{AdamStep, AdamTensors};
pub use backend::RecurrentBackend;
pub use cell::Cell;
pub use cross_entropy::{
    CrossEntropy, CrossEntropyKernel, CrossEntropyOutput, CrossEntropyTensors,
};
pub use dropout::{Dropout, DropoutKernel};
pub use elman::{Activation, ElmanCell};
pub use embedding::EmbeddingKernel;
pub use gru::{GruCell, ResetGate, UpdateGate};
pub use join::SplitKernel;
pub use lengths::{Lengths, LengthsError};
pub use lstm::LstmCell;
pub use peephole::Peephole;
pub use sequence::{SequenceInput, SequenceOutput};
pub use state::State;
pub use tanh::TanhKernel;
pub use zoneout::Zoneout;

pub(crate) use cell::masked;
