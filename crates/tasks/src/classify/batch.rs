//! Batches of encoded texts.

use super::config::Padding;
use crate::fit::Batcher;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rekindle_data::Vocabulary;
use rekindle_models::Lengths;

/// Makes batches of texts.
pub struct TextBatcher<'a> {
    /// Token numbers, a row an item.
    pub encoded: &'a [Vec<u32>],
    /// Classes.
    pub labels: &'a [u32],
    /// How they are padded.
    pub padding: Padding,
    /// Epochs during which token vectors stay as they are.
    pub freeze_epochs: usize,
}

/// A batch of texts.
#[derive(Debug, Clone)]
pub struct TextBatch {
    /// `[batch_size, seq_length]`.
    pub tokens: Tensor<2, Int>,
    /// Tokens of each text; none where padding is read as text.
    pub lengths: Option<Lengths>,
    /// `[batch_size]`.
    pub labels: Tensor<1, Int>,
    /// Token vectors stay as they are.
    pub frozen: bool,
}

/// Token numbers padded to the longest, `[batch_size, seq_length]`, with their lengths.
pub fn padded(
    rows: &[&[u32]],
    padding: Padding,
    device: &Device,
) -> (Tensor<2, Int>, Option<Lengths>) {
    let longest = rows.iter().map(|row| row.len()).max().unwrap_or(0).max(1);
    let mut ids = vec![Vocabulary::PAD as i32; rows.len() * longest];
    for (row, ids) in rows.iter().zip(ids.chunks_mut(longest)) {
        for (id, token) in ids.iter_mut().zip(*row) {
            *id = *token as i32;
        }
    }
    let tokens = Tensor::from_data(TensorData::new(ids, [rows.len(), longest]), device);
    let lengths = rows.iter().map(|row| row.len().max(1)).collect();
    let lengths = (padding == Padding::Batch).then(|| Lengths::new(lengths).ok());
    (tokens, lengths.flatten())
}

impl Batcher for TextBatcher<'_> {
    type Batch = TextBatch;

    fn batch(&self, items: &[u32], epoch: usize, device: &Device) -> TextBatch {
        let rows: Vec<&[u32]> = items
            .iter()
            .map(|&item| self.encoded[item as usize].as_slice())
            .collect();
        let (tokens, lengths) = padded(&rows, self.padding, device);
        let labels: Vec<i32> = items
            .iter()
            .map(|&item| self.labels[item as usize] as i32)
            .collect();
        let labels = Tensor::from_data(TensorData::new(labels, [items.len()]), device);
        TextBatch {
            tokens,
            lengths,
            labels,
            frozen: epoch <= self.freeze_epochs,
        }
    }
}
