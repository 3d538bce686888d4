//! Weight files of PyTorch and Keras, in and out.
//!
//! | format | read | written |
//! |---|---|---|
//! | safetensors | `f64`, `f32`, `f16`, `bf16` | `f32` |
//! | PyTorch's `.pt`, `.pth` (a `state_dict`) | yes | no: write safetensors |
//! | NumPy's `.npz` | `f64`, `f32` | `f32` |
//!
//! What the tensors mean is said in [`rekindle_models::weights`].
//!
//! ```
//! use burn::tensor::Device;
//! use rekindle_models::{CellKind, StackConfig, weights::pytorch};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("lstm.safetensors");
//! let config = StackConfig::new(CellKind::Lstm, 3, 8).with_bidirectional(true);
//! let device = Device::flex();
//! let stack = config.init(&device);
//! rekindle_weights::write(&file, &pytorch::save(&stack, "encoder.")?)?;
//!
//! let tensors = rekindle_weights::read(&file)?;
//! let stack = pytorch::load(config.init(&device), &tensors, "encoder.")?;
//! # let _ = stack;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod npz;
mod pt;
mod safe;

use rekindle_models::weights::NamedTensors;
use std::path::{Path, PathBuf};

/// Why a weight file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file could not be opened, read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what its name says.
    #[error("{path}: {what}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The name ends in nothing known.
    #[error("{path}: weights are read from .safetensors, .pt, .pth and .npz, and written to .safetensors and .npz", path = path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
    },
}

pub(crate) type Result<T> = std::result::Result<T, FileError>;

/// Reads all float tensors of a file, by the ending of its name.
///
/// # Errors
/// See [`FileError`].
pub fn read(path: &Path) -> Result<NamedTensors> {
    match ending(path).as_str() {
        "safetensors" => safe::read(path),
        "pt" | "pth" => pt::read(path),
        "npz" => npz::read(path),
        _ => Err(unknown(path)),
    }
}

/// Writes tensors to a file, by the ending of its name; the file is complete or absent.
///
/// # Errors
/// See [`FileError`].
pub fn write(path: &Path, tensors: &NamedTensors) -> Result<()> {
    let bytes = match ending(path).as_str() {
        "safetensors" => safe::encode(path, tensors)?,
        "npz" => npz::encode(path, tensors)?,
        _ => return Err(unknown(path)),
    };
    let io = |source| FileError::Io {
        path: path.to_owned(),
        source,
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    std::io::Write::write_all(&mut file, &bytes).map_err(io)?;
    file.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

fn ending(path: &Path) -> String {
    path.extension()
        .map(|ending| ending.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

fn unknown(path: &Path) -> FileError {
    FileError::Unknown {
        path: path.to_owned(),
    }
}

pub(crate) fn load(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| FileError::Io {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn format(path: &Path, what: impl std::fmt::Display) -> FileError {
    FileError::Format {
        path: path.to_owned(),
        what: what.to_string(),
    }
}
