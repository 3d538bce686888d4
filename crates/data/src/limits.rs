//! What a file may ask of memory and disk.

use std::io::{BufRead, Read};

/// How far ahead of a row its file may be read.
const AHEAD: u64 = 1 << 17;

/// Limits that stop a broken or hostile file before it fills the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a row.
    pub row_bytes: u64,
    /// Bytes that a compressed file may unpack to.
    pub unpacked_bytes: u64,
    /// Columns.
    pub columns: usize,
}

impl Default for Limits {
    /// Rows of 64 MiB, 64 GiB unpacked, 100,000 columns.
    fn default() -> Self {
        Self {
            row_bytes: 64 << 20,
            unpacked_bytes: 64 << 30,
            columns: 100_000,
        }
    }
}

/// The limit that a file went beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    #[error("the row is longer than {}", size(*.0))]
    Row(u64),
    #[error("the file unpacks to more than {}", size(*.0))]
    Unpacked(u64),
}

impl Exceeded {
    /// What to do.
    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::Row(_) => {
                "look for a quote (\") that opens in this row and never closes; if rows are that \
                 long, raise the limit `row_bytes`"
            }
            Self::Unpacked(_) => {
                "check that it is the file you want; if it is, unpack it, or raise the limit \
                 `unpacked_bytes`"
            }
        }
    }

    /// The limit behind an error of reading, if there is one.
    pub(crate) fn of(error: &std::io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// A number of bytes for people.
pub(crate) fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.iter().find(|(bits, _)| bytes >= 1 << bits) {
        Some((bits, unit)) => format!("{} {unit}", bytes >> bits),
        None => format!("{bytes} bytes"),
    }
}

/// A reader that fails once a limit is passed.
pub(crate) struct Guard<R> {
    pub(crate) inner: R,
    limits: Limits,
    packed: bool,
    /// Bytes read since the last row ended.
    row: u64,
    all: u64,
}

impl<R> Guard<R> {
    /// `packed` says whether the bytes come out of a compressed file.
    pub(crate) fn new(inner: R, limits: Limits, packed: bool) -> Self {
        let (row, all) = (0, 0);
        Self {
            inner,
            limits,
            packed,
            row,
            all,
        }
    }

    /// A row has ended.
    pub(crate) fn next_row(&mut self) {
        self.row = 0;
    }

    fn count(&mut self, bytes: usize) -> std::io::Result<()> {
        self.row += bytes as u64;
        self.all += bytes as u64;
        let Limits {
            row_bytes,
            unpacked_bytes,
            ..
        } = self.limits;
        let exceeded = match self.packed && self.all > unpacked_bytes {
            true => Exceeded::Unpacked(unpacked_bytes),
            false if self.row > row_bytes.saturating_add(AHEAD) => Exceeded::Row(row_bytes),
            false => return Ok(()),
        };
        Err(std::io::Error::other(exceeded))
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count(count)?;
        Ok(count)
    }
}

/// Reads a line, its end included, of at most so many bytes; false at the end of the file.
pub(crate) fn read_line(
    reader: &mut impl BufRead,
    line: &mut Vec<u8>,
    most: u64,
) -> std::io::Result<bool> {
    line.clear();
    let mut within = reader.take(most.saturating_add(1));
    let count = within.read_until(b'\n', line)?;
    if count as u64 > most {
        return Err(std::io::Error::other(Exceeded::Row(most)));
    }
    Ok(count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(guard: Guard<std::io::Repeat>, bytes: u64) -> std::io::Result<usize> {
        guard.take(bytes).read_to_end(&mut Vec::new())
    }

    #[test]
    fn a_file_is_stopped_at_its_limits() {
        let limits = Limits {
            row_bytes: 1 << 20,
            unpacked_bytes: 1 << 10,
            columns: 1,
        };
        let guard = |packed| Guard::new(std::io::repeat(b'x'), limits, packed);
        assert!(all(guard(false), 1 << 20).is_ok());
        let error = all(guard(false), 2 << 20).expect_err("a long row");
        assert_eq!(Exceeded::of(&error), Some(Exceeded::Row(1 << 20)));
        assert_eq!(error.to_string(), "the row is longer than 1 MiB");
        let error = all(guard(true), 2 << 10).expect_err("a bomb");
        assert_eq!(error.to_string(), "the file unpacks to more than 1 KiB");
    }

    #[test]
    fn a_line_has_its_limit() {
        let mut line = Vec::new();
        let mut text: &[u8] = b"abc\nabcdef\n";
        assert!(read_line(&mut text, &mut line, 4).expect("short"));
        assert_eq!(line, b"abc\n");
        let error = read_line(&mut text, &mut line, 4).expect_err("long");
        assert_eq!(Exceeded::of(&error), Some(Exceeded::Row(4)));
        assert!(!read_line(&mut &b""[..], &mut line, 4).expect("the end"));
    }
}
