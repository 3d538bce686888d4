//! Steps of many hypotheses at a time.

use super::Marks;
use crate::{DecoderState, Lengths, Seq2Seq, Source};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Hypotheses in the making, a row each.
pub struct Writer<'a> {
    model: &'a Seq2Seq,
    marks: Marks,
    source: Source,
    state: DecoderState,
    device: Device,
}

/// What comes next, a row a hypothesis.
pub struct Next {
    /// Log probability of every token.
    pub log_probabilities: Vec<f32>,
    /// Tokens there are.
    pub vocabulary: usize,
    /// Weight of every source token; empty without attention.
    pub attention: Vec<f32>,
    /// Source tokens, padded ones too.
    pub seq_length: usize,
}

impl Next {
    /// Log probabilities of a row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.log_probabilities[row * self.vocabulary..][..self.vocabulary]
    }

    /// Attention of a row, as far as there is one.
    pub fn attention(&self, row: usize) -> &[f32] {
        match self.attention.is_empty() {
            true => &[],
            false => &self.attention[row * self.seq_length..][..self.seq_length],
        }
    }
}

/// Token numbers, `[rows, columns]`.
pub fn tokens(rows: &[&[u32]], pad: u32, device: &Device) -> (Tensor<2, Int>, Option<Lengths>) {
    let longest = rows.iter().map(|row| row.len()).max().unwrap_or(0).max(1);
    let mut numbers = vec![pad as i32; rows.len() * longest];
    for (row, numbers) in rows.iter().zip(numbers.chunks_mut(longest)) {
        for (number, &token) in numbers.iter_mut().zip(*row) {
            *number = token as i32;
        }
    }
    let numbers = Tensor::from_data(TensorData::new(numbers, [rows.len(), longest]), device);
    let lengths = rows.iter().map(|row| row.len().max(1)).collect();
    (numbers, Lengths::new(lengths).ok())
}

impl<'a> Writer<'a> {
    /// Reads the sources, one hypothesis each.
    pub fn new(model: &'a Seq2Seq, sources: &[&[u32]], marks: Marks) -> Self {
        let device = model.bias.val().device();
        let (numbers, lengths) = tokens(sources, marks.pad, &device);
        let (source, state) = model.encode(numbers, lengths);
        Self {
            model,
            marks,
            source,
            state,
            device,
        }
    }

    /// Keeps the hypotheses of these rows, of which a row may be there several times.
    pub fn keep(&mut self, rows: &[usize]) {
        let numbers: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
        let numbers = TensorData::new(numbers, [rows.len()]);
        let numbers = Tensor::<1, Int>::from_data(numbers, &self.device);
        self.source = self.source.select(&numbers);
        self.state = self.state.select(&numbers);
    }

    /// Reads the last token of every hypothesis.
    pub fn step(&mut self, last: &[u32]) -> Next {
        let rows: Vec<&[u32]> = last.chunks(1).collect();
        let (numbers, _) = tokens(&rows, self.marks.pad, &self.device);
        let decoded = self.model.decode(numbers, &self.source, self.state.clone());
        self.state = decoded.state;
        let scores = self.model.scores(decoded.features);
        let [_, vocabulary] = scores.dims();
        let logs = log_softmax(scores + self.model.bias.val().unsqueeze(), 1);
        let mut log_probabilities: Vec<f32> = logs.into_data().iter::<f32>().collect();
        for row in log_probabilities.chunks_mut(vocabulary) {
            for never in [self.marks.pad, self.marks.start, self.marks.unknown] {
                row[never as usize] = f32::NEG_INFINITY;
            }
        }
        let seq_length = decoded.weights.as_ref().map_or(0, |w| w.dims()[2]);
        let attention = decoded.weights.map(|weights| weights.into_data());
        Next {
            log_probabilities,
            vocabulary,
            attention: attention.map_or_else(Vec::new, |data| data.iter::<f32>().collect()),
            seq_length,
        }
    }
}
