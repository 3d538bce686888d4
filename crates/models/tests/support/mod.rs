//! What the tests share: repeatable numbers, networks of every shape, padded batches and what a run
//! of one gives.
#![allow(dead_code)] // each binary uses a part

pub mod golden;
pub mod heads;
pub mod scalar;
pub mod seq2seq;
pub mod slopes;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Element, Tensor, TensorData};
use rekindle_models::{
    CellKind, CellOptions, Lengths, RecurrentBackend, Stack, StackConfig, StackOutput, State,
};

/// Every cell, with the options that change its equations.
pub fn cells() -> Vec<(CellKind, CellOptions)> {
    let plain = CellOptions::default();
    let coupled = CellOptions {
        coupled: true,
        ..plain
    };
    let clip = CellOptions {
        clip: Some(0.4),
        ..plain
    };
    let projected = CellOptions {
        d_projection: Some(2),
        ..plain
    };
    let mirrored = CellOptions {
        mirrored: true,
        ..plain
    };
    let everything = CellOptions {
        coupled: true,
        clip: Some(0.4),
        d_projection: Some(2),
        mirrored: false,
    };
    let mut cells: Vec<_> = CellKind::ALL
        .into_iter()
        .map(|kind| (kind, plain))
        .collect();
    cells.extend([
        (CellKind::Lstm, coupled),
        (CellKind::Lstm, clip),
        (CellKind::Lstm, projected),
        (CellKind::LstmPeephole, coupled),
        (CellKind::LstmPeephole, clip),
        (CellKind::LstmPeepholeFull, everything),
        (CellKind::Gru, mirrored),
        (CellKind::GruResetBefore, mirrored),
    ]);
    cells
}

/// Repeatable numbers (SplitMix64).
pub struct Numbers(u64);

impl Numbers {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number of [-1, 1).
    pub fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// Numbers of [-scale, scale).
    pub fn vector(&mut self, len: usize, scale: f64) -> Vec<f64> {
        (0..len).map(|_| self.draw() * scale).collect()
    }
}

/// A tensor of these values.
pub fn tensor<B: Backend, const D: usize>(values: &[f64], shape: [usize; D]) -> Tensor<B, D> {
    let data = TensorData::new(values.to_vec(), shape);
    let tensor = Tensor::from_data(data, &Default::default());
    assert_eq!(
        tensor.dtype(),
        B::FloatElem::dtype(),
        "another precision claimed the device"
    );
    tensor
}

/// The values of a tensor.
pub fn values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// Fails unless `got` is within `tolerance * (1 + |want|)` of `want` everywhere.
#[track_caller]
pub fn assert_close(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}: number of values");
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        let near = (got - want).abs() <= tolerance * (1.0 + want.abs());
        assert!(near, "{what}, value {at}: {got:e}, not {want:e}");
    }
}

/// The parameters of a module, by their path.
pub fn parameters<B: Backend, M: Module<B>>(module: &M) -> Vec<(String, Vec<f64>)> {
    struct Read(Walk);
    impl<B: Backend> ModuleVisitor<B> for Read {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
            self.0.found(values(param.val()));
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.path.pop();
        }
    }
    let mut read = Read(Walk::default());
    module.visit(&mut read);
    read.0.found
}

/// The gradients of a module's parameters, by their path; every one has to exist.
pub fn gradients<B: AutodiffBackend, M: Module<B>>(
    module: &M,
    gradients: &B::Gradients,
) -> Vec<(String, Vec<f64>)> {
    struct Read<'a, B: AutodiffBackend>(Walk, &'a B::Gradients);
    impl<B: AutodiffBackend> ModuleVisitor<B> for Read<'_, B> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
            let gradient = param.val().grad(self.1);
            let gradient =
                gradient.unwrap_or_else(|| panic!("{} has no gradient", self.0.path.join(".")));
            self.0.found(values(gradient));
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.path.pop();
        }
    }
    let mut read = Read::<B>(Walk::default(), gradients);
    module.visit(&mut read);
    read.0.found
}

/// What a walk over a module has found, and where it is.
#[derive(Default)]
struct Walk {
    path: Vec<String>,
    found: Vec<(String, Vec<f64>)>,
}

impl Walk {
    fn found(&mut self, values: Vec<f64>) {
        self.found.push((self.path.join("."), values));
    }
}

