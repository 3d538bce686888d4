//! Damage: a few changes of bytes, as files have them and as they hurt readers.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

/// What readers look for.
const TOKENS: [&[u8]; 30] = [
    b"\"",
    b"\"\"",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xff",
    b"-",
    b"1e999",
    b"NaN",
    b"inf",
    b"9999999999999999999",
    b"-1",
    b"[",
    b"]",
    b"{",
    b"}",
    b"=",
    b"0000-00-00",
    b"2024-02-30",
    b"\xe2\x80\xae",
    b"sep=;\n",
    b"#",
    b"<html>",
    b"PK\x03\x04",
];
/// Most bytes of a damaged file.
const MOST: usize = 1 << 16;

/// A seed with one to eight changes; `other` is another seed, to splice in.
pub fn mutate(seed: &[u8], other: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..=8) {
        change(&mut bytes, other, rng);
    }
    bytes.truncate(MOST);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], rng: &mut impl Rng) {
    let at = rng.random_range(0..=bytes.len());
    let rest = bytes.len() - at;
    let to = at + rng.random_range(0..=rest.min(1 + rest / 4));
    match rng.random_range(0..9) {
        0 if rest > 0 => bytes[at] ^= 1 << rng.random_range(0..8),
        1 if rest > 0 => bytes[at] = rng.random(),
        2 => drop(bytes.drain(at..to)),
        3 => bytes.truncate(at),
        4 => {
            let again: Vec<u8> = bytes[at..to].to_vec();
            drop(bytes.splice(at..at, again));
        }
        5 => {
            let from = rng.random_range(0..=other.len());
            let until = rng.random_range(from..=other.len());
            drop(bytes.splice(at..at, other[from..until].iter().copied()));
        }
        6 => {
            // A size that claims too much.
            for byte in bytes.iter_mut().skip(at).take(8) {
                *byte = 0xff;
            }
        }
        7 => {
            let byte: u8 = rng.random();
            drop(bytes.splice(at..at, std::iter::repeat_n(byte, rng.random_range(1..300))));
        }
        _ => {
            let token = TOKENS.choose(rng).copied().unwrap_or_default();
            drop(bytes.splice(at..at, token.iter().copied()));
        }
    }
}
