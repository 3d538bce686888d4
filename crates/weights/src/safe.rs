//! safetensors.

use crate::{Result, format, load};
use rekindle_models::weights::{NamedTensor, NamedTensors};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

pub fn read(path: &Path) -> Result<NamedTensors> {
    let bytes = load(path)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| format(path, error))?;
    let mut tensors = NamedTensors::new();
    for (name, view) in file.tensors() {
        if let Some(values) = floats(view.dtype(), view.data()) {
            let shape = view.shape().to_vec();
            tensors.insert(name, NamedTensor { shape, values });
        }
    }
    Ok(tensors)
}

/// Numbers from their bytes, lowest first; none for types that are not floats.
pub fn floats(dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
    let half = |bytes: &[u8]| u16::from_le_bytes([bytes[0], bytes[1]]);
    Some(match dtype {
        Dtype::F32 => data
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
        Dtype::F64 => data
            .as_chunks::<8>()
            .0
            .iter()
            .map(|bytes| f64::from_le_bytes(*bytes) as f32)
            .collect(),
        Dtype::BF16 => data
            .chunks_exact(2)
            .map(|bytes| f32::from_bits(u32::from(half(bytes)) << 16))
            .collect(),
        Dtype::F16 => data
            .chunks_exact(2)
            .map(|bytes| half::f16::from_bits(half(bytes)).to_f32())
            .collect(),
        _ => return None,
    })
}

pub fn encode(path: &Path, tensors: &NamedTensors) -> Result<Vec<u8>> {
    let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, tensor)| {
            let bytes = tensor.values.iter().flat_map(|x| x.to_le_bytes()).collect();
            (name, &tensor.shape, bytes)
        })
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (name, shape, bytes) in &bytes {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes)
            .map_err(|error| format(path, error))?;
        views.push((name.as_str(), view));
    }
    safetensors::serialize(views, None).map_err(|error| format(path, error))
}
