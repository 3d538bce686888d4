//! Work to time, on Flex or on another device.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig, Lstm, LstmConfig};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rekindle_kernels::look_up;
use rekindle_models::{
    AdamConfig, CellKind, Convention, Lengths, Pool, Stack, StackConfig, Stream,
    TextClassifierConfig,
};

/// Words an embedding knows.
pub const VOCABULARY: usize = 8000;
/// Classes of the training step.
pub const CLASSES: usize = 4;

/// Sizes of a batch and a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Sequences.
    pub batch_size: usize,
    /// Steps.
    pub seq_length: usize,
    /// Size of a step.
    pub d_input: usize,
    /// Hidden units.
    pub d_hidden: usize,
}

impl Shape {
    /// `[batch_size, seq_length, d_input, d_hidden]`.
    pub const fn new([batch_size, seq_length, d_input, d_hidden]: [usize; 4]) -> Self {
        Self {
            batch_size,
            seq_length,
            d_input,
            d_hidden,
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            batch_size,
            seq_length,
            d_input,
            d_hidden,
        } = self;
        write!(f, "{batch_size}x{seq_length},{d_input},{d_hidden}")
    }
}

/// Headlines, reviews, prices, and two larger layers.
pub const SHAPES: [Shape; 5] = [
    Shape::new([32, 130, 128, 64]),
    Shape::new([256, 130, 128, 64]),
    Shape::new([32, 60, 1, 50]),
    Shape::new([64, 100, 256, 256]),
    Shape::new([128, 200, 300, 512]),
];

/// Sizes that keep a GPU busy: headlines, prices, and two larger layers.
pub const GPU_SHAPES: [Shape; 4] = [
    Shape::new([256, 130, 128, 64]),
    Shape::new([1024, 60, 32, 64]),
    Shape::new([64, 100, 256, 256]),
    Shape::new([128, 200, 300, 512]),
];

/// One layer, forwards and back, with the gradients of its input and of all parameters.
pub fn layer(cell: CellKind, shape: Shape, lengths: Option<Vec<usize>>) -> impl FnMut() {
    layer_on(cell, shape, lengths, Device::flex())
}

/// The same on any device.
pub fn layer_on(
    cell: CellKind,
    shape: Shape,
    lengths: Option<Vec<usize>>,
    device: Device,
) -> impl FnMut() {
    let config = StackConfig::new(cell, shape.d_input, shape.d_hidden);
    let layer = config.init(&device.clone().autodiff());
    let input = random(shape, shape.d_input, &device);
    let gradient = random(shape, shape.d_hidden, &device);
    let lengths = lengths.map(|lengths| Lengths::new(lengths).expect("no sequence is empty"));
    move || {
        let input = input.clone().autodiff().require_grad();
        let output = layer.forward(input.clone(), None, lengths.clone());
        let loss = (output.hidden * gradient.clone().autodiff()).sum();
        let gradients = loss.backward();
        std::hint::black_box(input.grad(&gradients));
        // A GPU is done only now.
        let _ = device.sync();
    }
}

/// Burn's own LSTM, forwards and back, as [`layer_on`].
pub fn stock_layer_on(shape: Shape, device: Device) -> impl FnMut() {
    let config = LstmConfig::new(shape.d_input, shape.d_hidden, true);
    let layer = config.init(&device.clone().autodiff());
    let input = random(shape, shape.d_input, &device);
    let gradient = random(shape, shape.d_hidden, &device);
    move || {
        let input = input.clone().autodiff().require_grad();
        let (hidden, _) = layer.forward(input.clone(), None);
        let loss = (hidden * gradient.clone().autodiff()).sum();
        let gradients = loss.backward();
        std::hint::black_box(input.grad(&gradients));
        // A GPU is done only now.
        let _ = device.sync();
    }
}

/// A number for each of `d` units at every step.
fn random(shape: Shape, d: usize, device: &Device) -> Tensor<3> {
    let distribution = burn::tensor::Distribution::Normal(0.0, 1.0);
    Tensor::random(
        [shape.batch_size, shape.seq_length, d],
        distribution,
        device,
    )
}

/// Embedding, one layer, linear.
#[derive(Module, Debug)]
struct Classifier {
    embedding: Embedding,
    stack: Stack,
    linear: Linear,
}

impl Classifier {
    fn forward(&self, words: Tensor<2, Int>) -> Tensor<2> {
        let embedded = look_up(self.embedding.weight.val(), words);
        self.linear
            .forward(self.stack.forward(embedded, None, None).last_hidden())
    }
}

