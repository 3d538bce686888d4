//! Adam with decoupled weight decay.

use burn::config::Config;
use burn::optim::{LearningRate, ModuleOptimizer, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};
use rekindle_kernels::{AdamStep, AdamTensors};

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
    /// Add epsilon to the root of the second moment before that is corrected, as Keras and TensorFlow do: it
    /// weighs more in the first steps, and most on parameters that seldom have a gradient.
    #[config(default = false)]
    pub early_epsilon: bool,
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
#[derive(Clone)]
pub struct AdamState<const D: usize> {
    /// Steps taken.
    pub time: usize,
    /// Running mean of the gradient.
    pub moment_1: Tensor<D>,
    /// Running mean of its square.
    pub moment_2: Tensor<D>,
}

// Burn's derive works inside Burn only.
impl<const D: usize> RecordState for AdamState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "time", self.time.into());
        out.push_tensor(prefix, "moment_1", self.moment_1.to_data());
        out.push_tensor(prefix, "moment_2", self.moment_2.to_data());
    }

    fn state_unflatten(prefix: &str, from: &mut StateSource, device: &Device) -> Option<Self> {
        let time = usize::try_from(from.take_scalar(prefix, "time")?).ok()?;
        let moment_1 = from.take_tensor(prefix, "moment_1")?;
        let moment_2 = from.take_tensor(prefix, "moment_2")?;
        // A damaged file may hold a tensor of another rank, which Burn would refuse with a panic.
        let fits = moment_1.shape().num_dims() == D && moment_2.shape().num_dims() == D;
        fits.then(|| Self {
            time,
            moment_1: Tensor::from_data(moment_1, device),
            moment_2: Tensor::from_data(moment_2, device),
        })
    }
}

impl AdamConfig {
    /// Makes the optimizer of a module.
    pub fn init(&self) -> ModuleOptimizer {
        ModuleOptimizer::from(Adam {
            config: self.clone(),
        })
    }
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let state = state.unwrap_or_else(|| AdamState {
            time: 0,
            moment_1: tensor.zeros_like(),
            moment_2: tensor.zeros_like(),
        });
        let time = state.time + 1;
        let mut step = AdamStep {
            lr,
            beta_1: self.config.beta_1,
            beta_2: self.config.beta_2,
            epsilon: self.config.epsilon,
            weight_decay: self.config.weight_decay,
            time,
        };
        if self.config.early_epsilon {
            step.epsilon /= step.corrections().1.sqrt();
        }
        let tensors = AdamTensors {
            parameter: tensor,
            moment_1: state.moment_1,
            moment_2: state.moment_2,
        };
        let updated = step.update(tensors, grad);
        let state = AdamState {
            time,
            moment_1: updated.moment_1,
            moment_2: updated.moment_2,
        };
        (updated.parameter, Some(state))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moment_1 = state.moment_1.to_device(device);
        state.moment_2 = state.moment_2.to_device(device);
        state
    }
}
