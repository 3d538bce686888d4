//! An LSTM with a linear head learns to continue sine waves, with Burn's own Adam.

use burn::backend::Autodiff;
use burn::module::Module;
use burn::nn::loss::{MseLoss, Reduction};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, Optimizer};
use burn::tensor::{Tensor, TensorData, backend::Backend};
use burn_flex::Flex;
use rekindle_models::{CellKind, RecurrentBackend, Stack, StackConfig};
use std::f32::consts::TAU;

const BATCH: usize = 32;
const SEQ_LENGTH: usize = 24;
const D_HIDDEN: usize = 16;
const STEPS: usize = 200;

#[derive(Module, Debug)]
struct Network<B: Backend> {
    layers: Stack<B>,
    head: Linear<B>,
}

impl<B: RecurrentBackend> Network<B> {
    fn new(device: &B::Device) -> Self {
        Self {
            layers: StackConfig::new(CellKind::Lstm, 1, D_HIDDEN).init(device),
            head: LinearConfig::new(D_HIDDEN, 1).init(device),
        }
    }

    /// The next value after every step, `[batch_size, seq_length, 1]`.
    fn forward(&self, waves: Tensor<B, 3>) -> Tensor<B, 3> {
        self.head
            .forward(self.layers.forward(waves, None, None).hidden)
    }
}

/// Waves that begin anywhere, and the same one step later.
fn batch<B: Backend>(step: usize, device: &B::Device) -> [Tensor<B, 3>; 2] {
    [0, 1].map(|shift| {
        let value = |at: usize| {
            let start = ((step * BATCH + at / SEQ_LENGTH) as f32 * 0.618).fract() * TAU;
            (start + (at % SEQ_LENGTH + shift) as f32 * 0.5).sin()
        };
        let values = (0..BATCH * SEQ_LENGTH).map(value).collect();
        Tensor::from_data(TensorData::new(values, [BATCH, SEQ_LENGTH, 1]), device)
    })
}

fn main() {
    type Training = Autodiff<Flex>;
    let device = Default::default();
    let mut network = Network::<Training>::new(&device);
    let mut adam = AdamConfig::new().init();
    let mut losses = Vec::new();
    for step in 0..STEPS {
        let [waves, targets] = batch(step, &device);
        let loss = MseLoss::new().forward(network.forward(waves), targets, Reduction::Mean);
        losses.push(loss.clone().into_scalar());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = adam.step(0.01, network, gradients);
        if step % 20 == 0 || step + 1 == STEPS {
            println!("step {step:>3}: loss {:.5}", losses[step]);
        }
    }
    let (first, last) = (losses[0], losses[STEPS - 1]);
    assert!(
        last < first / 20.0,
        "the loss only fell from {first} to {last}"
    );
}
