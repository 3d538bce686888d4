//! Writing so that a file is complete or absent, and reading what was written.

use crate::error::{Result, TaskError};
use crate::fault::step;
use crate::sums;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What the names of files and folders begin with that a killed run leaves half-written.
pub const PARTIAL: &str = ".partial-";

/// Writes `bytes` to a temporary file beside `path` and renames it into place.
///
/// A link is followed. The file keeps its permissions; a new one has those of the umask.
///
/// # Errors
/// When it cannot be written, or when there is something at `path` that is not a file.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = &target(path)?;
    write(path, bytes).map_err(TaskError::write(path))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    step()?;
    let mut file = partial(0o666).tempfile_in(folder)?;
    if let Ok(before) = fs::metadata(path) {
        file.as_file().set_permissions(before.permissions())?;
    }
    let (first, second) = bytes.split_at(bytes.len() / 2);
    step()?;
    file.write_all(first)?;
    step()?;
    file.write_all(second)?;
    step()?;
    file.as_file().sync_all()?;
    step()?;
    file.persist(path).map_err(|error| error.error)?;
    step()?;
    sync_folder(folder)
}

/// Makes what is half-written, with the permissions that the umask leaves of `mode`.
fn partial(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PARTIAL);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

/// Where a file of this name is written: the end of a link, and never a device or a pipe, which a
/// rename would replace.
///
/// # Errors
/// [`TaskError::Usage`] for what is not a file.
pub fn target(path: &Path) -> Result<PathBuf> {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(path.to_owned());
    };
    let refused = |what: &str| TaskError::Usage {
        what: what.to_string(),
        place: Some(path.display().to_string()),
        help: "name a file to write".to_string(),
    };
    if metadata.is_symlink() {
        let end = fs::canonicalize(path).map_err(|_| refused("this link leads nowhere"))?;
        return target(&end);
    }
    match metadata.is_file() {
        true => Ok(path.to_owned()),
        false if metadata.is_dir() => Err(refused("this is a folder, not a file")),
        false => Err(refused("this is a device or a pipe, not a file")),
    }
}

/// Puts a folder with these files in place, whole; one of the same name is replaced.
///
/// # Errors
/// When it cannot be written.
pub fn write_folder(path: &Path, files: &[(&str, Vec<u8>)]) -> Result<()> {
    put_folder(path, files).map_err(TaskError::write(path))
}

fn put_folder(path: &Path, files: &[(&str, Vec<u8>)]) -> io::Result<()> {
    let parent = folder_of(path);
    step()?;
    let partial = partial(0o777).tempdir_in(parent)?;
    for (name, bytes) in files {
        write(&partial.path().join(name), bytes)?;
    }
    let aside = aside(path);
    if path.exists() {
        // Never removed before the new one is there: it may be the only one.
        step()?;
        fs::rename(path, &aside)?;
    }
    step()?;
    fs::rename(partial.path(), path)?;
    // Its folder has another name now, and there is nothing to clean up.
    let _ = partial.keep();
    step()?;
    sync_folder(parent)?;
    if aside.exists() {
        remove_folder(&aside)?;
    }
    Ok(())
}

const ASIDE: &str = ".aside-";

/// Where a folder is while another takes its place.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{ASIDE}{name}"))
}

/// Makes a folder and those above it.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    step()?;
    fs::create_dir_all(path)
}

/// Removes a folder; killed half-way, it has the name of a half-written one.
///
/// # Errors
/// When it cannot be removed.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let gone = path.with_file_name(format!("{PARTIAL}{}", name.trim_start_matches('.')));
    step()?;
    fs::rename(path, &gone)?;
    step()?;
    fs::remove_dir_all(&gone)
}

/// Clears what a killed run left half-written in a folder and those in it; a folder that was about to
/// be replaced comes back.
///
/// # Errors
/// When something cannot be removed.
pub fn clear(folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(TaskError::write(folder))?;
    for entry in entries.filter_map(io::Result::ok) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let done = match name.strip_prefix(ASIDE) {
            Some(name) if is_folder && !folder.join(name).exists() => {
                fs::rename(&path, folder.join(name))
            }
            Some(_) if is_folder => remove_folder(&path),
            None if name.starts_with(PARTIAL) && is_folder => fs::remove_dir_all(&path),
            None if name.starts_with(PARTIAL) => fs::remove_file(&path),
            None if is_folder => {
                clear(&path)?;
                Ok(())
            }
            _ => Ok(()),
        };
        done.map_err(TaskError::write(&path))?;
    }
    Ok(())
}

