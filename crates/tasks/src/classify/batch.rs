//! Batches of encoded texts.

use super::config::Padding;
use super::truth::Truth;
use crate::fit::Batcher;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rekindle_data::Vocabulary;
use rekindle_models::Lengths;

/// Makes batches of texts.
pub struct TextBatcher<'a> {
    /// Token numbers, a row an item.
    pub encoded: &'a [Vec<u32>],
    /// Classes.
    pub truth: &'a Truth,
    /// Number of classes.
    pub classes: usize,
    /// How they are padded.
    pub padding: Padding,
    /// Epochs during which token vectors stay as they are.
    pub freeze_epochs: usize,
}

/// The classes of a batch.
#[derive(Debug, Clone)]
pub enum Targets {
    /// One a text, `[batch_size]`.
    One(Tensor<1, Int>),
    /// Several a text: 1 where it is of a class, `[batch_size, classes]`.
    Many(Tensor<2>),
}

/// A batch of texts.
#[derive(Debug, Clone)]
pub struct TextBatch {
    /// `[batch_size, seq_length]`.
    pub tokens: Tensor<2, Int>,
    /// Tokens of each text; none where padding is read as text.
    pub lengths: Option<Lengths>,
    /// The classes.
    pub targets: Targets,
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
        let targets = match self.truth.of(items) {
            Truth::One(classes) => {
                let classes: Vec<i32> = classes.into_iter().map(|class| class as i32).collect();
                Targets::One(Tensor::from_data(
                    TensorData::new(classes, [items.len()]),
                    device,
                ))
            }
            Truth::Many(sets) => {
                let mut flags = vec![0.0_f32; items.len() * self.classes];
                for (row, set) in flags.chunks_mut(self.classes).zip(sets) {
                    set.into_iter().for_each(|class| row[class as usize] = 1.0);
                }
                let flags = TensorData::new(flags, [items.len(), self.classes]);
                Targets::Many(Tensor::from_data(flags, device))
            }
        };
        TextBatch {
            tokens,
            lengths,
            targets,
            frozen: epoch <= self.freeze_epochs,
        }
    }
}
