//! Looking vectors up, so that their gradient is summed by a kernel where the backend has one.

use crate::unary;
use burn::backend::autodiff::{Autodiff, checkpoint::strategy::CheckpointStrategy};
use burn::tensor::backend::Backend;
use burn::tensor::ops::{FloatTensor, IntTensor};
use burn::tensor::{Int, Shape, Tensor};

/// Sums the rows of a gradient, `[batch_size, seq_length, d]`, by their tokens, `[batch_size, seq_length]`:
/// `[vocabulary, d]` for the given size of the vocabulary.
pub type EmbeddingKernel<B> = fn(FloatTensor<B>, IntTensor<B>, usize) -> FloatTensor<B>;

/// The shape of that sum, `[vocabulary, d]`.
pub(crate) fn gradient_shape(rows: &Shape, vocabulary: usize) -> Shape {
    let d = rows.to_vec().pop().unwrap_or(1);
    Shape::new([vocabulary, d])
}

/// Looks tokens up. Burn's own gradient adds row after row, on a GPU with as many units as a row has
/// numbers.
pub(crate) fn record<B: Backend, C: CheckpointStrategy>(
    kernel: EmbeddingKernel<B>,
    vectors: Tensor<Autodiff<B, C>, 2>,
    tokens: Tensor<Autodiff<B, C>, 2, Int>,
) -> Tensor<Autodiff<B, C>, 3> {
    let [vocabulary, _] = vectors.dims();
    let tokens: IntTensor<B> = tokens.into_primitive();
    unary::record(
        vectors,
        |vectors| B::embedding(vectors, tokens.clone()),
        |_| (kernel, tokens.clone(), vocabulary),
        |(kernel, tokens, vocabulary), gradient| kernel(gradient, tokens, vocabulary),
    )
}
