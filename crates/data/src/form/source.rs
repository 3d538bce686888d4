//! A file or a stream, opened as what it is.

use super::encoding::{Utf16, Utf16Reader};
use super::kind::{Kind, Nature, Refusal, recognize};
use super::peek::{Pace, Peeked};
use crate::error::{DataError, Place, Result};
use crate::lines::Lines;
use crate::source::open_known;
use std::io::{Cursor, Read};
use std::path::Path;

/// Text whose first bytes were looked at.
pub(crate) struct Source {
    /// The file's name in errors.
    pub(crate) name: String,
    /// It comes out of a compressed file.
    pub(crate) packed: bool,
    pub(crate) pace: Pace,
    /// What it is.
    pub(crate) kind: Kind,
    /// What was assumed.
    pub(crate) notes: Vec<String>,
    peeked: Peeked,
}

/// What a caller can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Tables.
    Table,
    /// Lines of text, which may look like anything made of text.
    Lines,
    /// Vectors, which may be binary.
    Vectors,
    /// Numbers as bytes.
    Bytes,
}

impl Source {
    /// Opens a file, plain or compressed.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (reader, packed) = open_known(path)?;
        Self::new(reader, &path.display().to_string(), packed, Pace::File)
    }

    /// Looks at the first bytes of a reader.
    pub(crate) fn new(
        reader: Box<dyn Read + Send>,
        name: &str,
        packed: bool,
        pace: Pace,
    ) -> Result<Self> {
        let failed = |source| DataError::Read {
            place: Place {
                file: name.to_string(),
                ..Place::default()
            },
            source,
        };
        let mut peeked = Peeked::new(reader, pace).map_err(failed)?;
        let mut notes = Vec::new();
        if let Some(order) = Utf16::of(peeked.sample(pace)) {
            notes.push("the file is text in UTF-16".to_string());
            let text = Box::new(Utf16Reader::new(peeked.into_reader(), order));
            peeked = Peeked::new(text, pace).map_err(failed)?;
        }
        if peeked.start.starts_with(b"\xef\xbb\xbf") {
            peeked.start.drain(..3);
        }
        let (sample, whole) = sample(&peeked, pace);
        let kind = recognize(sample, whole);
        Ok(Self {
            name: name.to_string(),
            packed,
            pace,
            kind,
            notes,
            peeked,
        })
    }

    /// The first bytes, and whether they are all.
    pub(crate) fn sample(&self) -> (&[u8], bool) {
        sample(&self.peeked, self.pace)
    }

    /// Fails when it cannot be read as what is wanted.
    pub(crate) fn refuse_other(&self, wanted: Contents) -> Result<()> {
        let Kind::Other(Refusal { what, help, nature }) = &self.kind else {
            return Ok(());
        };
        let fits = match wanted {
            Contents::Table => false,
            Contents::Lines => *nature == Nature::Text,
            Contents::Bytes => {
                what.contains("IDX") || (*nature != Nature::Known && !what.contains("web page"))
            }
            Contents::Vectors => *nature != Nature::Known && !what.contains("web page"),
        };
        if fits {
            return Ok(());
        }
        let place = Place {
            file: self.name.clone(),
            ..Place::default()
        };
        Err(DataError::content(
            format!("the file is {what}"),
            place,
            *help,
        ))
    }

    /// The text with one kind of line ending, from after `skip` lines on.
    pub(crate) fn into_reader(self, skip: u64) -> std::io::Result<Box<dyn Read + Send>> {
        let mut lines = Lines::new(self.peeked.into_reader());
        let mut left = skip;
        let mut chunk = [0; 1 << 10];
        while left > 0 {
            let count = match lines.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut ends = chunk[..count]
                .iter()
                .enumerate()
                .filter(|(_, byte)| **byte == b'\n');
            let within = ends.clone().count() as u64;
            if within >= left {
                let end = ends.nth(left as usize - 1).map_or(count, |(at, _)| at + 1);
                let rest = Cursor::new(chunk[end..count].to_vec());
                return Ok(Box::new(rest.chain(lines)));
            }
            left -= within;
        }
        Ok(Box::new(lines))
    }
}

fn sample(peeked: &Peeked, pace: Pace) -> (&[u8], bool) {
    let sample = peeked.sample(pace);
    (sample, peeked.whole && sample.len() == peeked.start.len())
}
