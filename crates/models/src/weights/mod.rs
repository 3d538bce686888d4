//! Weights of other libraries, by name.
//!
//! Nothing here reads a file: the crate `rekindle-weights` does.

pub mod keras;
pub mod pytorch;

use crate::Recurrent;
use burn::module::Param;
use burn::tensor::{Tensor, TensorData};
use std::collections::BTreeMap;

/// A tensor outside any backend, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub values: Vec<f32>,
}

/// Tensors by name.
pub type NamedTensors = BTreeMap<String, NamedTensor>;

/// Why weights could not be taken or given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsError {
    /// There is no tensor of this name.
    Missing(String),
    /// A tensor has another shape than the layer.
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What the layer needs.
        wanted: Vec<usize>,
    },
    /// A tensor that no layer takes.
    Unexpected(String),
    /// The other library has no such layer.
    Unsupported(&'static str),
}

impl std::fmt::Display for WeightsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "there is no tensor {name}"),
            Self::Shape {
                name,
                found,
                wanted,
            } => write!(f, "{name} is {found:?}, and the layer needs {wanted:?}"),
            Self::Unexpected(name) => write!(f, "no layer takes the tensor {name}"),
            Self::Unsupported(what) => write!(f, "the other library has no {what}"),
        }
    }
}

impl std::error::Error for WeightsError {}

type Result<T> = std::result::Result<T, WeightsError>;

/// Takes tensors by name and remembers which were left.
struct Source<'a> {
    tensors: &'a NamedTensors,
    taken: std::collections::BTreeSet<&'a str>,
}

impl<'a> Source<'a> {
    fn new(tensors: &'a NamedTensors) -> Self {
        Self {
            tensors,
            taken: Default::default(),
        }
    }

    fn take(&mut self, name: &str, wanted: &[usize]) -> Result<&'a [f32]> {
        let (key, tensor) = self
            .tensors
            .get_key_value(name)
            .ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        if tensor.shape != wanted {
            return Err(WeightsError::Shape {
                name: name.to_owned(),
                found: tensor.shape.clone(),
                wanted: wanted.to_vec(),
            });
        }
        self.taken.insert(key);
        Ok(&tensor.values)
    }

    /// Fails if a tensor under the prefix was not taken.
    fn finish(&self, prefix: &str) -> Result<()> {
        let left = self
            .tensors
            .keys()
            .find(|name| name.starts_with(prefix) && !self.taken.contains(name.as_str()));
        match left {
            Some(name) => Err(WeightsError::Unexpected(name.clone())),
            None => Ok(()),
        }
    }
}

/// `[rows, columns]` to `[columns, rows]`.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let at = |index: usize| values[index % rows * columns + index / rows];
    (0..rows * columns).map(at).collect()
}

/// Columns of `[rows, gates * width]` with their gates in another order: place `k` gets gate
/// `order[k]`.
fn reordered(values: &[f32], width: usize, order: &[usize]) -> Vec<f32> {
    let row = order.len() * width;
    values
        .chunks_exact(row)
        .flat_map(|row| order.iter().flat_map(|gate| &row[gate * width..][..width]))
        .copied()
        .collect()
}

/// The same parameter, with its identity, holding other values.
fn replaced<const D: usize>(param: Param<Tensor<D>>, values: Vec<f32>) -> Param<Tensor<D>> {
    let (id, old, mapper) = param.consume();
    let data = TensorData::new(values, old.dims());
    let new = Tensor::from_data(data.convert_dtype(old.dtype()), &old.device());
    let new = if old.is_require_grad() {
        new.require_grad()
    } else {
        new
    };
    Param::from_mapped_value(id, new, mapper)
}

fn numbers<const D: usize>(param: &Param<Tensor<D>>) -> Vec<f32> {
    param.val().into_data().iter::<f32>().collect()
}

/// Sizes of a layer: input, hidden, output, gates.
fn sizes(layer: &Recurrent) -> [usize; 4] {
    let config = layer.config();
    let gates = config.cell.gates(&config.options);
    [config.d_input, config.d_hidden, config.d_output(), gates]
}

/// Refuses what neither library has.
fn check_common(layer: &Recurrent) -> Result<()> {
    let options = &layer.config().options;
    let refused = [
        (layer.weight_peephole.is_some(), "peepholes"),
        (options.coupled, "coupled gates"),
        (options.clip.is_some(), "bound of the cell state"),
        (options.mirrored, "mirrored update gate"),
        (layer.initial_hidden.is_some(), "learned initial state"),
    ];
    match refused.into_iter().find(|(has, _)| *has) {
        Some((_, what)) => Err(WeightsError::Unsupported(what)),
        None => Ok(()),
    }
}
