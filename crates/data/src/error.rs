//! What can be wrong with data: what, where, and what to do.

use crate::near;
use crate::printable::{printable, printable_line};
use std::path::{Path, PathBuf};

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the file.
    pub file: String,
    /// Line, from 1; the header is row 1.
    pub row: Option<u64>,
    /// Column name.
    pub column: Option<String>,
}

impl Place {
    /// A file as a whole.
    pub(crate) fn file(path: &Path) -> Self {
        Self {
            file: path.display().to_string(),
            ..Self::default()
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&printable_line(&self.file))?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {}", printable_line(column))?;
        }
        Ok(())
    }
}

/// An error in data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file is not there.
    #[error("the file does not exist")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("the file cannot be read: {source}")]
    Read {
        /// Where reading stopped.
        place: Place,
        /// Why.
        source: std::io::Error,
    },
    /// The contents are not what they should be.
    #[error("{}", printable(what))]
    Content {
        /// What is wrong.
        what: String,
        /// Where.
        place: Place,
        /// What to do.
        help: String,
    },
    /// The data do not allow what is asked of them.
    #[error("{}", printable(what))]
    Unfit {
        /// What does not fit.
        what: String,
        /// What to do.
        help: String,
    },
    /// A download failed.
    #[error("{}", printable(what))]
    Download {
        /// What failed.
        what: String,
        /// The address.
        url: String,
        /// What to do.
        help: String,
    },
    /// A file cannot be written.
    #[error("cannot write: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The result of reading data.
pub type Result<T> = std::result::Result<T, DataError>;

impl DataError {
    pub(crate) fn content(what: impl Into<String>, place: Place, help: impl Into<String>) -> Self {
        Self::Content {
            what: what.into(),
            place,
            help: help.into(),
        }
    }

    pub(crate) fn unfit(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Unfit {
            what: what.into(),
            help: help.into(),
        }
    }

    #[cfg(feature = "download")]
    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }

    /// Where it is: file, row, column.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Missing { path } | Self::Write { path, .. } => {
                Some(printable_line(&path.display().to_string()).into_owned())
            }
            Self::Read { place, .. } | Self::Content { place, .. } => Some(place.to_string()),
            Self::Download { url, .. } => Some(printable_line(url).into_owned()),
            Self::Unfit { .. } => None,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Missing { path } => Some(printable(&near::help(path)).into_owned()),
            Self::Read { place, source } if source.kind() == std::io::ErrorKind::IsADirectory => {
                Some(printable(&near::inside(Path::new(&place.file))).into_owned())
            }
            Self::Read { .. } => {
                Some("check that the file is readable and complete; fetch it again".to_string())
            }
            Self::Content { help, .. } | Self::Unfit { help, .. } | Self::Download { help, .. } => {
                Some(printable(help).into_owned())
            }
            Self::Write { .. } => Some("free some space or choose another folder".to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_codes_of_data_never_reach_the_terminal() {
        let place = Place {
            file: "a\u{1b}c.csv".to_string(),
            row: Some(2),
            column: Some("x\ny".to_string()),
        };
        let error = DataError::content("\"\u{1b}[2J\" is odd", place, "see \u{7}");
        assert_eq!(error.to_string(), "\"<U+001B>[2J\" is odd");
        let wanted = "a<U+001B>c.csv, row 2, column x<LF>y";
        assert_eq!(error.place().as_deref(), Some(wanted));
        assert_eq!(error.help().as_deref(), Some("see <U+0007>"));
    }
}
