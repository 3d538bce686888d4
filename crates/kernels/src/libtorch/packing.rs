//! Steps of sequences of different lengths, side by side without padding.

use crate::Lengths;
use tch::{Device, Tensor};

/// Where the valid steps of a batch stand in ATen's packed order: step by step, and within a step
/// the sequences that have it, longest first. In reverse a sequence's last valid step comes first.
pub struct Packing {
    /// Row of `[batch_size * seq_length]` that each packed row is.
    rows: Tensor,
    /// Sequences that have each step.
    sizes: Tensor,
    /// Sequences, longest first.
    order: Tensor,
    /// Where in that order each sequence stands.
    places: Tensor,
    shape: [i64; 2],
}

impl Packing {
    /// Of these lengths.
    pub fn new(lengths: &Lengths, seq_length: i64, reverse: bool, device: Device) -> Self {
        let lengths = lengths.as_slice();
        let mut order: Vec<i64> = (0..lengths.len() as i64).collect();
        order.sort_by_key(|&row| std::cmp::Reverse(lengths[row as usize]));
        let mut places = vec![0; order.len()];
        for (place, &row) in order.iter().enumerate() {
            places[row as usize] = place as i64;
        }
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let (mut rows, mut sizes) = (Vec::new(), Vec::new());
        for time in 0..longest {
            let before = rows.len();
            rows.extend(
                order
                    .iter()
                    .map(|&row| (row, lengths[row as usize]))
                    .take_while(|&(_, length)| time < length)
                    .map(|(row, length)| {
                        let step = if reverse { length - 1 - time } else { time };
                        row * seq_length + step as i64
                    }),
            );
            sizes.push((rows.len() - before) as i64);
        }
        let on_device = |values: &[i64]| Tensor::from_slice(values).to_device(device);
        Self {
            rows: on_device(&rows),
            // ATen reads these on the host.
            sizes: Tensor::from_slice(&sizes),
            order: on_device(&order),
            places: on_device(&places),
            shape: [lengths.len() as i64, seq_length],
        }
    }

    /// Sequences that have each step.
    pub fn sizes(&self) -> &Tensor {
        &self.sizes
    }

    /// `[batch_size, seq_length, d]` to `[steps, d]`.
    pub fn pack(&self, input: &Tensor) -> Tensor {
        let [batch_size, seq_length] = self.shape;
        let rows = input.reshape([batch_size * seq_length, -1]);
        rows.index_select(0, &self.rows)
    }

    /// Back again, zero at padded steps.
    pub fn unpack(&self, data: &Tensor) -> Tensor {
        let [batch_size, seq_length] = self.shape;
        let (_, d) = data.size2().unwrap_or_default();
        let zeros = Tensor::zeros([batch_size * seq_length, d], (data.kind(), data.device()));
        let rows = zeros.index_copy(0, &self.rows, data);
        rows.reshape([batch_size, seq_length, d])
    }

    /// `[1, batch_size, H]`, longest sequence first.
    pub fn sort(&self, state: &Tensor) -> Tensor {
        state.index_select(1, &self.order)
    }

    /// Back in the order of the batch.
    pub fn unsort(&self, state: &Tensor) -> Tensor {
        state.index_select(1, &self.places)
    }
}
