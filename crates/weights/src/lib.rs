//! Weight files of PyTorch and Keras, in and out.
//!
//! | format | read | written |
//! |---|---|---|
//! | safetensors | `f64`, `f32`, `f16`, `bf16` | `f32`, or `f64` where `f32` would round |
//! | PyTorch's `.pt`, `.pth` (a `state_dict`) | the same, whatever the strides | no: write safetensors |
//! | NumPy's `.npz` | `f64`, `f32`, `f16` | as safetensors |
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
mod numbers;
mod pickle;
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
    #[error("{path}: weights are read from .safetensors, .pt, .pth and .npz, and written to .safetensors and .npz{help}", path = path.display(), help = other_format(path))]
    Unknown {
        /// The file.
        path: PathBuf,
    },
}

pub(crate) type Result<T> = std::result::Result<T, FileError>;

/// What to do about a file of another format.
fn other_format(path: &Path) -> &'static str {
    match ending(path).as_str() {
        "bin" => "; a .bin of PyTorch is read when its name ends in .pt",
        "h5" | "hdf5" | "keras" => {
            "; write a model of Keras with numpy.savez(FILE, **{w.path: w.numpy() for w in model.weights})"
        }
        "npy" => "; name the arrays with numpy.savez(FILE, NAME=array)",
        _ => "",
    }
}

/// Reads all tensors of a file, by the ending of its name; of one that has no floats the type is kept,
/// for messages.
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

/// What the first bytes of a file say that is no weight file.
pub(crate) fn recognise(bytes: &[u8]) -> Option<&'static str> {
    let start = &bytes[..bytes.len().min(512)];
    let begins = |with: &[u8]| start.starts_with(with);
    let text = String::from_utf8_lossy(start).trim_start().to_lowercase();
    let page = ["<!doctype", "<html", "<?xml"]
        .iter()
        .any(|tag| text.starts_with(tag));
    match () {
        () if bytes.is_empty() => Some("the file is empty"),
        () if begins(b"version https://git-lfs") => Some(
            "the file is a Git LFS pointer: a note about the file, not the file; run `git lfs pull` \
             where it comes from, or download the file itself",
        ),
        () if page => Some("the file is a web page: download the file itself"),
        () if begins(b"\x89HDF\r\n\x1a\n") => Some(
            "the file is HDF5, as Keras writes: write the weights with numpy.savez(FILE, **{w.path: \
             w.numpy() for w in model.weights})",
        ),
        () if begins(b"\x1f\x8b") => Some("the file is compressed with gzip: unpack it"),
        () if begins(b"PK\x03\x04") => Some("the file is a zip archive, as of .pt and .npz"),
        () if begins(b"\x93NUMPY") => {
            Some("the file is one array of NumPy: write names with numpy.savez")
        }
        () if start.get(257..262) == Some(b"ustar") => {
            Some("the file is a tar archive, as PyTorch wrote until 0.1: save it again")
        }
        () => None,
    }
}

pub(crate) fn format(path: &Path, what: impl std::fmt::Display) -> FileError {
    FileError::Format {
        path: path.to_owned(),
        what: what.to_string(),
    }
}
