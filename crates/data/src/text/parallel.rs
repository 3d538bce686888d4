//! Two files that say the same in two languages, line by line.

use crate::error::{DataError, Place, Result};
use crate::form::{Contents, Source};
use crate::source::unreadable;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Texts in two languages; a pair has the same place in both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParallelTexts {
    /// What is read.
    pub source: Vec<String>,
    /// What is to be written.
    pub target: Vec<String>,
}

impl ParallelTexts {
    /// Reads two files (plain, gzip, xz or zstd) of the same number of lines.
    ///
    /// # Errors
    /// [`DataError::Content`] with file and line when a line is empty or not UTF-8, or one of the
    /// files is longer; [`DataError::Missing`] and [`DataError::Read`].
    pub fn read(source: &Path, target: &Path, limit: Option<usize>) -> Result<Self> {
        let texts = Self {
            source: read_lines(source, limit)?,
            target: read_lines(target, limit)?,
        };
        let (a, b) = (texts.source.len(), texts.target.len());
        if a != b {
            let (longer, shorter, at) = match a > b {
                true => (source, target, b),
                false => (target, source, a),
            };
            return Err(DataError::content(
                format!("this line has no partner: {} ends before it", name(shorter)),
                place(longer, at),
                "give two files of which line by line says the same",
            ));
        }
        if a == 0 {
            return Err(DataError::content(
                "the file holds no line",
                place(source, 0),
                "give a file with a text a line",
            ));
        }
        Ok(texts)
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }
}

/// The lines of a file, each with a text.
pub fn read_lines(path: &Path, limit: Option<usize>) -> Result<Vec<String>> {
    let source = Source::open(path)?;
    source.refuse_other(Contents::Lines)?;
    let reader = source.into_reader(0);
    let mut reader = BufReader::new(reader.map_err(|error| unreadable(path, error))?);
    let mut texts = Vec::new();
    while limit.is_none_or(|limit| texts.len() < limit) {
        let mut line = Vec::new();
        let read = reader.read_until(b'\n', &mut line);
        let at = texts.len();
        match read {
            Ok(0) => break,
            Ok(_) => {}
            Err(source) => {
                return Err(DataError::Read {
                    place: place(path, at),
                    source,
                });
            }
        }
        let Ok(text) = String::from_utf8(line) else {
            return Err(DataError::content(
                "the line is not UTF-8",
                place(path, at),
                "save the file as UTF-8",
            ));
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err(DataError::content(
                "the line is empty",
                place(path, at),
                "take it out, and its partner too where two files go line by line",
            ));
        }
        texts.push(text.to_string());
    }
    Ok(texts)
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn place(path: &Path, at: usize) -> Place {
    Place {
        file: path.display().to_string(),
        row: Some(at as u64 + 1),
        column: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn pair(source: &[u8], target: &[u8]) -> Result<ParallelTexts> {
        let folder = tempfile::tempdir().expect("a folder");
        let [a, b] = ["a.en", "a.de"].map(|name| folder.path().join(name));
        fs::write(&a, source).expect("written");
        fs::write(&b, target).expect("written");
        ParallelTexts::read(&a, &b, None)
    }

    fn refused(source: &[u8], target: &[u8]) -> (String, String) {
        let error = pair(source, target).expect_err("refused");
        let place = error.place().expect("a place");
        let place = place.rsplit('/').next().unwrap_or_default().to_string();
        (error.to_string(), place)
    }

    #[test]
    fn lines_are_paired_whatever_ends_them() {
        let texts = pair("\u{feff}one\r\ntwo ".as_bytes(), "eins\nzwei\n".as_bytes());
        let texts = texts.expect("two pairs");
        assert_eq!(texts.source, ["one", "two"]);
        assert_eq!(texts.target, ["eins", "zwei"]);
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let (what, place) = refused(b"one\ntwo\n", b"eins\n");
        assert_eq!(what, "this line has no partner: a.de ends before it");
        assert_eq!(place, "a.en, row 2");
        let (what, place) = refused(b"one\n", b"eins\nzwei\n");
        assert_eq!(what, "this line has no partner: a.en ends before it");
        assert_eq!(place, "a.de, row 2");
        let (what, place) = refused(b"one\n\nthree\n", b"eins\nzwei\ndrei\n");
        assert_eq!(
            (what.as_str(), place.as_str()),
            ("the line is empty", "a.en, row 2")
        );
        let (what, place) = refused(b"one\n", b"\xe9\xe8\n");
        assert_eq!(
            (what.as_str(), place.as_str()),
            ("the line is not UTF-8", "a.de, row 1")
        );
        assert_eq!(refused(b"", b"").0, "the file holds no line");
        let (what, place) = refused(b"PK\x03\x04\0\0", b"eins\n");
        assert_eq!(
            (what.as_str(), place.as_str()),
            ("the file is a zip archive", "a.en")
        );
    }
}
