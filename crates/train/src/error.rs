//! What can go wrong in a task: one line what, one line where, one line what to do.

use crate::fit::Divergence;
use rekindle_data::DataError;
use std::path::{Path, PathBuf};

/// An error of a task.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// The data are missing or bad.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The command asks for something that cannot be done.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// Where, if it is a place.
        place: Option<String>,
        /// What to do.
        help: String,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of a run directory is missing or damaged.
    #[error("{what}")]
    Run {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file of a run directory is not what its checksum says.
    #[error("{what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file would hold a number that is not finite, and could not be read back.
    #[error("cannot write {}: it would hold a number that is not finite ({why})", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// What reading it back says.
        why: String,
    },
    /// The answers could not be written.
    #[error("cannot write to standard output: {why}")]
    Output {
        /// Why.
        why: String,
    },
    /// Training gave a number that is not finite.
    #[error("{0}")]
    Diverged(Box<Divergence>),
    /// A process that lends a device is gone; the state before the step is saved.
    #[error("the worker {address} does not answer any more")]
    Worker {
        /// Where it listened.
        address: String,
        /// The run directory that holds the state.
        run: PathBuf,
    },
    /// The user stopped the run; its state is saved.
    #[error("interrupted")]
    Interrupted {
        /// The run directory that holds the state.
        run: PathBuf,
    },
}

/// The result of a task's work.
pub type Result<T> = std::result::Result<T, TaskError>;

impl TaskError {
    /// A usage error with no place.
    pub fn usage(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            what: what.into(),
            place: None,
            help: help.into(),
        }
    }

    /// A write error at `path`.
    pub fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }

    /// A file that is not what its checksum says.
    pub fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    /// A damaged or missing file of a run directory.
    pub fn run(path: &Path, what: impl Into<String>) -> Self {
        Self::Run {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    /// Where it went wrong.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.place(),
            Self::Usage { place, .. } => place.clone(),
            Self::Run { path, .. } | Self::Damaged { path, .. } => Some(path.display().to_string()),
            Self::Diverged(divergence) => Some(divergence.run.display().to_string()),
            Self::Write { .. }
            | Self::NotFinite { .. }
            | Self::Output { .. }
            | Self::Worker { .. }
            | Self::Interrupted { .. } => None,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.help(),
            Self::Usage { help, .. } => Some(help.clone()),
            Self::Run { .. } => {
                Some("give the folder of a finished run, as `run` printed it".to_string())
            }
            Self::Write { source, .. } => Some(for_writing(source.kind()).to_string()),
            Self::Damaged { .. } => Some(
                "copy the run again from where it was made; if it was stopped while it wrote its \
                 results, --resume finishes it"
                    .to_string(),
            ),
            Self::NotFinite { .. } => Some(
                "look for values that are extremely large in the data; what was trained is kept in \
                 checkpoints"
                    .to_string(),
            ),
            Self::Output { .. } => Some("free some space, or write them elsewhere".to_string()),
            Self::Diverged(divergence) => Some(divergence.help()),
            Self::Worker { run, .. } => Some(format!(
                "the run is saved; go on with the same command, those of --devices that are left, and \
                 --resume --out {}",
                run.display()
            )),
            Self::Interrupted { run } => Some(format!(
                "go on with the same command and --resume --out {}",
                run.display()
            )),
        }
    }

    /// The process exit code: 1 failed, 2 bad usage or input, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Data(_) | Self::Usage { .. } | Self::Run { .. } | Self::Damaged { .. } => 2,
            Self::Write { .. }
            | Self::NotFinite { .. }
            | Self::Output { .. }
            | Self::Diverged(_)
            | Self::Worker { .. } => 1,
            Self::Interrupted { .. } => 130,
        }
    }
}

/// What helps where a file could not be written.
fn for_writing(kind: std::io::ErrorKind) -> &'static str {
    use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
    match kind {
        NotFound => "make its folder first, or choose another one",
        NotADirectory => "a part of the path is a file: choose another folder",
        PermissionDenied | ReadOnlyFilesystem => "choose a folder that you may write to",
        _ => "free some space or choose another --out folder",
    }
}
