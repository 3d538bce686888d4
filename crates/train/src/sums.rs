//! Checksums of the files of a folder, so that a damaged one is known by its name.
//!
//! `sha256sum -c SHA256SUMS` checks them too.

use crate::error::{Result, TaskError};
use crate::files;
use rekindle_data::{sha256_file, sha256_of};
use std::fs;
use std::path::Path;

/// The file they are in.
pub const FILE: &str = "SHA256SUMS";
/// Begins the last line, which has the checksum of the lines above.
const OWN: &str = "# ";

/// The checksums as a file: `(checksum, name)`; a name may come twice while its file is replaced.
fn text(sums: &[(String, String)]) -> String {
    let lines = sums.iter().map(|(sum, name)| format!("{sum}  {name}\n"));
    let lines: String = lines.collect();
    let own = sha256_of(lines.as_bytes());
    format!("{lines}{OWN}{own}\n")
}

/// The checksums of files that are about to be written.
pub fn of(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let sums = files
        .iter()
        .map(|(name, bytes)| (sha256_of(bytes), (*name).to_string()));
    text(&sums.collect::<Vec<_>>()).into_bytes()
}

/// Writes the checksums of all files of a folder as they are now.
///
/// # Errors
/// When one cannot be read, or the checksums cannot be written.
pub fn write(folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(TaskError::write(folder))?;
    let names = entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| !name.starts_with('.') && name != FILE)
        .collect();
    names.sort();
    let sums = names
        .into_iter()
        .map(|name| Ok((sha256_file(&folder.join(&name))?, name)))
        .collect::<Result<Vec<_>>>()?;
    files::write_atomic(&folder.join(FILE), text(&sums).as_bytes())
}

/// Says that a file of a folder may also have these bytes: it is about to be replaced.
///
/// # Errors
/// When the checksums are damaged or cannot be written.
pub fn expect(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let Some(mut sums) = read(folder)? else {
        return Ok(());
    };
    sums.push((sha256_of(bytes), name.to_string()));
    files::write_atomic(&folder.join(FILE), text(&sums).as_bytes())
}

/// The checksums of a folder, as `(checksum, name)`; none of a run of version 0.1.0, or of one that is
/// not over.
///
/// # Errors
/// When they are damaged themselves.
pub fn read(folder: &Path) -> Result<Option<Vec<(String, String)>>> {
    let path = folder.join(FILE);
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TaskError::run(&path, format!("cannot be read: {error}"))),
    };
    let damaged = || TaskError::damaged(&path, "the checksums of this run are damaged");
    let (lines, own) = text.rsplit_once(OWN).ok_or_else(damaged)?;
    if own.strip_suffix('\n') != Some(&sha256_of(lines.as_bytes())) {
        return Err(damaged());
    }
    let sums = lines.lines().map(|line| {
        let (sum, name) = line.split_once("  ")?;
        Some((sum.to_string(), name.to_string()))
    });
    sums.collect::<Option<_>>().ok_or_else(damaged).map(Some)
}

/// Refuses a file that is not what the checksums beside it say; without checksums any is taken.
///
/// # Errors
/// [`TaskError::Damaged`].
pub fn check(path: &Path, bytes: &[u8]) -> Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let Some(sums) = read(folder)? else {
        return Ok(());
    };
    let name = name.to_string_lossy();
    let mut known = sums.iter().filter(|(_, of)| *of == name).peekable();
    if known.peek().is_none() {
        return Ok(());
    }
    let sum = sha256_of(bytes);
    match known.any(|(known, _)| *known == sum) {
        true => Ok(()),
        false => Err(TaskError::damaged(
            path,
            format!("the file is damaged or was changed: {name} is not what {FILE} says"),
        )),
    }
}

/// The first file that the checksums name and that is not there; what is only looked at may be removed.
///
/// # Errors
/// When the checksums are damaged.
pub fn missing(folder: &Path) -> Result<Option<String>> {
    let sums = read(folder)?.unwrap_or_default();
    let is_looked_at = |name: &String| name.ends_with(".html") || name.ends_with(".svg");
    let mut names = sums.into_iter().map(|(_, name)| name);
    Ok(names.find(|name| !is_looked_at(name) && !folder.join(name).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model");
        let bytes = b"weights of a model".to_vec();
        fs::write(&path, &bytes).expect("written");
        assert!(check(&path, b"anything").is_ok(), "no checksums yet");
        write(folder.path()).expect("written");
        for at in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            let error = check(&path, &bytes).expect_err("it differs");
            assert!(error.to_string().contains("model"), "{error}");
        }
        assert!(check(&path, &bytes).is_ok());

        let sums = fs::read(folder.path().join(FILE)).expect("there");
        for at in 0..sums.len() * 8 {
            let mut sums = sums.clone();
            sums[at / 8] ^= 1 << (at % 8);
            fs::write(folder.path().join(FILE), sums).expect("written");
            assert!(check(&path, &bytes).is_err(), "bit {at} of the checksums");
        }
    }

    #[test]
    fn a_file_may_be_about_to_change_and_a_missing_one_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        fs::write(&path, "old").expect("written");
        write(folder.path()).expect("written");
        expect(folder.path(), "config.toml", b"new").expect("written");
        for (text, fits) in [("old", true), ("new", true), ("other", false)] {
            assert_eq!(check(&path, text.as_bytes()).is_ok(), fits, "{text}");
        }
        assert_eq!(missing(folder.path()).expect("sound"), None);
        fs::remove_file(&path).expect("removed");
        let name = Some("config.toml".to_string());
        assert_eq!(missing(folder.path()).expect("sound"), name);
    }
}
