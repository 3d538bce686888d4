//! Layers of a cell of one's own.

use crate::stack::initial_states;
use crate::{Lengths, StackOutput, State};
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor, TensorCreationOptions};
use rekindle_kernels::{SequenceInput, StepCell, sequence};

/// A recurrent cell: how many gates it has, and one step.
///
/// The layer multiplies the inputs of all steps by its own `W` and adds `b`; it takes care of
/// direction, lengths and initial state. A cell holds what is left: its recurrent weights and its
/// step, in tensor operations, through which autodiff finds the gradient. It runs on every backend,
/// without the kernels of the built-in cells.
///
/// A unit with one gate, which mixes its state with a candidate:
///
/// ```
/// use burn::module::{Initializer, Module, Param};
/// use burn::tensor::activation::{sigmoid, tanh};
/// use burn::tensor::{Device, Distribution, Tensor};
/// use rekindle_models::{OwnCell, RnnConfig, State};
///
/// /// `f = σ(z_f + h U_f)`, `c = tanh(z_c + (f ⊙ h) U_c)`, `h' = (1 - f) ⊙ h + f ⊙ c`: the minimal
/// /// gated unit (Zhou et al., 2016).
/// #[derive(Module, Debug)]
/// struct MinimalGated {
///     gate: Param<Tensor<2>>,
///     candidate: Param<Tensor<2>>,
/// }
///
/// impl OwnCell for MinimalGated {
///     const GATES: usize = 2;
///
///     fn init(_: usize, d_hidden: usize, device: &Device) -> Self {
///         let weight = || Initializer::Normal { mean: 0.0, std: 0.1 }.init([d_hidden, d_hidden], device);
///         Self { gate: weight(), candidate: weight() }
///     }
///
///     fn step(&self, gates: Tensor<2>, state: State) -> State {
///         let h = state.hidden;
///         let [z_f, z_c] = gates.chunk(2, 1).try_into().expect("two gates");
///         let f = sigmoid(z_f + h.clone().matmul(self.gate.val()));
///         let c = tanh(z_c + (f.clone() * h.clone()).matmul(self.candidate.val()));
///         State { hidden: h.clone() + f * (c - h), cell: None }
///     }
/// }
///
/// let device = Device::flex();
/// let rnn = RnnConfig::new(3, 8).with_num_layers(2).with_bidirectional(true);
/// let rnn = rnn.init::<MinimalGated>(&device);
/// let input = Tensor::<3>::random([2, 5, 3], Distribution::Default, &device);
/// assert_eq!(rnn.forward(input, None, None).hidden.dims(), [2, 5, 16]);
/// ```
pub trait OwnCell: Module {
    /// Number of packed gates `G`: the input product of a step is `[batch_size, G * d_hidden]`.
    const GATES: usize;

    /// A cell with new weights; `d_input` is for cells that scale them by it.
    fn init(d_input: usize, d_hidden: usize, device: &Device) -> Self;

    /// One step: `gates` is `x W + b`, `[batch_size, G * d_hidden]`.
    fn step(&self, gates: Tensor<2>, state: State) -> State;

    /// Whether it has a cell state beside the hidden state, as an LSTM has.
    fn has_cell_state() -> bool {
        false
    }
}

/// Configuration of an [`Rnn`].
#[derive(Config, Debug)]
pub struct RnnConfig {
    /// Size of an input step.
    pub d_input: usize,
    /// Size of the hidden state of each direction.
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
}

/// Layers of a cell of one's own, in one direction or both.
#[derive(Module, Debug)]
pub struct Rnn<C: Module> {
    /// The layers that run forwards, first to last.
    pub forward: Vec<RnnLayer<C>>,
    /// The layers that run in reverse; empty when unidirectional.
    pub backward: Vec<RnnLayer<C>>,
    dropout: Dropout,
}

/// A cell of one's own run over sequences.
#[derive(Module, Debug)]
pub struct RnnLayer<C: Module> {
    /// Input weight `W`, `[d_input, G * d_hidden]`, Glorot uniform.
    pub weight_input: Param<Tensor<2>>,
    /// Bias `b`, `[G * d_hidden]`, zeros.
    pub bias: Param<Tensor<1>>,
    /// The cell.
    pub cell: C,
    #[module(skip)]
    d_hidden: usize,
    #[module(skip)]
    reverse: bool,
}

