//! Token vectors trained by others: GloVe's and word2vec's files.

use super::vocabulary::Vocabulary;
use crate::error::{DataError, Place, Result};
use crate::form::{Contents, Source};
use crate::limits::{Exceeded, Guard, Limits, read_line, size};
use crate::source::{open, unreadable};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

/// Bytes of a line or of a word.
const LONGEST: u64 = 16 << 20;
/// Numbers of a vector.
const WIDEST: usize = 100_000;

/// How much of a vocabulary has a vector.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Coverage {
    /// Tokens found as they are.
    pub exact: usize,
    /// Tokens found in lower case.
    pub lowered: usize,
    /// Tokens found with a capital first letter.
    pub titled: usize,
    /// Tokens not found.
    pub missing: usize,
    /// Share of the running text that the found ones make up.
    pub tokens_covered: f64,
}

/// A vector a token.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// Size of a vector.
    pub d_embedding: usize,
    /// `[vocabulary, d_embedding]`, row by row: zero for padding; tokens without a vector are drawn
    /// from the normal distribution of those that have one, feature by feature.
    pub values: Vec<f32>,
    /// How many were found.
    pub coverage: Coverage,
}

/// How a token was found; the better one is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Exact,
    Lowered,
    Titled,
}

impl Embeddings {
    /// Reads the vectors of a vocabulary's tokens from a GloVe or word2vec file, text or binary,
    /// plain or compressed. What is not wanted is not kept.
    ///
    /// # Errors
    /// When the file cannot be read, a line has another number of values than the first, a value is
    /// not a finite number, or no token is found at all.
    pub fn read(path: &Path, vocabulary: &Vocabulary, seed: u64) -> Result<Self> {
        let source = Source::open(path)?;
        source.refuse_other(Contents::Vectors)?;
        let limits = Limits {
            row_bytes: u64::MAX,
            ..Limits::default()
        };
        let guard = Guard::new(open(path)?, limits, source.packed);
        let mut reader = BufReader::with_capacity(1 << 18, guard);
        let mut table = Table::new(vocabulary, path);
        let mut line = Vec::new();
        if !table.line(&mut reader, &mut line, 1)? {
            return Err(table.content(1, "the file is empty", "give a file of token vectors"));
        }
        let Some((_, d)) = header(&line) else {
            table.row(&line, 1)?;
            table.text(reader, line, 2)?;
            return table.finish(vocabulary, seed);
        };
        if d == 0 || d > WIDEST {
            let what = format!("the first line says that vectors have {d} numbers");
            return Err(table.content(
                1,
                what,
                "give a file of token vectors; this one is damaged",
            ));
        }
        let mut ahead = Vec::new();
        let window = (4 * d + 64) as u64;
        let read = reader.by_ref().take(window).read_to_end(&mut ahead);
        read.map_err(|error| table.failed(1, error))?;
        let binary = is_binary(&ahead);
        let rest = Cursor::new(ahead).chain(reader);
        table.d = d;
        match binary {
            true => table.binary(rest)?,
            false => table.text(rest, line, 2)?,
        }
        table.finish(vocabulary, seed)
    }
}

/// `count dimension`, as word2vec's files begin.
fn header(line: &[u8]) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(line).ok()?;
    let mut numbers = text.split_whitespace();
    let header = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    numbers.next().is_none().then_some(header)
}

/// A line of text has no control characters; binary numbers soon do.
fn is_binary(ahead: &[u8]) -> bool {
    ahead
        .iter()
        .any(|&byte| byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t'))
}

struct Table<'a> {
    path: &'a Path,
    d: usize,
    /// What a word of the file is good for.
    wanted: HashMap<String, Vec<(u32, Match)>>,
    found: HashMap<u32, (Match, Vec<f32>)>,
}

impl<'a> Table<'a> {
    fn new(vocabulary: &Vocabulary, path: &'a Path) -> Self {
        let mut wanted: HashMap<String, Vec<(u32, Match)>> = HashMap::new();
        for id in Vocabulary::UNKNOWN + 1..vocabulary.len() as u32 {
            let token = vocabulary.token(id);
            let lowered = token.to_lowercase();
            let titled = title(&lowered);
            let forms = [
                (token, Match::Exact),
                (&lowered, Match::Lowered),
                (&titled, Match::Titled),
            ];
            for (at, (form, how)) in forms.iter().enumerate() {
                if forms[..at].iter().all(|(other, _)| other != form) {
                    wanted.entry(form.to_string()).or_default().push((id, *how));
                }
            }
        }
        Self {
            path,
            d: 0,
            wanted,
            found: HashMap::new(),
        }
    }

