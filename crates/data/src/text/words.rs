//! A tokenizer that writes words as GloVe's vocabulary does.

use rayon::prelude::*;

/// Endings that are tokens of their own, after an apostrophe.
const CLITICS: [&str; 7] = ["'s", "'re", "'ve", "'ll", "'d", "'m", "'t"];
/// A run of one punctuation mark gives at most this many tokens.
const LONGEST_RUN: usize = 3;
/// Longest name and attributes of a tag that is left out.
const LONGEST_TAG: usize = 80;

/// The words, numbers and punctuation marks of a text.
///
/// - letters and digits of any script make words; `1,000`, `3.5` and `u.s.` are kept whole
/// - `don't` gives `do` `n't`, `it's` gives `it` `'s`
/// - every other character is a token of its own, a run of the same at most three
/// - tags such as `<br />` are left out, curly quotes become straight
pub fn words(text: &str, lower: bool) -> Vec<String> {
    let mut scanner = Scanner {
        rest: text,
        lower,
        all: Vec::with_capacity(text.len() / 5 + 1),
        run: (' ', 0),
    };
    while scanner.step() {}
    scanner.all
}

/// [`words`] of all texts, in parallel.
pub fn tokenize_all<S: AsRef<str> + Sync>(texts: &[S], lower: bool) -> Vec<Vec<String>> {
    texts
        .par_iter()
        .map(|text| words(text.as_ref(), lower))
        .collect()
}

struct Scanner<'a> {
    rest: &'a str,
    lower: bool,
    all: Vec<String>,
    /// The last punctuation mark and how often it came in a row.
    run: (char, usize),
}

impl Scanner<'_> {
    /// Takes a word, a mark or a blank; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        let length = match first {
            _ if first.is_whitespace() => self.blank(first),
            _ if first.is_alphanumeric() => self.word(),
            '<' => match tag(self.rest) {
                Some(length) => length,
                None => self.mark(first),
            },
            _ => self.mark(first),
        };
        self.rest = &self.rest[length..];
        true
    }

    fn blank(&mut self, blank: char) -> usize {
        self.run.1 = 0;
        blank.len_utf8()
    }

    fn mark(&mut self, mark: char) -> usize {
        let straight = match mark {
            '’' | '‘' | '`' | '´' => '\'',
            '“' | '”' => '"',
            '–' | '—' => '-',
            other => other,
        };
        self.run = match self.run {
            (last, count) if last == straight => (last, count + 1),
            _ => (straight, 1),
        };
        if self.run.1 <= LONGEST_RUN && !straight.is_control() {
            self.all.push(straight.to_string());
        }
        mark.len_utf8()
    }

    fn word(&mut self) -> usize {
        let length = word_length(self.rest);
        let mut word = String::with_capacity(length);
        for letter in self.rest[..length].chars() {
            match letter {
                '’' => word.push('\''),
                _ if !self.lower => word.push(letter),
                _ if letter.is_ascii() => word.push(letter.to_ascii_lowercase()),
                _ => word.extend(letter.to_lowercase()),
            }
        }
        self.run.1 = 0;
        let split = clitic(&word).unwrap_or(word.len());
        if split < word.len() {
            let ending = word.split_off(split);
            self.all.extend([word, ending]);
        } else {
            self.all.push(word);
        }
        length
    }
}

/// Bytes of the word that `text` begins with.
fn word_length(text: &str) -> usize {
    let mut letters = text.char_indices().peekable();
    let mut before = ' ';
    let mut initials = true;
    let mut count = 0;
    while let Some((at, letter)) = letters.next() {
        if letter.is_alphanumeric() || is_mark(letter) {
            count += 1;
            initials &= count % 2 == 1 && letter.is_alphabetic();
            before = letter;
            continue;
        }
        let after = letters.peek().map_or(' ', |&(_, letter)| letter);
        let inside = match letter {
            '\'' | '’' => before.is_alphabetic() && after.is_alphabetic(),
            ',' => before.is_ascii_digit() && after.is_ascii_digit(),
            '.' if before.is_ascii_digit() => after.is_ascii_digit(),
            // `u.s.`: one letter and a point, at least twice.
            '.' => initials && count % 2 == 1 && (after.is_alphabetic() || count > 1),
            _ => false,
        };
        if !inside {
            return at;
        }
        // `e.g` of `e.gxy` is no abbreviation: two letters after a point end the pattern.
        if letter == '.' && initials && count == 1 && !abbreviates(&text[at..]) {
            return at;
        }
        count += 1;
        before = letter;
    }
    text.len()
}

/// `.x.` follows.
fn abbreviates(text: &str) -> bool {
    let mut letters = text.chars().skip(1);
    letters.next().is_some_and(char::is_alphabetic) && letters.next() == Some('.')
}

/// Accents written as characters of their own.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{200d}')
}

/// Where an ending that is a token of its own begins.
fn clitic(word: &str) -> Option<usize> {
    let apostrophe = word.rfind('\'')?;
    let ending = &word[apostrophe..];
    let short = |ending: &str| CLITICS.iter().any(|c| c.eq_ignore_ascii_case(ending));
    if ending.eq_ignore_ascii_case("'t") {
        let before = word[..apostrophe].chars().next_back()?;
        return before
            .eq_ignore_ascii_case(&'n')
            .then(|| apostrophe - 1)
            .filter(|&at| at > 0);
    }
    (apostrophe > 0 && short(ending)).then_some(apostrophe)
}

/// Bytes of the tag that `text` begins with.
fn tag(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let name = usize::from(bytes.get(1) == Some(&b'/')) + 1;
    if !bytes.get(name)?.is_ascii_alphabetic() {
        return None;
    }
    let window = &bytes[..bytes.len().min(LONGEST_TAG)];
    let end = window
        .iter()
        .skip(1)
        .position(|&byte| matches!(byte, b'<' | b'>'))?
        + 1;
    (window[end] == b'>').then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(text: &str) -> String {
        words(text, true).join(" ")
    }

    #[test]
    fn words_are_written_as_in_glove() {
        let cases = [
            ("Don't panic, it's OK!", "do n't panic , it 's ok !"),
            ("We’re not; can't.", "we 're not ; ca n't ."),
            ("a 1,000-page 3.5 book.", "a 1,000 - page 3.5 book ."),
            ("U.S. shares at 5.", "u.s. shares at 5 ."),
            ("The end. I saw it.", "the end . i saw it ."),
            ("so-called<br /><br />\"film\"", "so - called \" film \""),
            ("a < b and b > c", "a < b and b > c"),
            ("wow!!!!!! ...", "wow ! ! ! . . ."),
            ("Größe Δx 東京", "größe δx 東京"),
            ("", ""),
            (" \t\n", ""),
            ("'quoted' o'clock", "' quoted ' o'clock"),
            ("e.g. this", "e.g. this"),
            ("end.Next", "end . next"),
        ];
        for (text, want) in cases {
            assert_eq!(joined(text), want, "{text}");
        }
        assert_eq!(words("Don't", false), ["Do", "n't"]);
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_and_nothing_but_blanks_tags_and_runs_is_lost(text in "\\PC*") {
            let tokens = words(&text, false);
            prop_assert!(tokens.iter().all(|t| !t.is_empty() && !t.contains(char::is_whitespace)));
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
            if !text.contains('<') {
                prop_assert_eq!(tokens.iter().map(|t| letters(t)).sum::<usize>(), letters(&text));
            }
        }
    }
}