/// The module with other parameters, in the order of [`parameters`].
pub fn with_parameters<B: Backend, M: Module<B>>(module: M, parameters: &[Vec<f64>]) -> M {
    struct Replace<'a>(std::slice::Iter<'a, Vec<f64>>);
    impl<B: Backend> ModuleMapper<B> for Replace<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
            let values = self.0.next().expect("one vector a parameter");
            Param::from_tensor(tensor(values, param.dims()))
        }
    }
    module.map(&mut Replace(parameters.iter()))
}

/// Which way the layers of a network run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the first step to the last.
    Forward,
    /// From the last valid step to the first.
    Reverse,
    /// Both, joined.
    Both,
}

/// The shape of a network.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub kind: CellKind,
    pub options: CellOptions,
    pub direction: Direction,
    pub num_layers: usize,
    pub d_input: usize,
    pub d_hidden: usize,
}

impl Shape {
    /// Every cell, direction and one or two layers.
    pub fn all(d_input: usize, d_hidden: usize) -> Vec<Self> {
        let mut shapes = Vec::new();
        for (kind, options) in cells() {
            for direction in [Direction::Forward, Direction::Reverse, Direction::Both] {
                for num_layers in [1, 2] {
                    shapes.push(Self {
                        kind,
                        options,
                        direction,
                        num_layers,
                        d_input,
                        d_hidden,
                    });
                }
            }
        }
        shapes
    }

    fn directions(&self) -> usize {
        if self.direction == Direction::Both {
            2
        } else {
            1
        }
    }

    /// Size of an output step.
    pub fn d_output(&self) -> usize {
        self.d_state() * self.directions()
    }

    /// Size of the hidden state of one direction.
    pub fn d_state(&self) -> usize {
        self.options.d_projection.unwrap_or(self.d_hidden)
    }

    fn states(&self) -> usize {
        self.num_layers * self.directions()
    }

    /// Sizes of the tensors a state is made of, hidden before cell.
    fn parts(&self) -> Vec<usize> {
        let cell = self.kind.is_lstm().then_some(self.d_hidden);
        std::iter::once(self.d_state()).chain(cell).collect()
    }

    /// Numbers of all states of one sequence.
    fn state_size(&self) -> usize {
        self.states() * self.parts().iter().sum::<usize>()
    }

    /// The network's configuration.
    pub fn config(&self) -> StackConfig {
        StackConfig::new(self.kind, self.d_input, self.d_hidden)
            .with_options(self.options)
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.direction == Direction::Both)
    }

    /// A network of this shape; its parameters depend on the seed alone.
    pub fn network<B: Backend>(&self, seed: u64) -> Stack<B> {
        self.network_with_dropout(seed, 0.0)
    }

    /// The same with dropout between its layers.
    pub fn network_with_dropout<B: Backend>(&self, seed: u64, dropout: f64) -> Stack<B> {
        let device = Default::default();
        let config = self.config().with_dropout(dropout);
        let mut network = config.init::<B>(&device);
        if self.direction == Direction::Reverse {
            for (layer, slot) in network.forward.iter_mut().enumerate() {
                *slot = config.layer(layer, true).init(&device);
            }
        }
        let mut numbers = Numbers::new(seed);
        let drawn: Vec<_> = parameters(&network)
            .iter()
            .map(|(_, old)| numbers.vector(old.len(), 0.8))
            .collect();
        with_parameters(network, &drawn)
    }
}

/// One sequence without padding.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// Which one it is: its weights in the loss follow it into any batch.
    pub id: usize,
    /// `len * d_input` numbers.
    pub steps: Vec<f64>,
    /// Its initial state: state by state, hidden before cell.
    pub initial: Vec<f64>,
}

impl Sequence {
    /// One sequence a length.
    pub fn batch(shape: &Shape, lengths: &[usize], seed: u64) -> Vec<Self> {
        let mut numbers = Numbers::new(seed);
        let state = shape.state_size();
        let sequence = |(id, &length): (usize, &usize)| Self {
            id,
            steps: numbers.vector(length * shape.d_input, 2.0),
            initial: numbers.vector(state, 1.0),
        };
        lengths.iter().enumerate().map(sequence).collect()
    }

    /// The number of steps.
    pub fn len(&self, shape: &Shape) -> usize {
        self.steps.len() / shape.d_input
    }
}

/// Which initial state a run is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initial {
    Absent,
    Zero,
    Given,
}

/// What a run gave for one sequence, padding left out.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub hidden: Vec<f64>,
    pub last: Vec<f64>,
    pub grad_input: Vec<f64>,
    pub grad_initial: Vec<f64>,
}