    fn content(&self, row: u64, what: impl Into<String>, help: &str) -> DataError {
        let place = Place {
            file: self.path.display().to_string(),
            row: Some(row),
            column: None,
        };
        DataError::content(what, place, help)
    }

    /// Why reading stopped: a limit, or the file.
    fn failed(&self, row: u64, error: std::io::Error) -> DataError {
        match Exceeded::of(&error) {
            Some(Exceeded::Row(most)) => {
                let what = format!("the line is longer than {}", size(most));
                self.content(row, what, "give a file with a token and its numbers a line")
            }
            Some(exceeded) => self.content(row, exceeded.to_string(), exceeded.help()),
            None => unreadable(self.path, error),
        }
    }

    fn line(&self, reader: &mut impl BufRead, line: &mut Vec<u8>, row: u64) -> Result<bool> {
        read_line(reader, line, LONGEST).map_err(|error| self.failed(row, error))
    }

    fn text(&mut self, mut reader: impl BufRead, mut line: Vec<u8>, first: u64) -> Result<()> {
        let mut row = first;
        while self.line(&mut reader, &mut line, row)? {
            if !line.trim_ascii().is_empty() {
                self.row(&line, row)?;
            }
            row += 1;
        }
        Ok(())
    }

    /// A line of text: a word, which may have blanks in it, and its numbers, with blanks or tabs between.
    fn row(&mut self, line: &[u8], row: u64) -> Result<()> {
        let line = line.trim_ascii_end();
        let is_gap = |byte: &u8| matches!(byte, b' ' | b'\t');
        if self.d == 0 {
            self.d = numbers_at_end(line);
        }
        if self.d == 0 {
            let what = "the line has no numbers behind its token";
            let help =
                "give a file with a token and its numbers a line, with blanks between, as GloVe's";
            return Err(self.content(row, what, help));
        }
        let mut numbers = line.rsplitn(self.d + 1, is_gap);
        let cells: Vec<&[u8]> = numbers.by_ref().take(self.d).collect();
        let word = numbers.next().filter(|_| cells.len() == self.d);
        let Some(word) = word else {
            let count = line.split(is_gap).count() - 1;
            let what = format!("the line has {count} numbers, the first has {}", self.d);
            return Err(self.content(row, what, "the file is damaged: fetch it again"));
        };
        let broken = |cell: &[u8]| {
            let cell = String::from_utf8_lossy(cell).into_owned();
            let help = "the file is damaged, or its lines have different numbers of values";
            self.content(row, format!("\"{cell}\" is not a number"), help)
        };
        // A line that is not wanted is checked too, but for its last number alone.
        let number = |cell: &[u8]| {
            let text = std::str::from_utf8(cell).ok();
            let number = text.and_then(|text| text.parse::<f32>().ok());
            number.filter(|n| n.is_finite()).ok_or_else(|| broken(cell))
        };
        let first = cells.last().map(|cell| number(cell)).transpose()?;
        debug_assert!(first.is_some());
        let word = String::from_utf8_lossy(word);
        if self.wanted.contains_key(word.as_ref()) {
            let values = cells
                .iter()
                .rev()
                .map(|cell| number(cell))
                .collect::<Result<_>>()?;
            self.keep(&word, values);
        }
        Ok(())
    }

    /// Words end in a blank, numbers follow as they lie in memory.
    fn binary(&mut self, mut reader: impl BufRead) -> Result<()> {
        let mut bytes = vec![0; 4 * self.d];
        let mut word = Vec::new();
        let mut row = 1;
        loop {
            word.clear();
            let mut within = reader.by_ref().take(LONGEST);
            let read = within.read_until(b' ', &mut word);
            if read.map_err(|error| self.failed(row, error))? == 0 {
                return Ok(());
            }
            if word.len() as u64 >= LONGEST {
                let what = format!("a token is longer than {}", size(LONGEST));
                return Err(self.content(row, what, "the file is damaged: fetch it again"));
            }
            let name = String::from_utf8_lossy(word.trim_ascii()).into_owned();
            if name.is_empty() {
                return Ok(());
            }
            row += 1;
            let short = "the file ends within a vector";
            let help = "the file is damaged: fetch it again";
            reader
                .read_exact(&mut bytes)
                .map_err(|_| self.content(row, short, help))?;
            if self.wanted.contains_key(&name) {
                let (words, _) = bytes.as_chunks::<4>();
                let values: Vec<f32> = words.iter().map(|w| f32::from_le_bytes(*w)).collect();
                if values.iter().any(|value| !value.is_finite()) {
                    let what = format!("the vector of \"{name}\" is not made of numbers");
                    return Err(self.content(row, what, help));
                }
                self.keep(&name, values);
            }
        }
    }

