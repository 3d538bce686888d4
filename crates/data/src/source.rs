//! Opening files, plain or compressed, and finding them.

use crate::error::{DataError, Place, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// How a file may be compressed, by its first bytes.
const FORMS: [(Compression, &[u8]); 3] = [
    (Compression::Gzip, &[0x1f, 0x8b]),
    (Compression::Xz, &[0xfd, b'7', b'z', b'X', b'Z', 0]),
    (Compression::Zstd, &[0x28, 0xb5, 0x2f, 0xfd]),
];
/// Longest of the three.
const MAGIC: usize = 6;

#[derive(Debug, Clone, Copy)]
enum Compression {
    Gzip,
    Xz,
    Zstd,
}

/// Opens a plain, gzip, xz or zstd file; its first bytes tell which, not its name.
///
/// # Errors
/// [`DataError::Missing`] and [`DataError::Read`]; without the feature `compression`,
/// [`DataError::Content`] for a compressed file.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    open_known(path).map(|(reader, _)| reader)
}

/// [`open`], and whether the file is compressed.
pub(crate) fn open_known(path: &Path) -> Result<(Box<dyn Read + Send>, bool)> {
    let (compression, whole) =
        recognized(open_raw(path)?).map_err(|error| unreadable(path, error))?;
    match compression {
        Some(compression) => Ok((decoder(compression, whole, path)?, true)),
        None => Ok((Box::new(whole), false)),
    }
}

/// Opens a file as it is.
pub(crate) fn open_raw(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => DataError::Missing {
            path: path.to_owned(),
        },
        _ => unreadable(path, error),
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        let error = std::io::Error::new(std::io::ErrorKind::IsADirectory, "it is a folder");
        return Err(unreadable(path, error));
    }
    Ok(file)
}

/// A file from its first byte on, and how it is compressed.
fn recognized(
    mut file: impl Read + Send + 'static,
) -> std::io::Result<(Option<Compression>, impl BufRead + Send + 'static)> {
    let mut magic = Vec::with_capacity(MAGIC);
    file.by_ref().take(MAGIC as u64).read_to_end(&mut magic)?;
    let form = FORMS.iter().find(|(_, start)| magic.starts_with(start));
    let whole = BufReader::with_capacity(1 << 16, Cursor::new(magic).chain(file));
    Ok((form.map(|(compression, _)| *compression), whole))
}

#[cfg(feature = "compression")]
fn decoder(
    compression: Compression,
    whole: impl BufRead + Send + 'static,
    path: &Path,
) -> Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(whole)),
        Compression::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(whole)),
        Compression::Zstd => {
            let decoder = zstd::Decoder::with_buffer(whole);
            Box::new(decoder.map_err(|error| unreadable(path, error))?)
        }
    })
}

#[cfg(not(feature = "compression"))]
fn decoder(
    compression: Compression,
    _: impl BufRead + Send + 'static,
    path: &Path,
) -> Result<Box<dyn Read + Send>> {
    let name = match compression {
        Compression::Gzip => "gzip",
        Compression::Xz => "xz",
        Compression::Zstd => "zstd",
    };
    Err(DataError::content(
        format!(
            "the file is compressed with {name}, and this build lacks the feature `compression`"
        ),
        Place::file(path),
        "build rekindle-data with the feature `compression`, or unpack the file",
    ))
}

