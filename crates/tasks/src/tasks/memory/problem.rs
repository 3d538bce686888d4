//! Made-up sequences: what must be remembered, and for how long, is known.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Symbols of the copy problem that carry something.
pub const SYMBOLS: usize = 8;
/// How many of them a sequence holds.
pub const COPIED: usize = 10;
/// Inputs of the copy problem: the symbols, a blank, and a mark that says "now".
pub const COPY_INPUTS: usize = SYMBOLS + 2;
/// Number of the blank.
const BLANK: usize = SYMBOLS;

/// Mean squared error of who always says 1: the variance of the sum of two uniform numbers.
pub const ADDING_CHANCE: f64 = 1.0 / 6.0;

/// What a sequence asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A number.
    Number(f32),
    /// A class.
    Class(usize),
    /// A symbol a step.
    Symbols(Vec<usize>),
}

/// The steps of a sequence one after the other, and its answer.
pub type Sequence = (Vec<f32>, Answer);

/// A sequence of the adding problem: `length` pairs of a number in [0, 1) and a mark; one mark stands in
/// the first half, one in the second. The answer is the sum of the two numbers.
pub fn adding(length: usize, rng: &mut ChaCha8Rng) -> Sequence {
    let half = length / 2;
    let marked = [rng.random_range(0..half), rng.random_range(half..length)];
    let mut steps = Vec::with_capacity(2 * length);
    let mut sum = 0.0;
    for at in 0..length {
        let number: f32 = rng.random();
        let mark = marked.contains(&at);
        steps.extend([number, f32::from(u8::from(mark))]);
        sum += if mark { number } else { 0.0 };
    }
    (steps, Answer::Number(sum))
}

/// A sequence of the copy problem with drawn symbols, see [`copy_of`].
pub fn copy(length: usize, rng: &mut ChaCha8Rng) -> Sequence {
    let symbols: Vec<usize> = (0..COPIED).map(|_| rng.random_range(0..SYMBOLS)).collect();
    copy_of(&symbols, length)
}

/// A sequence of the copy problem: ten symbols, `length - 1` blanks, the mark, ten blanks. The answer is
/// blanks, then the ten symbols.
pub fn copy_of(symbols: &[usize], length: usize) -> Sequence {
    let mut read = symbols.to_vec();
    read.resize(COPIED + length - 1, BLANK);
    read.push(BLANK + 1);
    read.resize(COPIED + length + COPIED, BLANK);
    let mut steps = vec![0.0; read.len() * COPY_INPUTS];
    for (at, symbol) in read.into_iter().enumerate() {
        steps[at * COPY_INPUTS + symbol] = 1.0;
    }
    let mut wanted = vec![BLANK; COPIED + length];
    wanted.extend(symbols);
    (steps, Answer::Symbols(wanted))
}

/// Mean loss of who remembers nothing of the copy problem: blanks are sure, the symbols a guess.
pub fn copy_chance(length: usize) -> f64 {
    COPIED as f64 * (SYMBOLS as f64).ln() / (length + 2 * COPIED) as f64
}

/// Reads a sequence of the adding problem: numbers from 0 to 1, the two to add with a star, as in
/// `0.5 0.25* 0.75 1*`.
///
/// # Errors
/// What is wrong with it.
pub fn read_adding(text: &str) -> Result<Sequence, String> {
    let (mut steps, mut marks, mut sum) = (Vec::new(), 0_usize, 0.0);
    for word in text.split_whitespace() {
        let (number, mark) = match word.strip_suffix('*') {
            Some(number) => (number, true),
            None => (word, false),
        };
        let number: f32 = match number.parse() {
            Ok(number) if (0.0..=1.0).contains(&number) => number,
            _ => return Err(format!("{word} is no number from 0 to 1")),
        };
        steps.extend([number, f32::from(u8::from(mark))]);
        marks += usize::from(mark);
        sum += if mark { number } else { 0.0 };
    }
    match marks {
        2 => Ok((steps, Answer::Number(sum))),
        _ => Err(format!("{marks} numbers have a star, not 2")),
    }
}

