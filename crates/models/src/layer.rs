//! One recurrent layer in one direction.

use crate::cell::CellParameters;
use crate::dropout::{VariationalDropout, over_steps};
use crate::orthogonal::orthogonal;
use crate::precision::{Precision, cast};
use crate::{CellKind, CellOptions, Lengths, Masks, State, Zoneout};
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Distribution, FloatDType, Tensor};
use rekindle_kernels::{Cell, SequenceInput, recurrent_sequence};

/// Configuration of a [`Recurrent`] layer.
#[derive(Config, Debug)]
pub struct RecurrentConfig {
    /// The cell.
    pub cell: CellKind,
    /// Size of an input step.
    pub d_input: usize,
    /// Size of the hidden state, or of the cell state where the hidden state is projected.
    pub d_hidden: usize,
    /// What the cell can be beside its kind.
    #[config(default = "CellOptions::default()")]
    pub options: CellOptions,
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
    /// Longest time in steps that something is to be kept: the biases of the gates that keep, an LSTM's
    /// forget gate and a GRU's update gate, start at `ln(u)` with `u` uniform between 1 and one less
    /// than it, those of an LSTM's input gate at the negative (Tallec and Ollivier, "Can Recurrent
    /// Neural Networks Warp Time?", ICLR 2018). Takes the place of `forget_bias`.
    #[config(default = "None")]
    pub span: Option<usize>,
    /// Learn the state before the first step; it starts as zeros.
    #[config(default = false)]
    pub learned_initial: bool,
    /// Share of the hidden state dropped before it meets `U` while training, one mask a sequence.
    #[config(default = 0.0)]
    pub recurrent_dropout: f64,
    /// Share of the input dropped while training, one mask a sequence.
    #[config(default = 0.0)]
    pub input_dropout: f64,
    /// Draw these masks for every gate, as Keras does, instead of one for all.
    #[config(default = false)]
    pub gate_masks: bool,
    /// Draw `W` and `U` of all gates as one matrix, as Keras does, instead of gate by gate: an LSTM's `U`
    /// then starts half as large.
    #[config(default = false)]
    pub joint_weights: bool,
    /// Probabilities that a unit of the hidden and of the cell state keeps its value of the step
    /// before, see [`Zoneout`].
    #[config(default = "(0.0, 0.0)")]
    pub zoneout: (f64, f64),
    /// Recompute activations every so many steps in the backward pass instead of keeping them all.
    #[config(default = "None")]
    pub checkpoint: Option<usize>,
    /// What the layer computes in while training.
    #[config(default = "Precision::F32")]
    pub precision: Precision,
}

/// A cell run over sequences.
#[derive(Module, Debug)]
pub struct Recurrent {
    /// Input weight `W`, `[d_input, G * d_hidden]`.
    pub weight_input: Param<Tensor<2>>,
    /// Recurrent weight `U`, `[d_output, G * d_hidden]`.
    pub weight_recurrent: Param<Tensor<2>>,
    /// Bias `b`, `[G * d_hidden]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Recurrent bias of a GRU's candidate, `[d_hidden]`.
    pub bias_candidate: Option<Param<Tensor<1>>>,
    /// Peephole weights of an LSTM: one row a gate that sees the cell, or full matrices.
    pub weight_peephole: Option<Param<Tensor<2>>>,
    /// Projection of an LSTM, `[d_hidden, d_projection]`.
    pub weight_projection: Option<Param<Tensor<2>>>,
    /// Learned hidden state before the first step, `[d_output]`.
    pub initial_hidden: Option<Param<Tensor<1>>>,
    /// Learned cell state before the first step, `[d_hidden]`.
    pub initial_cell: Option<Param<Tensor<1>>>,
    pub(crate) recurrent_dropout: VariationalDropout,
    #[module(skip)]
    config: RecurrentConfig,
}

/// What a [`Recurrent`] layer returns.
#[derive(Debug, Clone)]
pub struct RecurrentOutput {
    /// Hidden state at every step, `[batch_size, seq_length, d_output]`; zero at padded steps.
    pub hidden: Tensor<3>,
    /// State after the last step taken, `[batch_size, d_output]` and `[batch_size, d_hidden]`.
    pub last: State,
}

