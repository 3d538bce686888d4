//! Batches whose order depends on (seed, epoch) alone.

use burn::tensor::Device;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rekindle_data::token_budget;

/// Makes the tensors of a batch.
pub trait Batcher {
    /// The network's [`Trainable::Batch`](super::Trainable::Batch).
    type Batch;

    /// The batch of these items; `epoch` counts from 1.
    fn batch(&self, items: &[u32], epoch: usize, device: &Device) -> Self::Batch;
}

impl<B: Batcher> Batcher for &B {
    type Batch = B::Batch;

    fn batch(&self, items: &[u32], epoch: usize, device: &Device) -> B::Batch {
        (**self).batch(items, epoch, device)
    }
}

/// The batches of training, as item numbers.
#[derive(Debug, Clone)]
pub struct Batches {
    /// Items to draw from.
    pub items: Vec<u32>,
    /// Largest number of items in an epoch.
    pub per_epoch: usize,
    /// Largest number of items in a batch.
    pub size: usize,
    /// If set, each epoch takes all items, and the items of a batch have about the same length.
    pub buckets: Option<Buckets>,
    /// Seed of the order.
    pub seed: u64,
}

/// How items of about the same length are put together.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// Length of each item.
    pub lengths: Vec<usize>,
    /// Largest number of time steps in a batch, padding included; if absent, all batches have the same
    /// number of items.
    pub budget: Option<usize>,
}

impl Batches {
    /// The batches of an epoch from the given step on.
    pub fn from(&self, epoch: usize, step: usize) -> Vec<Vec<u32>> {
        let mut all = self.all(epoch);
        all.split_off(step.min(all.len()))
    }

    fn all(&self, epoch: usize) -> Vec<Vec<u32>> {
        let (items, size) = (&self.items, self.size.max(1));
        if let Some(Buckets { lengths, budget }) = &self.buckets {
            let budget = budget.unwrap_or(usize::MAX);
            return token_budget(lengths, items, budget, size, self.seed, epoch as u64);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(epoch as u64);
        let mut items = items.clone();
        items.shuffle(&mut rng);
        items.truncate(self.per_epoch);
        items.chunks(size).map(<[u32]>::to_vec).collect()
    }
}

/// The part of a batch for device `at` of `of`; the first device always has items.
pub fn share(batch: &[u32], at: usize, of: usize) -> &[u32] {
    let start = |at: usize| (batch.len() * at).div_ceil(of);
    &batch[start(at)..start(at + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(seed: u64) -> Batches {
        Batches {
            items: (0..25).collect(),
            per_epoch: 10,
            size: 4,
            buckets: None,
            seed,
        }
    }

    #[test]
    fn order_depends_on_seed_and_epoch_alone() {
        let first = batches(7).from(1, 0);
        assert_eq!(first.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        assert_eq!(first, batches(7).from(1, 0));
        assert_ne!(first, batches(8).from(1, 0));
        assert_ne!(first, batches(7).from(2, 0));
    }

    #[test]
    fn a_resumed_epoch_gives_the_batches_that_were_left() {
        let whole = batches(1).from(3, 0);
        assert_eq!(batches(1).from(3, 2), whole[2..]);
        assert!(batches(1).from(3, 4).is_empty());
    }

    #[test]
    fn devices_share_a_batch() {
        let batch: Vec<u32> = (0..7).collect();
        for of in 1..10 {
            let part = |at: usize| share(&batch, at, of);
            let all: Vec<u32> = (0..of).flat_map(|at| part(at).to_vec()).collect();
            assert_eq!(all, batch, "{of} devices");
            let sizes = (0..of).map(|at| part(at).len());
            assert!(sizes.clone().max().unwrap() <= sizes.min().unwrap() + 1);
            assert!(!part(0).is_empty());
        }
    }
}
