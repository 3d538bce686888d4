//! Fetching the files of a data set.

use crate::download::{Download, agent};
use crate::error::{DataError, Result};
use crate::manifest::{Manifest, ManifestFile};
use crate::verify::{FileState, state};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How to download.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Times a failed download is tried again without a byte more than the tries before.
    pub retries: u32,
    /// Longest wait for a connection, for an answer, and for the next bytes.
    pub timeout: Duration,
    /// Pause before the first retry; it doubles each time, up to a minute.
    pub backoff: Duration,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            retries: 4,
            timeout: Duration::from_secs(20),
            backoff: Duration::from_millis(500),
        }
    }
}

/// Follows a download.
pub trait Progress {
    /// A file begins, or goes on after a cut; `already` of its `total` bytes are there.
    fn start(&mut self, file: &str, total: Option<u64>, already: u64);
    /// So many bytes more have come.
    fn advance(&mut self, bytes: u64);
    /// What was started has ended, well or badly.
    fn finish(&mut self);
}

impl Progress for () {
    fn start(&mut self, _: &str, _: Option<u64>, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn finish(&mut self) {}
}

/// Downloads the files of a manifest below the folder `into` and returns their paths.
///
/// Files already there and right are left alone. A download goes to `NAME.part` and is renamed when
/// its size and hash are right, so a file under its own name is complete. A `.part` left by an
/// earlier call is continued if the manifest gives the hash that will tell whether it fits.
///
/// # Errors
/// [`DataError::Download`] when a file has no address or is a member of an archive, the server
/// cannot be reached or fails, or the contents are wrong; [`DataError::Write`].
pub fn fetch(
    manifest: &Manifest,
    into: &Path,
    options: &FetchOptions,
    progress: &mut dyn Progress,
) -> Result<Vec<PathBuf>> {
    let agent = agent(options.timeout);
    let mut paths = Vec::with_capacity(manifest.files.len());
    for file in &manifest.files {
        let path = into.join(&file.path);
        let there = matches!(state(file, &path), FileState::Ok | FileState::Unchecked);
        if !there {
            let (Some(url), None) = (&file.url, &file.unpack) else {
                return Err(by_hand(manifest, file, &path));
            };
            let download = Download {
                agent: &agent,
                file,
                url,
                path: &path,
                options,
            };
            download.run(progress)?;
        }
        paths.push(path);
    }
    Ok(paths)
}

fn by_hand(manifest: &Manifest, file: &ManifestFile, path: &Path) -> DataError {
    let why = match (&manifest.note, &file.unpack) {
        (Some(note), _) => note.clone(),
        (None, Some(member)) => format!("take {member} out of the archive"),
        (None, None) => "it has no public address".to_string(),
    };
    DataError::Download {
        what: format!("{} must be fetched by hand", file.path),
        url: file.url.as_ref().unwrap_or(&manifest.homepage).clone(),
        help: format!("{why}; put it at {}", path.display()),
    }
}
