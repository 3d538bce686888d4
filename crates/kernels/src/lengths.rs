//! How long each sequence of a padded batch really is.

use burn::tensor::{Bool, Device, Tensor, TensorData};
use std::sync::Arc;

/// The valid length of every sequence in a right-padded batch; each is at least 1. A clone shares the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lengths(Arc<[usize]>);

/// Why a list of lengths was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LengthsError {
    /// The batch is empty.
    Empty,
    /// The sequence at this position has length zero: it has no last step.
    Zero(usize),
}

impl std::fmt::Display for LengthsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(f, "a batch needs at least one sequence"),
            Self::Zero(at) => write!(f, "sequence {at} of the batch has length zero"),
        }
    }
}

impl std::error::Error for LengthsError {}

impl Lengths {
    /// Checks and wraps the lengths of a batch.
    pub fn new(lengths: Vec<usize>) -> Result<Self, LengthsError> {
        if lengths.is_empty() {
            return Err(LengthsError::Empty);
        }
        match lengths.iter().position(|&length| length == 0) {
            Some(at) => Err(LengthsError::Zero(at)),
            None => Ok(Self(lengths.into())),
        }
    }

    /// Other lengths; one that would become zero becomes 1.
    pub fn map(&self, change: impl Fn(usize) -> usize) -> Self {
        Self(self.0.iter().map(|&length| change(length).max(1)).collect())
    }

    /// One length a sequence.
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// True at padded steps, `[batch_size, seq_length]`; none when nothing is padded.
    pub fn padding(&self, seq_length: usize, device: &Device) -> Option<Tensor<2, Bool>> {
        if self.min() >= seq_length {
            return None;
        }
        let padded: Vec<bool> = self
            .0
            .iter()
            .flat_map(|&length| (0..seq_length).map(move |time| time >= length))
            .collect();
        let padded = TensorData::new(padded, [self.0.len(), seq_length]);
        Some(Tensor::from_data(padded, device))
    }

    /// The longest length.
    pub fn max(&self) -> usize {
        self.0.iter().copied().max().unwrap_or(0)
    }

    /// The shortest length: before it no step needs a mask.
    pub fn min(&self) -> usize {
        self.0.iter().copied().min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_empty_are_refused() {
        assert_eq!(Lengths::new(vec![]), Err(LengthsError::Empty));
        assert_eq!(Lengths::new(vec![3, 0, 1]), Err(LengthsError::Zero(1)));
        let lengths = Lengths::new(vec![3, 1]).unwrap();
        assert_eq!((lengths.max(), lengths.min()), (3, 1));
    }
}
