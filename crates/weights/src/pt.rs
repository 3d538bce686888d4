//! PyTorch's own files.

use crate::{FileError, Result, format};
use burn_store::pytorch::PytorchReader;
use rekindle_models::weights::{NamedTensor, NamedTensors};
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
    for (name, snapshot) in reader.into_tensors() {
        let data = snapshot
            .to_data()
            .map_err(|error| format(path, format_args!("{name}: {error:?}")))?;
        if !data.dtype.is_float() {
            continue;
        }
        let shape = data.shape.to_vec();
        let values = data.iter::<f32>().collect();
        tensors.insert(name, NamedTensor { shape, values });
    }
    Ok(tensors)
}
