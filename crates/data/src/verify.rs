//! Whether the files of a data set are there and right.

use crate::error::{DataError, Result};
use crate::manifest::{Manifest, ManifestFile};
use crate::source::{locate, open, open_raw, sha256, unreadable};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Whether a file is there and right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// There, with the size and hash the manifest gives.
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
    /// There, with other contents, or damaged so that it cannot be read.
    WrongHash {
        /// The hash it should have; empty if the manifest gives none.
        expected: String,
        /// The hash it has, or why it cannot be read.
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

/// Looks for every file of a manifest with [`locate`] and checks its size and hash.
///
/// A copy that is compressed where the manifest's file is not is checked by what is in it.
pub fn verify(manifest: &Manifest, dirs: &[PathBuf]) -> Vec<FileStatus> {
    let status = |file: &ManifestFile| {
        let found = locate(dirs, &file.path);
        let state = found
            .as_deref()
            .map_or(FileState::Missing, |path| state(file, path));
        FileStatus {
            path: file.path.clone(),
            found,
            state,
        }
    };
    manifest.files.iter().map(status).collect()
}

/// Checks one file.
pub(crate) fn state(file: &ManifestFile, path: &Path) -> FileState {
    // The manifest's own file may be compressed: then its bytes count as they are.
    let wanted = Path::new(&file.path).file_name();
    let checked = match path.file_name() == wanted {
        true => open_raw(path).and_then(|raw| hashed(path, raw)),
        false => open(path).and_then(|contents| hashed(path, contents)),
    };
    let expected = || file.sha256.clone().unwrap_or_default();
    let (hash, bytes) = match checked {
        Ok(checked) => checked,
        Err(DataError::Missing { .. }) => return FileState::Missing,
        Err(error) => {
            return FileState::WrongHash {
                expected: expected(),
                found: error.to_string(),
            };
        }
    };
    match (file.bytes, &file.sha256) {
        (Some(expected), _) if expected != bytes => FileState::WrongSize {
            expected,
            found: bytes,
        },
        (_, Some(wanted)) if !wanted.eq_ignore_ascii_case(&hash) => FileState::WrongHash {
            expected: expected(),
            found: hash,
        },
        (None, None) => FileState::Unchecked,
        _ => FileState::Ok,
    }
}

fn hashed(path: &Path, reader: impl Read) -> Result<(String, u64)> {
    sha256(reader).map_err(|error| unreadable(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    #[cfg(feature = "compression")]
    use std::io::Write;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn file(path: &str, bytes: Option<u64>, sha256: Option<&str>) -> ManifestFile {
        ManifestFile {
            path: path.to_string(),
            url: None,
            sha256: sha256.map(str::to_string),
            bytes,
            unpack: None,
        }
    }

    #[cfg(feature = "compression")]
    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory can be written");
        encoder.finish().expect("memory can be written")
    }

    #[test]
    fn every_state() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("abc");
        fs::write(&path, b"abc").expect("written");
        let check = |bytes, hash| state(&file("abc", bytes, hash), &path);
        assert_eq!(check(Some(3), Some(ABC)), FileState::Ok);
        let upper = ABC.to_uppercase();
        assert_eq!(
            state(&file("abc", None, Some(&upper)), &path),
            FileState::Ok
        );
        assert_eq!(check(Some(3), None), FileState::Ok);
        assert_eq!(check(None, None), FileState::Unchecked);
        let wrong = FileState::WrongSize {
            expected: 4,
            found: 3,
        };
        assert_eq!(check(Some(4), Some(ABC)), wrong);
        let zero = "0".repeat(64);
        let wrong = FileState::WrongHash {
            expected: zero.clone(),
            found: ABC.to_string(),
        };
        assert_eq!(check(Some(3), Some(&zero)), wrong);
    }

    #[cfg(feature = "compression")]
    #[test]
    fn a_compressed_copy_counts_by_its_contents_and_a_compressed_original_by_its_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let packed = gzip(b"abc");
        fs::write(folder.path().join("abc.gz"), &packed).expect("written");
        let manifest = |path: &str, bytes: usize, hash: Option<&str>| Manifest {
            name: String::new(),
            title: String::new(),
            licence: String::new(),
            homepage: String::new(),
            citation: None,
            note: None,
            files: vec![file(path, Some(bytes as u64), hash)],
        };
        let dirs = [folder.path().to_path_buf()];
        let states = |manifest| verify(&manifest, &dirs)[0].state.clone();
        assert_eq!(states(manifest("letters/abc", 3, Some(ABC))), FileState::Ok);
        assert_eq!(
            states(manifest("abc.gz", packed.len(), None)),
            FileState::Ok
        );
        assert_eq!(states(manifest("other", 3, None)), FileState::Missing);
        fs::write(folder.path().join("abc.gz"), &packed[..12]).expect("written");
        let cut = states(manifest("abc", 3, Some(ABC)));
        assert!(matches!(cut, FileState::WrongHash { found, .. } if found.contains("read")));
    }
}
