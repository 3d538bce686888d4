//! The one time loop: direction, lengths and initial state, for every cell.

use crate::{Lengths, State, StepCell, Zoneout, masked_product};
use burn::tensor::{Bool, Device, Tensor, TensorData};

/// What a sequence operation is given.
#[derive(Debug, Clone)]
pub struct SequenceInput {
    /// `[batch_size, seq_length, d_input]`; anything may stand at padded steps, NaN too.
    pub input: Tensor<3>,
    /// Input weight `W`, `[d_input, G * H]`.
    pub weight_input: Tensor<2>,
    /// Bias `b`, `[G * H]`.
    pub bias: Option<Tensor<1>>,
    /// State before the first step; zeros when absent.
    pub initial: Option<State>,
    /// Valid lengths of a right-padded batch; all steps are valid when absent.
    pub lengths: Option<Lengths>,
    /// Run from each sequence's last valid step to its first.
    pub reverse: bool,
    /// What `h_{t-1}` is multiplied by before it meets `U`, `[batch_size, d_output]`: variational
    /// dropout with one mask a sequence (Gal and Ghahramani, 2016), scaled already. Or
    /// `[batch_size, G * d_output]`: a mask for what each gate sees, as in Keras.
    pub recurrent_mask: Option<Tensor<2>>,
    /// What `x_t` is multiplied by before it meets `W`, a mask for what each gate sees,
    /// `[batch_size, G * d_input]`; one mask for all gates is a product of the input.
    pub input_mask: Option<Tensor<2>>,
    /// See [`Zoneout`].
    pub zoneout: Option<Zoneout>,
    /// Recompute the activations every so many steps in the backward pass instead of keeping them
    /// all; the best choice is near the square root of the number of steps. The reference keeps all.
    pub checkpoint: Option<usize>,
}

/// What a sequence operation returns.
#[derive(Debug, Clone)]
pub struct SequenceOutput {
    /// Hidden state at every step, `[batch_size, seq_length, d_output]`; zero at padded steps.
    pub hidden: Tensor<3>,
    /// State after the last step taken: at `len - 1` forwards, at step 0 in reverse.
    pub last: State,
}

/// Runs `cell` over a sequence in tensor operations.
///
/// A padded step leaves the state as it was. In reverse the padded steps come first, so every
/// sequence starts from its initial state at its own last valid step: only the valid prefix is
/// flipped.
///
/// # Panics
/// When the sequence is empty, or the lengths do not fit the batch.
pub fn reference(cell: &impl StepCell, input: SequenceInput) -> SequenceOutput {
    let [batch_size, seq_length, _] = input.input.dims();
    let device = input.input.device();
    let dtype = input.input.dtype();
    let steps = input.lengths.as_ref().map_or(seq_length, Lengths::max);
    assert!(
        steps > 0 && steps <= seq_length,
        "lengths reach {steps} of {seq_length} steps"
    );
    let masks = StepMasks::new(input.lengths.as_ref(), steps, batch_size, &device);

    let mut state = input
        .initial
        .unwrap_or_else(|| cell.initial_state(batch_size, (&device, dtype).into()));
    let mut gates = Vec::with_capacity(steps);
    let cleared = clear_padding(input.input, input.lengths.as_ref());
    let product = input_product(cleared, input.weight_input, input.bias, input.input_mask);
    unstack(product, steps, &mut gates);
    let mut outputs: Vec<Tensor<3>> = Vec::with_capacity(steps + 1);
    let mut advance = |time: usize, gates: Tensor<2>| {
        let mut next = cell.step(gates, state.clone(), input.recurrent_mask.as_ref());
        if let Some(zoneout) = &input.zoneout {
            next = zoneout.apply(next, &state);
        }
        let output = match masks.at(time) {
            None => {
                state = next;
                state.hidden.clone()
            }
            Some(keep) => {
                state = next.select(state.clone(), keep.clone());
                let padded = keep.bool_not().expand(state.hidden.dims());
                state.hidden.clone().mask_fill(padded, 0.0)
            }
        };
        outputs.push(output.unsqueeze_dim(0));
    };
    if input.reverse {
        gates
            .into_iter()
            .enumerate()
            .rev()
            .for_each(|(time, gates)| advance(time, gates));
        outputs.reverse();
    } else {
        gates
            .into_iter()
            .enumerate()
            .for_each(|(time, gates)| advance(time, gates));
    }
    if steps < seq_length {
        let [_, d_output] = state.hidden.dims();
        outputs.push(Tensor::zeros(
            [seq_length - steps, batch_size, d_output],
            (&device, dtype),
        ));
    }
    SequenceOutput {
        hidden: Tensor::cat(outputs, 0).swap_dims(0, 1),
        last: state,
    }
}

