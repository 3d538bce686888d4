//! Layers on top of each other, in one direction or both.

use crate::{
    CellKind, CellOptions, Lengths, Masks, Precision, Recurrent, RecurrentConfig, State, join_pairs,
};
use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};

/// Configuration of a [`Stack`].
#[derive(Config, Debug)]
pub struct StackConfig {
    /// The cell of every layer.
    pub cell: CellKind,
    /// Size of an input step.
    pub d_input: usize,
    /// Size of the hidden state of each direction, see [`RecurrentConfig::d_hidden`].
    pub d_hidden: usize,
    /// Number of layers.
    #[config(default = 1)]
    pub num_layers: usize,
    /// Run every layer in both directions and join their outputs.
    #[config(default = false)]
    pub bidirectional: bool,
    /// Share of the values dropped between layers while training.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Add the input of every layer from the second on to its output.
    #[config(default = false)]
    pub residual: bool,
    /// Halve time between layers, see [`join_pairs`].
    #[config(default = false)]
    pub pyramid: bool,
    /// See [`RecurrentConfig::options`].
    #[config(default = "CellOptions::default()")]
    pub options: CellOptions,
    /// See [`RecurrentConfig::bias`].
    #[config(default = true)]
    pub bias: bool,
    /// See [`RecurrentConfig::span`].
    #[config(default = "None")]
    pub span: Option<usize>,
    /// See [`RecurrentConfig::learned_initial`].
    #[config(default = false)]
    pub learned_initial: bool,
    /// See [`RecurrentConfig::recurrent_dropout`].
    #[config(default = 0.0)]
    pub recurrent_dropout: f64,
    /// See [`RecurrentConfig::input_dropout`].
    #[config(default = 0.0)]
    pub input_dropout: f64,
    /// See [`RecurrentConfig::gate_masks`].
    #[config(default = false)]
    pub gate_masks: bool,
    /// See [`RecurrentConfig::joint_weights`].
    #[config(default = false)]
    pub joint_weights: bool,
    /// See [`RecurrentConfig::zoneout`].
    #[config(default = "(0.0, 0.0)")]
    pub zoneout: (f64, f64),
    /// See [`RecurrentConfig::checkpoint`].
    #[config(default = "None")]
    pub checkpoint: Option<usize>,
    /// See [`RecurrentConfig::precision`].
    #[config(default = "Precision::F32")]
    pub precision: Precision,
}

/// Recurrent layers on top of each other.
#[derive(Module, Debug)]
pub struct Stack {
    /// The layers that run forwards, first to last.
    pub forward: Vec<Recurrent>,
    /// The layers that run in reverse; empty when unidirectional.
    pub backward: Vec<Recurrent>,
    dropout: Dropout,
    #[module(skip)]
    residual: bool,
    #[module(skip)]
    pyramid: bool,
}

/// What a [`Stack`] returns.
#[derive(Debug, Clone)]
pub struct StackOutput {
    /// Output of the last layer, `[batch_size, seq_length, d_output * directions]`; zero at padded
    /// steps. In a pyramid of `k` layers it has `⌈seq_length / 2^(k-1)⌉` steps.
    pub hidden: Tensor<3>,
    /// Valid steps of `hidden`, if lengths were given.
    pub lengths: Option<Lengths>,
    /// State after the last step taken, layer by layer, forwards before reverse.
    pub last: Vec<State>,
    directions: usize,
}

impl StackOutput {
    /// What layers with so many directions gave.
    pub(crate) fn new(
        hidden: Tensor<3>,
        lengths: Option<Lengths>,
        last: Vec<State>,
        directions: usize,
    ) -> Self {
        Self {
            hidden,
            lengths,
            last,
            directions,
        }
    }

    /// The last layer's final hidden state, `[batch_size, d_output * directions]`: what has been
    /// read of the whole sequence from either side.
    pub fn last_hidden(&self) -> Tensor<2> {
        let from = self.last.len() - self.directions;
        Tensor::cat(
            self.last[from..]
                .iter()
                .map(|state| state.hidden.clone())
                .collect(),
            1,
        )
    }
}

impl StackConfig {
    /// Makes the layers.
    ///
    /// # Panics
    /// When there are none, or a pyramid is to be residual: its layers change the number of steps.
    pub fn init(&self, device: &Device) -> Stack {
        assert!(self.num_layers > 0, "a stack needs at least one layer");
        assert!(
            !(self.residual && self.pyramid),
            "a pyramid cannot be residual"
        );
        let layers = |reverse: bool| {
            (0..self.num_layers)
                .map(|layer| self.layer(layer, reverse).init(device))
                .collect()
        };
        Stack {
            forward: layers(false),
            backward: if self.bidirectional {
                layers(true)
            } else {
                Vec::new()
            },
            dropout: DropoutConfig::new(self.dropout).init(),
            residual: self.residual,
            pyramid: self.pyramid,
        }
    }

