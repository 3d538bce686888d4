//! Batches of sequences.

use super::config::{MemoryConfig, Problem};
use super::data::Digits;
use super::model::{Answers, MemoryBatch, sizes};
use super::problem::{Answer, Sequence, adding, copy};
use crate::fit::Batcher;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use std::sync::Arc;

/// Made-up sequences that validate, and that test.
const HELD_BACK: usize = 2_000;

/// Mean and standard deviation of MNIST's training pixels, of 1.
const PIXELS: (f32, f32) = (0.1307, 0.3081);

/// Where sequences come from.
pub enum Source {
    /// Made up, from a seed.
    MadeUp(u64),
    /// Digits.
    Digits(Digits),
    /// Written down.
    Given(Vec<Sequence>),
}

/// The items of a run: those that train, then those that validate, then those that test.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts {
    /// Items that train.
    pub train: usize,
    /// Items that validate.
    pub valid: usize,
    /// Items that test.
    pub test: usize,
}

impl Parts {
    /// Of the sequences of a source.
    pub fn new(config: &MemoryConfig, source: &Source) -> Self {
        match source {
            Source::MadeUp(_) => Self {
                train: config.sequences,
                valid: HELD_BACK.min(config.sequences),
                test: HELD_BACK.min(config.sequences),
            },
            Source::Digits(digits) => Self {
                train: digits.train,
                valid: digits.valid,
                test: digits.images.len() - digits.train - digits.valid,
            },
            Source::Given(sequences) => Self {
                test: sequences.len(),
                ..Self::default()
            },
        }
    }

    /// All items.
    pub fn all(self) -> usize {
        self.train + self.valid + self.test
    }

    /// Items that validate.
    pub fn valid(self) -> Range<u32> {
        self.train as u32..(self.train + self.valid) as u32
    }

    /// Items that test.
    pub fn test(self) -> Range<u32> {
        (self.train + self.valid) as u32..self.all() as u32
    }
}

/// Makes batches of sequences.
pub struct SequenceBatcher {
    /// The settings.
    pub config: MemoryConfig,
    /// The items.
    pub parts: Parts,
    source: Arc<Source>,
}

impl SequenceBatcher {
    /// Of sequences of this source.
    pub fn new(config: MemoryConfig, source: Arc<Source>) -> Self {
        Self {
            parts: Parts::new(&config, &source),
            config,
            source,
        }
    }

    /// Numbers for a made-up sequence: training draws new ones each epoch, the others stay.
    fn rng(&self, seed: u64, item: u32, epoch: usize) -> ChaCha8Rng {
        let trains = (item as usize) < self.parts.train;
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ u64::from(item).rotate_left(32));
        rng.set_stream(if trains { epoch as u64 } else { u64::MAX });
        rng
    }

    /// Mean squared error of who always says 1 to sequences that were written down.
    pub fn always_one(&self) -> Option<f64> {
        let Source::Given(sequences) = &*self.source else {
            return None;
        };
        let squares = sequences.iter().map(|(_, answer)| match answer {
            Answer::Number(sum) => (f64::from(*sum) - 1.0).powi(2),
            _ => f64::NAN,
        });
        Some(squares.sum::<f64>() / sequences.len().max(1) as f64)
    }

    /// One sequence, as it is in this epoch.
    pub fn sequence(&self, item: u32, epoch: usize) -> Sequence {
        match &*self.source {
            Source::Digits(digits) => {
                let image = digits.images.image(item as usize);
                let value = |&at: &usize| (f32::from(image[at]) / 255.0 - PIXELS.0) / PIXELS.1;
                let label = digits.images.labels.get(item as usize).copied();
                let steps = digits.order.iter().map(value).collect();
                (steps, Answer::Class(label.unwrap_or_default().into()))
            }
            Source::MadeUp(seed) => {
                let mut rng = self.rng(*seed, item, epoch);
                match self.config.problem {
                    Problem::Copy => copy(self.config.length, &mut rng),
                    _ => adding(self.config.length, &mut rng),
                }
            }
            Source::Given(sequences) => sequences[item as usize].clone(),
        }
    }
}

/// Sequences of one length as a batch.
pub fn collate(
    sequences: impl IntoIterator<Item = Sequence>,
    problem: Problem,
    device: &Device,
) -> MemoryBatch {
    let (mut steps, mut numbers, mut classes, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (read, answer) in sequences {
        steps.extend(read);
        count += 1;
        match answer {
            Answer::Number(number) => numbers.push(number),
            Answer::Class(class) => classes.push(class),
            Answer::Symbols(symbols) => classes.extend(symbols),
        }
    }
    let (d_input, _) = sizes(problem);
    let shape = [count, steps.len() / (count * d_input).max(1), d_input];
    let labels = || {
        let labels: Vec<i32> = classes.iter().map(|&class| class as i32).collect();
        Tensor::<1, Int>::from_data(TensorData::new(labels, [classes.len()]), device)
    };
    let answers = match problem {
        Problem::Adding => {
            let numbers = TensorData::new(numbers, [count]);
            Answers::Numbers(Tensor::from_data(numbers, device))
        }
        Problem::Copy => Answers::Symbols(labels()),
        _ => Answers::Classes(labels()),
    };
    MemoryBatch {
        input: Tensor::from_data(TensorData::new(steps, shape), device),
        answers,
    }
}

impl Batcher for SequenceBatcher {
    type Batch = MemoryBatch;

    fn batch(&self, items: &[u32], epoch: usize, device: &Device) -> MemoryBatch {
        let sequences = items.iter().map(|&item| self.sequence(item, epoch));
        collate(sequences, self.config.problem, device)
    }
}