/// What a run gave.
#[derive(Debug, Clone)]
pub struct Run {
    pub sequences: Vec<Outcome>,
    pub parameters: Vec<(String, Vec<f64>)>,
}

impl Run {
    /// Fails unless both runs gave the same.
    #[track_caller]
    pub fn assert_close(&self, want: &Self, what: &str, tolerance: f64) {
        assert_eq!(
            self.sequences.len(),
            want.sequences.len(),
            "{what}: batch size"
        );
        for (row, (got, want)) in self.sequences.iter().zip(&want.sequences).enumerate() {
            got.assert_close(want, &format!("{what}, sequence {row}"), tolerance);
        }
        assert_gradients_close(what, &self.parameters, &want.parameters, tolerance);
    }
}

impl Outcome {
    /// Fails unless both runs gave this sequence the same.
    #[track_caller]
    pub fn assert_close(&self, want: &Self, what: &str, tolerance: f64) {
        let close = |name: &str, got: &[f64], want: &[f64]| {
            assert_close(&format!("{what}: {name}"), got, want, tolerance);
        };
        close("hidden", &self.hidden, &want.hidden);
        close("last", &self.last, &want.last);
        close("gradient of the input", &self.grad_input, &want.grad_input);
        close(
            "gradient of the state",
            &self.grad_initial,
            &want.grad_initial,
        );
    }
}

/// Fails unless both have the same gradients of the same parameters.
#[track_caller]
pub fn assert_gradients_close(
    what: &str,
    got: &[(String, Vec<f64>)],
    want: &[(String, Vec<f64>)],
    tolerance: f64,
) {
    assert_eq!(got.len(), want.len(), "{what}: number of parameters");
    for ((name, got), (_, want)) in got.iter().zip(want) {
        assert_close(&format!("{what}: gradient of {name}"), got, want, tolerance);
    }
}

/// Adds gradients to a sum that starts empty.
pub fn add(sum: &mut Vec<(String, Vec<f64>)>, gradients: Vec<(String, Vec<f64>)>) {
    if sum.is_empty() {
        *sum = gradients;
        return;
    }
    for ((_, sum), (_, gradient)) in sum.iter_mut().zip(gradients) {
        sum.iter_mut().zip(gradient).for_each(|(sum, x)| *sum += x);
    }
}

/// The input of a padded batch, `[batch_size, seq_length, d_input]`.
pub fn padded<B: Backend>(
    shape: &Shape,
    sequences: &[Sequence],
    seq_length: usize,
    filler: f64,
) -> Tensor<B, 3> {
    let row = seq_length * shape.d_input;
    let mut input = vec![filler; sequences.len() * row];
    for (at, sequence) in sequences.iter().enumerate() {
        input[at * row..][..sequence.steps.len()].copy_from_slice(&sequence.steps);
    }
    tensor(&input, [sequences.len(), seq_length, shape.d_input])
}

/// The lengths of a batch.
pub fn lengths(shape: &Shape, sequences: &[Sequence]) -> Lengths {
    Lengths::new(
        sequences
            .iter()
            .map(|sequence| sequence.len(shape))
            .collect(),
    )
    .unwrap()
}

/// The initial states of a batch.
pub fn states<B: Backend>(shape: &Shape, sequences: &[Sequence], scale: f64) -> Vec<State<B>> {
    let sizes = shape.parts();
    let of_state: usize = sizes.iter().sum();
    let part = |state: usize, part: usize| {
        let from = state * of_state + sizes[..part].iter().sum::<usize>();
        let of = |sequence: &Sequence| sequence.initial[from..][..sizes[part]].to_vec();
        let values: Vec<f64> = sequences
            .iter()
            .flat_map(of)
            .map(|value| value * scale)
            .collect();
        tensor(&values, [sequences.len(), sizes[part]])
    };
    let state = |index: usize| State {
        hidden: part(index, 0),
        cell: (sizes.len() == 2).then(|| part(index, 1)),
    };
    (0..shape.states()).map(state).collect()
}

/// The tensors of states, hidden before cell.
pub fn parts<B: Backend>(states: &[State<B>]) -> Vec<Tensor<B, 2>> {
    states
        .iter()
        .flat_map(|s| [Some(s.hidden.clone()), s.cell.clone()])
        .flatten()
        .collect()
}