    /// Configuration of one layer.
    pub fn layer(&self, layer: usize, reverse: bool) -> RecurrentConfig {
        let directions = 1 + usize::from(self.bidirectional);
        let joined = 1 + usize::from(self.pyramid);
        let d_output = self.options.d_projection.unwrap_or(self.d_hidden);
        let d_input = match layer {
            0 => self.d_input,
            _ => d_output * directions * joined,
        };
        RecurrentConfig::new(self.cell, d_input, self.d_hidden)
            .with_options(self.options)
            .with_reverse(reverse)
            .with_bias(self.bias)
            .with_span(self.span)
            .with_learned_initial(self.learned_initial)
            .with_recurrent_dropout(self.recurrent_dropout)
            .with_input_dropout(self.input_dropout)
            .with_gate_masks(self.gate_masks)
            .with_joint_weights(self.joint_weights)
            .with_zoneout(self.zoneout)
            .with_checkpoint(self.checkpoint)
            .with_precision(self.precision)
    }
}

impl Stack {
    /// Whether layers add their input to their output.
    pub fn is_residual(&self) -> bool {
        self.residual
    }

    /// Whether time is halved between layers.
    pub fn is_pyramid(&self) -> bool {
        self.pyramid
    }
}

impl Stack {
    /// Runs all layers.
    ///
    /// # Shapes
    /// - `input`: `[batch_size, seq_length, d_input]`
    /// - `initial`: one state a layer and direction, in the order of [`StackOutput::last`]
    /// - `lengths`: see [`Recurrent::forward`]
    ///
    /// # Panics
    /// When shapes do not fit, or `initial` has another number of states.
    pub fn forward(
        &self,
        input: Tensor<3>,
        initial: Option<Vec<State>>,
        lengths: Option<Lengths>,
    ) -> StackOutput {
        self.forward_masked(input, initial, lengths, Vec::new())
    }

    /// The same with masks that are given, one a layer and direction, in the order of
    /// [`StackOutput::last`]; the layers for which there are none draw theirs.
    ///
    /// # Panics
    /// See [`forward`](Self::forward).
    pub fn forward_masked(
        &self,
        input: Tensor<3>,
        initial: Option<Vec<State>>,
        lengths: Option<Lengths>,
        masks: Vec<Masks>,
    ) -> StackOutput {
        let mut masks = masks.into_iter();
        let mut run = |layer: &Recurrent, input, state, lengths| match masks.next() {
            Some(masks) => layer.forward_masked(input, state, lengths, masks),
            None => layer.forward(input, state, lengths),
        };
        let directions = if self.backward.is_empty() { 1 } else { 2 };
        let states = self.forward.len() * directions;
        let mut initial = initial_states(initial, states);
        let mut next_state = || initial.next().flatten();

        let (mut hidden, mut lengths) = (input, lengths);
        let mut last = Vec::with_capacity(states);
        for (index, layer) in self.forward.iter().enumerate() {
            let below = hidden.clone();
            if index > 0 {
                hidden = self.dropout.forward(hidden);
                if self.pyramid {
                    (hidden, lengths) = join_pairs(hidden, lengths);
                }
            }
            let output = run(layer, hidden.clone(), next_state(), lengths.clone());
            last.push(output.last);
            hidden = match self.backward.get(index) {
                None => output.hidden,
                Some(backward) => {
                    let reverse = run(backward, hidden, next_state(), lengths.clone());
                    last.push(reverse.last);
                    rekindle_kernels::join([output.hidden, reverse.hidden])
                }
            };
            if self.residual && index > 0 {
                hidden = hidden + below;
            }
        }
        StackOutput {
            hidden,
            lengths,
            last,
            directions,
        }
    }
}

/// The initial state of each layer and direction, in order; none where a layer has its own.
///
/// # Panics
/// When another number of states is given.
pub(crate) fn initial_states(
    initial: Option<Vec<State>>,
    states: usize,
) -> impl Iterator<Item = Option<State>> {
    let given = initial.as_ref().map_or(states, Vec::len);
    assert_eq!(given, states, "one initial state a layer and direction");
    let mut given = initial.into_iter().flatten();
    (0..states).map(move |_| given.next())
}
