//! NumPy's archives.

use crate::{Result, format as broken, load};
use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};
use rekindle_models::weights::{NamedTensor, NamedTensors};
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

pub fn read(path: &Path) -> Result<NamedTensors> {
    let bytes = load(path)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(path, error))?;
    let mut tensors = NamedTensors::new();
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| broken(path, error))?;
        let Some(name) = entry.name().strip_suffix(".npy").map(str::to_owned) else {
            continue;
        };
        let within = |error: std::io::Error| broken(path, format_args!("{name}: {error}"));
        let mut array = Vec::new();
        entry.read_to_end(&mut array).map_err(within)?;
        if let Some(tensor) = parse(&array).map_err(within)? {
            tensors.insert(name, tensor);
        }
    }
    Ok(tensors)
}

/// None for arrays that are not floats.
fn parse(bytes: &[u8]) -> std::io::Result<Option<NamedTensor>> {
    let file = NpyFile::new(bytes)?;
    let shape: Vec<usize> = file.shape().iter().map(|&size| size as usize).collect();
    let fortran = file.order() == Order::Fortran;
    let DType::Plain(kind) = file.dtype() else {
        return Ok(None);
    };
    let values = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 4) => file.into_vec::<f32>()?,
        (TypeChar::Float, 8) => file
            .into_vec::<f64>()?
            .into_iter()
            .map(|value| value as f32)
            .collect(),
        _ => return Ok(None),
    };
    let values = if fortran {
        row_major(&values, &shape)
    } else {
        values
    };
    Ok(Some(NamedTensor { shape, values }))
}

/// Column-major numbers in row-major order.
fn row_major(values: &[f32], shape: &[usize]) -> Vec<f32> {
    (0..values.len())
        .map(|index| {
            let (mut rest, mut stride, mut from) = (index, values.len(), 0);
            for &size in shape.iter().rev() {
                stride /= size;
                from += rest % size * stride;
                rest /= size;
            }
            values[from]
        })
        .collect()
}

pub fn encode(path: &Path, tensors: &NamedTensors) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, tensor) in tensors {
        archive
            .start_file(format!("{name}.npy"), SimpleFileOptions::default())
            .map_err(|error| broken(path, error))?;
        let array = array(tensor).map_err(|error| broken(path, error))?;
        archive
            .write_all(&array)
            .map_err(|error| broken(path, error))?;
    }
    let done = archive.finish().map_err(|error| broken(path, error))?;
    Ok(done.into_inner())
}

fn array(tensor: &NamedTensor) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let shape: Vec<u64> = tensor.shape.iter().map(|&size| size as u64).collect();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&shape)
        .writer(&mut bytes)
        .begin_nd()?;
    writer.extend(tensor.values.iter().copied())?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::row_major;

    #[test]
    fn column_major_is_turned() {
        // [[1, 2, 3], [4, 5, 6]] by columns.
        let turned = row_major(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0], &[2, 3]);
        assert_eq!(turned, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
}
