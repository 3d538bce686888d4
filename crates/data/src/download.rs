//! One download that resumes, and is complete or absent.

use crate::error::{DataError, Result};
use crate::fetch::{FetchOptions, Progress};
use crate::lock::FileLock;
use crate::manifest::ManifestFile;
use crate::source::sha256_file;
use crate::verify::{FileState, state};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Time between two looks at a download of another process.
const LOOK: Duration = Duration::from_millis(200);

/// A client that gives up waiting after `timeout`, but lets a long download take its time.
pub(crate) fn agent(timeout: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_resolve(Some(timeout))
        .timeout_connect(Some(timeout))
        .timeout_recv_response(Some(timeout))
        .timeout_per_read(Some(timeout))
        // A range of a compressed answer is no range of the file.
        .accept_encoding("identity")
        .user_agent(concat!("rekindle/", env!("CARGO_PKG_VERSION")))
        .build();
    ureq::Agent::new_with_config(config)
}

/// Why an attempt failed.
enum Failed {
    /// Another one may do better.
    Retry(String),
    /// None will.
    Stop(DataError),
}

type Attempt<T> = std::result::Result<T, Failed>;

/// A file to download.
pub(crate) struct Download<'a> {
    pub(crate) agent: &'a ureq::Agent,
    pub(crate) file: &'a ManifestFile,
    pub(crate) url: &'a str,
    pub(crate) path: &'a Path,
    pub(crate) options: &'a FetchOptions,
}

