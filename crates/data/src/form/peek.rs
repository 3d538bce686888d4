//! The first bytes of a file, looked at before it is read.

use std::io::{Cursor, Read, Result};

/// Most bytes that are looked at.
pub(crate) const SAMPLE: usize = 1 << 16;

/// How much of a source may be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// All is there: look at as much as is useful.
    File,
    /// Rows come as they are made, and the next may wait for an answer to this one.
    Stream,
    /// The same, and the first line tells all.
    Line,
}

impl Pace {
    /// Lines that are waited for.
    fn lines(self) -> Option<usize> {
        match self {
            Self::File => None,
            Self::Stream => Some(2),
            Self::Line => Some(1),
        }
    }
}

/// A source whose first bytes are known.
pub(crate) struct Peeked {
    /// What was read.
    pub(crate) start: Vec<u8>,
    /// Nothing comes after it.
    pub(crate) whole: bool,
    rest: Box<dyn Read + Send>,
}

impl Peeked {
    pub(crate) fn new(mut rest: Box<dyn Read + Send>, pace: Pace) -> Result<Self> {
        let mut start = Vec::new();
        let mut chunk = vec![0; SAMPLE];
        let mut whole = false;
        while start.len() < SAMPLE && line_end(&start, pace).is_none() {
            match rest.read(&mut chunk[..SAMPLE - start.len()]) {
                Ok(0) => {
                    whole = true;
                    break;
                }
                Ok(count) => start.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // The error comes again where the bytes are read, with the row it is in.
                Err(error) => {
                    rest = Box::new(Failing(Some(error)));
                    break;
                }
            }
        }
        Ok(Self { start, whole, rest })
    }

    /// The bytes that what the file is may depend on, so that it does not depend on how they come.
    pub(crate) fn sample(&self, pace: Pace) -> &[u8] {
        match line_end(&self.start, pace) {
            Some(end) => &self.start[..end],
            None => &self.start,
        }
    }

    /// The source from its first byte on.
    pub(crate) fn into_reader(self) -> Box<dyn Read + Send> {
        match self.whole {
            true => Box::new(Cursor::new(self.start)),
            false => Box::new(Cursor::new(self.start).chain(self.rest)),
        }
    }
}

/// Where the lines end that are waited for.
fn line_end(bytes: &[u8], pace: Pace) -> Option<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(|(at, _)| at + 1).nth(pace.lines()? - 1)
}

/// Gives an error once, and nothing after it.
struct Failing(Option<std::io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time.
    struct Drops(Cursor<Vec<u8>>);

    impl Read for Drops {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    #[test]
    fn a_stream_is_looked_at_two_lines_far_however_it_comes() {
        let text = b"a,b\n1,2\n3,4\n".to_vec();
        let drops = Box::new(Drops(Cursor::new(text.clone())));
        let dropped = Peeked::new(drops, Pace::Stream).expect("memory can be read");
        assert_eq!(dropped.start, b"a,b\n1,2\n");
        let at_once = Box::new(Cursor::new(text.clone()));
        let at_once = Peeked::new(at_once, Pace::Stream).expect("memory can be read");
        assert_eq!(at_once.sample(Pace::Stream), dropped.sample(Pace::Stream));
        for peeked in [dropped, at_once] {
            let mut again = Vec::new();
            peeked
                .into_reader()
                .read_to_end(&mut again)
                .expect("memory can be read");
            assert_eq!(again, text);
        }
    }

    #[test]
    fn an_error_comes_where_the_bytes_are_read() {
        let failing = Failing(Some(std::io::Error::other("broken")));
        let source = Box::new((&b"a,b\n"[..]).chain(failing));
        let peeked = Peeked::new(source, Pace::File).expect("not yet");
        assert_eq!(
            (peeked.start.as_slice(), peeked.whole),
            (&b"a,b\n"[..], false)
        );
        let error = peeked.into_reader().read_to_end(&mut Vec::new());
        assert_eq!(error.expect_err("now").to_string(), "broken");
    }
}
