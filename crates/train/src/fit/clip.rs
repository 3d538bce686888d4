//! Gradient clipping by the global norm.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Scales all gradients so that their norm taken together is at most `max_norm`; 0 leaves them as
/// they are. `sum` is what [`sum_of_squares`] gives.
///
/// Razvan Pascanu, Tomas Mikolov and Yoshua Bengio, "On the difficulty of training recurrent neural
/// networks", ICML 2013.
pub fn clip<M: Module>(
    model: &M,
    gradients: &mut GradientsParams,
    max_norm: f64,
    sum: Option<Tensor<1>>,
) {
    if max_norm <= 0.0 {
        return;
    }
    if let Some(sum) = sum {
        // Stays on the device: reading the norm would wait for the GPU at every step.
        let factor = (sum.sqrt() + 1e-12)
            .recip()
            .mul_scalar(max_norm)
            .clamp_max(1.0);
        model.visit(&mut Scale { gradients, factor });
    }
}

/// The norm that this sum of squares is of; waits for the device.
pub fn norm(sum: Tensor<1>) -> f64 {
    sum.into_data().iter::<f64>().sum::<f64>().sqrt()
}

/// The norm of each gradient beside the number of its parameter and its shape; waits for the device.
pub fn norms<M: Module>(model: &M, gradients: &GradientsParams) -> Vec<(Vec<usize>, f64)> {
    struct Norms<'a> {
        gradients: &'a GradientsParams,
        norms: Vec<(Vec<usize>, f64)>,
    }
    impl ModuleVisitor for Norms<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.get::<D>(param.id) {
                let shape = gradient.dims().to_vec();
                let sum = (gradient.clone() * gradient).sum();
                self.norms.push((shape, norm(sum)));
            }
        }
    }
    let mut norms = Norms {
        gradients,
        norms: Vec::new(),
    };
    model.visit(&mut norms);
    norms.norms
}

/// Sum of the squares of all gradients, if there are any.
pub fn sum_of_squares<M: Module>(model: &M, gradients: &GradientsParams) -> Option<Tensor<1>> {
    let mut squares = SumOfSquares {
        gradients,
        sum: None,
    };
    model.visit(&mut squares);
    squares.sum
}

struct SumOfSquares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SumOfSquares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = (gradient.clone() * gradient).sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            let scaled = gradient * self.factor.clone().unsqueeze();
            self.gradients.register::<D>(param.id, scaled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    /// A layer, and gradients of norm 5: 3 in its weight, 4 in its bias.
    fn norm_five(scale: f32) -> (Linear, GradientsParams) {
        let device = Device::flex().autodiff();
        let layer = LinearConfig::new(1, 1).init(&device);
        let weight = layer.weight.val().sum() * (3.0 * scale);
        let bias = layer.bias.as_ref().expect("a bias").val().sum() * (4.0 * scale);
        let gradients = GradientsParams::from_grads((weight + bias).backward(), &layer);
        (layer, gradients)
    }

    fn values(layer: &Linear, gradients: &GradientsParams) -> [f32; 2] {
        let weight = gradients.get::<2>(layer.weight.id).expect("one");
        let bias = layer.bias.as_ref().expect("a bias").id;
        let bias = gradients.get::<1>(bias).expect("one");
        [weight.into_scalar(), bias.into_scalar()]
    }

    #[test]
    fn all_gradients_shrink_to_the_norm_together() {
        for (max_norm, expected) in [(1.0, [0.6, 0.8]), (10.0, [3.0, 4.0]), (0.0, [3.0, 4.0])] {
            let (layer, mut gradients) = norm_five(1.0);
            let sum = sum_of_squares(&layer, &gradients);
            clip(&layer, &mut gradients, max_norm, sum);
            for (value, expected) in values(&layer, &gradients).into_iter().zip(expected) {
                assert!((value - expected).abs() < 1e-6, "{max_norm}: {value}");
            }
        }
    }

    #[test]
    fn an_overflow_is_seen() {
        for (scale, finite) in [(1.0, true), (f32::INFINITY, false), (f32::NAN, false)] {
            let (layer, gradients) = norm_five(scale);
            let sum = sum_of_squares(&layer, &gradients).expect("there are some");
            assert_eq!(norm(sum).is_finite(), finite);
        }
    }
}
