//! Writing so that a file is complete or absent.

use crate::error::{Result, TaskError};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Writes `bytes` to a temporary file beside `path` and renames it into place.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".partial-")
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(TaskError::write(path))?;
    readable_by_all(path);
    Ok(())
}

/// Temporary files are private; results are not.
#[cfg(unix)]
fn readable_by_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(0o644)) {
        tracing::debug!("permissions of {}: {error}", path.display());
    }
}

#[cfg(not(unix))]
fn readable_by_all(_path: &Path) {}

/// Reads a text file of a run directory.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| TaskError::run(path, unreadable(path, &error)))
}

/// Reads a binary file of a run directory.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| TaskError::run(path, unreadable(path, &error)))
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("this is not a complete run: {name} is missing"),
        _ => format!("cannot read {name}: {error}"),
    }
}

/// Writes a value as indented JSON.
pub fn write_json<T: serde::Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| TaskError::run(path, format!("cannot be written as JSON: {error}")))?;
    text.push('\n');
    write_atomic(path, text.as_bytes())
}

/// Reads a value from JSON.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?)
        .map_err(|error| TaskError::run(path, format!("the file is damaged: {error}")))
}
