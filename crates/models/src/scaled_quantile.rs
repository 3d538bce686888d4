//! Quantiles of one shape whose width alone depends on the features.

use crate::quantile::{ascend, offsets};
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};

/// Widths stay within a factor of `e^3` of the learned shape.
const WIDEST: f64 = 3.0;

/// Configuration of a [`ScaledQuantileHead`].
#[derive(Config, Debug)]
pub struct ScaledQuantileHeadConfig {
    /// Size of the features.
    pub d_input: usize,
    /// Quantile levels, ascending, strictly between 0 and 1; 0.5 must be among them.
    pub levels: Vec<f64>,
    /// Quantiles whose distances from their median the untrained head starts from, one a level,
    /// ascending.
    pub start: Vec<f64>,
    /// The median of each step ahead; it is not trained.
    pub medians: Vec<f64>,
}

/// Maps features to quantiles of every step ahead, of a location-scale family:
///
/// ```text
/// q_k = m + s(x) · d_k     s(x) = exp(3·tanh(w·x / 3))
/// ```
///
/// with a given median `m` and ascending distances `d_k` (`d` of the median is 0) that are learned
/// for each step but the same for all `x`. Where the features carry the spread of the outcome and
/// not its direction, as with returns, it has far less to overfit than
/// [`QuantileHead`](crate::QuantileHead).
#[derive(Module, Debug)]
pub struct ScaledQuantileHead {
    linear: Linear,
    /// `[1, horizon, levels - 1]`, what [`ascend`] takes beside the median.
    increments: Param<Tensor<3>>,
    #[module(skip)]
    medians: Vec<f64>,
    #[module(skip)]
    median: usize,
}

impl ScaledQuantileHeadConfig {
    /// Makes the head.
    ///
    /// # Panics
    /// When the levels do not ascend between 0 and 1 with 0.5 among them, or `start` does not ascend
    /// with one value a level.
    pub fn init(&self, device: &Device) -> ScaledQuantileHead {
        let horizon = self.medians.len();
        let (offsets, median) = offsets(&self.levels, &self.start, horizon);
        let levels = self.levels.len();
        let beside = offsets
            .into_iter()
            .enumerate()
            .filter(|(at, _)| at % levels != median);
        let increments: Vec<f64> = beside.map(|(_, offset)| offset).collect();
        let increments = TensorData::new(increments, [1, horizon, levels - 1]);
        // Small, so that training starts from `start` for every window.
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.01,
        };
        let linear = LinearConfig::new(self.d_input, horizon)
            .with_bias(false)
            .with_initializer(small)
            .init(device);
        ScaledQuantileHead {
            linear,
            increments: Param::from_tensor(Tensor::from_data(increments, device)),
            medians: self.medians.clone(),
            median,
        }
    }
}

impl ScaledQuantileHead {
    /// # Shapes
    /// - `features`: `[batch_size, d_input]`
    /// - output: `[batch_size, horizon, levels]`, ascending along the last axis
    pub fn forward(&self, features: Tensor<2>) -> Tensor<3> {
        let like = (&features.device(), features.dtype());
        let log_scale = self.linear.forward(features);
        let [batch_size, horizon] = log_scale.dims();
        let scale = ((log_scale / WIDEST).tanh() * WIDEST)
            .exp()
            .unsqueeze_dim::<3>(2);
        let increments = self.increments.val();
        let [_, _, beside] = increments.dims();
        let zero = Tensor::zeros([1, horizon, 1], like);
        let below = increments.clone().slice([0..1, 0..horizon, 0..self.median]);
        let above = increments.slice([0..1, 0..horizon, self.median..beside]);
        let distances = ascend(Tensor::cat(vec![below, zero, above], 2), self.median);
        let medians = TensorData::new(self.medians.clone(), [1, horizon, 1]);
        let medians = Tensor::<3>::from_data(medians, like);
        distances.expand([batch_size, horizon, beside + 1]) * scale + medians
    }
}
