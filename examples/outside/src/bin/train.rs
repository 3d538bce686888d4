//! An LSTM with a linear head learns to continue sine waves, with Burn's own Adam.

use burn::module::Module;
use burn::nn::loss::{MseLoss, Reduction};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use rekindle_models::{CellKind, Stack, StackConfig};
use std::f32::consts::TAU;

const BATCH: usize = 32;
const SEQ_LENGTH: usize = 24;
const D_HIDDEN: usize = 16;
const STEPS: usize = 200;

#[derive(Module, Debug)]
struct Network {
    layers: Stack,
    head: Linear,
}

impl Network {
    fn new(device: &Device) -> Self {
        Self {
            layers: StackConfig::new(CellKind::Lstm, 1, D_HIDDEN).init(device),
            head: LinearConfig::new(D_HIDDEN, 1).init(device),
        }
    }

    /// The next value after every step, `[batch_size, seq_length, 1]`.
    fn forward(&self, waves: Tensor<3>) -> Tensor<3> {
        self.head
            .forward(self.layers.forward(waves, None, None).hidden)
    }
}

/// Waves that begin anywhere, and the same one step later.
fn batch(step: usize, device: &Device) -> [Tensor<3>; 2] {
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
    let device = Device::flex().autodiff();
    let mut network = Network::new(&device);
    let mut adam = AdamConfig::new().init();
    let mut losses = Vec::new();
    for step in 0..STEPS {
        let [waves, targets] = batch(step, &device);
        let loss = MseLoss::new().forward(network.forward(waves), targets, Reduction::Mean);
        losses.push(loss.clone().into_scalar::<f32>());
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