    fn keep(&mut self, word: &str, values: Vec<f32>) {
        for &(id, how) in self.wanted.get(word).into_iter().flatten() {
            if self.found.get(&id).is_none_or(|(before, _)| how < *before) {
                self.found.insert(id, (how, values.clone()));
            }
        }
    }

    fn finish(self, vocabulary: &Vocabulary, seed: u64) -> Result<Embeddings> {
        if self.found.is_empty() {
            return Err(DataError::unfit(
                format!(
                    "no token of the texts has a vector in {}",
                    self.path.display()
                ),
                "give a file of token vectors in the language of the texts",
            ));
        }
        let (d, count) = (self.d, self.found.len() as f64);
        let mut sums = vec![(0.0_f64, 0.0_f64); d];
        for (_, values) in self.found.values() {
            for (sum, &value) in sums.iter_mut().zip(values) {
                sum.0 += f64::from(value);
                sum.1 += f64::from(value) * f64::from(value);
            }
        }
        let normal = |(sum, squares): (f64, f64)| {
            let mean = sum / count;
            (mean, (squares / count - mean * mean).max(0.0).sqrt())
        };
        let normals: Vec<(f64, f64)> = sums.into_iter().map(normal).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = vec![0.0; vocabulary.len() * d];
        let mut coverage = Coverage::default();
        let (mut covered, mut running) = (0, 0);
        for (id, row) in (0..).zip(values.chunks_mut(d)).skip(1) {
            running += vocabulary.count(id);
            let Some((how, found)) = self.found.get(&id) else {
                coverage.missing += usize::from(id > Vocabulary::UNKNOWN);
                for (value, (mean, deviation)) in row.iter_mut().zip(&normals) {
                    *value = (mean + deviation * standard_normal(&mut rng)) as f32;
                }
                continue;
            };
            row.copy_from_slice(found);
            covered += vocabulary.count(id);
            match how {
                Match::Exact => coverage.exact += 1,
                Match::Lowered => coverage.lowered += 1,
                Match::Titled => coverage.titled += 1,
            }
        }
        coverage.tokens_covered = covered as f64 / running.max(1) as f64;
        Ok(Embeddings {
            d_embedding: d,
            values,
            coverage,
        })
    }
}

/// Numbers at the end of a line, all but its first cell at most: a token may have blanks, and may be one.
fn numbers_at_end(line: &[u8]) -> usize {
    let cells: Vec<&[u8]> = line.split(|byte| matches!(byte, b' ' | b'\t')).collect();
    let is_number = |cell: &&&[u8]| {
        // What is nearly one is a damaged number, not a token.
        let digits = cell.iter().filter(|byte| byte.is_ascii_digit()).count();
        digits > 0 && 2 * digits + 4 >= cell.len()
    };
    let numbers = cells.iter().skip(1).rev().take_while(is_number);
    numbers.count()
}

/// Box and Muller's transformation.
fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    let (one, other): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}

fn title(lowered: &str) -> String {
    let mut letters = lowered.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_how_many_numbers_follow() {
        let count = |line: &str| numbers_at_end(line.as_bytes());
        assert_eq!(count("the 0.1 -2 3e-05"), 3);
        assert_eq!(count(". . . 0.1 -2 3e-05"), 3);
        assert_eq!(count("1 0.1 -2 3e-05"), 3);
        assert_eq!(count("the\t0.1\t-2"), 2);
        assert_eq!(count("the 0.1 -0.\u{0}7313"), 2);
        assert_eq!(count("the"), 0);
    }

    fn read(bytes: &[u8]) -> Result<Embeddings> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("v.txt");
        std::fs::write(&path, bytes).expect("written");
        let vocabulary = Vocabulary::build(&[vec!["the"]], 1, None);
        Embeddings::read(&path, &vocabulary, 1)
    }

    #[test]
    fn a_head_that_claims_too_much_is_refused() {
        for head in ["400000 100000000000\n", "2 0\n", "2 100001\nthe 1\n"] {
            let error = read(head.as_bytes()).expect_err("too much");
            assert!(error.to_string().contains("numbers"), "{head}: {error}");
        }
        let long = [b"the 1 2\n".to_vec(), vec![b'x'; 17 << 20]].concat();
        let error = read(&long).expect_err("a long line");
        assert!(error.to_string().contains("longer than 16 MiB"), "{error}");
        assert!(error.place().is_some_and(|place| place.ends_with("row 2")));
        let tabs = read(b"the\t1\t2\nof\t3\t4\n").expect("tabs");
        assert_eq!(tabs.values[2 * tabs.d_embedding..], [1.0, 2.0]);
    }
}
