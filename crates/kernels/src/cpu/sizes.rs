//! The checks on which every `unsafe` block of the engine rests.

use super::forward::Given;
use super::pack::Weights;
use super::problem::{Batch, Kind, Upstream};
use super::simd::LANES;

/// Sizes of a call: all its slices are as long as they say, and no product of them overflows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sizes {
    kind: Kind,
    batch_size: usize,
    seq_length: usize,
    d_input: usize,
    d_hidden: usize,
}

/// Largest number of blocks that a unit block or its extra vectors have.
const BLOCKS: usize = 8;

impl Sizes {
    /// Checks a forward pass.
    ///
    /// # Panics
    /// When something does not fit.
    pub fn new<E>(
        kind: Kind,
        weights: &Weights<'_, E>,
        given: &Given<'_, E>,
        batch: &Batch<'_>,
    ) -> Self {
        let sizes = Self {
            kind,
            batch_size: batch.batch_size,
            seq_length: batch.seq_length,
            d_input: given.d_input,
            d_hidden: given.d_hidden,
        };
        assert!(
            sizes.batch_size > 0 && sizes.seq_length > 0,
            "a batch needs a sequence, and a sequence a step"
        );
        sizes.assert_parameters(weights);
        sizes.assert_given(given);
        // What is saved for the backward pass is the largest memory a call asks for.
        let units = sizes.d_hidden.checked_next_multiple_of(LANES);
        let width = product(&[units.unwrap_or(usize::MAX), BLOCKS * size_of::<f64>()]);
        product(&[sizes.batch_size, sizes.seq_length, width]);
        if let Some(lengths) = batch.lengths {
            assert_eq!(
                lengths.len(),
                sizes.batch_size,
                "one length for every sequence of the batch"
            );
            for &length in lengths {
                assert!(
                    (1..=sizes.seq_length).contains(&length),
                    "a length of {length} in a batch of {} steps",
                    sizes.seq_length
                );
            }
        }
        sizes
    }

    /// Checks the weights of a layer that is given its input step by step.
    ///
    /// # Panics
    /// When something does not fit.
    pub fn assert_layer<E>(kind: Kind, weights: &Weights<'_, E>) {
        let sizes = Self {
            kind,
            batch_size: 1,
            seq_length: 1,
            d_input: weights.d_input,
            d_hidden: weights.d_hidden,
        };
        sizes.assert_parameters(weights);
    }

    /// Checks that a backward pass is given what its forward pass was.
    ///
    /// # Panics
    /// When something does not fit.
    pub fn assert_backward<E>(&self, kind: Kind, weights: &Weights<'_, E>, given: &Given<'_, E>) {
        assert_eq!(kind, self.kind, "the cell of the forward pass");
        self.assert_parameters(weights);
        self.assert_given(given);
    }

    /// Checks the hidden states of a forward pass and the gradients that come in.
    ///
    /// # Panics
    /// When something does not fit.
    pub fn assert_upstream<E>(&self, hidden: &[E], upstream: &Upstream<'_, E>) {
        let state = product(&[self.batch_size, self.d_hidden]);
        let sequence = product(&[self.seq_length, state]);
        fits("the hidden states", Some(hidden), sequence);
        fits(
            "the gradient of the hidden states",
            upstream.hidden,
            sequence,
        );
        fits(
            "the gradient of the last hidden state",
            upstream.last_hidden,
            state,
        );
        fits(
            "the gradient of the last cell state",
            upstream.last_cell,
            state,
        );
    }

    fn assert_parameters<E>(&self, weights: &Weights<'_, E>) {
        assert_eq!(
            [weights.d_input, weights.d_hidden],
            [self.d_input, self.d_hidden],
            "sizes of the weights and of the batch"
        );
        assert!(self.d_hidden > 0, "a layer needs a hidden unit");
        let columns = product(&[self.kind.gates(), self.d_hidden]);
        let input = product(&[self.d_input, columns]);
        fits("the input weight", Some(weights.input), input);
        let recurrent = product(&[self.d_hidden, columns]);
        fits("the recurrent weight", Some(weights.recurrent), recurrent);
        fits("the bias", weights.bias, columns);
        fits(
            "the candidate's bias",
            weights.candidate_bias,
            self.d_hidden,
        );
        let extra = product(&[self.kind.peepholes(), self.d_hidden]);
        fits("the peepholes", weights.extra, extra);
    }

    fn assert_given<E>(&self, given: &Given<'_, E>) {
        assert_eq!(
            [given.d_input, given.d_hidden],
            [self.d_input, self.d_hidden],
            "sizes of the forward pass"
        );
        let state = product(&[self.batch_size, self.d_hidden]);
        let sequence = product(&[self.batch_size, self.seq_length, self.d_input]);
        fits("the input", Some(given.input), sequence);
        fits("the hidden state", given.hidden, state);
        fits("the cell state", given.cell, state);
        let by_gate = |mask: &[E]| mask.len() == self.kind.gates().saturating_mul(state);
        if !given.mask.is_some_and(by_gate) {
            fits("the recurrent mask", given.mask, state);
        }
        let masks = product(&[self.batch_size, self.kind.gates(), self.d_input]);
        fits("the input mask", given.input_mask, masks);
    }
}

/// A product that does not overflow.
pub fn product(sizes: &[usize]) -> usize {
    let product = sizes
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .filter(|&product| isize::try_from(product).is_ok());
    match product {
        Some(product) => product,
        None => panic!("sizes {sizes:?} do not fit in memory"),
    }
}

fn fits<E>(what: &str, numbers: Option<&[E]>, want: usize) {
    if let Some(numbers) = numbers {
        assert_eq!(numbers.len(), want, "number of values of {what}");
    }
}
