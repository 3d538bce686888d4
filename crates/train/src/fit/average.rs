//! A running mean of a model's weights.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::collections::HashMap;

/// Steps between two updates: one each step would cost more and change nothing that matters.
const INTERVAL: usize = 8;

/// The exponential mean of the weights a model had, which wanders less than they do:
///
/// ```text
/// m ← d·m + (1-d)·p    d = min(decay, (1+n) / (10+n)) at the n-th step
/// ```
///
/// Boris Polyak and Anatoli Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.
pub struct Average<M: Module> {
    decay: f64,
    mean: Option<M>,
    state: AverageState,
}

/// What a mean has seen.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct AverageState {
    /// Steps since it began.
    pub steps: usize,
}

impl<M: Module> Average<M> {
    /// A mean that keeps this share each step; none at all for 0.
    pub fn new(decay: f64) -> Self {
        Self {
            decay,
            mean: None,
            state: AverageState::default(),
        }
    }

    /// There is a mean to keep.
    pub fn is_kept(&self) -> bool {
        self.decay > 0.0
    }

    /// What it has seen.
    pub fn state(&self) -> AverageState {
        self.state
    }

    /// Goes on from the mean of a checkpoint.
    pub fn go_on(&mut self, mean: M, state: AverageState) {
        self.mean = Some(mean);
        self.state = state;
    }

    /// The mean, or the weights themselves where none is kept.
    pub fn model(&self, model: &M) -> M {
        self.mean.clone().unwrap_or_else(|| model.valid())
    }

    /// Counts a step after which the weights are `model`'s.
    pub fn step(&mut self, model: &M) {
        if !self.is_kept() {
            return;
        }
        self.state.steps += 1;
        if !self.state.steps.is_multiple_of(INTERVAL) && self.mean.is_some() {
            return;
        }
        let now = model.valid();
        self.mean = Some(match self.mean.take() {
            None => now,
            Some(mean) => {
                let n = self.state.steps as f64;
                let keep = self.decay.min((1.0 + n) / (10.0 + n)).powi(INTERVAL as i32);
                let mut collect = Collect::default();
                mean.visit(&mut collect);
                drop(mean);
                now.map(&mut Mix {
                    means: collect.tensors,
                    keep,
                })
            }
        });
    }
}

type Tensors = HashMap<ParamId, Box<dyn Any>>;

#[derive(Default)]
struct Collect {
    tensors: Tensors,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.tensors.insert(param.id, Box::new(param.val()));
    }
}

struct Mix {
    means: Tensors,
    keep: f64,
}

impl ModuleMapper for Mix {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let mean = self.means.remove(&param.id);
        let Some(Ok(mean)) = mean.map(|mean| mean.downcast::<Tensor<D>>()) else {
            return param;
        };
        param.map(|now| *mean * self.keep + now * (1.0 - self.keep))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    fn layer(value: f32) -> Linear {
        let device = Device::flex().autodiff();
        let mut layer = LinearConfig::new(1, 1).with_bias(false).init(&device);
        let id = layer.weight.id;
        let weight = Tensor::full([1, 1], value, &device).require_grad();
        layer.weight = Param::initialized(ParamId::from(id.val()), weight);
        layer
    }

    fn value(average: &Average<Linear>, layer: &Linear) -> f32 {
        average.model(layer).weight.val().into_scalar()
    }

    #[test]
    fn the_mean_follows_slowly_and_nothing_is_kept_without_decay() {
        let mut model = layer(0.0);
        let mut average = Average::<Linear>::new(0.9);
        average.step(&model);
        assert_eq!(value(&average, &model), 0.0);
        let one = Tensor::full([1, 1], 1.0, &Device::flex().autodiff());
        model.weight = model.weight.map(|_| one);
        for _ in 1..INTERVAL {
            average.step(&model);
        }
        let n = INTERVAL as f64;
        let keep = 0.9_f64.min((1.0 + n) / (10.0 + n)).powi(INTERVAL as i32);
        assert!((f64::from(value(&average, &model)) - (1.0 - keep)).abs() < 1e-6);
        for _ in 0..800 {
            average.step(&model);
        }
        assert!((value(&average, &model) - 1.0).abs() < 1e-5);

        let mut none = Average::<Linear>::new(0.0);
        none.step(&model);
        assert!(none.mean.is_none() && none.state().steps == 0);
        assert_eq!(value(&none, &model), 1.0);
    }
}
