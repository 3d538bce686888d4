//! Files with a text a line.

use crate::error::{DataError, Place, Result};
use crate::form::{Contents, Source};
use crate::source::unreadable;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Bytes of the longest line that is read.
pub const LONGEST_LINE: usize = 1 << 20;

/// The lines of a file, each with a text.
///
/// # Errors
/// [`DataError::Content`] with file and line when a line is empty, longer than [`LONGEST_LINE`] or not
/// UTF-8; [`DataError::Missing`] and [`DataError::Read`].
pub fn read_lines(path: &Path, limit: Option<usize>) -> Result<Vec<String>> {
    let texts = lines(path, limit)?;
    match texts.iter().position(String::is_empty) {
        None => Ok(texts),
        Some(at) => Err(DataError::content(
            "the line is empty",
            place(path, at),
            "take it out, and its partner too where two files go line by line",
        )),
    }
}

/// The lines of a file of which some have a text; the others are empty.
///
/// # Errors
/// See [`read_lines`]; [`DataError::Content`] when no line has a text.
pub fn read_texts(path: &Path, limit: Option<usize>) -> Result<Vec<String>> {
    let texts = lines(path, limit)?;
    if texts.iter().all(String::is_empty) {
        return Err(DataError::content(
            "the file holds no text",
            Place::file(path),
            "give a file with a text a line",
        ));
    }
    Ok(texts)
}

/// The lines of a file without blanks around them; some may be empty.
pub(super) fn lines(path: &Path, limit: Option<usize>) -> Result<Vec<String>> {
    let source = Source::open(path)?;
    source.refuse_other(Contents::Lines)?;
    let reader = source.into_reader(0);
    let reader = reader.map_err(|error| unreadable(path, error))?;
    let mut reader = BufReader::new(ShortLines::new(reader));
    let mut texts = Vec::new();
    while limit.is_none_or(|limit| texts.len() < limit) {
        let mut line = Vec::new();
        let at = texts.len();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return Err(unread(error, place(path, at))),
        }
        let Ok(text) = String::from_utf8(line) else {
            return Err(DataError::content(
                "the line is not UTF-8",
                place(path, at),
                "save the file as UTF-8",
            ));
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        texts.push(text.to_string());
    }
    Ok(texts)
}

pub(super) fn place(path: &Path, at: usize) -> Place {
    Place {
        file: path.display().to_string(),
        row: Some(at as u64 + 1),
        column: None,
    }
}

/// What an error of [`ShortLines`], or of the reader in it, means.
pub(super) fn unread(error: std::io::Error, place: Place) -> DataError {
    match error.get_ref().is_some_and(|inner| inner.is::<TooLong>()) {
        false => DataError::Read {
            place,
            source: error,
        },
        true => DataError::content(
            format!("the line has more than {LONGEST_LINE} bytes"),
            place,
            "give a text a line, and cut long texts into shorter ones",
        ),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a line is too long")]
struct TooLong;

/// Fails in a line that is longer than [`LONGEST_LINE`], before memory is full.
pub(super) struct ShortLines<R> {
    inner: R,
    /// Bytes of the line so far.
    length: usize,
}

impl<R> ShortLines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, length: 0 }
    }
}

impl<R: Read> Read for ShortLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let chunk = &buffer[..count];
        let end = chunk.iter().position(|&byte| byte == b'\n');
        if self.length + end.unwrap_or(count) > LONGEST_LINE {
            return Err(std::io::Error::other(TooLong));
        }
        self.length = match chunk.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => count - last - 1,
            None => self.length + count,
        };
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("texts");
        std::fs::write(&path, bytes).expect("written");
        (folder, path)
    }

    #[test]
    fn a_line_without_end_is_refused_with_its_row() {
        let fits = vec![b'a'; LONGEST_LINE - 1];
        let (_folder, path) = file(&[b"one\n", &fits[..], b"\ntwo\n"].concat());
        assert_eq!(read_lines(&path, None).expect("three lines").len(), 3);
        let long = vec![b'a'; 3 * LONGEST_LINE];
        let (_folder, path) = file(&[b"one\ntwo\n", &long[..]].concat());
        let error = read_lines(&path, None).expect_err("too long");
        assert_eq!(error.to_string(), "the line has more than 1048576 bytes");
        assert!(error.place().is_some_and(|place| place.ends_with("row 3")));
        assert_eq!(read_lines(&path, Some(2)).expect("before it").len(), 2);
    }

    #[test]
    fn empty_lines_keep_their_place_where_some_text_is() {
        let (_folder, path) = file(b"one\n\n two\n");
        assert_eq!(read_texts(&path, None).expect("texts"), ["one", "", "two"]);
        let (_folder, path) = file(b"\n \n");
        assert!(read_texts(&path, None).is_err());
    }
}
