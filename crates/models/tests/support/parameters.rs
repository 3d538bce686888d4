//! Parameters of a module and their gradients, by path.

use super::numbers::{assert_close, tensor, values};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::{AutodiffBackend, Backend};

/// The parameters of a module, by their path.
pub fn parameters<B: Backend, M: Module<B>>(module: &M) -> Vec<(String, Vec<f64>)> {
    struct Read(Walk);
    impl<B: Backend> ModuleVisitor<B> for Read {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
            self.0.found(values(param.val()));
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.path.pop();
        }
    }
    let mut read = Read(Walk::default());
    module.visit(&mut read);
    read.0.found
}

/// The gradients of a module's parameters, by their path; every one has to exist.
pub fn gradients<B: AutodiffBackend, M: Module<B>>(
    module: &M,
    gradients: &B::Gradients,
) -> Vec<(String, Vec<f64>)> {
    struct Read<'a, B: AutodiffBackend>(Walk, &'a B::Gradients);
    impl<B: AutodiffBackend> ModuleVisitor<B> for Read<'_, B> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
            let gradient = param.val().grad(self.1);
            let gradient =
                gradient.unwrap_or_else(|| panic!("{} has no gradient", self.0.path.join(".")));
            self.0.found(values(gradient));
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.path.pop();
        }
    }
    let mut read = Read::<B>(Walk::default(), gradients);
    module.visit(&mut read);
    read.0.found
}

/// What a walk over a module has found, and where it is.
#[derive(Default)]
struct Walk {
    path: Vec<String>,
    found: Vec<(String, Vec<f64>)>,
}

impl Walk {
    fn found(&mut self, values: Vec<f64>) {
        self.found.push((self.path.join("."), values));
    }
}

/// The module with other parameters, in the order of [`parameters`].
pub fn with_parameters<B: Backend, M: Module<B>>(module: M, parameters: &[Vec<f64>]) -> M {
    struct Replace<'a>(std::slice::Iter<'a, Vec<f64>>);
    impl<B: Backend> ModuleMapper<B> for Replace<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
            let values = self.0.next().expect("one vector a parameter");
            Param::from_tensor(tensor(values, param.dims()))
        }
    }
    module.map(&mut Replace(parameters.iter()))
}

/// Fails unless both have the same gradients of the same parameters.
#[track_caller]
pub fn assert_gradients_close(
    what: &str,
    got: &[(String, Vec<f64>)],
    want: &[(String, Vec<f64>)],
    tolerance: f64,
) {
    assert_eq!(got.len(), want.len(), "{what}: number of parameters");
    for ((name, got), (_, want)) in got.iter().zip(want) {
        assert_close(&format!("{what}: gradient of {name}"), got, want, tolerance);
    }
}

/// Adds gradients to a sum that starts empty.
pub fn add(sum: &mut Vec<(String, Vec<f64>)>, gradients: Vec<(String, Vec<f64>)>) {
    if sum.is_empty() {
        *sum = gradients;
        return;
    }
    for ((_, sum), (_, gradient)) in sum.iter_mut().zip(gradients) {
        sum.iter_mut().zip(gradient).for_each(|(sum, x)| *sum += x);
    }
}
