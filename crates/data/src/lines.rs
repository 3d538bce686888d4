//! One kind of line ending, so that counting lines gives the numbers an editor shows.

use std::io::{Read, Result};

/// Turns CRLF and CR into LF, and ends the last line with one.
pub(crate) struct Lines<R> {
    inner: R,
    /// The last byte read was a CR; an LF right after it belongs to it.
    after_cr: bool,
    /// Something was given and its last byte was not an LF.
    open_line: bool,
}

impl<R> Lines<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            after_cr: false,
            open_line: false,
        }
    }

    /// Rewrites `chunk` in place and says how much of it is left.
    fn rewrite(&mut self, chunk: &mut [u8]) -> usize {
        if !self.after_cr && !chunk.contains(&b'\r') {
            return chunk.len();
        }
        let mut kept = 0;
        for at in 0..chunk.len() {
            let byte = chunk[at];
            let second = byte == b'\n' && self.after_cr;
            self.after_cr = byte == b'\r';
            if !second {
                chunk[kept] = if self.after_cr { b'\n' } else { byte };
                kept += 1;
            }
        }
        kept
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.inner.read(buffer)?;
            if count == 0 {
                let end = usize::from(self.open_line);
                buffer[..end].fill(b'\n');
                self.open_line = false;
                return Ok(end);
            }
            let kept = self.rewrite(&mut buffer[..count]);
            // A chunk may be nothing but the second half of a CRLF.
            if kept > 0 {
                self.open_line = buffer[kept - 1] != b'\n';
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            let count = self.1.min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn every_ending_becomes_one_line_feed() {
        let forms: [(&[u8], &str); 7] = [
            (b"a\nb\n", "a\nb\n"),
            (b"a\r\nb\r\n", "a\nb\n"),
            (b"a\rb\r", "a\nb\n"),
            (b"a\r\n\r\nb", "a\n\nb\n"),
            (b"a\n\r\nb\r", "a\n\nb\n"),
            (b"\r\n", "\n"),
            (b"", ""),
        ];
        for (given, wanted) in forms {
            for step in 1..=given.len().max(1) {
                let mut text = String::new();
                let mut lines = Lines::new(Drops(given, step));
                lines.read_to_string(&mut text).expect("memory can be read");
                assert_eq!(text, wanted, "{given:?} in steps of {step}");
            }
        }
    }
}
