//! Halving time between layers.

use crate::Lengths;
use burn::tensor::Tensor;

/// Joins each pair of steps, `y_s = [x_{2s}, x_{2s+1}]`; a last step without a partner is joined with
/// zeros. A pyramid of `k` layers reads a sequence of `T` steps in `T / 2^(k-1)`.
///
/// William Chan et al., "Listen, Attend and Spell", ICASSP 2016.
///
/// # Shapes
/// - `input`: `[batch_size, seq_length, d_input]`, zero at padded steps
/// - output: `[batch_size, ⌈seq_length / 2⌉, 2 * d_input]`, and lengths halved likewise
pub fn join_pairs(input: Tensor<3>, lengths: Option<Lengths>) -> (Tensor<3>, Option<Lengths>) {
    let [batch_size, seq_length, d_input] = input.dims();
    let input = if seq_length % 2 == 1 {
        let like = (&input.device(), input.dtype());
        let zeros = Tensor::zeros([batch_size, 1, d_input], like);
        Tensor::cat(vec![input, zeros], 1)
    } else {
        input
    };
    let halved = seq_length.div_ceil(2);
    let joined = input.reshape([batch_size, halved, 2 * d_input]);
    (
        joined,
        lengths.map(|lengths| lengths.map(|length| length.div_ceil(2))),
    )
}