impl RnnConfig {
    /// Makes the layers.
    ///
    /// # Panics
    /// When there are none.
    pub fn init<C: OwnCell>(&self, device: &Device) -> Rnn<C> {
        assert!(self.num_layers > 0, "an RNN needs at least one layer");
        let directions = 1 + usize::from(self.bidirectional);
        let layer = |index: usize, reverse: bool| {
            let d_input = match index {
                0 => self.d_input,
                _ => self.d_hidden * directions,
            };
            let shape = [d_input, C::GATES * self.d_hidden];
            let fans = (Some(d_input), Some(self.d_hidden));
            let glorot = Initializer::XavierUniform { gain: 1.0 };
            RnnLayer {
                weight_input: glorot.init_with(shape, fans.0, fans.1, device),
                bias: Initializer::Zeros.init([C::GATES * self.d_hidden], device),
                cell: C::init(d_input, self.d_hidden, device),
                d_hidden: self.d_hidden,
                reverse,
            }
        };
        let layers = |reverse| (0..self.num_layers).map(move |index| (index, reverse));
        Rnn {
            forward: layers(false)
                .map(|(at, reverse)| layer(at, reverse))
                .collect(),
            backward: layers(true)
                .filter(|_| self.bidirectional)
                .map(|(at, reverse)| layer(at, reverse))
                .collect(),
            dropout: DropoutConfig::new(self.dropout).init(),
        }
    }
}

impl<C: OwnCell> Rnn<C> {
    /// Runs all layers, with the shapes of [`Stack::forward`](crate::Stack::forward).
    ///
    /// # Panics
    /// When shapes do not fit, or `initial` has another number of states.
    pub fn forward(
        &self,
        input: Tensor<3>,
        initial: Option<Vec<State>>,
        lengths: Option<Lengths>,
    ) -> StackOutput {
        let directions = if self.backward.is_empty() { 1 } else { 2 };
        let states = self.forward.len() * directions;
        let mut initial = initial_states(initial, states);
        let mut next_state = || initial.next().flatten();
        let mut hidden = input;
        let mut last = Vec::with_capacity(states);
        for (index, layer) in self.forward.iter().enumerate() {
            if index > 0 {
                hidden = self.dropout.forward(hidden);
            }
            let (ahead, state) = layer.forward(hidden.clone(), next_state(), lengths.clone());
            last.push(state);
            hidden = match self.backward.get(index) {
                None => ahead,
                Some(backward) => {
                    let (back, state) = backward.forward(hidden, next_state(), lengths.clone());
                    last.push(state);
                    rekindle_kernels::join([ahead, back])
                }
            };
        }
        StackOutput::new(hidden, lengths, last, directions)
    }
}

impl<C: OwnCell> RnnLayer<C> {
    /// Hidden states of all steps, `[batch_size, seq_length, d_hidden]`, and the last state.
    fn forward(
        &self,
        input: Tensor<3>,
        initial: Option<State>,
        lengths: Option<Lengths>,
    ) -> (Tensor<3>, State) {
        let output = sequence::reference(
            self,
            SequenceInput {
                input,
                weight_input: self.weight_input.val(),
                bias: Some(self.bias.val()),
                initial,
                lengths,
                reverse: self.reverse,
                recurrent_mask: None,
                input_mask: None,
                zoneout: None,
                checkpoint: None,
            },
        );
        (output.hidden, output.last)
    }
}

impl<C: OwnCell> StepCell for RnnLayer<C> {
    fn initial_state(&self, batch_size: usize, options: TensorCreationOptions) -> State {
        let d_cell = C::has_cell_state().then_some(self.d_hidden);
        State::zeros(batch_size, self.d_hidden, d_cell, options)
    }