pub(crate) fn unreadable(path: &Path, source: std::io::Error) -> DataError {
    DataError::Read {
        place: Place::file(path),
        source,
    }
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
///
/// # Errors
/// [`DataError::Missing`] and [`DataError::Read`].
pub fn sha256_file(path: &Path) -> Result<String> {
    Ok(sha256_and_size(path)?.0)
}

/// [`sha256_file`], and the number of bytes.
///
/// # Errors
/// See [`sha256_file`].
pub fn sha256_and_size(path: &Path) -> Result<(String, u64)> {
    let file = open_raw(path)?;
    sha256(file).map_err(|error| unreadable(path, error))
}

/// SHA-256 of these bytes, in hexadecimal.
pub fn sha256_of(bytes: &[u8]) -> String {
    hexadecimal(Sha256::digest(bytes))
}

fn hexadecimal(hash: impl IntoIterator<Item = u8>) -> String {
    hash.into_iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in hexadecimal, and the number of bytes.
pub(crate) fn sha256(mut reader: impl Read) -> std::io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                hash.update(&buffer[..count]);
                bytes += count as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((hexadecimal(hash.finalize()), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    #[cfg(feature = "compression")]
    use std::io::Write;

    const TEXT: &[u8] = b"day,close\n2018-09-28,233.75\n2018-09-27,233.25\n";

    #[cfg(feature = "compression")]
    fn gzip() -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(TEXT).expect("memory can be written");
        encoder.finish().expect("memory can be written")
    }

    #[cfg(feature = "compression")]
    fn xz() -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
        encoder.write_all(TEXT).expect("memory can be written");
        encoder.finish().expect("memory can be written")
    }

    #[cfg(feature = "compression")]
    fn all_forms() -> [(&'static str, Vec<u8>); 3] {
        let zstd = zstd::encode_all(TEXT, 1).expect("memory can be read");
        [("gz", gzip()), ("xz", xz()), ("zst", zstd)]
    }

    fn read(path: &Path) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut reader = open(path).map_err(std::io::Error::other)?;
        reader.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[cfg(feature = "compression")]
    #[test]
    fn the_first_bytes_tell_the_compression() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("no-suffix");
        for (form, bytes) in all_forms() {
            fs::write(&path, &bytes).expect("written");
            assert_eq!(read(&path).expect(form), TEXT, "{form}");
            // Two streams in one file are one text, as with `cat a.gz b.gz`.
            fs::write(&path, [bytes.clone(), bytes].concat()).expect("written");
            assert_eq!(read(&path).expect(form), [TEXT, TEXT].concat(), "{form}");
        }
    }

    #[cfg(not(feature = "compression"))]
    #[test]
    fn a_compressed_file_is_an_error_that_names_the_feature() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("no-suffix");
        for ((_, start), name) in FORMS.into_iter().zip(["gzip", "xz", "zstd"]) {
            fs::write(&path, [start, TEXT].concat()).expect("written");
            let error = open(&path).map(|_| ()).expect_err("it cannot be read");
            assert!(error.to_string().contains(name), "{error}");
            assert!(error.to_string().contains("`compression`"), "{error}");
            assert_eq!(error.place(), Some(path.display().to_string()));
        }
    }

    #[test]
    fn a_plain_file_is_read_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("no-suffix");
        for short in [&TEXT[..0], &TEXT[..1], &FORMS[1].1[..5], TEXT] {
            fs::write(&path, short).expect("written");
            assert_eq!(read(&path).expect("plain"), short);
        }
    }

    #[cfg(feature = "compression")]
    #[test]
    fn a_cut_file_is_an_error_wherever_it_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cut");
        for (form, bytes) in all_forms() {
            for length in MAGIC..bytes.len() {
                fs::write(&path, &bytes[..length]).expect("written");
                assert!(read(&path).is_err(), "{form} cut to {length} bytes");
            }
        }
    }

    #[test]
    fn locate_takes_the_first_folder_then_the_plain_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let dirs = ["a", "b"].map(|name| folder.path().join(name));
        let touch = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(&path, b"").expect("written");
            path
        };
        assert_eq!(locate(&dirs, "stock/prices.csv"), None);
        let later = touch("b/stock/prices.csv");
        assert_eq!(locate(&dirs, "stock/prices.csv"), Some(later));
        let bare = touch("a/prices.csv.zst");
        assert_eq!(locate(&dirs, "stock/prices.csv"), Some(bare));
        let packed = touch("a/stock/prices.csv.xz");
        assert_eq!(locate(&dirs, "stock/prices.csv"), Some(packed));
        let plain = touch("a/stock/prices.csv");
        assert_eq!(locate(&dirs, "stock/prices.csv"), Some(plain));
        fs::create_dir_all(dirs[0].join("news.csv")).expect("made");
        assert_eq!(locate(&dirs, "news.csv"), None);
    }

    #[test]
    fn sha256_is_the_standard_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("abc");
        fs::write(&path, b"abc").expect("written");
        let wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_file(&path).expect("readable"), wanted);
    }
}
