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
    /// Its numbers; `f64` holds those of every type of floats as they are.
    pub values: Vec<f64>,
    /// The type of its numbers where they are no floats, and are not here.
    pub other: Option<String>,
}

impl NamedTensor {
    /// A tensor of floats.
    pub fn new(shape: Vec<usize>, values: Vec<f64>) -> Self {
        Self {
            shape,
            values,
            other: None,
        }
    }

    /// A tensor of another type, which no layer takes.
    pub fn other(kind: String, shape: Vec<usize>) -> Self {
        Self {
            shape,
            values: Vec::new(),
            other: Some(kind),
        }
    }
}

/// Tensors by name.
pub type NamedTensors = BTreeMap<String, NamedTensor>;

/// Why weights could not be taken or given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsError {
    /// There is no tensor of this name.
    Missing {
        /// The name.
        name: String,
        /// Names that are there, the likeliest first.
        near: Vec<String>,
    },
    /// A tensor holds no floats.
    Type {
        /// Its name.
        name: String,
        /// What it holds.
        found: String,
    },
    /// A tensor holds a number that is not finite.
    NotFinite(String),
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
            Self::Missing { name, near } => {
                write!(f, "there is no tensor {name}")?;
                let last = last_part(name);
                match near.first() {
                    None => write!(f, ", nor any other of floats"),
                    Some(first) if last_part(first) == last && first.len() > last.len() => {
                        let prefix = &first[..first.len() - last.len()];
                        write!(f, "; there is {first}: load with the prefix {prefix}")
                    }
                    Some(_) => write!(f, "; the tensors are: {}", near.join(", ")),
                }
            }
            Self::Type { name, found } => {
                write!(f, "{name} holds {found}, and weights of floats are needed")
            }
            Self::NotFinite(name) => write!(
                f,
                "{name} holds a number that is not finite: the model it was saved from had diverged"
            ),
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

/// Names that a message shows.
const MOST_NAMES: usize = 8;

/// A name without what its parts lie in, and without the `:0` of Keras 2.
fn last_part(name: &str) -> &str {
    let name = name.strip_suffix(":0").unwrap_or(name);
    name.rsplit(['.', '/']).next().unwrap_or(name)
}

/// There is no tensor of a name: those of the same last part are likeliest.
fn missing(tensors: &NamedTensors, name: &str) -> WeightsError {
    let last = last_part(name);
    let alike = |other: &&String| last_part(other) == last;
    let mut near: Vec<String> = tensors.keys().filter(alike).cloned().collect();
    near.extend(tensors.keys().filter(|other| !alike(other)).cloned());
    if near.len() > MOST_NAMES {
        let more = near.len() - MOST_NAMES;
        near.truncate(MOST_NAMES);
        near.push(format!("and {more} more"));
    }
    WeightsError::Missing {
        name: name.to_owned(),
        near,
    }
}

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

    fn take(&mut self, name: &str, wanted: &[usize]) -> Result<&'a [f64]> {
        let (key, tensor) = self
            .tensors
            .get_key_value(name)
            .ok_or_else(|| missing(self.tensors, name))?;
        if let Some(found) = &tensor.other {
            let (name, found) = (name.to_owned(), found.clone());
            return Err(WeightsError::Type { name, found });
        }
        if tensor.shape != wanted {
            return Err(WeightsError::Shape {
                name: name.to_owned(),
                found: tensor.shape.clone(),
                wanted: wanted.to_vec(),
            });
        }
        if !tensor.values.iter().all(|value| value.is_finite()) {
            return Err(WeightsError::NotFinite(name.to_owned()));
        }
        self.taken.insert(key);
        Ok(&tensor.values)
    }

    /// Fails if a tensor under the prefix was not taken.
    fn finish(&self, prefix: &str) -> Result<()> {
        let left = self.tensors.iter().find(|(name, tensor)| {
            let taken = self.taken.contains(name.as_str());
            name.starts_with(prefix) && !taken && tensor.other.is_none()
        });
        match left {
            Some((name, _)) => Err(WeightsError::Unexpected(name.clone())),
            None => Ok(()),
        }
    }
}

/// `[rows, columns]` to `[columns, rows]`.
fn transposed(values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let at = |index: usize| values[index % rows * columns + index / rows];
    (0..rows * columns).map(at).collect()
}

/// Columns of `[rows, gates * width]` with their gates in another order: place `k` gets gate
/// `order[k]`.
fn reordered(values: &[f64], width: usize, order: &[usize]) -> Vec<f64> {
    let row = order.len() * width;
    values
        .chunks_exact(row)
        .flat_map(|row| order.iter().flat_map(|gate| &row[gate * width..][..width]))
        .copied()
        .collect()
}

/// The same parameter, with its identity, holding other values.
fn replaced<const D: usize>(param: Param<Tensor<D>>, values: Vec<f64>) -> Param<Tensor<D>> {
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

fn numbers<const D: usize>(param: &Param<Tensor<D>>) -> Vec<f64> {
    param.val().into_data().iter::<f64>().collect()
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
