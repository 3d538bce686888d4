//! The fused recurrence on the CPU, for any backend that keeps its tensors in memory.
//!
//! A batch is dealt to as many shards as there are threads, and every thread runs its shard through
//! all steps on its own: no barrier, no thread pool inside a product. Lengths are honoured by
//! sorting, so that padded steps are never computed. Within a step the gates of sixteen units lie
//! side by side; a piece of their weights meets all rows while it lies in the nearest cache and the
//! next one is on its way (see [`product`]), and the pointwise step follows while the sums are
//! still there. The backward pass is written out (see [`backward`]).
//!
//! Results depend on the inputs, the number of threads and the instruction set, and on nothing else.
// Whole functions here are unsafe for one reason, given in their docs.
#![allow(unsafe_op_in_unsafe_fn)]
// Register tiles are indexed by row and column, as in the formulas.
#![allow(clippy::needless_range_loop)]

mod adam;
mod backward;
mod buffer;
mod companions;
mod cross_entropy;
mod dropout;
mod elman;
mod embedding;
mod engine;
mod forward;
mod gru;
mod host;
mod kernel;
mod lstm;
mod mask;
mod math;
mod matmul;
mod pack;
mod path;
mod plan;
mod problem;
mod product;
mod real;
mod simd;
mod sizes;
mod split;
mod stream;
mod tanh;
mod unit;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use adam::update as adam_update;
pub use cross_entropy::cross_entropy;
pub use dropout::dropout;
pub use embedding::sum_by;
pub use engine::{Engine, Forwarded, Kept};
pub use forward::Given;
pub use host::HostTensors;
pub use matmul::times_transposed;
pub use pack::Weights;
pub use path::{Number, Path};
pub use problem::{Batch, Gradients, Kind, Upstream};
pub use split::split;
pub use stream::{StreamLayer, StreamState};
pub use tanh::{tanh, tanh_backward};