/// A weighted sum of all outputs, padded ones too. The weights of a sequence depend on its `id` and
/// the place in the sequence alone.
pub fn loss<B: Backend>(
    sequences: &[Sequence],
    hidden: Tensor<B, 3>,
    last: &[State<B>],
) -> Tensor<B, 1> {
    let weight = |id: usize, kind: usize, at: usize| ((id * 131 + kind * 17 + at * 3) as f64).sin();
    let [batch_size, seq_length, d_output] = hidden.dims();
    let weights: Vec<f64> = sequences
        .iter()
        .flat_map(|s| (0..seq_length * d_output).map(move |at| weight(s.id, 0, at)))
        .collect();
    let mut loss = (hidden * tensor(&weights, [batch_size, seq_length, d_output])).sum();
    for (kind, part) in parts(last).into_iter().enumerate() {
        let [_, size] = part.dims();
        let weights: Vec<f64> = sequences
            .iter()
            .flat_map(|s| (0..size).map(move |at| weight(s.id, kind + 1, at)))
            .collect();
        loss = loss + (part * tensor(&weights, [batch_size, size])).sum();
    }
    loss
}

/// Runs a padded batch forwards and back; what is at padded steps has to be exactly zero.
pub fn run<B: AutodiffBackend + RecurrentBackend>(
    network: &Stack<B>,
    shape: &Shape,
    sequences: &[Sequence],
    seq_length: usize,
    filler: f64,
    initial: Initial,
) -> Run {
    let lengths = Some(lengths(shape, sequences));
    let forward = |input, initial| network.forward(input, initial, lengths.clone());
    run_with(
        network, shape, sequences, seq_length, filler, initial, forward,
    )
}

/// [`run`] by a forward pass of another kind.
pub fn run_with<B: AutodiffBackend + RecurrentBackend, O: Into<Forward<B>>>(
    network: &Stack<B>,
    shape: &Shape,
    sequences: &[Sequence],
    seq_length: usize,
    filler: f64,
    initial: Initial,
    forward: impl Fn(Tensor<B, 3>, Option<Vec<State<B>>>) -> O,
) -> Run {
    let input = padded::<B>(shape, sequences, seq_length, filler).require_grad();
    let scale = if initial == Initial::Given { 1.0 } else { 0.0 };
    let initial = (initial != Initial::Absent).then(|| {
        let tracked = |state: State<B>| State {
            hidden: state.hidden.require_grad(),
            cell: state.cell.map(Tensor::require_grad),
        };
        states(shape, sequences, scale)
            .into_iter()
            .map(tracked)
            .collect::<Vec<_>>()
    });
    let output: Forward<B> = forward(input.clone(), initial.clone()).into();
    assert_eq!(
        output.hidden.dims(),
        [sequences.len(), seq_length, shape.d_output()]
    );
    assert_eq!(output.last.len(), shape.states());

    let grads = loss(sequences, output.hidden.clone(), &output.last).backward();
    let hidden = values(output.hidden);
    let grad_input = values(input.grad(&grads).expect("the input has a gradient"));
    let last: Vec<_> = parts(&output.last).into_iter().map(values).collect();
    let grad_initial: Vec<_> = parts(&initial.unwrap_or_default())
        .into_iter()
        .map(|part| values(part.grad(&grads).expect("the state has a gradient")))
        .collect();

    let valid = |of: &[f64], row: usize, d: usize, what: &str| {
        let steps = &of[row * seq_length * d..][..seq_length * d];
        let (valid, padding) = steps.split_at(sequences[row].len(shape) * d);
        assert!(
            padding.iter().all(|&x| x == 0.0),
            "{shape:?}: {what} at padded steps {padding:?}"
        );
        valid.to_vec()
    };
    let of_row = |parts: &[Vec<f64>], row: usize| {
        parts
            .iter()
            .flat_map(|part| {
                let size = part.len() / sequences.len();
                &part[row * size..][..size]
            })
            .copied()
            .collect()
    };
    let outcome = |row: usize| Outcome {
        hidden: valid(&hidden, row, shape.d_output(), "output"),
        last: of_row(&last, row),
        grad_input: valid(&grad_input, row, shape.d_input, "gradient"),
        grad_initial: of_row(&grad_initial, row),
    };
    Run {
        sequences: (0..sequences.len()).map(outcome).collect(),
        parameters: gradients(network, &grads),
    }
}

/// What a forward pass has to give.
pub struct Forward<B: Backend> {
    pub hidden: Tensor<B, 3>,
    pub last: Vec<State<B>>,
}

impl<B: Backend> From<StackOutput<B>> for Forward<B> {
    fn from(output: StackOutput<B>) -> Self {
        Self {
            hidden: output.hidden,
            last: output.last,
        }
    }
}
