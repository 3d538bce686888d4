//! Encodings of text other than UTF-8.

use std::io::{Read, Result};

/// The order of the two bytes of a UTF-16 unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Utf16 {
    /// The lower one first, as Windows writes them.
    Little,
    /// The higher one first.
    Big,
}

/// Bytes from which UTF-16 without a mark is told.
const LOOKED_AT: usize = 512;

impl Utf16 {
    /// Whether a file is UTF-16, by its mark or by the zeros that Latin letters have there.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return None,
            [0xff, 0xfe, ..] => return Some(Self::Little),
            [0xfe, 0xff, ..] => return Some(Self::Big),
            _ => {}
        }
        let start = &start[..start.len().min(LOOKED_AT) / 2 * 2];
        let pairs = start.len() / 2;
        let zeros = |at: usize| {
            start
                .iter()
                .skip(at)
                .step_by(2)
                .filter(|&&b| b == 0)
                .count()
        };
        let (even, odd) = (zeros(0), zeros(1));
        let mostly = |count: usize| pairs >= 4 && count * 10 >= pairs * 7;
        match (mostly(even), mostly(odd)) {
            (false, true) if even == 0 => Some(Self::Little),
            (true, false) if odd == 0 => Some(Self::Big),
            _ => None,
        }
    }

    fn unit(self, pair: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(pair),
            Self::Big => u16::from_be_bytes(pair),
        }
    }
}

/// UTF-16 as UTF-8; what is no character becomes U+FFFD.
pub(crate) struct Utf16Reader<R> {
    inner: R,
    order: Utf16,
    /// A byte whose partner was not read yet.
    half: Option<u8>,
    /// The first half of a pair of surrogates.
    high: Option<u16>,
    ready: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R> Utf16Reader<R> {
    pub(crate) fn new(inner: R, order: Utf16) -> Self {
        Self {
            inner,
            order,
            half: None,
            high: None,
            ready: Vec::new(),
            given: 0,
            ended: false,
        }
    }

    fn push(&mut self, letter: char) {
        let mut bytes = [0; 4];
        self.ready
            .extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes());
    }

    fn unit(&mut self, unit: u16) {
        let high = self.high.take();
        if (0xd800..0xdc00).contains(&unit) {
            if high.is_some() {
                self.push(char::REPLACEMENT_CHARACTER);
            }
            self.high = Some(unit);
            return;
        }
        for letter in char::decode_utf16(high.into_iter().chain([unit])) {
            self.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    fn bytes(&mut self, chunk: &[u8]) {
        for &byte in chunk {
            match self.half.take() {
                Some(first) => self.unit(self.order.unit([first, byte])),
                None => self.half = Some(byte),
            }
        }
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut chunk = [0; 1 << 12];
        while self.given == self.ready.len() && !self.ended && !buffer.is_empty() {
            self.ready.clear();
            self.given = 0;
            match self.inner.read(&mut chunk) {
                Ok(0) => {
                    self.ended = true;
                    let cut = [self.high.take().is_some(), self.half.take().is_some()];
                    for _ in cut.into_iter().filter(|cut| *cut) {
                        self.push(char::REPLACEMENT_CHARACTER);
                    }
                }
                Ok(count) => self.bytes(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let ready = &self.ready[self.given..];
        let count = ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ready[..count]);
        self.given += count;
        Ok(count)
    }
}

/// What Windows-1252 has from 0x80 to 0x9f; Latin-1 has control characters there.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Bytes as Windows-1252, of which Latin-1's letters are a part.
pub(crate) fn windows_1252(bytes: &[u8]) -> String {
    let letter = |&byte: &u8| match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    };
    bytes.iter().map(letter).collect()
}

/// Whether bytes that are not UTF-8 read like Windows-1252: letters with accents within words, or
/// the quotes and dashes of word processors.
pub(crate) fn looks_like_windows_1252(bytes: &[u8]) -> bool {
    let text = windows_1252(bytes);
    let mut odd = text.chars().filter(|letter| !letter.is_ascii()).peekable();
    let fits = |letter: char| {
        matches!(letter, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='þ' | '§' | '°' | '«' | '»' | '£')
            || (WINDOWS.contains(&letter) && !letter.is_control())
    };
    odd.peek().is_some() && odd.all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str, order: Utf16) -> Vec<u8> {
        let bytes = |unit: u16| match order {
            Utf16::Little => unit.to_le_bytes(),
            Utf16::Big => unit.to_be_bytes(),
        };
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn decoded(bytes: &[u8], order: Utf16) -> String {
        let mut text = String::new();
        let mut reader = Utf16Reader::new(bytes, order);
        reader.read_to_string(&mut text).expect("it is UTF-8");
        text
    }

    #[test]
    fn utf16_is_told_by_its_mark_or_its_zeros() {
        for order in [Utf16::Little, Utf16::Big] {
            let text = "\u{feff}Größe,Preis\n東京😀,1\n";
            assert_eq!(Utf16::of(&encoded(text, order)), Some(order));
            assert_eq!(decoded(&encoded(text, order), order), text);
            assert_eq!(Utf16::of(&encoded("date,close\n", order)), Some(order));
        }
        assert_eq!(Utf16::of(b"date,close\n"), None);
        assert_eq!(Utf16::of(&[0; 100]), None);
        assert_eq!(Utf16::of(&[0xff, 0xfe, 0, 0, b'a', 0, 0, 0]), None);
    }

    #[test]
    fn a_file_cut_within_a_character_ends_in_a_mark_of_it() {
        let bytes = encoded("a😀", Utf16::Little);
        assert_eq!(decoded(&bytes[..3], Utf16::Little), "a\u{fffd}");
        assert_eq!(decoded(&bytes[..4], Utf16::Little), "a\u{fffd}");
        assert_eq!(decoded(&bytes[..5], Utf16::Little), "a\u{fffd}\u{fffd}");
        assert_eq!(decoded(&bytes[2..], Utf16::Little), "😀");
    }

    #[test]
    fn windows_1252_is_read_and_suspected() {
        assert_eq!(windows_1252(b"caf\xe9 \x93x\x94 \x80"), "café “x” €");
        assert!(looks_like_windows_1252(b"caf\xe9"));
        assert!(!looks_like_windows_1252(b"cafe"));
        assert!(!looks_like_windows_1252(b"\xff\x81"));
    }

    proptest! {
        #[test]
        fn utf16_goes_there_and_back(text in any::<String>()) {
            for order in [Utf16::Little, Utf16::Big] {
                prop_assert_eq!(&decoded(&encoded(&text, order), order), &text);
            }
        }

        #[test]
        fn any_bytes_give_utf8(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let wanted: Vec<u16> = bytes.chunks_exact(2).map(|p| u16::from_le_bytes([p[0], p[1]])).collect();
            let mut wanted = String::from_utf16_lossy(&wanted);
            let text = decoded(&bytes, Utf16::Little);
            if bytes.len() % 2 == 1 {
                wanted.push('\u{fffd}');
            }
            prop_assert_eq!(text, wanted);
        }
    }
}
