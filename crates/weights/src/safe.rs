//! safetensors.

use crate::numbers::{Float, fit_f32};
use crate::{Result, format, load, recognise};
use rekindle_models::weights::{NamedTensor, NamedTensors};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

pub fn read(path: &Path) -> Result<NamedTensors> {
    let bytes = load(path)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| match recognise(&bytes) {
        Some(what) => format(path, what),
        None => format(path, error),
    })?;
    let mut tensors = NamedTensors::new();
    for (name, view) in file.tensors() {
        let shape = view.shape().to_vec();
        let float = match view.dtype() {
            Dtype::F64 => Some(Float::F64),
            Dtype::F32 => Some(Float::F32),
            Dtype::F16 => Some(Float::F16),
            Dtype::BF16 => Some(Float::Bf16),
            _ => None,
        };
        let tensor = match float {
            Some(float) => NamedTensor::new(shape, float.read_all(view.data(), false)),
            None => NamedTensor::other(format!("{:?}", view.dtype()), shape),
        };
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

pub fn encode(path: &Path, tensors: &NamedTensors) -> Result<Vec<u8>> {
    let floats = tensors.iter().filter(|(_, tensor)| tensor.other.is_none());
    let bytes: Vec<(&String, &Vec<usize>, Dtype, Vec<u8>)> = floats
        .map(|(name, tensor)| {
            let values = tensor.values.iter();
            let (dtype, bytes) = match fit_f32(&tensor.values) {
                true => (
                    Dtype::F32,
                    values.flat_map(|x| (*x as f32).to_le_bytes()).collect(),
                ),
                false => (Dtype::F64, values.flat_map(|x| x.to_le_bytes()).collect()),
            };
            (name, &tensor.shape, dtype, bytes)
        })
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (name, shape, dtype, bytes) in &bytes {
        let view =
            TensorView::new(*dtype, shape.to_vec(), bytes).map_err(|error| format(path, error))?;
        views.push((name.as_str(), view));
    }
    safetensors::serialize(views, None).map_err(|error| format(path, error))
}
