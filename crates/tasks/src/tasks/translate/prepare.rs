//! From pairs of texts to batches of pieces.

use super::config::TranslateConfig;
use super::data::Texts;
use super::model::TranslateBatch;
use crate::error::Result;
use crate::fit::Batcher;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use rekindle_data::{ParallelTexts, Segmented, Subwords};
use rekindle_models::Lengths;
use std::sync::Arc;

/// The pieces learned, and all pairs that train or validate, training pairs first.
pub struct Prepared {
    /// The vocabulary.
    pub subwords: Arc<Subwords>,
    source: Vec<Segmented>,
    target: Vec<Segmented>,
    /// Pairs that train.
    pub train: usize,
    /// Pairs that validate.
    pub valid: usize,
    /// Pieces of each target, its end included, when no merge is left out.
    pub lengths: Vec<usize>,
}

/// Learns the pieces from the training part, and cuts what trains and validates into words.
pub fn prepare(all: &Texts, config: &TranslateConfig) -> Result<Prepared> {
    let texts = |of: fn(&ParallelTexts) -> &Vec<String>| -> Vec<&str> {
        let both = of(&all.train).iter().chain(of(&all.valid));
        both.map(String::as_str).collect()
    };
    let (source, target) = (texts(|part| &part.source), texts(|part| &part.target));
    let train = all.train.len();
    let learn: Vec<&str> = source[..train]
        .iter()
        .chain(&target[..train])
        .copied()
        .collect();
    let subwords = Subwords::learn(&learn, config.unit, config.vocabulary)?;
    let cut = |texts: &[&str]| {
        texts
            .par_iter()
            .map(|text| subwords.segment(text))
            .collect()
    };
    let lengths = target
        .par_iter()
        .map(|text| pieces(&subwords, text).len() + 1);
    Ok(Prepared {
        lengths: lengths.collect(),
        source: cut(&source),
        target: cut(&target),
        train,
        valid: source.len() - train,
        subwords: Arc::new(subwords),
    })
}

/// Pieces of a text; what looks like a mark of the vocabulary, as `</s>`, is text like any other.
pub fn pieces(subwords: &Subwords, text: &str) -> Vec<u32> {
    // Nothing is drawn where no merge is left out.
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    subwords.merge(&subwords.segment(text), 0.0, &mut rng)
}

/// Pieces of a source as the network reads them, its end included.
pub fn source_pieces(mut pieces: Vec<u32>, config: &TranslateConfig) -> Vec<u32> {
    if config.reverse_source {
        pieces.reverse();
    }
    pieces.push(Subwords::END);
    pieces
}

/// Makes batches of pairs.
pub struct PairBatcher<'a> {
    /// The pairs.
    pub prepared: &'a Prepared,
    /// The settings.
    pub config: &'a TranslateConfig,
    /// Seed of the merges left out.
    pub seed: u64,
}

impl PairBatcher<'_> {
    /// Pieces of a pair; those of a training pair are cut anew each epoch.
    fn pieces(&self, item: usize, epoch: usize) -> (Vec<u32>, Vec<u32>) {
        let prepared = self.prepared;
        let dropout = match item < prepared.train {
            true => self.config.bpe_dropout,
            false => 0.0,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ (item as u64).rotate_left(32));
        rng.set_stream(epoch as u64);
        let merge =
            |words: &Segmented, rng: &mut ChaCha8Rng| prepared.subwords.merge(words, dropout, rng);
        let source = merge(&prepared.source[item], &mut rng);
        let target = merge(&prepared.target[item], &mut rng);
        (source_pieces(source, self.config), target)
    }

    /// Share of the true pieces in this epoch.
    fn forcing(&self, epoch: usize) -> f64 {
        let done = (epoch.saturating_sub(1)) as f64 / (self.config.train.epochs.max(2) - 1) as f64;
        1.0 - (1.0 - self.config.teacher_forcing) * done.min(1.0)
    }
}

/// Rows padded to the longest, `[rows, columns]`.
fn padded(rows: &[Vec<u32>], device: &Device) -> Tensor<2, Int> {
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut numbers = vec![Subwords::PAD as i32; rows.len() * longest];
    for (row, numbers) in rows.iter().zip(numbers.chunks_mut(longest)) {
        for (number, &piece) in numbers.iter_mut().zip(row) {
            *number = piece as i32;
        }
    }
    Tensor::from_data(TensorData::new(numbers, [rows.len(), longest]), device)
}

impl Batcher for PairBatcher<'_> {
    type Batch = TranslateBatch;

    fn batch(&self, items: &[u32], epoch: usize, device: &Device) -> TranslateBatch {
        let pairs = items.iter().map(|&item| self.pieces(item as usize, epoch));
        let (sources, targets): (Vec<_>, Vec<_>) = pairs.unzip();
        let lengths = Lengths::new(sources.iter().map(Vec::len).collect()).ok();
        let before = |target: &Vec<u32>| [&[Subwords::START], target.as_slice()].concat();
        let before: Vec<Vec<u32>> = targets.iter().map(before).collect();
        let steps = before.iter().map(Vec::len).max().unwrap_or(1);
        let mut next = vec![Subwords::PAD as usize; targets.len() * steps];
        for (target, next) in targets.iter().zip(next.chunks_mut(steps)) {
            let pieces = target.iter().chain([&Subwords::END]);
            next.iter_mut()
                .zip(pieces)
                .for_each(|(to, &piece)| *to = piece as usize);
        }
        TranslateBatch {
            source: padded(&sources, device),
            lengths,
            before: padded(&before, device),
            targets: next,
            pieces: targets.iter().map(|target| target.len() + 1).sum(),
            forcing: self.forcing(epoch),
        }
    }
}
