//! Batches whose order depends on (seed, epoch) alone.

use super::replicas::{Coming, Parts};
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::tensor::backend::Backend;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rekindle_data::token_budget;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Turns items into a batch on a device.
pub trait Batcher<B: Backend>: Send + Sync {
    /// The batch.
    type Batch: Send;

    /// Makes the batch of these items.
    fn batch(&self, items: &[u32], device: &B::Device) -> Self::Batch;
}

/// In which order items come.
#[derive(Debug, Clone)]
pub enum Order {
    /// As they are.
    Sequential,
    /// `per_epoch` of them, drawn anew each epoch without repetition.
    Shuffled {
        /// Seed of the order.
        seed: u64,
        /// How many items an epoch has.
        per_epoch: usize,
    },
    /// All of them, those of about the same length together, drawn anew each epoch.
    Bucketed {
        /// Seed of the order.
        seed: u64,
        /// What batches are made by.
        buckets: Buckets,
    },
}

/// Batches of items of about the same length.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// Length of each of the loader's items.
    pub lengths: Arc<Vec<usize>>,
    /// Steps a batch may have with its padding; without it, all batches have as many items.
    pub budget: Option<usize>,
}

impl Buckets {
    fn batches(&self, items: &[u32], size: usize, seed: u64, epoch: usize) -> Vec<Vec<u32>> {
        let budget = self.budget.unwrap_or(usize::MAX);
        token_budget(&self.lengths, items, budget, size, seed, epoch as u64)
    }
}

/// Where training is: set by the epoch loop, read by the loader and the learning rate.
#[derive(Debug, Default)]
pub struct Cursor {
    epoch: AtomicUsize,
    step: AtomicUsize,
}

impl Cursor {
    /// Moves to a step (from 0) of an epoch (from 1).
    pub fn set(&self, epoch: usize, step: usize) {
        self.epoch.store(epoch, Ordering::Relaxed);
        self.step.store(step, Ordering::Relaxed);
    }

    /// The epoch and the step.
    pub fn get(&self) -> (usize, usize) {
        (
            self.epoch.load(Ordering::Relaxed),
            self.step.load(Ordering::Relaxed),
        )
    }
}

/// A data loader over item numbers, or over its part of every batch.
pub struct Loader<B: Backend, K> {
    batcher: Arc<K>,
    items: Vec<u32>,
    order: Order,
    batch_size: usize,
    device: B::Device,
    cursor: Arc<Cursor>,
    part: Part,
}

/// Which of several devices a loader is for; a batch is for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// From 0.
    pub at: usize,
    /// Number of devices.
    pub of: usize,
}

impl Part {
    /// The one device there is.
    pub const WHOLE: Self = Self { at: 0, of: 1 };

    /// Its items of a batch; the first part always has some.
    fn items(self, batch: &[u32]) -> &[u32] {
        let start = |at: usize| (batch.len() * at).div_ceil(self.of);
        &batch[start(self.at)..start(self.at + 1)]
    }
}

impl<B: Backend, K> Loader<B, K> {
    /// Makes a loader; `cursor` says which epoch is read and how many of its batches to leave out.
    pub fn new(
        batcher: Arc<K>,
        items: Vec<u32>,
        order: Order,
        batch_size: usize,
        device: B::Device,
        cursor: Arc<Cursor>,
    ) -> Self {
        Self {
            batcher,
            items,
            order,
            batch_size: batch_size.max(1),
            device,
            cursor,
            part: Part::WHOLE,
        }
    }

    /// The same batches, as far as they are for another device.
    pub fn for_device(&self, part: Part, device: B::Device) -> Self {
        Self {
            batcher: self.batcher.clone(),
            items: self.items.clone(),
            order: self.order.clone(),
            batch_size: self.batch_size,
            device,
            cursor: self.cursor.clone(),
            part,
        }
    }

    /// Batches of the first epoch, and about as many of any other.
    pub fn steps(&self) -> usize {
        self.epoch_batches(1).len()
    }

    fn epoch_batches(&self, epoch: usize) -> Vec<Vec<u32>> {
        let mut items = self.items.clone();
        match &self.order {
            Order::Bucketed { seed, buckets } => {
                return buckets.batches(&items, self.batch_size, *seed, epoch);
            }
            Order::Shuffled { seed, per_epoch } => {
                let mut rng = ChaCha8Rng::seed_from_u64(*seed);
                rng.set_stream(epoch as u64);
                items.shuffle(&mut rng);
                items.truncate(*per_epoch);
            }
            Order::Sequential => {}
        }
        items.chunks(self.batch_size).map(<[u32]>::to_vec).collect()
    }
}

