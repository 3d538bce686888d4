//! Embedding lookup with a summed gradient.

use crate::primitive::{record, tensor};
use crate::runner::Runner;
use burn::backend::TensorMetadata;
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{DType, Int, Shape, Tensor};

/// Embedding lookup as an operation of the backends that have a kernel for its gradient.
#[backend_extension(
    Cube: cfg(feature = "cube"),
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Autodiff
)]
pub trait EmbeddingOps: Backend {
    /// The vectors of tokens, `[batch_size, seq_length, d]`, of `[vocabulary, d]` and
    /// `[batch_size, seq_length]`.
    fn look_up(vectors: FloatTensor<Self>, tokens: IntTensor<Self>) -> FloatTensor<Self> {
        Self::embedding(vectors, tokens)
    }
}

/// The gradient of [`EmbeddingOps`].
pub trait EmbeddingGradient: EmbeddingOps {
    /// Sums the rows of a gradient, `[batch_size, seq_length, d]`, by their tokens,
    /// `[batch_size, seq_length]`: `[vocabulary, d]` for the given size of the vocabulary.
    fn sum_by_token(
        gradient: FloatTensor<Self>,
        tokens: IntTensor<Self>,
        vocabulary: usize,
    ) -> FloatTensor<Self>;
}

impl<B: EmbeddingGradient, C: CheckpointStrategy> EmbeddingOps for Autodiff<B, C> {
    fn look_up(vectors: FloatTensor<Self>, tokens: IntTensor<Self>) -> FloatTensor<Self> {
        let vocabulary = vectors.shape()[0];
        record::<B, C, _>(
            vectors,
            |vectors| B::look_up(vectors, tokens.clone()),
            |_| (tokens.clone(), vocabulary),
            |(tokens, vocabulary), gradient| B::sum_by_token(gradient, tokens, vocabulary),
        )
    }
}

/// The shape of a summed gradient, `[vocabulary, d]`.
pub(crate) fn gradient_shape(rows: &Shape, vocabulary: usize) -> Shape {
    let d = rows.to_vec().pop().unwrap_or(1);
    Shape::new([vocabulary, d])
}

/// The vectors of tokens, `[batch_size, seq_length, d]`, of `[vocabulary, d]` and `[batch_size, seq_length]`.
///
/// Burn's own gradient adds row after row, on a GPU with as many units as a row has elements.
pub fn look_up(vectors: Tensor<2>, tokens: Tensor<2, Int>) -> Tensor<3> {
    let kernel = match Runner::of(&vectors) {
        Some(Runner::Cpu) => true,
        Some(Runner::Cube) => vectors.dtype() == DType::F32,
        _ => false,
    };
    match kernel && vectors.is_autodiff() {
        true => {
            let (vectors, tokens) = (vectors.into_dispatch(), tokens.into_dispatch());
            tensor(<Dispatch as EmbeddingOps>::look_up(vectors, tokens))
        }
        false => burn::tensor::module::embedding(vectors, tokens),
    }
}
