//! Adam with decoupled weight decay.

use burn::config::Config;
use burn::module::AutodiffModule;
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{LearningRate, SimpleOptimizer};
use burn::record::Record;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Device, Tensor};
use rekindle_kernels::{AdamStep, AdamTensors, RecurrentBackend};

/// Configuration of [`Adam`]; the defaults are PyTorch's.
#[derive(Config, Debug)]
pub struct AdamConfig {
    /// Share of the first moment that is kept each step.
    #[config(default = 0.9)]
    pub beta_1: f64,
    /// Share of the second moment that is kept each step.
    #[config(default = 0.999)]
    pub beta_2: f64,
    /// What keeps a division by the second moment finite.
    #[config(default = 1e-8)]
    pub epsilon: f64,
    /// Share of a parameter, times the learning rate, that is taken away each step.
    #[config(default = 0.0)]
    pub weight_decay: f64,
}

/// Adam, in one pass over memory on the CPU backends; equations are with [`AdamStep`].
#[derive(Debug, Clone)]
pub struct Adam {
    config: AdamConfig,
}

/// What [`Adam`] remembers of a parameter.
#[derive(Record, Clone)]
pub struct AdamState<B: Backend, const D: usize> {
    /// Steps taken.
    pub time: usize,
    /// Running mean of the gradient.
    pub moment_1: Tensor<B, D>,
    /// Running mean of its square.
    pub moment_2: Tensor<B, D>,
}

impl AdamConfig {
    /// Makes the optimizer of a module.
    pub fn init<B, M>(&self) -> OptimizerAdaptor<Adam, M, B>
    where
        B: AutodiffBackend<InnerBackend: RecurrentBackend>,
        M: AutodiffModule<B>,
    {
        OptimizerAdaptor::from(Adam {
            config: self.clone(),
        })
    }
}

impl<B: RecurrentBackend> SimpleOptimizer<B> for Adam {
    type State<const D: usize> = AdamState<B, D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<B, D>,
        grad: Tensor<B, D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<B, D>, Option<Self::State<D>>) {
        let state = state.unwrap_or_else(|| AdamState {
            time: 0,
            moment_1: tensor.zeros_like(),
            moment_2: tensor.zeros_like(),
        });
        let time = state.time + 1;
        let step = AdamStep {
            lr,
            beta_1: self.config.beta_1,
            beta_2: self.config.beta_2,
            epsilon: self.config.epsilon,
            weight_decay: self.config.weight_decay,
            time,
        };
        let tensors = AdamTensors {
            parameter: tensor,
            moment_1: state.moment_1,
            moment_2: state.moment_2,
        };
        let updated = step.apply(tensors, grad);
        let state = AdamState {
            time,
            moment_1: updated.moment_1,
            moment_2: updated.moment_2,
        };
        (updated.parameter, Some(state))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device<B>) -> Self::State<D> {
        state.moment_1 = state.moment_1.to_device(device);
        state.moment_2 = state.moment_2.to_device(device);
        state
    }
}
