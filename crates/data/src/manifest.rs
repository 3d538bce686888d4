//! What a data set consists of and where it comes from.

use crate::error::{DataError, Place, Result};
use crate::source::{locate, open, sha256};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name on the command line.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Under which terms.
    pub licence: String,
    /// Where it is described.
    pub homepage: String,
    /// Who to cite.
    pub citation: Option<String>,
    /// What else to know, such as a login.
    pub note: Option<String>,
    /// Its files.
    #[serde(default)]
    pub files: Vec<ManifestFile>,
}

/// A file of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Where it is kept, below a data folder: `stock/prices.csv`.
    pub path: String,
    /// Where it is downloaded from; none if it must be fetched by hand.
    pub url: Option<String>,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// The member of the archive at `url` that it is.
    pub unpack: Option<String>,
}

/// Whether a file is there and right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// There, with the right size and hash.
    Ok,
    /// Not there.
    Missing,
    /// There, with another size.
    WrongSize {
        /// Bytes it should have.
        expected: u64,
        /// Bytes it has.
        found: u64,
    },
    /// There, with other contents.
    WrongHash {
        /// The hash it should have.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// There, and the manifest says nothing to check it by.
    Unchecked,
}

/// A file of a manifest and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStatus {
    /// Its path in the manifest.
    pub path: String,
    /// Where it is.
    pub found: Option<PathBuf>,
    /// Whether it is right.
    pub state: FileState,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is not TOML of this form.
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let row = error.span().map(|span| text[..span.start].matches('\n').count() as u64 + 1);
            let place = Place { file: "manifest".to_string(), row, column: None };
            DataError::content(error.message().to_string(), place, "mend the manifest")
        })
    }
}

/// Looks for every file of a manifest and checks it; a compressed copy is checked by what is in it.
pub fn verify(manifest: &Manifest, dirs: &[PathBuf]) -> Vec<FileStatus> {
    manifest
        .files
        .iter()
        .map(|file| {
            let found = locate(dirs, &file.path);
            let state = found.as_deref().map_or(FileState::Missing, |path| state(file, path));
            FileStatus { path: file.path.clone(), found, state }
        })
        .collect()
}

/// Checks one file; what cannot be read is missing.
pub(crate) fn state(file: &ManifestFile, path: &Path) -> FileState {
    let Ok(reader) = open(path) else { return FileState::Missing };
    let mut counted = Counted { inner: reader, bytes: 0 };
    let Ok(hash) = sha256(&mut counted) else { return FileState::Missing };
    match (file.bytes, &file.sha256) {
        (Some(expected), _) if expected != counted.bytes => {
            FileState::WrongSize { expected, found: counted.bytes }
        }
        (_, Some(expected)) if !expected.eq_ignore_ascii_case(&hash) => {
            FileState::WrongHash { expected: expected.clone(), found: hash }
        }
        (None, None) => FileState::Unchecked,
        _ => FileState::Ok,
    }
}

struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}
