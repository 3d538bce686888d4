//! Opening files, plain or compressed, and finding them.

use crate::error::{DataError, Place, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

const GZIP: &[u8] = &[0x1f, 0x8b];
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Longest of the three.
const MAGIC: usize = 6;

/// Opens a plain, gzip, xz or zstd file; its first bytes tell which, not its name.
///
/// # Errors
/// [`DataError::Missing`] and [`DataError::Read`].
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => DataError::Missing { path: path.to_owned() },
        _ => unreadable(path, error),
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        let error = std::io::Error::other("it is a folder");
        return Err(unreadable(path, error));
    }
    decoded(file).map_err(|error| unreadable(path, error))
}

fn decoded(mut file: impl Read + Send + 'static) -> std::io::Result<Box<dyn Read + Send>> {
    let mut magic = Vec::with_capacity(MAGIC);
    file.by_ref().take(MAGIC as u64).read_to_end(&mut magic)?;
    let (gzip, xz, zstd) =
        (magic.starts_with(GZIP), magic.starts_with(XZ), magic.starts_with(ZSTD));
    let whole = BufReader::with_capacity(1 << 16, Cursor::new(magic).chain(file));
    Ok(if gzip {
        Box::new(flate2::bufread::MultiGzDecoder::new(whole))
    } else if xz {
        Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(whole))
    } else if zstd {
        Box::new(zstd::Decoder::with_buffer(whole)?)
    } else {
        Box::new(whole)
    })
}

fn unreadable(path: &Path, source: std::io::Error) -> DataError {
    DataError::Read { place: Place { file: path.display().to_string(), ..Place::default() }, source }
}

/// Looks in each folder for `name` (such as `stock/prices.csv`), for the same with `.gz`, `.xz` or
/// `.zst`, and for its bare file name; the first file found is returned.
pub fn locate(dirs: &[PathBuf], name: &str) -> Option<PathBuf> {
    let bare = name.rsplit('/').next().unwrap_or(name);
    dirs.iter()
        .flat_map(|dir| [dir.join(name), dir.join(bare)])
        .flat_map(|path| ["", ".gz", ".xz", ".zst"].map(|suffix| with_suffix(&path, suffix)))
        .find(|path| path.is_file())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// SHA-256 of a file's bytes as they are, in hexadecimal.
pub fn sha256_file(path: &Path) -> Result<String> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    sha256(file).map_err(|error| unreadable(path, error))
}

pub(crate) fn sha256(mut reader: impl Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            count => hash.update(&buffer[..count]),
        }
    }
}
