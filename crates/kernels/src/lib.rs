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
//! Gate order, the same everywhere in the project: LSTM `i, f, g, o`; GRU `r, z, n`; Elman has one.
//!
//! The input product `x·W + b` of the whole sequence is one matmul outside the loop; only `h·U`
//! stays inside.
#![forbid(unsafe_code)]

mod backend;
mod cell;
mod elman;
mod gru;
mod lengths;
mod lstm;
pub mod sequence;
mod sigmoid;
mod state;

pub use backend::RecurrentBackend;
pub use cell::Cell;
pub use elman::{Activation, ElmanCell};
pub use gru::{GruCell, ResetGate};
pub use lengths::{Lengths, LengthsError};
pub use lstm::LstmCell;
pub use sequence::{SequenceInput, SequenceOutput};
pub use state::State;