/// The same with Burn's own LSTM.
#[derive(Module, Debug)]
struct StockClassifier {
    embedding: Embedding,
    lstm: Lstm,
    linear: Linear,
}

impl StockClassifier {
    fn forward(&self, words: Tensor<2, Int>) -> Tensor<2> {
        let (_, state) = self.lstm.forward(self.embedding.forward(words), None);
        self.linear.forward(state.hidden)
    }
}

/// Words and labels of a batch, the same at every call.
fn batch(shape: Shape, device: &Device) -> (Tensor<2, Int>, Tensor<1, Int>) {
    let word = |at: usize| (at * 7919 + 13) as i32 % VOCABULARY as i32;
    let words: Vec<i32> = (0..shape.batch_size * shape.seq_length).map(word).collect();
    let labels: Vec<i32> = (0..shape.batch_size)
        .map(|at| (at % CLASSES) as i32)
        .collect();
    let words = TensorData::new(words, [shape.batch_size, shape.seq_length]);
    let labels = TensorData::new(labels, [shape.batch_size]);
    (
        Tensor::from_data(words, device),
        Tensor::from_data(labels, device),
    )
}

/// A training step: embedding, LSTM, linear, cross-entropy, backward pass, Adam.
pub fn training_step(shape: Shape) -> impl FnMut() {
    training_step_on(shape, Device::flex())
}

/// The same on any device.
pub fn training_step_on(shape: Shape, device: Device) -> impl FnMut() {
    let device = device.autodiff();
    let model = Classifier {
        embedding: EmbeddingConfig::new(VOCABULARY, shape.d_input).init(&device),
        stack: StackConfig::new(CellKind::Lstm, shape.d_input, shape.d_hidden).init(&device),
        linear: LinearConfig::new(shape.d_hidden, CLASSES).init(&device),
    };
    let adam = AdamConfig::new().init();
    steps(shape, device, model, adam, |model, words| {
        model.forward(words)
    })
}

/// A training step of the news task's `recipe=course`, with its dropouts.
pub fn course_step(shape: Shape) -> impl FnMut() {
    let config = TextClassifierConfig::new(VOCABULARY, CLASSES, shape.d_input, shape.d_hidden)
        .with_bidirectional(false)
        .with_pool(Pool::Last)
        .with_spatial_dropout(0.7)
        .with_input_dropout(0.7)
        .with_recurrent_dropout(0.7)
        .with_convention(Convention::Keras);
    let device = Device::flex().autodiff();
    let model = config.init(&device);
    let adam = AdamConfig::new().init();
    steps(shape, device, model, adam, |model, words| {
        model.forward(words, None, false).logits
    })
}

/// The same training step with Burn's own LSTM and Adam.
pub fn stock_training_step(shape: Shape) -> impl FnMut() {
    let device = Device::flex().autodiff();
    let model = StockClassifier {
        embedding: EmbeddingConfig::new(VOCABULARY, shape.d_input).init(&device),
        lstm: LstmConfig::new(shape.d_input, shape.d_hidden, true).init(&device),
        linear: LinearConfig::new(shape.d_hidden, CLASSES).init(&device),
    };
    let adam = burn::optim::AdamConfig::new().init();
    steps(shape, device, model, adam, |model, words| {
        model.forward(words)
    })
}

/// Steps of any classifier: forward, cross-entropy, backward, update.
fn steps<M: Module>(
    shape: Shape,
    device: Device,
    model: M,
    mut optimizer: ModuleOptimizer,
    forward: impl Fn(&M, Tensor<2, Int>) -> Tensor<2>,
) -> impl FnMut() {
    let mut model = Some(model);
    let (words, labels) = batch(shape, &device);
    move || {
        let taken = model.take().expect("put back after every step");
        let logits = forward(&taken, words.clone());
        let gradients = loss(logits, labels.clone()).backward();
        let gradients = GradientsParams::from_grads(gradients, &taken);
        model = Some(optimizer.step(1e-3, taken, gradients));
        // A GPU is done only now.
        let _ = device.sync();
    }
}

fn loss(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let device = logits.device();
    CrossEntropyLossConfig::new()
        .init(&device)
        .forward(logits, labels)
}

/// A step of one sequence, state in and state out.
pub fn streaming_step(cell: CellKind, d_input: usize, d_hidden: usize) -> impl FnMut() {
    let stack = StackConfig::new(cell, d_input, d_hidden).init(&Device::flex());
    let stream = Stream::new(&stack).expect("one layer, forwards");
    let mut state = stream.state();
    let input = vec![0.5; d_input];
    move || {
        std::hint::black_box(stream.step(std::hint::black_box(&input), &mut state));
    }
}