impl Download<'_> {
    pub(crate) fn run(&self, progress: &mut dyn Progress) -> Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(DataError::write(folder))?;
        }
        let part = self.part();
        let _lock = self.wait(&part)?;
        if matches!(
            state(self.file, self.path),
            FileState::Ok | FileState::Unchecked
        ) {
            // Another process has fetched it meanwhile.
            return Ok(());
        }
        if self.file.sha256.is_none() {
            // Nothing would tell whether an old part belongs to what is served now.
            remove(&part)?;
        }
        let mut longest = length(&part);
        let mut pause = self.options.backoff;
        let mut tries = 0;
        loop {
            let what = match self.attempt(&part, progress) {
                Ok(()) => return fs::rename(&part, self.path).map_err(DataError::write(self.path)),
                Err(Failed::Stop(error)) => return Err(error),
                Err(Failed::Retry(what)) => what,
            };
            if length(&part) > longest {
                (longest, tries, pause) = (length(&part), 0, self.options.backoff);
            }
            if tries == self.options.retries {
                let place = self.path.display();
                let help = format!("try again later, or put the file at {place} by hand");
                return Err(self.error(what, help));
            }
            tracing::info!("{}: {what}; trying again", self.url);
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            tries += 1;
        }
    }

    /// Waits until no other process downloads this file.
    fn wait(&self, part: &Path) -> Result<FileLock> {
        let mut name = part.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let mut waits = false;
        loop {
            if let Some(lock) = FileLock::try_new(&path).map_err(DataError::write(&path))? {
                return Ok(lock);
            }
            if !waits {
                tracing::warn!("{}: another process downloads it; waiting", self.url);
            }
            waits = true;
            std::thread::sleep(LOOK);
        }
    }

    fn part(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".part");
        PathBuf::from(name)
    }

    fn attempt(&self, part: &Path, progress: &mut dyn Progress) -> Attempt<()> {
        if self.file.bytes.is_some_and(|bytes| length(part) > bytes) {
            remove(part)?;
        }
        let already = length(part);
        let complete = already > 0 && self.file.bytes == Some(already);
        let resumed = complete || self.receive(part, already, progress)?;
        self.check(part, resumed)
    }

    /// Receives what is missing; says whether it was added to bytes already there.
    fn receive(&self, part: &Path, already: u64, progress: &mut dyn Progress) -> Attempt<bool> {
        let mut request = self.agent.get(self.url);
        if already > 0 {
            request = request.header("range", format!("bytes={already}-"));
        }
        let response = request.call().map_err(|error| self.refused(error, part))?;
        // A server may ignore the range and send everything.
        let resumed = match response.status().as_u16() {
            200 => false,
            206 if already > 0 && range_start(&response) == Some(already) => true,
            206 => {
                remove(part)?;
                let what = "the server sent another range than the one asked for";
                return Err(Failed::Retry(what.to_string()));
            }
            code => return Err(self.answered(code)),
        };
        let start = if resumed { already } else { 0 };
        let length = response.body().content_length();
        progress.start(&self.file.path, length.map(|length| length + start), start);
        let outcome = self.append(part, start, length, response.into_body(), progress);
        progress.finish();
        outcome.map(|()| resumed)
    }

    fn append(
        &self,
        part: &Path,
        start: u64,
        length: Option<u64>,
        body: ureq::Body,
        progress: &mut dyn Progress,
    ) -> Attempt<()> {
        let failed = |error| Failed::Stop(DataError::write(part)(error));
        let mut file = match start {
            0 => File::create(part),
            _ => OpenOptions::new().append(true).open(part),
        }
        .map_err(failed)?;
        let mut body = body.into_reader();
        let mut buffer = vec![0; 1 << 16];
        let mut received = 0;
        let cut = loop {
            // Endless answers end here; the check then tells the size is wrong.
            let most = self.file.bytes.unwrap_or(u64::MAX);
            match body.read(&mut buffer) {
                _ if start + received > most => break None,
                Ok(0) => break None,
                Ok(count) => {
                    file.write_all(&buffer[..count]).map_err(failed)?;
                    received += count as u64;
                    progress.advance(count as u64);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Some(error.to_string()),
            }
        };
        file.sync_all().map_err(failed)?;
        match (cut, length) {
            (Some(why), _) => Err(Failed::Retry(format!(
                "the connection was cut after {} bytes ({why})",
                start + received
            ))),
            (None, Some(length)) if received < length => Err(Failed::Retry(format!(
                "the connection was cut after {} bytes",
                start + received
            ))),
            _ => Ok(()),
        }
    }

    /// Checks size and hash; what is wrong is deleted.
    fn check(&self, part: &Path, resumed: bool) -> Attempt<()> {
        let found = length(part);
        let wrong = match (self.file.bytes, &self.file.sha256) {
            (Some(bytes), _) if found > bytes => format!("more than the {bytes} bytes expected"),
            (Some(bytes), _) if found < bytes => {
                format!("{found} bytes instead of the {bytes} expected")
            }
            (_, Some(hash)) if !sha256_file(part)?.eq_ignore_ascii_case(hash) => {
                "contents whose SHA-256 is not the one expected".to_string()
            }
            _ => return Ok(()),
        };
        remove(part)?;
        if resumed {
            // The bytes from before may be to blame: once more from the start.
            return Err(Failed::Retry("the parts do not fit together".to_string()));
        }
        let help = "the download was deleted; the file at this address has changed, or something \
                    on the way changes it";
        Err(Failed::Stop(
            self.error(format!("the server sent {wrong}"), help),
        ))
    }

    fn refused(&self, error: ureq::Error, part: &Path) -> Failed {
        match error {
            // The part is as long as the file, or longer: start again.
            ureq::Error::StatusCode(416) => match remove(part) {
                Ok(()) => Failed::Retry("the server refused to resume".to_string()),
                Err(error) => Failed::Stop(error),
            },
            ureq::Error::StatusCode(code) => self.answered(code),
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                self.unreachable()
            }
            ureq::Error::Io(error) => match error.kind() {
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof
                | ErrorKind::InvalidData
                | ErrorKind::TimedOut
                | ErrorKind::WouldBlock => {
                    Failed::Retry(format!("the connection failed ({error})"))
                }
                // Refused, no route, and a name that cannot be looked up, which has no kind.
                _ => self.unreachable(),
            },
            ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::TooManyRedirects => {
                let what = format!("the address cannot be followed ({error})");
                Failed::Stop(self.error(what, self.by_hand()))
            }
            other => Failed::Retry(format!("the download failed ({other})")),
        }
    }

    fn answered(&self, code: u16) -> Failed {
        let what = format!("the server answered {code}");
        match code {
            408 | 429 | 500.. => Failed::Retry(what),
            _ => Failed::Stop(self.error(what, self.by_hand())),
        }
    }

    fn unreachable(&self) -> Failed {
        let host = self.url.split("://").last().unwrap_or(self.url);
        let host = host.split('/').next().unwrap_or(host);
        let what = format!("the host {host} could not be reached");
        let help = format!("check the network, or {}", self.by_hand());
        Failed::Stop(self.error(what, help))
    }

    fn by_hand(&self) -> String {
        format!("put the file at {} by hand", self.path.display())
    }

    fn error(&self, what: impl Into<String>, help: impl Into<String>) -> DataError {
        DataError::Download {
            what: what.into(),
            url: self.url.to_string(),
            help: help.into(),
        }
    }
}

impl From<DataError> for Failed {
    fn from(error: DataError) -> Self {
        Self::Stop(error)
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(DataError::write(path)(error)),
        _ => Ok(()),
    }
}

/// Where `Content-Range: bytes 100-199/200` begins.
fn range_start(response: &ureq::http::Response<ureq::Body>) -> Option<u64> {
    let range = response.headers().get("content-range")?.to_str().ok()?;
    range
        .trim()
        .strip_prefix("bytes")?
        .trim()
        .split('-')
        .next()?
        .parse()
        .ok()
}
