//! Truncated backpropagation through time.

use crate::{RecurrentBackend, Stack, StackOutput, State};
use burn::tensor::{Tensor, backend::Backend};

/// Runs a long sequence in chunks and hands each chunk's output out, with a state that carries values
/// from chunk to chunk but no gradients.
///
/// What comes out is what the whole sequence would give; a loss on a chunk reaches back to the
/// chunk's first step, so memory is that of a chunk.
///
/// Ronald J. Williams and Jing Peng, "An Efficient Gradient-Based Algorithm for On-Line Training of
/// Recurrent Network Trajectories", Neural Computation 2(4), 1990.
#[derive(Debug)]
pub struct Truncated<B: Backend> {
    rest: Option<Tensor<B, 3>>,
    state: Option<Vec<State<B>>>,
    chunk: usize,
}

impl<B: RecurrentBackend> Truncated<B> {
    /// Chunks of `chunk` steps of `input`, `[batch_size, seq_length, d_input]`; the last may be
    /// shorter.
    ///
    /// # Panics
    /// When `chunk` is 0.
    pub fn new(input: Tensor<B, 3>, state: Option<Vec<State<B>>>, chunk: usize) -> Self {
        assert!(chunk > 0, "a chunk needs at least one step");
        Self {
            rest: Some(input),
            state,
            chunk,
        }
    }

    /// The output of the next chunk; none after the last.
    ///
    /// # Panics
    /// When the stack runs in reverse or both ways: what comes later is not known yet.
    pub fn next(&mut self, stack: &Stack<B>) -> Option<StackOutput<B>> {
        assert!(
            stack.backward.is_empty() && stack.forward.iter().all(|l| !l.config().reverse),
            "only a stack that runs forwards can be truncated"
        );
        let rest = self.rest.take()?;
        let [batch_size, steps, d_input] = rest.dims();
        let take = steps.min(self.chunk);
        let input = rest.clone().slice([0..batch_size, 0..take, 0..d_input]);
        if take < steps {
            self.rest = Some(rest.slice([0..batch_size, take..steps, 0..d_input]));
        }
        let output = stack.forward(input, self.state.take(), None);
        self.state = Some(output.last.iter().cloned().map(State::detach).collect());
        Some(output)
    }

    /// The state after the last chunk handed out.
    pub fn state(&self) -> Option<&[State<B>]> {
        self.state.as_deref()
    }
}
