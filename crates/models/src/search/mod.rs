//! Writing with a trained [`Seq2Seq`](crate::Seq2Seq): greedy and beam search, sampling.

mod beam;
mod sample;
mod writer;

pub use beam::{BeamConfig, beam_search};
pub use sample::{SampleConfig, sample};

/// Tokens with a meaning of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// What padded places hold; never written.
    pub pad: u32,
    /// What a sequence starts with; never written.
    pub start: u32,
    /// What a sequence ends with.
    pub end: u32,
    /// A token nobody knows; never written.
    pub unknown: u32,
}

/// Something written.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// The tokens, without start and end.
    pub tokens: Vec<u32>,
    /// Logarithm of its probability, end included.
    pub log_probability: f64,
    /// What it was ranked by.
    pub score: f64,
    /// Weight of every source token at every step, end included; empty without attention.
    pub attention: Vec<Vec<f32>>,
    /// It was cut at the greatest length.
    pub cut: bool,
}
