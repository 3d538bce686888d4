//! Downloads that resume, and are complete or absent.

use crate::error::{DataError, Result};
use crate::manifest::{FileState, Manifest, ManifestFile, state};
use crate::source::sha256_file;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How to download.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Times a failed download is tried again.
    pub retries: u32,
    /// Longest wait for a connection, and for the next bytes.
    pub timeout: Duration,
    /// Pause before the first retry; it doubles each time.
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
    /// A file begins; `already` of its bytes are there.
    fn start(&mut self, file: &str, total: Option<u64>, already: u64);
    /// More bytes have come.
    fn advance(&mut self, bytes: u64);
    /// The file has ended, well or badly.
    fn finish(&mut self);
}

impl Progress for () {
    fn start(&mut self, _: &str, _: Option<u64>, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn finish(&mut self) {}
}

/// Downloads the files of a manifest into a folder; those already there and right are left alone.
///
/// A download goes to `NAME.part`, which a later call continues, and is renamed when its size and
/// hash are right.
///
/// # Errors
/// [`DataError::Download`] when a file has no address, the server or the network fails, or the
/// contents are wrong; write errors.
pub fn fetch(
    manifest: &Manifest,
    into: &Path,
    options: &FetchOptions,
    progress: &mut dyn Progress,
) -> Result<Vec<PathBuf>> {
    let config = ureq::Agent::config_builder()
        .timeout_connect(Some(options.timeout))
        .timeout_recv_response(Some(options.timeout))
        .timeout_recv_body(None)
        .user_agent(concat!("rekindle/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let mut paths = Vec::new();
    for file in &manifest.files {
        let path = into.join(&file.path);
        if !path.is_file() || !matches!(state(file, &path), FileState::Ok | FileState::Unchecked) {
            let Some(url) = &file.url else { return Err(by_hand(manifest, file, &path)) };
            Download { agent: &agent, file, url, path: &path, options }.run(progress)?;
        }
        paths.push(path);
    }
    Ok(paths)
}

fn by_hand(manifest: &Manifest, file: &ManifestFile, path: &Path) -> DataError {
    let note = manifest.note.clone().unwrap_or_else(|| "it has no public address".to_string());
    DataError::Download {
        what: format!("{} must be fetched by hand", file.path),
        url: manifest.homepage.clone(),
        help: format!("{note}; put it at {}", path.display()),
    }
}

/// Why an attempt failed.
enum Attempt {
    /// Another one may do better.
    Again(String),
    /// None will.
    Final(DataError),
}

struct Download<'a> {
    agent: &'a ureq::Agent,
    file: &'a ManifestFile,
    url: &'a str,
    path: &'a Path,
    options: &'a FetchOptions,
}

impl Download<'_> {
    fn run(&self, progress: &mut dyn Progress) -> Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(DataError::write(folder))?;
        }
        let part = self.part();
        let mut pause = self.options.backoff;
        let mut tries = 0;
        loop {
            let outcome = self.attempt(&part, progress);
            progress.finish();
            match outcome {
                Ok(()) => return fs::rename(&part, self.path).map_err(DataError::write(self.path)),
                Err(Attempt::Final(error)) => return Err(error),
                Err(Attempt::Again(what)) if tries == self.options.retries => {
                    let help = format!("try again later, or put the file at {}", self.path.display());
                    return Err(self.error(what, help));
                }
                Err(Attempt::Again(what)) => {
                    tracing::info!("{}: {what}; trying again", self.url);
                    std::thread::sleep(pause);
                    pause *= 2;
                    tries += 1;
                }
            }
        }
    }

    fn part(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".part");
        PathBuf::from(name)
    }

    fn error(&self, what: impl Into<String>, help: impl Into<String>) -> DataError {
        DataError::Download { what: what.into(), url: self.url.to_string(), help: help.into() }
    }

    fn attempt(&self, part: &Path, progress: &mut dyn Progress) -> std::result::Result<(), Attempt> {
        let mut already = fs::metadata(part).map_or(0, |metadata| metadata.len());
        if self.file.bytes.is_some_and(|bytes| already > bytes) {
            fs::remove_file(part).map_err(|error| Attempt::Final(DataError::write(part)(error)))?;
            already = 0;
        }
        if self.file.bytes != Some(already) || already == 0 {
            self.receive(part, already, progress)?;
        }
        self.check(part)
    }

    fn receive(
        &self,
        part: &Path,
        already: u64,
        progress: &mut dyn Progress,
    ) -> std::result::Result<(), Attempt> {
        let mut request = self.agent.get(self.url);
        if already > 0 {
            request = request.header("range", format!("bytes={already}-"));
        }
        let response = request.call().map_err(|error| self.failed(error))?;
        // A server may ignore the range and send everything.
        let resumed = response.status() == 206;
        let start = if resumed { already } else { 0 };
        let length = response.body().content_length();
        progress.start(&self.file.path, length.map(|length| length + start), start);
        let write = |error| Attempt::Final(DataError::write(part)(error));
        let mut file = match resumed {
            true => OpenOptions::new().append(true).open(part),
            false => File::create(part),
        }
        .map_err(write)?;
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 16];
        let mut received = 0;
        loop {
            match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    file.write_all(&buffer[..count]).map_err(write)?;
                    received += count as u64;
                    progress.advance(count as u64);
                }
                Err(error) => return Err(Attempt::Again(format!("the connection was cut: {error}"))),
            }
        }
        file.sync_all().map_err(write)?;
        match length {
            Some(length) if received < length => {
                Err(Attempt::Again(format!("the connection was cut after {received} bytes")))
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, error: ureq::Error) -> Attempt {
        match error {
            ureq::Error::StatusCode(code) if code >= 500 || code == 429 || code == 408 => {
                Attempt::Again(format!("the server answered {code}"))
            }
            // The part is longer than the file, or the file has changed: start again.
            ureq::Error::StatusCode(416) => {
                let _ = fs::remove_file(self.part());
                Attempt::Again("the server refused to resume".to_string())
            }
            ureq::Error::StatusCode(code) => {
                let help = format!("fetch the file by hand and put it at {}", self.path.display());
                Attempt::Final(self.error(format!("the server answered {code}"), help))
            }
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => self.unreachable(),
            ureq::Error::Io(error) => match error.kind() {
                std::io::ErrorKind::ConnectionRefused
                | std::io::ErrorKind::NetworkUnreachable
                | std::io::ErrorKind::HostUnreachable => self.unreachable(),
                _ => Attempt::Again(format!("the connection failed: {error}")),
            },
            other => Attempt::Again(format!("the download failed: {other}")),
        }
    }

    fn unreachable(&self) -> Attempt {
        let help = format!(
            "check the network, or put the file at {} by hand",
            self.path.display()
        );
        Attempt::Final(self.error("the server could not be reached", help))
    }

    fn check(&self, part: &Path) -> std::result::Result<(), Attempt> {
        let found = fs::metadata(part).map_or(0, |metadata| metadata.len());
        let wrong = match (self.file.bytes, &self.file.sha256) {
            (Some(bytes), _) if bytes != found => Some(format!("{found} bytes instead of {bytes}")),
            (_, Some(expected)) => match sha256_file(part) {
                Ok(hash) if hash.eq_ignore_ascii_case(expected) => None,
                Ok(_) => Some("contents that differ from the manifest".to_string()),
                Err(error) => return Err(Attempt::Final(error)),
            },
            _ => None,
        };
        let Some(wrong) = wrong else { return Ok(()) };
        fs::remove_file(part).map_err(|error| Attempt::Final(DataError::write(part)(error)))?;
        let help = "the file at this address has changed, or something on the way changes it; the \
                    download was deleted";
        Err(Attempt::Final(self.error(format!("the server sent {wrong}"), help)))
    }
}
