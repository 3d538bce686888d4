//! Quantiles that cannot cross, and the loss they are trained by.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Tensor, TensorData, activation::softplus, backend::Backend};

/// Configuration of a [`QuantileHead`].
#[derive(Config, Debug)]
pub struct QuantileHeadConfig {
    /// Size of the features.
    pub d_input: usize,
    /// Number of steps ahead.
    pub horizon: usize,
    /// Quantile levels, ascending, strictly between 0 and 1; 0.5 must be among them.
    pub levels: Vec<f64>,
    /// Quantiles the untrained head starts from, one a level, ascending.
    pub start: Vec<f64>,
}

/// Maps features to quantiles of every step ahead.
///
/// The median is a linear map; each level further out adds a positive distance to the one before,
/// so `q_0.05 ≤ q_0.1 ≤ … ≤ q_0.95` for any input:
///
/// ```text
/// q_m = w_m·x + s_m
/// q_k = q_{k-1} + softplus(w_k·x + b_k)   k > m, and the same downwards
/// ```
///
/// where `s_m` and `b_k` are set so that `x = 0` gives `start`.
#[derive(Module, Debug)]
pub struct QuantileHead<B: Backend> {
    linear: Linear<B>,
    offset: Param<Tensor<B, 2>>,
    #[module(skip)]
    horizon: usize,
    #[module(skip)]
    median: usize,
    #[module(skip)]
    levels: usize,
}

impl QuantileHeadConfig {
    /// Makes the head.
    ///
    /// # Panics
    /// When 0.5 is not among the levels, or `start` is not ascending with one value a level.
    pub fn init<B: Backend>(&self, device: &B::Device) -> QuantileHead<B> {
        let levels = self.levels.len();
        assert_eq!(self.start.len(), levels, "one starting quantile a level");
        assert!(self.start.is_sorted_by(|a, b| a < b), "starting quantiles ascend");
        let median =
            self.levels.iter().position(|&level| level == 0.5).expect("0.5 is among the levels");
        let inverse_softplus = |distance: f64| distance.exp_m1().ln();
        let offsets: Vec<f64> = (0..self.horizon)
            .flat_map(|_| {
                (0..levels).map(|k| match k.cmp(&median) {
                    std::cmp::Ordering::Equal => self.start[k],
                    std::cmp::Ordering::Less => {
                        inverse_softplus(self.start[k + 1] - self.start[k])
                    }
                    std::cmp::Ordering::Greater => {
                        inverse_softplus(self.start[k] - self.start[k - 1])
                    }
                })
            })
            .collect();
        let d_output = self.horizon * levels;
        let linear = LinearConfig::new(self.d_input, d_output).with_bias(false).init(device);
        let offset = Tensor::from_data(TensorData::new(offsets, [1, d_output]), device);
        QuantileHead {
            linear,
            offset: Param::from_tensor(offset),
            horizon: self.horizon,
            median,
            levels,
        }
    }
}

impl<B: Backend> QuantileHead<B> {
    /// # Shapes
    /// - `features`: `[batch_size, d_input]`
    /// - output: `[batch_size, horizon, levels]`, ascending along the last axis
    pub fn forward(&self, features: Tensor<B, 2>) -> Tensor<B, 3> {
        let [batch_size, _] = features.dims();
        let raw = self.linear.forward(features) + self.offset.val();
        let raw = raw.reshape([batch_size, self.horizon, self.levels]);
        let column = |k: usize| raw.clone().slice([0..batch_size, 0..self.horizon, k..k + 1]);

        let mut quantiles = vec![column(self.median)];
        for k in self.median + 1..self.levels {
            quantiles.push(quantiles[quantiles.len() - 1].clone() + softplus(column(k), 1.0));
        }
        for k in (0..self.median).rev() {
            quantiles.insert(0, quantiles[0].clone() - softplus(column(k), 1.0));
        }
        Tensor::cat(quantiles, 2)
    }
}

/// Mean pinball (quantile) loss, `max(τ·(y - q), (τ - 1)·(y - q))`.
///
/// Roger Koenker and Gilbert Bassett, "Regression Quantiles", Econometrica 46(1), 1978.
///
/// # Shapes
/// - `quantiles`: `[batch_size, horizon, levels]`
/// - `target`: `[batch_size, horizon]`
/// - output: `[1]`
pub fn pinball_loss<B: Backend>(
    quantiles: Tensor<B, 3>,
    target: Tensor<B, 2>,
    levels: &[f64],
) -> Tensor<B, 1> {
    let device = quantiles.device();
    let level: Tensor<B, 3> =
        Tensor::from_data(TensorData::new(levels.to_vec(), [1, 1, levels.len()]), &device);
    let error = target.unsqueeze_dim(2) - quantiles;
    let above = error.clone() * level;
    // max(τe, (τ-1)e) = τe + max(-e, 0)
    (above + burn::tensor::activation::relu(error.neg())).mean()
}