/// Reads a sequence of the copy problem: ten letters from a to h.
///
/// # Errors
/// What is wrong with it.
pub fn read_copy(text: &str, length: usize) -> Result<Sequence, String> {
    let symbols: Option<Vec<usize>> = text.chars().map(symbol).collect();
    match symbols {
        Some(symbols) if symbols.len() == COPIED => Ok(copy_of(&symbols, length)),
        Some(symbols) => Err(format!("{} letters, not {COPIED}", symbols.len())),
        None => Err("letters are from a to h".to_string()),
    }
}

fn symbol(letter: char) -> Option<usize> {
    ('a'..='h').position(|known| known == letter)
}

/// How a symbol is written; a blank is a dot.
pub fn letter(symbol: usize) -> char {
    ('a'..='h').nth(symbol).unwrap_or('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn two_numbers_are_marked_one_in_each_half() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut squares = 0.0;
        for _ in 0..4_000 {
            let (steps, Answer::Number(sum)) = adding(21, &mut rng) else {
                panic!("a number is asked for");
            };
            assert_eq!(steps.len(), 42);
            let marked = |range: std::ops::Range<usize>| {
                let marked = range.filter(|at| steps[2 * at + 1] == 1.0);
                marked.map(|at| steps[2 * at]).collect::<Vec<f32>>()
            };
            let (first, second) = (marked(0..10), marked(10..21));
            assert_eq!((first.len(), second.len()), (1, 1));
            assert!((first[0] + second[0] - sum).abs() < 1e-6);
            squares += f64::from(sum - 1.0).powi(2) / 4_000.0;
        }
        assert!((squares - ADDING_CHANCE).abs() < 0.01, "{squares}");
    }

    #[test]
    fn symbols_are_written_after_the_mark() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (steps, Answer::Symbols(wanted)) = copy(5, &mut rng) else {
            panic!("symbols are asked for");
        };
        let one = |step: &[f32]| {
            assert_eq!(step.iter().sum::<f32>(), 1.0);
            step.iter()
                .position(|&value| value == 1.0)
                .expect("one of them")
        };
        let read: Vec<usize> = steps.chunks(COPY_INPUTS).map(one).collect();
        assert_eq!((read.len(), wanted.len()), (25, 25));
        assert_eq!(read[..10], wanted[15..]);
        assert_eq!(
            read[14],
            BLANK + 1,
            "the mark is the last step before they are due"
        );
        assert!(
            read[10..14]
                .iter()
                .chain(&read[15..])
                .all(|&step| step == BLANK)
        );
        assert!(wanted[..15].iter().all(|&step| step == BLANK));
        assert!((copy_chance(5) - 10.0 * 8_f64.ln() / 25.0).abs() < 1e-12);
    }

    #[test]
    fn sequences_can_be_written_down() {
        let (steps, answer) = read_adding("0.5 0.25* 0.75 1*").expect("a sequence");
        assert_eq!(steps, [0.5, 0.0, 0.25, 1.0, 0.75, 0.0, 1.0, 1.0]);
        assert_eq!(answer, Answer::Number(1.25));
        let wrong = |text| read_adding(text).expect_err("refused");
        assert_eq!(wrong("0.5* 0.1"), "1 numbers have a star, not 2");
        assert_eq!(wrong("0.5* x"), "x is no number from 0 to 1");
        assert_eq!(wrong("0.5* NaN*"), "NaN* is no number from 0 to 1");
        assert_eq!(
            read_copy("abcdefghab", 7),
            Ok(copy_of(&[0, 1, 2, 3, 4, 5, 6, 7, 0, 1], 7))
        );
        assert_eq!(
            read_copy("abc", 7).expect_err("refused"),
            "3 letters, not 10"
        );
        assert_eq!(
            read_copy("abz", 7).expect_err("refused"),
            "letters are from a to h"
        );
        assert_eq!([0, 7, 8].map(letter), ['a', 'h', '.']);
    }
}