/// Lets a rename last beyond a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Not every file system does this for folders.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Reads a text file of a run directory.
///
/// # Errors
/// When it cannot be read, or is not what its checksum says.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes)
        .map_err(|_| TaskError::run(path, "the file is damaged: it is not a text in UTF-8"))
}

/// Reads a binary file of a run directory.
///
/// # Errors
/// When it cannot be read, or is not what its checksum says.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|error| TaskError::run(path, unreadable(path, &error)))?;
    sums::check(path, &bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match error.kind() {
        ErrorKind::NotFound => format!("this is not a complete run: {name} is missing"),
        _ => format!("cannot read {name}: {error}"),
    }
}

/// Writes a value as indented JSON.
///
/// # Errors
/// When it cannot be written, or could not be read back: JSON has no numbers that are not finite.
pub fn write_json<T: Serialize + DeserializeOwned>(path: &Path, value: &T) -> Result<()> {
    let mut text = to_json(path, value)?;
    text.push('\n');
    write_atomic(path, text.as_bytes())
}

/// A value as indented JSON that can be read back.
///
/// # Errors
/// When a number in it is not finite.
pub fn to_json<T: Serialize + DeserializeOwned>(path: &Path, value: &T) -> Result<String> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| TaskError::run(path, format!("cannot be written as JSON: {error}")))?;
    match serde_json::from_str::<T>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(TaskError::NotFinite {
            path: path.to_owned(),
            why: error.to_string(),
        }),
    }
}

/// Reads a value from JSON.
///
/// # Errors
/// When it cannot be read, or is not what its checksum says.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?)
        .map_err(|error| TaskError::run(path, format!("the file is damaged: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let names = entries.map(|entry| entry.expect("one").file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_replaced_whole() {
        let folder = folder();
        let path = folder.path().join("last");
        for text in ["one", "two"] {
            write_folder(&path, &[("a", text.into()), ("b", text.into())]).expect("written");
            assert_eq!(fs::read_to_string(path.join("b")).expect("there"), text);
            assert_eq!(names(folder.path()), ["last"]);
        }
    }

    #[test]
    fn what_a_kill_leaves_is_cleared() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        for name in [
            "checkpoints/.partial-x",
            "checkpoints/.aside-last-1",
            ".aside-two",
            "two",
        ] {
            fs::create_dir_all(at(name)).expect("made");
        }
        fs::write(at("checkpoints/.aside-last-1/model"), "weights").expect("written");
        fs::write(at(".partial-y"), "half").expect("written");
        clear(folder.path()).expect("cleared");
        assert_eq!(names(folder.path()), ["checkpoints", "two"]);
        assert_eq!(names(&at("checkpoints")), ["last-1"]);
        assert_eq!(names(&at("checkpoints/last-1")), ["model"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_files_are_written_and_links_are_followed() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
        let folder = folder();
        let (file, link) = (folder.path().join("page"), folder.path().join("link"));
        fs::write(&file, "old").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("set");
        symlink(&file, &link).expect("linked");
        write_atomic(&link, b"new").expect("written");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("there"), "new");
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let error = write_atomic(Path::new("/dev/null"), b"x").expect_err("a device");
        assert_eq!(error.exit_code(), 2);
        assert!(
            fs::metadata("/dev/null")
                .expect("there")
                .file_type()
                .is_char_device()
        );
        let error = write_atomic(folder.path(), b"x").expect_err("a folder");
        assert!(error.to_string().contains("folder"), "{error}");
    }

    #[test]
    fn what_could_not_be_read_back_is_not_written() {
        #[derive(Serialize, Deserialize)]
        struct Threshold {
            at: f64,
        }
        let folder = folder();
        let path = folder.path().join("inference.json");
        for at in [0.1 + 0.2, 5e-324, f64::MAX, 0.30000000000000004] {
            write_json(&path, &Threshold { at }).expect("written");
            let read: Threshold = read_json(&path).expect("read");
            assert_eq!(read.at.to_bits(), at.to_bits());
        }
        for at in [f64::INFINITY, f64::NAN] {
            let error = write_json(&path, &Threshold { at }).expect_err("it has no form");
            assert!(error.to_string().contains("not finite"), "{error}");
        }
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        // One in ten was read a digit off.
        let mut bits = 0x3ff0_0000_0000_0001_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = f64::from_bits((bits >> 12) | 0x3fe0_0000_0000_0000);
            let text = serde_json::to_string(&number).expect("a number");
            let read: f64 = serde_json::from_str(&text).expect("a number");
            assert_eq!(read.to_bits(), number.to_bits(), "{text}");
        }
    }
}
