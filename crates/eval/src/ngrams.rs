//! Texts as sparse rows of n-gram features.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What a feature of a text is worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// Its count (or `1 + ln count` when `sublinear`) times `ln((1 + n) / (1 + df)) + 1`, rows scaled
    /// to length 1: as scikit-learn's `TfidfVectorizer`.
    TfIdf {
        /// Dampen counts.
        sublinear: bool,
    },
    /// Whether it is there, times the log ratio of how common it is within and without the class
    /// (Wang and Manning, "Baselines and Bigrams", 2012); counts start at `alpha`.
    NaiveBayes {
        /// What counts start at.
        alpha: f64,
    },
}

/// Which n-grams count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NgramConfig {
    /// Tokens of the longest; the shortest has one.
    pub longest: usize,
    /// Texts an n-gram must stand in.
    pub min_documents: usize,
    /// What it is worth.
    pub weighting: Weighting,
}

/// Rows of features, those that are there alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SparseRows {
    /// Where each row begins, and where the last one ends.
    pub offsets: Vec<usize>,
    /// Column of every value, ascending within a row.
    pub columns: Vec<u32>,
    /// The values.
    pub values: Vec<f32>,
}

impl SparseRows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Columns and values of a row.
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.offsets[row]..self.offsets[row + 1];
        (&self.columns[range.clone()], &self.values[range])
    }
}

/// The n-grams of a collection of texts. Only their hashes are kept: two of a million n-grams share
/// one with a probability of 3e-8.
#[derive(Debug, Clone)]
pub struct Ngrams {
    config: NgramConfig,
    columns: HashMap<u64, u32, BuildHasherDefault<Plain>>,
    keys: Vec<u64>,
    idf: Vec<f32>,
}

/// A key is a hash already.
#[derive(Debug, Clone, Copy, Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|&byte| self.0 = (self.0 << 8) | u64::from(byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

impl Ngrams {
    /// Counts the n-grams of texts and keeps those that stand in enough of them.
    pub fn fit<T, S>(documents: &[T], config: NgramConfig) -> Self
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        let mut all: Vec<u64> = documents
            .par_iter()
            .flat_map_iter(|document| {
                let mut keys = keys_of(document.as_ref(), config.longest);
                keys.sort_unstable();
                keys.dedup();
                keys
            })
            .collect();
        all.par_sort_unstable();
        let least = config.min_documents.max(1);
        let n = documents.len() as f64;
        let (mut keys, mut idf) = (Vec::new(), Vec::new());
        for run in all.chunk_by(|a, b| a == b).filter(|run| run.len() >= least) {
            keys.push(run[0]);
            idf.push((((1.0 + n) / (1.0 + run.len() as f64)).ln() + 1.0) as f32);
        }
        Self::new(config, keys, idf)
    }

    /// The n-grams as they were saved.
    pub(crate) fn new(config: NgramConfig, keys: Vec<u64>, idf: Vec<f32>) -> Self {
        let columns = keys.iter().copied().zip(0..).collect();
        Self {
            config,
            columns,
            keys,
            idf,
        }
    }

    /// Number of n-grams.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn keys(&self) -> &[u64] {
        &self.keys
    }

    pub(crate) fn idf(&self) -> &[f32] {
        &self.idf
    }

    /// The row of a text: columns ascending, with their values.
    pub fn row<S: AsRef<str>>(&self, document: &[S]) -> Vec<(u32, f32)> {
        let keys = keys_of(document, self.config.longest);
        let known = keys.iter().filter_map(|key| self.columns.get(key).copied());
        let mut columns: Vec<u32> = known.collect();
        columns.sort_unstable();
        let runs = columns.chunk_by(|a, b| a == b);
        let Weighting::TfIdf { sublinear } = self.config.weighting else {
            return runs.map(|run| (run[0], 1.0)).collect();
        };
        let mut row: Vec<(u32, f32)> = runs
            .map(|run| {
                let count = run.len() as f32;
                let count = if sublinear { 1.0 + count.ln() } else { count };
                (run[0], count * self.idf[run[0] as usize])
            })
            .collect();
        let length = row
            .iter()
            .map(|(_, v)| f64::from(*v) * f64::from(*v))
            .sum::<f64>()
            .sqrt();
        if length > 0.0 {
            row.iter_mut()
                .for_each(|(_, value)| *value = (f64::from(*value) / length) as f32);
        }
        row
    }

    /// The rows of texts.
    pub fn rows<T, S>(&self, documents: &[T]) -> SparseRows
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        let rows: Vec<Vec<(u32, f32)>> = documents
            .par_iter()
            .map(|document| self.row(document.as_ref()))
            .collect();
        let mut sparse = SparseRows {
            offsets: vec![0],
            ..SparseRows::default()
        };
        for row in rows {
            sparse.columns.extend(row.iter().map(|(column, _)| column));
            sparse.values.extend(row.iter().map(|(_, value)| value));
            sparse.offsets.push(sparse.columns.len());
        }
        sparse
    }
}

/// The keys of all n-grams of a text, once each time they occur.
fn keys_of<S: AsRef<str>>(tokens: &[S], longest: usize) -> Vec<u64> {
    let hashes: Vec<u64> = tokens.iter().map(|token| hash(token.as_ref())).collect();
    let mut keys = Vec::with_capacity(hashes.len() * longest);
    for from in 0..hashes.len() {
        let mut key = 0;
        for hash in hashes[from..].iter().take(longest) {
            key = mixed(key ^ hash).wrapping_add(0x9e37_79b9_7f4a_7c15);
            keys.push(key);
        }
    }
    keys
}

/// FNV-1a.
fn hash(token: &str) -> u64 {
    token.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// SplitMix64's finalizer.
fn mixed(mut key: u64) -> u64 {
    key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}