    fn step(&self, gates: Tensor<2>, state: State, _: Option<&Tensor<2>>) -> State {
        self.cell.step(gates, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellKind, StackConfig};
    use burn::tensor::Distribution;
    use burn::tensor::activation::{sigmoid, tanh};

    /// An LSTM, written as a user would.
    #[derive(Module, Debug)]
    struct Lstm {
        recurrent: Param<Tensor<2>>,
    }

    impl OwnCell for Lstm {
        const GATES: usize = 4;

        fn init(_: usize, d_hidden: usize, device: &Device) -> Self {
            let normal = Initializer::Normal {
                mean: 0.0,
                std: 0.1,
            };
            Self {
                recurrent: normal.init([d_hidden, 4 * d_hidden], device),
            }
        }

        fn step(&self, gates: Tensor<2>, state: State) -> State {
            let gates = gates + state.hidden.matmul(self.recurrent.val());
            let [i, f, g, o] = gates.chunk(4, 1).try_into().expect("four gates");
            let before = state.cell.expect("an LSTM's state");
            let cell = sigmoid(f) * before + sigmoid(i) * tanh(g);
            State {
                hidden: sigmoid(o) * tanh(cell.clone()),
                cell: Some(cell),
            }
        }

        fn has_cell_state() -> bool {
            true
        }
    }

    /// Built-in layers and a user's with the same weights.
    fn pair(device: &Device) -> (crate::Stack, Rnn<Lstm>) {
        let stack = StackConfig::new(CellKind::Lstm, 3, 4)
            .with_num_layers(2)
            .with_bidirectional(true)
            .init(device);
        let own = RnnConfig::new(3, 4)
            .with_num_layers(2)
            .with_bidirectional(true);
        let mut own = own.init::<Lstm>(device);
        let layers = own.forward.iter_mut().chain(&mut own.backward);
        for (own, built_in) in layers.zip(stack.forward.iter().chain(&stack.backward)) {
            own.weight_input = built_in.weight_input.clone();
            own.bias = built_in.bias.clone().expect("a bias");
            own.cell.recurrent = built_in.weight_recurrent.clone();
        }
        (stack, own)
    }

    #[test]
    fn an_own_lstm_is_the_built_in_one_with_lengths_directions_and_gradients() {
        let device = Device::flex().autodiff();
        device.seed(5);
        let (stack, own) = pair(&device);
        for (batch, steps) in [(1, 1), (2, 5), (7, 4)] {
            let input = Tensor::<3>::random([batch, steps, 3], Distribution::Default, &device);
            let lengths = (0..batch)
                .map(|row| 1 + (row + steps - 1) % steps)
                .collect();
            let lengths = Lengths::new(lengths).expect("none is empty");
            let wanted = stack.forward(input.clone(), None, Some(lengths.clone()));
            let given = own.forward(input, None, Some(lengths));
            let close = |a: Tensor<2>, b: Tensor<2>| {
                let far: f32 = (a - b).abs().max().into_scalar();
                assert!(far < 1e-5, "{far}");
            };
            close(given.last_hidden(), wanted.last_hidden());
            close(
                given.hidden.clone().flatten(1, 2),
                wanted.hidden.clone().flatten(1, 2),
            );
            let wanted = wanted.hidden.powi_scalar(2).sum().backward();
            let given = given.hidden.powi_scalar(2).sum().backward();
            for (own, built_in) in own.forward.iter().zip(&stack.forward) {
                let of = |param: &Param<Tensor<2>>, gradients| {
                    param.val().grad(gradients).expect("a gradient")
                };
                close(
                    of(&own.weight_input, &given),
                    of(&built_in.weight_input, &wanted),
                );
                close(
                    of(&own.cell.recurrent, &given),
                    of(&built_in.weight_recurrent, &wanted),
                );
            }
        }
    }

    #[test]
    fn more_padding_changes_nothing() {
        let device = Device::flex();
        device.seed(6);
        let own = RnnConfig::new(3, 4)
            .with_bidirectional(true)
            .init::<Lstm>(&device);
        let input = Tensor::<3>::random([2, 3, 3], Distribution::Default, &device);
        let padding = Tensor::<3>::full([2, 4, 3], f32::NAN, &device);
        let padded = Tensor::cat(vec![input.clone(), padding], 1);
        let lengths = Lengths::new(vec![3, 2]).expect("none is empty");
        let short = own
            .forward(input, None, Some(lengths.clone()))
            .last_hidden();
        let long = own.forward(padded, None, Some(lengths)).last_hidden();
        let far: f32 = (short - long).abs().max().into_scalar();
        assert_eq!(far, 0.0);
    }
}
