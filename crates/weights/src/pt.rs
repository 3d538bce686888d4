//! PyTorch's own files.

use crate::safe::floats;
use crate::{FileError, Result, format};
use pytorch_reader::{DType, PytorchReader};
use rekindle_models::weights::{NamedTensor, NamedTensors};
use safetensors::Dtype;
use std::path::Path;

pub fn read(path: &Path) -> Result<NamedTensors> {
    // The reader's own error does not tell a missing file from a broken one.
    if let Err(source) = std::fs::metadata(path) {
        return Err(FileError::Io {
            path: path.to_owned(),
            source,
        });
    }
    let reader = PytorchReader::new(path).map_err(|error| format(path, error))?;
    let mut tensors = NamedTensors::new();
    for (name, tensor) in reader.into_tensors() {
        let dtype = match tensor.dtype() {
            DType::F64 => Dtype::F64,
            DType::F32 => Dtype::F32,
            DType::F16 => Dtype::F16,
            DType::BF16 => Dtype::BF16,
            _ => continue,
        };
        let mut bytes = tensor.read().map_err(|error| format(path, error))?;
        if cfg!(target_endian = "big") {
            let size = tensor.dtype().size();
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        if let Some(values) = floats(dtype, &bytes) {
            let shape = tensor.shape().to_vec();
            tensors.insert(name, NamedTensor { shape, values });
        }
    }
    Ok(tensors)
}
