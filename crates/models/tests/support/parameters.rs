//! Parameters of a module and their gradients, by path.

use super::numbers::{assert_close, tensor, values};
use super::setup::Setup;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};

/// The parameters of a module, by their path.
pub fn parameters<M: Module>(module: &M) -> Vec<(String, Vec<f64>)> {
    struct Read(Walk);
    impl ModuleVisitor for Read {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
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
pub fn gradients<M: Module>(module: &M, gradients: &Gradients) -> Vec<(String, Vec<f64>)> {
    struct Read<'a>(Walk, &'a Gradients);
    impl ModuleVisitor for Read<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
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
    let mut read = Read(Walk::default(), gradients);
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

/// The module with other parameters, in the order of [`parameters`], and in the precision of a setup.
pub fn with_parameters<M: Module>(module: M, parameters: &[Vec<f64>], setup: &Setup) -> M {
    struct Replace<'a>(std::slice::Iter<'a, Vec<f64>>, &'a Setup);
    impl ModuleMapper for Replace<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let values = self.0.next().expect("one vector a parameter");
            Param::from_tensor(tensor(values, param.dims(), self.1))
        }
    }
    module.map(&mut Replace(parameters.iter(), setup))
}

/// The module with its parameters in the precision of a setup.
pub fn in_precision<M: Module>(module: M, setup: &Setup) -> M {
    let values: Vec<_> = parameters(&module)
        .into_iter()
        .map(|(_, values)| values)
        .collect();
    with_parameters(module, &values, setup)
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