impl RecurrentConfig {
    /// Size of an output step: `d_hidden`, or that of the projection.
    pub fn d_output(&self) -> usize {
        self.options.d_projection.unwrap_or(self.d_hidden)
    }

    /// 1 for the gate that keeps the state while it is open, -1 for one that does while it is closed,
    /// 0 for the others.
    fn keeps(&self, gate: usize) -> f64 {
        let forget = usize::from(!self.options.coupled);
        match gate {
            _ if self.cell.is_lstm() && gate == forget => 1.0,
            0 if self.cell.is_lstm() && forget == 1 => -1.0,
            1 if self.cell.has_candidate_bias() && self.options.mirrored => -1.0,
            1 if self.cell.has_candidate_bias() => 1.0,
            _ => 0.0,
        }
    }

    /// Makes the layer: `W` Glorot uniform and `U` orthogonal, gate by gate or as
    /// [`joint_weights`](Self::joint_weights) says; biases zero but for
    /// the LSTM's forget gate; peepholes zero, so that the cell starts as the plain one.
    ///
    /// # Panics
    /// When an option of the LSTM is given to another cell, or one of the GRU likewise.
    pub fn init(&self, device: &Device) -> Recurrent {
        let options = &self.options;
        let of_lstm = options.coupled || options.clip.is_some() || options.d_projection.is_some();
        assert!(
            self.cell.is_lstm() || !of_lstm,
            "coupled gates, clip and projection are for the LSTM"
        );
        assert!(
            self.cell.has_candidate_bias() || !options.mirrored,
            "only a GRU has an update gate to mirror"
        );
        let (gates, d_hidden, d_output) =
            (self.cell.gates(options), self.d_hidden, self.d_output());
        let (blocks, columns) = match self.joint_weights {
            true => (1, gates * d_hidden),
            false => (gates, d_hidden),
        };
        let packed = |block: &dyn Fn() -> Tensor<2>| {
            let blocks = (0..blocks).map(|_| block()).collect();
            Param::from_tensor(Tensor::cat(blocks, 1).detach())
        };
        let spans = self.span.map(|span| {
            let longest = Distribution::Uniform(1.0, span.max(3) as f64 - 1.0);
            Tensor::<1>::random([d_hidden], longest, device).log()
        });
        let bias = |gate: usize| match (self.keeps(gate), &spans) {
            (keeps, Some(spans)) => spans.clone() * keeps,
            (keeps, None) if self.cell.is_lstm() && keeps > 0.0 => {
                Tensor::full([d_hidden], self.forget_bias, device)
            }
            _ => Tensor::zeros([d_hidden], device),
        };
        let zeros = |size: usize| Param::from_tensor(Tensor::zeros([size], device));
        let glorot = Initializer::XavierUniform { gain: 1.0 };
        Recurrent {
            weight_input: packed(&|| {
                let fans = (Some(self.d_input), Some(columns));
                glorot
                    .init_with([self.d_input, columns], fans.0, fans.1, device)
                    .val()
            }),
            weight_recurrent: packed(&|| orthogonal([d_output, columns], device)),
            bias: self
                .bias
                .then(|| Param::from_tensor(Tensor::cat((0..gates).map(bias).collect(), 0))),
            bias_candidate: (self.bias && self.cell.has_candidate_bias()).then(|| zeros(d_hidden)),
            weight_peephole: self
                .cell
                .peephole(d_hidden, options)
                .map(|shape| Param::from_tensor(Tensor::zeros(shape, device))),
            weight_projection: options.d_projection.map(|d_projection| {
                let fans = (Some(d_hidden), Some(d_projection));
                glorot.init_with([d_hidden, d_projection], fans.0, fans.1, device)
            }),
            initial_hidden: self.learned_initial.then(|| zeros(d_output)),
            initial_cell: (self.learned_initial && self.cell.is_lstm()).then(|| zeros(d_hidden)),
            recurrent_dropout: VariationalDropout::new(self.recurrent_dropout),
            config: self.clone(),
        }
    }
}

impl Recurrent {
    /// What the layer was made of.
    pub fn config(&self) -> &RecurrentConfig {
        &self.config
    }

