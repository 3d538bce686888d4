//! Truncated backpropagation through time.

use crate::{Lengths, Stack, StackOutput, State};
use burn::tensor::{Bool, Tensor, TensorData};

/// Runs a long sequence in chunks and hands each chunk's output out, with a state that carries values
/// from chunk to chunk but no gradients.
///
/// What comes out is what the whole sequence would give; a loss on a chunk reaches back to the
/// chunk's first step, so memory is that of a chunk.
///
/// Ronald J. Williams and Jing Peng, "An Efficient Gradient-Based Algorithm for On-Line Training of
/// Recurrent Network Trajectories", Neural Computation 2(4), 1990.
#[derive(Debug)]
pub struct Truncated {
    rest: Option<Tensor<3>>,
    /// Valid steps left of every sequence.
    left: Option<Vec<usize>>,
    state: Option<Vec<State>>,
    chunk: usize,
}

impl Truncated {
    /// Chunks of `chunk` steps of `input`, `[batch_size, seq_length, d_input]`; the last may be
    /// shorter. A sequence that ended in an earlier chunk keeps its state and gives zeros.
    ///
    /// # Panics
    /// When `chunk` is 0, or `lengths` has another number of sequences.
    pub fn new(
        input: Tensor<3>,
        state: Option<Vec<State>>,
        lengths: Option<Lengths>,
        chunk: usize,
    ) -> Self {
        assert!(chunk > 0, "a chunk needs at least one step");
        if let Some(lengths) = &lengths {
            let sequences = lengths.as_slice().len();
            assert_eq!(sequences, input.dims()[0], "one length a sequence");
        }
        Self {
            rest: Some(input),
            left: lengths.map(|lengths| lengths.as_slice().to_vec()),
            state,
            chunk,
        }
    }

    /// The output of the next chunk; none after the last.
    ///
    /// # Panics
    /// When the stack runs in reverse or both ways: what comes later is not known yet. When it is a
    /// pyramid: a chunk of odd length would end between two steps of the layer above.
    pub fn next(&mut self, stack: &Stack) -> Option<StackOutput> {
        assert!(
            stack.backward.is_empty() && stack.forward.iter().all(|l| !l.config().reverse),
            "only a stack that runs forwards can be truncated"
        );
        assert!(!stack.is_pyramid(), "a pyramid cannot be truncated");
        let rest = self.rest.take()?;
        let [batch_size, steps, d_input] = rest.dims();
        let take = steps.min(self.chunk);
        let input = rest.clone().slice([0..batch_size, 0..take, 0..d_input]);
        if take < steps {
            self.rest = Some(rest.slice([0..batch_size, take..steps, 0..d_input]));
        }
        let before = self.state.take();
        let output = match self.left.take() {
            None => stack.forward(input, before, None),
            Some(left) => {
                let rest = left.iter().map(|left| left.saturating_sub(take)).collect();
                self.left = Some(rest);
                forward(stack, input, before, &left, take)
            }
        };
        self.state = Some(output.last.iter().cloned().map(State::detach).collect());
        Some(output)
    }

    /// The state after the last chunk handed out.
    pub fn state(&self) -> Option<&[State]> {
        self.state.as_deref()
    }
}

/// A chunk of sequences of which some have ended: those take one step of zeros that nothing sees.
fn forward(
    stack: &Stack,
    input: Tensor<3>,
    before: Option<Vec<State>>,
    left: &[usize],
    take: usize,
) -> StackOutput {
    let valid = left.iter().map(|&left| left.clamp(1, take)).collect();
    let valid = Lengths::new(valid).expect("none is zero");
    let running: Vec<bool> = left.iter().map(|&left| left > 0).collect();
    // The first chunk has no ended sequences, later ones have a state to keep.
    let Some(kept) = before.clone().filter(|_| running.contains(&false)) else {
        return stack.forward(input, before, Some(valid));
    };
    let device = input.device();
    let running = TensorData::new(running, [left.len(), 1]);
    let running = Tensor::<2, Bool>::from_data(running, &device);
    let ended = |shape| {
        running
            .clone()
            .bool_not()
            .unsqueeze_dim::<3>(2)
            .expand(shape)
    };
    let input = input.clone().mask_fill(ended(input.dims()), 0.0);
    let mut output = stack.forward(input, before, Some(valid));
    let shape = output.hidden.dims();
    output.hidden = output.hidden.mask_fill(ended(shape), 0.0);
    let last = output.last.into_iter().zip(kept);
    output.last = last
        .map(|(new, old)| new.select(old, running.clone()))
        .collect();
    output
}
