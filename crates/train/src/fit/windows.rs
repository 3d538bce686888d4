//! Windows of a table as a batch.

use burn::tensor::{Device, Tensor, TensorData};

/// The `lookback` rows of `values` (`[rows * d_input]` row-major) that end at each of `ends`,
/// `[batch_size, lookback, d_input]`.
pub fn windows(
    values: &[f32],
    d_input: usize,
    lookback: usize,
    ends: &[u32],
    device: &Device,
) -> Tensor<3> {
    let mut input = Vec::with_capacity(ends.len() * lookback * d_input);
    for &end in ends {
        let end = (end as usize + 1) * d_input;
        input.extend_from_slice(&values[end - lookback * d_input..end]);
    }
    let data = TensorData::new(input, [ends.len(), lookback, d_input]);
    Tensor::from_data(data, device)
}
