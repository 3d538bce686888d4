//! Whether the numbers of a model are numbers.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Whether every weight is finite; waits for the device.
pub fn all_finite<M: Module>(model: &M) -> bool {
    let mut look = Look { finite: true };
    model.visit(&mut look);
    look.finite
}

struct Look {
    finite: bool,
}

impl ModuleVisitor for Look {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.finite = self.finite && param.val().into_data().iter::<f32>().all(f32::is_finite);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::LinearConfig;
    use burn::tensor::Device;

    #[test]
    fn one_weight_is_enough() {
        let mut layer = LinearConfig::new(2, 2).init(&Device::flex());
        assert!(all_finite(&layer));
        for bad in [f32::NAN, f32::INFINITY] {
            layer.bias = layer.bias.map(|bias| bias.map(|bias| bias * 0.0 + bad));
            assert!(!all_finite(&layer));
        }
    }
}
