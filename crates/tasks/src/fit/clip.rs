//! Gradient clipping by the global norm.

use burn::module::{AutodiffModule, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, backend::AutodiffBackend};
use std::marker::PhantomData;

/// Scales all gradients so that their norm taken together is at most `max_norm`; 0 leaves them as
/// they are.
///
/// Razvan Pascanu, Tomas Mikolov and Yoshua Bengio, "On the difficulty of training recurrent neural
/// networks", ICML 2013.
pub fn clip<B: AutodiffBackend, M: AutodiffModule<B>>(
    model: &M,
    gradients: &mut GradientsParams,
    max_norm: f64,
) {
    if max_norm <= 0.0 {
        return;
    }
    if let Some(sum) = sum_of_squares::<B, M>(model, gradients) {
        // Stays on the device: reading the norm would wait for the GPU at every step.
        let factor = (sum.sqrt() + 1e-12)
            .recip()
            .mul_scalar(max_norm)
            .clamp_max(1.0);
        model.visit(&mut Scale::<B> {
            gradients,
            factor,
            backend: PhantomData,
        });
    }
}

/// Whether every gradient is finite; waits for the device.
pub fn is_finite<B: AutodiffBackend, M: AutodiffModule<B>>(
    model: &M,
    gradients: &GradientsParams,
) -> bool {
    let sum = sum_of_squares::<B, M>(model, gradients);
    let sum = sum.map(|sum| sum.into_data().iter::<f64>().sum());
    sum.is_none_or(f64::is_finite)
}

fn sum_of_squares<B: AutodiffBackend, M: AutodiffModule<B>>(
    model: &M,
    gradients: &GradientsParams,
) -> Option<Tensor<B::InnerBackend, 1>> {
    let mut squares = SumOfSquares::<B> {
        gradients,
        sum: None,
    };
    model.visit(&mut squares);
    squares.sum
}

struct SumOfSquares<'a, B: AutodiffBackend> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<B::InnerBackend, 1>>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for SumOfSquares<'_, B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.gradients.get::<B::InnerBackend, D>(param.id) {
            let square = (gradient.clone() * gradient).sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Scale<'a, B: AutodiffBackend> {
    gradients: &'a mut GradientsParams,
    factor: Tensor<B::InnerBackend, 1>,
    backend: PhantomData<B>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Scale<'_, B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.gradients.remove::<B::InnerBackend, D>(param.id) {
            let scaled = gradient * self.factor.clone().unsqueeze();
            self.gradients
                .register::<B::InnerBackend, D>(param.id, scaled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Autodiff;
    use burn::nn::{Linear, LinearConfig};
    use burn_flex::Flex;

    type B = Autodiff<Flex>;

    /// A layer, and gradients of norm 5: 3 in its weight, 4 in its bias.
    fn norm_five(scale: f32) -> (Linear<B>, GradientsParams) {
        let device = Default::default();
        let layer: Linear<B> = LinearConfig::new(1, 1).init(&device);
        let weight = layer.weight.val().sum() * (3.0 * scale);
        let bias = layer.bias.as_ref().expect("a bias").val().sum() * (4.0 * scale);
        let gradients = GradientsParams::from_grads((weight + bias).backward(), &layer);
        (layer, gradients)
    }

    fn values(layer: &Linear<B>, gradients: &GradientsParams) -> [f32; 2] {
        let weight = gradients.get::<Flex, 2>(layer.weight.id).expect("one");
        let bias = layer.bias.as_ref().expect("a bias").id;
        let bias = gradients.get::<Flex, 1>(bias).expect("one");
        [weight.into_scalar(), bias.into_scalar()]
    }

    #[test]
    fn all_gradients_shrink_to_the_norm_together() {
        for (max_norm, expected) in [(1.0, [0.6, 0.8]), (10.0, [3.0, 4.0]), (0.0, [3.0, 4.0])] {
            let (layer, mut gradients) = norm_five(1.0);
            clip::<B, _>(&layer, &mut gradients, max_norm);
            for (value, expected) in values(&layer, &gradients).into_iter().zip(expected) {
                assert!((value - expected).abs() < 1e-6, "{max_norm}: {value}");
            }
        }
    }

    #[test]
    fn an_overflow_is_seen() {
        for (scale, finite) in [(1.0, true), (f32::INFINITY, false), (f32::NAN, false)] {
            let (layer, gradients) = norm_five(scale);
            assert_eq!(is_finite::<B, _>(&layer, &gradients), finite);
        }
    }
}
