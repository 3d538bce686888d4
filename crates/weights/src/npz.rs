//! NumPy's archives.

use crate::numbers::{Float, fit_f32};
use crate::{Result, format as broken, load, recognise};
use npyz::{DType, Endianness, NpyFile, Order, TypeChar, WriterBuilder};
use rekindle_models::weights::{NamedTensor, NamedTensors};
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Bytes that a compressed array may unpack to.
const MOST: u64 = 16 << 30;

pub fn read(path: &Path) -> Result<NamedTensors> {
    let bytes = load(path)?;
    if let Some(what) = recognise(&bytes).filter(|_| !bytes.starts_with(b"PK\x03\x04")) {
        return Err(broken(path, what));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(path, error))?;
    let mut tensors = NamedTensors::new();
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| broken(path, error))?;
        let Some(name) = entry.name().strip_suffix(".npy").map(str::to_owned) else {
            continue;
        };
        if entry.size() > MOST {
            let what = format!("{name} unpacks to more than {} GiB", MOST >> 30);
            return Err(broken(path, what));
        }
        let within = |error: std::io::Error| broken(path, format_args!("{name}: {error}"));
        let mut array = Vec::new();
        entry
            .by_ref()
            .take(MOST)
            .read_to_end(&mut array)
            .map_err(within)?;
        let tensor = parse(&array).map_err(within)?;
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

/// Of an array that is not of floats the type alone.
fn parse(bytes: &[u8]) -> std::io::Result<NamedTensor> {
    let file = NpyFile::new(bytes)?;
    let damaged =
        |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_string());
    let sizes = file.shape().iter().map(|&size| usize::try_from(size));
    let shape: Vec<usize> = sizes
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| damaged("the shape makes no sense"))?;
    let fortran = file.order() == Order::Fortran;
    let DType::Plain(kind) = file.dtype() else {
        return Ok(NamedTensor::other("a record".to_string(), shape));
    };
    let float = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 8) => Float::F64,
        (TypeChar::Float, 4) => Float::F32,
        (TypeChar::Float, 2) => Float::F16,
        _ => return Ok(NamedTensor::other(kind.to_string(), shape)),
    };
    let big = kind.endianness() == Endianness::Big;
    let count = shape
        .iter()
        .try_fold(1_usize, |all, &size| all.checked_mul(size));
    let length = count.and_then(|count| count.checked_mul(float.size()));
    let data = header_length(bytes)
        .zip(length)
        .and_then(|(from, length)| bytes.get(from..from.checked_add(length)?));
    let data =
        data.ok_or_else(|| damaged("the array is cut: it has fewer numbers than its shape"))?;
    let values = float.read_all(data, big);
    let values = if fortran {
        row_major(&values, &shape)
    } else {
        values
    };
    Ok(NamedTensor::new(shape, values))
}

/// Where the numbers begin: behind the magic word, the version, and a header with its length before it.
fn header_length(bytes: &[u8]) -> Option<usize> {
    let byte = |at: usize| bytes.get(at).map(|byte| usize::from(*byte));
    Some(match byte(6)? {
        1 => 10 + byte(8)? + (byte(9)? << 8),
        _ => 12 + byte(8)? + (byte(9)? << 8) + (byte(10)? << 16) + (byte(11)? << 24),
    })
}

/// Column-major numbers in row-major order.
fn row_major(values: &[f64], shape: &[usize]) -> Vec<f64> {
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
    let floats = tensors.iter().filter(|(_, tensor)| tensor.other.is_none());
    for (name, tensor) in floats {
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
    match fit_f32(&tensor.values) {
        true => {
            let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
            let mut writer = options.writer(&mut bytes).begin_nd()?;
            writer.extend(tensor.values.iter().map(|value| *value as f32))?;
            writer.finish()?;
        }
        false => {
            let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
            let mut writer = options.writer(&mut bytes).begin_nd()?;
            writer.extend(tensor.values.iter().copied())?;
            writer.finish()?;
        }
    }
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
