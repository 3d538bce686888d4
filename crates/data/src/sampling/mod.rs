//! Which rows train, in what balance, and in which batches.

mod balance;
mod batches;
mod split;

pub use balance::{at_most_per_class, class_weights, oversample, weighted_sample};
pub use batches::{bucketed, token_budget};
pub use split::{
    Duplicates, TextSplit, group_split, random_split, stratified_folds, stratified_split,
};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A generator that depends on the seed alone.
fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}
