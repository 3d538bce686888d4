//! Numbers as people write them.

use super::kind::ColumnKind;
use std::collections::HashMap;

/// The numbers of a column.
pub(super) struct Numbers {
    pub(super) count: usize,
    pub(super) whole: usize,
    pub(super) least: f64,
    pub(super) most: f64,
    writings: HashMap<Writing, usize>,
    /// Each is one more than the one before.
    pub(super) counting: bool,
    last: Option<f64>,
}

impl Numbers {
    pub(super) fn new() -> Self {
        Self {
            count: 0,
            whole: 0,
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            writings: HashMap::new(),
            counting: true,
            last: None,
        }
    }

    pub(super) fn take(&mut self, value: f64, writing: Writing) {
        self.count += 1;
        self.whole += usize::from(value.fract() == 0.0 && writing == Writing::Plain);
        self.least = self.least.min(value);
        self.most = self.most.max(value);
        self.counting &= self.last.is_none_or(|last| value == last + 1.0);
        self.last = Some(value);
        *self.writings.entry(writing).or_default() += 1;
    }

    pub(super) fn kind(&self, whole: bool) -> ColumnKind {
        let (least, most) = (self.least, self.most);
        if whole {
            return ColumnKind::Whole { least, most };
        }
        let odd = self
            .writings
            .iter()
            .filter(|(writing, _)| **writing != Writing::Plain);
        let odd = odd.max_by_key(|(writing, count)| (**count, **writing));
        let written = odd
            .and_then(|(writing, _)| writing.words())
            .map(str::to_string);
        ColumnKind::Number {
            least,
            most,
            written,
        }
    }
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Writing {
    /// `1234.5`.
    Plain,
    /// `1,234.5`.
    Thousands,
    /// `1234,5` or `1.234,5`.
    DecimalComma,
    /// `$5`, `5 %`.
    Unit,
    /// `1.5M`.
    Letter,
}

impl Writing {
    /// How to say it.
    pub(super) fn words(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Thousands => Some("with commas between thousands"),
            Self::DecimalComma => Some("with a decimal comma"),
            Self::Unit => Some("with a unit"),
            Self::Letter => Some("with K, M or B for thousands, millions, billions"),
        }
    }
}

/// The number in a cell, and how it is written.
pub(super) fn number(cell: &str) -> Option<(f64, Writing)> {
    if let Some(value) = plain(cell) {
        return Some((value, Writing::Plain));
    }
    let letters = [('K', 1e3), ('M', 1e6), ('B', 1e9)];
    let letter = letters.iter().find_map(|&(letter, size)| {
        let digits = cell.strip_suffix([letter, letter.to_ascii_lowercase()])?;
        plain(digits).map(|value| value * size)
    });
    if let Some(value) = letter {
        return Some((value, Writing::Letter));
    }
    let units =
        |letter: char| matches!(letter, '$' | '€' | '£' | '¥' | '%') || letter.is_whitespace();
    let bare = cell.trim_matches(units);
    let (digits, writing) = match bare.rsplit_once(',') {
        None => (bare.to_string(), Writing::Unit),
        Some((whole, last)) => {
            let groups = |text: &str, mark: char| {
                let mut groups = text.trim_start_matches(['-', '+']).split(mark);
                let first = groups
                    .next()
                    .is_some_and(|group| (1..=3).contains(&group.len()));
                first && groups.all(|group| group.len() == 3)
            };
            let before_point = bare.split('.').next().unwrap_or(bare);
            if groups(before_point, ',') && before_point.contains(',') {
                (bare.replace(',', ""), Writing::Thousands)
            } else if !last.is_empty()
                && last.bytes().all(|byte| byte.is_ascii_digit())
                && groups_or_plain(whole)
            {
                (
                    format!("{}.{last}", whole.replace('.', "")),
                    Writing::DecimalComma,
                )
            } else {
                return None;
            }
        }
    };
    plain(&digits).map(|value| (value, writing))
}

/// `1.234` or `1234`, before a decimal comma.
fn groups_or_plain(whole: &str) -> bool {
    whole
        .trim_start_matches(['-', '+'])
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// A finite number; `inf` and words are none, nor is a code with zeros in front.
fn plain(cell: &str) -> Option<f64> {
    let digits = cell.trim_start_matches(['-', '+']);
    let code =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    let begins = digits.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.');
    if code || !begins {
        return None;
    }
    cell.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let cases = [
            ("12", Some((12.0, Writing::Plain))),
            ("-1.5e3", Some((-1500.0, Writing::Plain))),
            ("1,234.5", Some((1234.5, Writing::Thousands))),
            ("1,234,567", Some((1_234_567.0, Writing::Thousands))),
            ("1234,5", Some((1234.5, Writing::DecimalComma))),
            ("1.234,56", Some((1234.56, Writing::DecimalComma))),
            ("$1.50", Some((1.5, Writing::Unit))),
            ("5 %", Some((5.0, Writing::Unit))),
            ("0.5M", Some((500_000.0, Writing::Letter))),
            ("2k", Some((2000.0, Writing::Letter))),
            ("007", None),
            ("inf", None),
            ("1,2,3", None),
            ("a,5", None),
            ("", None),
            ("12 apples", None),
        ];
        for (cell, wanted) in cases {
            assert_eq!(number(cell), wanted, "{cell}");
        }
    }
}