    /// The cell with its parameters, in another precision if there is one.
    pub(crate) fn cell(&self, to: Option<FloatDType>) -> Cell {
        let matrix = |param: &Option<Param<Tensor<2>>>| {
            let values = param.as_ref().map(Param::val);
            values.map(|values| cast(values, to))
        };
        let candidate_bias = self.bias_candidate.as_ref().map(Param::val);
        let parameters = CellParameters {
            recurrent: cast(self.weight_recurrent.val(), to),
            candidate_bias: candidate_bias.map(|bias| cast(bias, to)),
            peephole: matrix(&self.weight_peephole),
            projection: matrix(&self.weight_projection),
        };
        self.config
            .cell
            .with_parameters(&self.config.options, parameters)
    }

    /// The learned state before the first step, if there is one.
    fn learned_initial(&self, batch_size: usize) -> Option<State> {
        let rows = |param: &Param<Tensor<1>>| {
            let [size] = param.dims();
            param.val().unsqueeze::<2>().expand([batch_size, size])
        };
        self.initial_hidden.as_ref().map(|hidden| State {
            hidden: rows(hidden),
            cell: self.initial_cell.as_ref().map(rows),
        })
    }
}

impl Recurrent {
    /// Runs the layer.
    ///
    /// # Shapes
    /// - `input`: `[batch_size, seq_length, d_input]`
    /// - `initial`: `[batch_size, d_output]` and `[batch_size, d_hidden]`; when absent the learned
    ///   state, or zeros
    /// - `lengths`: one a sequence, at most `seq_length`; all steps are valid when absent
    /// - output: see [`RecurrentOutput`]
    ///
    /// What `input` holds at padded steps changes nothing, not even a gradient and not even NaN.
    ///
    /// # Panics
    /// When shapes do not fit, or `seq_length` is 0.
    pub fn forward(
        &self,
        input: Tensor<3>,
        initial: Option<State>,
        lengths: Option<Lengths>,
    ) -> RecurrentOutput {
        // In training where the parameters are, whatever device the input was made on.
        let masks = self.draw_masks(input.dims()[0], &self.weight_input.val().device());
        self.forward_masked(input, initial, lengths, masks)
    }

    /// The same with masks that are given.
    ///
    /// # Panics
    /// See [`forward`](Self::forward).
    pub fn forward_masked(
        &self,
        input: Tensor<3>,
        initial: Option<State>,
        lengths: Option<Lengths>,
        masks: Masks,
    ) -> RecurrentOutput {
        let [batch_size, seq_length, d_input] = input.dims();
        assert!(seq_length > 0, "a sequence needs at least one step");
        // In training where the parameters are, whatever device the input was made on.
        let device = self.weight_input.val().device();
        let training = self.recurrent_dropout.is_training(&device);
        let (hidden, cell) = self.config.zoneout;
        let zoneout = (hidden > 0.0 || cell > 0.0).then_some(Zoneout {
            hidden,
            cell,
            training,
        });
        let to = match training {
            true => self.config.precision.half(),
            false => None,
        };
        let dtype = FloatDType::from(input.dtype());
        let back = to.map(|_| dtype);
        let initial = initial.or_else(|| self.learned_initial(batch_size));
        let masks = masks.cast(to.unwrap_or(dtype));
        let input = cast(input, to);
        let (input, input_mask) = match masks.input {
            Some(mask) if mask.dims()[1] == d_input => {
                (over_steps(input, mask.unsqueeze_dim(1)), None)
            }
            by_gate => (input, by_gate),
        };
        let output = recurrent_sequence(
            &self.cell(to),
            SequenceInput {
                input,
                weight_input: cast(self.weight_input.val(), to),
                bias: self.bias.as_ref().map(|bias| cast(bias.val(), to)),
                initial: initial.map(|state| state_in(state, to)),
                lengths,
                reverse: self.config.reverse,
                recurrent_mask: masks.recurrent,
                input_mask,
                zoneout,
                checkpoint: self.config.checkpoint,
            },
        );
        RecurrentOutput {
            hidden: cast(output.hidden, back),
            last: state_in(output.last, back),
        }
    }
}

fn state_in(state: State, to: Option<FloatDType>) -> State {
    State {
        hidden: cast(state.hidden, to),
        cell: state.cell.map(|cell| cast(cell, to)),
    }
}