impl<B: Backend, K: Batcher<B> + 'static> DataLoader<B, K::Batch> for Loader<B, K> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<K::Batch> + 'a> {
        let (epoch, skip) = self.cursor.get();
        Box::new(Batches {
            loader: self,
            batches: self.epoch_batches(epoch),
            at: skip,
        })
    }

    fn num_items(&self) -> usize {
        match self.order {
            Order::Shuffled { per_epoch, .. } => per_epoch.min(self.items.len()),
            _ => self.items.len(),
        }
    }

    fn to_device(&self, device: &B::Device) -> Arc<dyn DataLoader<B, K::Batch>> {
        self.with(self.items.clone(), device.clone())
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<B, K::Batch>> {
        self.with(self.items[start..end].to_vec(), self.device.clone())
    }
}

impl<B: Backend, K: Batcher<B> + 'static> Loader<B, K> {
    fn with(&self, items: Vec<u32>, device: B::Device) -> Arc<dyn DataLoader<B, K::Batch>> {
        Arc::new(Self {
            items,
            ..self.for_device(self.part, device)
        })
    }
}

impl<B: Backend, K: Batcher<B> + 'static> Parts<K::Batch> for Loader<B, K> {
    fn parts(&self) -> Coming<'_, K::Batch> {
        let (epoch, skip) = self.cursor.get();
        let batches = self.epoch_batches(epoch).into_iter().skip(skip);
        Box::new(batches.map(|batch| {
            let items = self.part.items(&batch);
            (!items.is_empty()).then(|| self.batcher.batch(items, &self.device))
        }))
    }
}

struct Batches<'a, B: Backend, K> {
    loader: &'a Loader<B, K>,
    batches: Vec<Vec<u32>>,
    at: usize,
}

impl<B: Backend, K: Batcher<B>> Iterator for Batches<'_, B, K> {
    type Item = K::Batch;

    fn next(&mut self) -> Option<Self::Item> {
        let items = self.loader.part.items(self.batches.get(self.at)?);
        self.at += 1;
        Some(self.loader.batcher.batch(items, &self.loader.device))
    }
}

impl<B: Backend, K: Batcher<B>> DataLoaderIterator<K::Batch> for Batches<'_, B, K> {
    fn progress(&self) -> Progress {
        Progress::new(self.at, self.batches.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_flex::Flex;

    struct Echo;
    impl Batcher<Flex> for Echo {
        type Batch = Vec<u32>;
        fn batch(
            &self,
            items: &[u32],
            _: &<Flex as burn::tensor::backend::BackendTypes>::Device,
        ) -> Vec<u32> {
            items.to_vec()
        }
    }

    fn read(cursor: &Arc<Cursor>, seed: u64) -> Vec<Vec<u32>> {
        let order = Order::Shuffled {
            seed,
            per_epoch: 10,
        };
        let loader: Loader<Flex, Echo> = Loader::new(
            Arc::new(Echo),
            (0..25).collect(),
            order,
            4,
            Default::default(),
            cursor.clone(),
        );
        loader.iter().collect()
    }

    #[test]
    fn order_depends_on_seed_and_epoch_alone() {
        let cursor = Arc::new(Cursor::default());
        cursor.set(1, 0);
        let first = read(&cursor, 7);
        assert_eq!(first.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        assert_eq!(first, read(&cursor, 7));
        assert_ne!(first, read(&cursor, 8));
        cursor.set(2, 0);
        assert_ne!(first, read(&cursor, 7));
    }

    #[test]
    fn a_resumed_epoch_gives_the_batches_that_were_left() {
        let cursor = Arc::new(Cursor::default());
        cursor.set(3, 0);
        let whole = read(&cursor, 1);
        cursor.set(3, 2);
        assert_eq!(read(&cursor, 1), whole[2..]);
    }

    #[test]
    fn devices_share_a_batch() {
        let batch: Vec<u32> = (0..7).collect();
        for of in 1..10 {
            let part = |at: usize| Part { at, of }.items(&batch);
            let all: Vec<u32> = (0..of).flat_map(|at| part(at).to_vec()).collect();
            assert_eq!(all, batch, "{of} devices");
            let sizes = (0..of).map(|at| part(at).len());
            assert!(sizes.clone().max().unwrap() <= sizes.min().unwrap() + 1);
            assert!(!part(0).is_empty());
        }
    }
}
