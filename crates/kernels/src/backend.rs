//! The trait a backend implements to run recurrent layers.

use crate::{Cell, SequenceInput, SequenceOutput, sequence};
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::tensor::backend::Backend;

/// A Burn backend that runs recurrent sequences.
///
/// The provided method is the reference in tensor operations; a fused kernel overrides it.
pub trait RecurrentBackend: Backend {
    /// Runs `cell` over a whole sequence; see [`sequence::reference`] for the exact meaning.
    fn recurrent_sequence(cell: &Cell<Self>, input: SequenceInput<Self>) -> SequenceOutput<Self> {
        sequence::reference(cell, input)
    }
}

impl<B: RecurrentBackend, C: CheckpointStrategy> RecurrentBackend for Autodiff<B, C> {}

#[cfg(feature = "flex")]
impl RecurrentBackend for burn_flex::Flex {}

#[cfg(feature = "ndarray")]
impl RecurrentBackend for burn_ndarray::NdArray<f32> {}

#[cfg(feature = "ndarray")]
impl RecurrentBackend for burn_ndarray::NdArray<f64> {}
