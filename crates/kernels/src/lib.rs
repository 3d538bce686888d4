//! The recurrent sequence operation of Rekindle, for every Burn backend.
//!
//! [`recurrent_sequence`] runs a [`Cell`] over a whole sequence: by the kernel of the tensors' backend
//! ([`SequenceOps`]) where it has one for the cell and the precision, else by the reference in tensor
//! operations ([`sequence::reference`]), against which every kernel is tested. Its companions ([`tanh`],
//! [`dropout`], [`look_up`], [`join`], [`pairs`], [`cross_entropy`], [`AdamStep`]) work alike.
//!
//! A backend is a Cargo feature: `flex` (the default), `ndarray`, `tch`, `cuda`, `wgpu`. The feature
//! `remote` adds devices of other processes.
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
// Burn's next line drops both backends; until then they are supported.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

mod adam;
#[cfg(feature = "allocator")]
pub mod allocator;
mod autodiff;
mod call;
mod cell;
pub mod cpu;
mod cross_entropy;
#[cfg(feature = "cube")]
mod cube;
mod device;
mod dropout;
mod elman;
mod embedding;
mod gru;
mod join;
mod lengths;
#[cfg(feature = "tch")]
mod libtorch;
mod lstm;
mod operation;
mod pairs;
mod peephole;
mod primitive;
#[cfg(feature = "remote")]
pub mod remote;
mod runner;
pub mod sequence;
mod sigmoid;
mod state;
mod tanh;
mod tensors;
mod zoneout;

pub use adam::{AdamOps, AdamStep, AdamTensors};
pub use call::{CallTensors, KernelCell, SequenceCall};
pub use cell::{Cell, StepCell};
pub use cross_entropy::{CrossEntropy, CrossEntropyOps, CrossEntropyTensors, cross_entropy};
pub use device::device;
pub use dropout::{Dropout, DropoutOps, dropout};
pub use elman::{Activation, ElmanCell};
pub use embedding::{EmbeddingOps, look_up};
pub use gru::{GruCell, ResetGate, UpdateGate};
pub use join::{JoinOps, join};
pub use lengths::{Lengths, LengthsError};
pub use lstm::LstmCell;
pub use operation::{SequenceOps, recurrent_sequence};
pub use pairs::{PairsOps, pairs};
pub use peephole::Peephole;
pub use sequence::{SequenceInput, SequenceOutput};
pub use state::State;
pub use tanh::{TanhOps, tanh};
pub use tensors::{FloatTensors, List, SequenceTensors};
pub use zoneout::Zoneout;

pub(crate) use cell::masked_product;
