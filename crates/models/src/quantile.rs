//! Quantiles that cannot cross, and the loss they are trained by.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{log_sigmoid, relu};
use burn::tensor::{Device, Tensor, TensorData};
use std::cmp::Ordering;

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
pub struct QuantileHead {
    linear: Linear,
    offset: Param<Tensor<2>>,
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
    /// When the levels do not ascend between 0 and 1 with 0.5 among them, or `start` does not ascend
    /// with one value a level.
    pub fn init(&self, device: &Device) -> QuantileHead {
        let levels = self.levels.len();
        let (offsets, median) = offsets(&self.levels, &self.start, self.horizon);
        let d_output = self.horizon * levels;
        let linear = LinearConfig::new(self.d_input, d_output)
            .with_bias(false)
            .init(device);
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

impl QuantileHead {
    /// # Shapes
    /// - `features`: `[batch_size, d_input]`
    /// - output: `[batch_size, horizon, levels]`, ascending along the last axis
    pub fn forward(&self, features: Tensor<2>) -> Tensor<3> {
        let [batch_size, _] = features.dims();
        let raw = self.linear.forward(features) + self.offset.val();
        ascend(
            raw.reshape([batch_size, self.horizon, self.levels]),
            self.median,
        )
    }
}

/// Offsets from which [`ascend`] gives `start` at every step, `[horizon * levels]`, and where the
/// median is.
pub(crate) fn offsets(levels: &[f64], start: &[f64], horizon: usize) -> (Vec<f64>, usize) {
    assert_eq!(start.len(), levels.len(), "one starting quantile a level");
    assert!(
        start.is_sorted_by(|a, b| a < b),
        "starting quantiles ascend"
    );
    assert!(
        levels.is_sorted_by(|a, b| a < b) && levels.iter().all(|&level| level > 0.0 && level < 1.0),
        "levels ascend between 0 and 1"
    );
    let median = levels
        .iter()
        .position(|&level| level == 0.5)
        .expect("0.5 is among the levels");
    // ln(e^d - 1), with nothing to overflow in units as large as prices.
    let inverse_softplus = |distance: f64| distance + (-(-distance).exp_m1()).ln();
    let offset = |k: usize| match k.cmp(&median) {
        Ordering::Equal => start[k],
        Ordering::Less => inverse_softplus(start[k + 1] - start[k]),
        Ordering::Greater => inverse_softplus(start[k] - start[k - 1]),
    };
    let values = (0..horizon)
        .flat_map(|_| (0..levels.len()).map(offset))
        .collect();
    (values, median)
}

/// The column at `median` as it is, each column further out a softplus away from the one before;
/// `[batch_size, horizon, levels]`.
pub(crate) fn ascend(raw: Tensor<3>, median: usize) -> Tensor<3> {
    let [batch_size, horizon, levels] = raw.dims();
    let column = |k: usize| raw.clone().slice([0..batch_size, 0..horizon, k..k + 1]);
    let mut above = vec![column(median)];
    for k in median + 1..levels {
        above.push(above[above.len() - 1].clone() + softplus(column(k)));
    }
    let mut below = vec![column(median)];
    for k in (0..median).rev() {
        below.push(below[below.len() - 1].clone() - softplus(column(k)));
    }
    let quantiles = below.into_iter().skip(1).rev().chain(above).collect();
    Tensor::cat(quantiles, 2)
}

/// `ln(1 + e^x)`. Burn's own takes `e^x` as it stands: infinite from `x` = 89 on in single precision.
fn softplus(x: Tensor<3>) -> Tensor<3> {
    -log_sigmoid(-x)
}

/// Mean pinball (quantile) loss, `max(τ·(y - q), (τ - 1)·(y - q))`.
///
/// Roger Koenker and Gilbert Bassett, "Regression Quantiles", Econometrica 46(1), 1978.
///
/// # Shapes
/// - `quantiles`: `[batch_size, horizon, levels]`
/// - `target`: `[batch_size, horizon]`
/// - output: `[1]`
pub fn pinball_loss(quantiles: Tensor<3>, target: Tensor<2>, levels: &[f64]) -> Tensor<1> {
    let level = TensorData::new(levels.to_vec(), [1, 1, levels.len()]);
    let level: Tensor<3> = Tensor::from_data(level, (&quantiles.device(), quantiles.dtype()));
    let error = target.unsqueeze_dim(2) - quantiles;
    let above = error.clone() * level;
    // max(τe, (τ-1)e) = τe + max(-e, 0)
    (above + relu(error.neg())).mean()
}
