//! Recurrent layers for [Burn](https://burn.dev).
//!
//! A layer is a cell ([`CellKind`]) on the one time loop of `rekindle-kernels`: direction, lengths
//! and initial state work alike for every cell. [`Stack`] puts layers on top of each other, in one
//! or both directions, with dropout between them.
//!
//! ```
//! use burn::tensor::{Device, Distribution, Tensor};
//! use rekindle_models::{CellKind, Lengths, StackConfig};
//!
//! let device = Device::flex();
//! let encoder = StackConfig::new(CellKind::Lstm, 3, 16)
//!     .with_num_layers(2)
//!     .with_bidirectional(true)
//!     .init(&device);
//!
//! // Two sequences, padded to five steps; the second has three.
//! let input = Tensor::<3>::random([2, 5, 3], Distribution::Default, &device);
//! let lengths = Lengths::new(vec![5, 3]).expect("no sequence is empty");
//!
//! let output = encoder.forward(input, None, Some(lengths));
//! assert_eq!(output.hidden.dims(), [2, 5, 32]);
//! assert_eq!(output.last_hidden().dims(), [2, 32]);
//! ```
#![forbid(unsafe_code)]

mod adam;
mod attention;
mod attention_pool;
mod cell;
mod convention;
mod decoder;
mod dropout;
mod gates;
mod layer;
mod masks;
mod orthogonal;
mod own_cell;
mod pool;
mod precision;
mod pyramid;
mod quantile;
mod scaled_quantile;
pub mod search;
mod seq2seq;
mod stack;
mod stream;
mod text_classifier;
mod truncated;
pub mod weights;

pub use adam::{Adam, AdamConfig, AdamState};
pub use attention::{Attention, AttentionConfig, Keys, Memory, Score};
pub use attention_pool::{AttentionPool, AttentionPoolConfig};
pub use cell::{CellKind, CellOptions};
pub use convention::Convention;
pub use decoder::{Decoded, Decoder, DecoderConfig, DecoderState, Source};
pub use dropout::{ElementDropout, SpatialDropout, VariationalDropout};
pub use gates::GateTrace;
pub use layer::{Recurrent, RecurrentConfig, RecurrentOutput};
pub use masks::Masks;
pub use own_cell::{OwnCell, Rnn, RnnConfig, RnnLayer};
pub use pool::{Pool, Pooled, Pooling, PoolingConfig};
pub use precision::Precision;
pub use pyramid::join_pairs;
pub use quantile::{QuantileHead, QuantileHeadConfig, pinball_loss};
pub use rekindle_kernels::{CrossEntropy, Lengths, LengthsError, State, Zoneout};
pub use scaled_quantile::{ScaledQuantileHead, ScaledQuantileHeadConfig};
pub use seq2seq::{Seq2Seq, Seq2SeqConfig};
pub use stack::{Stack, StackConfig, StackOutput};
pub use stream::{Stream, StreamError};
pub use text_classifier::{Classified, TextClassifier, TextClassifierConfig, TextMasks};
pub use truncated::Truncated;
