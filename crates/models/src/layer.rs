//! One recurrent layer in one direction.

use crate::{CellKind, Lengths, RecurrentBackend, State};
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Bool, Tensor, TensorData, backend::Backend};
use rekindle_kernels::SequenceInput;

/// Configuration of a [`Recurrent`] layer.
#[derive(Config, Debug)]
pub struct RecurrentConfig {
    /// The cell.
    pub cell: CellKind,
    /// Size of an input step.
    pub d_input: usize,
    /// Size of the hidden state.
    pub d_hidden: usize,
    /// Run from the last valid step to the first.
    #[config(default = false)]
    pub reverse: bool,
    /// Add biases.
    #[config(default = true)]
    pub bias: bool,
    /// Initial bias of the LSTM's forget gate; 1 lets gradients through from the start
    /// (Jozefowicz et al., 2015).
    #[config(default = 1.0)]
    pub forget_bias: f64,
}

/// A cell run over sequences.
#[derive(Module, Debug)]
pub struct Recurrent<B: Backend> {
    /// Input weight `W`, `[d_input, G * d_hidden]`.
    pub weight_input: Param<Tensor<B, 2>>,
    /// Recurrent weight `U`, `[d_hidden, G * d_hidden]`.
    pub weight_recurrent: Param<Tensor<B, 2>>,
    /// Bias `b`, `[G * d_hidden]`.
    pub bias: Option<Param<Tensor<B, 1>>>,
    /// Recurrent bias of a GRU's candidate, `[d_hidden]`.
    pub bias_candidate: Option<Param<Tensor<B, 1>>>,
    #[module(skip)]
    cell: CellKind,
    #[module(skip)]
    reverse: bool,
}

/// What a [`Recurrent`] layer returns.
#[derive(Debug, Clone)]
pub struct RecurrentOutput<B: Backend> {
    /// Hidden state at every step, `[batch_size, seq_length, d_hidden]`; zero at padded steps.
    pub hidden: Tensor<B, 3>,
    /// State after the last step taken, `[batch_size, d_hidden]` each.
    pub last: State<B>,
}

impl RecurrentConfig {
    /// Makes the layer: `W` Glorot uniform and `U` orthogonal, gate by gate; biases zero but for
    /// the LSTM's forget gate.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Recurrent<B> {
        let (gates, d_hidden) = (self.cell.gates(), self.d_hidden);
        let packed = |initializer: Initializer, rows: usize| {
            let blocks = (0..gates)
                .map(|_| {
                    let fans = (Some(rows), Some(d_hidden));
                    initializer
                        .init_with([rows, d_hidden], fans.0, fans.1, device)
                        .val()
                })
                .collect();
            Param::from_tensor(Tensor::cat(blocks, 1).detach())
        };
        let bias = |gate: usize| match (self.cell, gate) {
            (CellKind::Lstm, 1) => Tensor::full([d_hidden], self.forget_bias, device),
            _ => Tensor::zeros([d_hidden], device),
        };
        let candidate = self.bias && self.cell.has_candidate_bias();
        Recurrent {
            weight_input: packed(Initializer::XavierUniform { gain: 1.0 }, self.d_input),
            weight_recurrent: packed(Initializer::Orthogonal { gain: 1.0 }, d_hidden),
            bias: self
                .bias
                .then(|| Param::from_tensor(Tensor::cat((0..gates).map(bias).collect(), 0))),
            bias_candidate: candidate
                .then(|| Param::from_tensor(Tensor::zeros([d_hidden], device))),
            cell: self.cell,
            reverse: self.reverse,
        }
    }
}

impl<B: RecurrentBackend> Recurrent<B> {
    /// Runs the layer.
    ///
    /// # Shapes
    /// - `input`: `[batch_size, seq_length, d_input]`
    /// - `initial`: `[batch_size, d_hidden]` each; zeros when absent
    /// - `lengths`: one a sequence, at most `seq_length`; all steps are valid when absent
    /// - output: see [`RecurrentOutput`]
    ///
    /// What `input` holds at padded steps changes nothing, not even a gradient and not even NaN.
    ///
    /// # Panics
    /// When shapes do not fit, or `seq_length` is 0.
    pub fn forward(
        &self,
        input: Tensor<B, 3>,
        initial: Option<State<B>>,
        lengths: Option<Lengths>,
    ) -> RecurrentOutput<B> {
        self.run(clear_padding(input, lengths.as_ref()), initial, lengths)
    }

    /// [`Self::forward`] on an input whose padded steps are finite.
    pub(crate) fn run(
        &self,
        input: Tensor<B, 3>,
        initial: Option<State<B>>,
        lengths: Option<Lengths>,
    ) -> RecurrentOutput<B> {
        let [batch_size, seq_length, d_input] = input.dims();
        assert!(seq_length > 0, "a sequence needs at least one step");
        let weight = self.weight_input.val();
        let [_, d_gates] = weight.dims();
        let product = input
            .swap_dims(0, 1)
            .reshape([seq_length * batch_size, d_input])
            .matmul(weight);
        let product = match &self.bias {
            Some(bias) => product + bias.val().unsqueeze(),
            None => product,
        };
        let candidate_bias = self.bias_candidate.as_ref().map(Param::val);
        let cell = self
            .cell
            .with_parameters(self.weight_recurrent.val(), candidate_bias);
        let gates = product.reshape([seq_length, batch_size, d_gates]);
        let input = SequenceInput {
            gates,
            initial,
            lengths,
            reverse: self.reverse,
        };
        let output = B::recurrent_sequence(&cell, input);
        RecurrentOutput {
            hidden: output.hidden.swap_dims(0, 1),
            last: output.last,
        }
    }

    /// The cell this layer runs.
    pub fn cell(&self) -> CellKind {
        self.cell
    }

    /// Whether the layer runs from the last valid step to the first.
    pub fn is_reverse(&self) -> bool {
        self.reverse
    }
}

/// Sets padded steps to zero. The loop skips them, but a weight's gradient multiplies its zero
/// gradient at a padded step by the input there, and `0 * NaN` is not 0.
pub(crate) fn clear_padding<B: Backend>(
    input: Tensor<B, 3>,
    lengths: Option<&Lengths>,
) -> Tensor<B, 3> {
    let [batch_size, seq_length, _] = input.dims();
    let Some(lengths) = lengths.filter(|lengths| lengths.min() < seq_length) else {
        return input;
    };
    let valid = lengths.as_slice();
    assert_eq!(
        valid.len(),
        batch_size,
        "one length for every sequence of the batch"
    );
    let padded: Vec<bool> = valid
        .iter()
        .flat_map(|&length| (0..seq_length).map(move |time| time >= length))
        .collect();
    let padded = TensorData::new(padded, [batch_size, seq_length, 1]);
    let padded = Tensor::<B, 3, Bool>::from_data(padded, &input.device());
    let padded = padded.expand(input.dims());
    input.mask_fill(padded, 0.0)
}