/// Sets padded steps to zero. The loop skips them, but a weight's gradient multiplies its zero
/// gradient at a padded step by the input there, and `0 * NaN` is not 0.
pub(crate) fn clear_padding(input: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<3> {
    let [batch_size, seq_length, _] = input.dims();
    let Some(lengths) = lengths else {
        return input;
    };
    assert_eq!(
        lengths.as_slice().len(),
        batch_size,
        "one length for every sequence of the batch"
    );
    match lengths.padding(seq_length, &input.device()) {
        Some(padded) => {
            let padded = padded.unsqueeze_dim::<3>(2).expand(input.dims());
            input.mask_fill(padded, 0.0)
        }
        None => input,
    }
}

/// `x·W + b` of all steps in one product, time first: `[seq_length, batch_size, G * H]`.
fn input_product(
    input: Tensor<3>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    mask: Option<Tensor<2>>,
) -> Tensor<3> {
    let [batch_size, seq_length, d_input] = input.dims();
    let [_, d_gates] = weight.dims();
    let rows = input
        .swap_dims(0, 1)
        .reshape([seq_length * batch_size, d_input]);
    let mask = mask.map(|mask| mask.repeat_dim(0, seq_length));
    let product = masked_product(rows, mask.as_ref(), weight);
    let product = match bias {
        Some(bias) => product + bias.unsqueeze(),
        None => product,
    };
    product.reshape([seq_length, batch_size, d_gates])
}

/// Splits the first `steps` of `[seq_length, batch_size, d]` into one tensor a step.
///
/// Halving keeps the gradient of the split at `O(T log T)`: the gradient of one slice is as large
/// as the tensor it was cut from.
fn unstack(tensor: Tensor<3>, steps: usize, into: &mut Vec<Tensor<2>>) {
    let [_, batch_size, d] = tensor.dims();
    if steps == 1 {
        into.push(
            tensor
                .slice([0..1, 0..batch_size, 0..d])
                .reshape([batch_size, d]),
        );
        return;
    }
    let half = steps / 2;
    unstack(
        tensor.clone().slice([0..half, 0..batch_size, 0..d]),
        half,
        into,
    );
    unstack(
        tensor.slice([half..steps, 0..batch_size, 0..d]),
        steps - half,
        into,
    );
}

/// Which sequences are still valid at a step, `[batch_size, 1]`; none where all are.
struct StepMasks {
    first: usize,
    masks: Vec<Tensor<2, Bool>>,
}

impl StepMasks {
    fn new(lengths: Option<&Lengths>, steps: usize, batch: usize, device: &Device) -> Self {
        let Some(lengths) = lengths else {
            return Self {
                first: steps,
                masks: Vec::new(),
            };
        };
        let valid = lengths.as_slice();
        assert_eq!(
            valid.len(),
            batch,
            "one length for every sequence of the batch"
        );
        let mask = |time: usize| {
            let keep: Vec<bool> = valid.iter().map(|&length| time < length).collect();
            Tensor::from_data(TensorData::new(keep, [batch, 1]), device)
        };
        Self {
            first: lengths.min(),
            masks: (lengths.min()..steps).map(mask).collect(),
        }
    }

    fn at(&self, time: usize) -> Option<Tensor<2, Bool>> {
        time.checked_sub(self.first)
            .and_then(|index| self.masks.get(index).cloned())
    }
}
