//! Numbers as files write them, and what is said about those that are written oddly.

use crate::printable::printable_line;
use std::collections::BTreeMap;

/// Signs of money that stand before or after a number.
const MONEY: [&str; 13] = [
    "US$", "USD", "EUR", "GBP", "INR", "JPY", "CHF", "Rs.", "Rs", "$", "€", "£", "¥",
];
/// Letters for sizes, as sites write volumes.
const SIZES: [(char, f64); 4] = [('K', 1e3), ('M', 1e6), ('B', 1e9), ('T', 1e12)];

/// What a comma in a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Comma {
    /// It stands between thousands: `1,234.5`.
    Thousands,
    /// It stands before decimals: `1234,5`.
    Decimals,
    /// The file leaves it open.
    #[default]
    Unknown,
}

impl Comma {
    /// By the numbers of a file; where cells are separated by commas, one in a number is most likely
    /// between thousands.
    pub(super) fn find<'a>(cells: impl Iterator<Item = &'a str>, delimiter: u8) -> Self {
        let (mut thousands, mut decimals) = (0, 0);
        for cell in cells {
            let (bare, _) = unit(cell);
            let digits = bare.trim_start_matches(['-', '+']);
            if !digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b".,".contains(&byte))
            {
                continue;
            }
            let (commas, points) = (count(digits, ','), count(digits, '.'));
            let last = |mark| digits.rsplit(mark).next().map_or(0, str::len);
            match (commas, points) {
                (0, 0) => {}
                (0, 1) => thousands += usize::from(last('.') != 3),
                (1, 0) => decimals += usize::from(last(',') != 3),
                (0, _) => decimals += 1,
                (_, 0) => thousands += 1,
                _ if digits.rfind(',') < digits.rfind('.') => thousands += 1,
                _ => decimals += 1,
            }
        }
        match (thousands, decimals) {
            (0, 0) if delimiter == b',' => Self::Thousands,
            (thousands, decimals) if thousands > decimals => Self::Thousands,
            (thousands, decimals) if decimals > thousands => Self::Decimals,
            _ => Self::Unknown,
        }
    }
}

fn count(text: &str, mark: char) -> usize {
    text.matches(mark).count()
}

/// A number that is written otherwise than `1234.5`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Odd<'a> {
    pub(super) value: f64,
    /// What stood beside the number, which is the same in all of a column.
    pub(super) unit: &'a str,
    /// A comma in it may be either.
    pub(super) doubtful: bool,
}

/// Whether a cell is a dash that stands for nothing.
pub(super) fn is_dash(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| matches!(letter, '-' | '–' | '—'))
}

/// `1,234.50`, `1234,5`, `$5`, `71 %`, `0.76M`, and a minus that is no hyphen.
pub(super) fn odd_number(text: &str, comma: Comma) -> Option<Odd<'_>> {
    let (bare, sign) = unit(text);
    let (bare, size) = match SIZES
        .iter()
        .find(|(letter, _)| bare.ends_with(*letter) || bare.ends_with(letter.to_ascii_lowercase()))
    {
        Some((_, size)) => (&bare[..bare.len() - 1], *size),
        None => (bare, 1.0),
    };
    let bare = bare.replace('\u{2212}', "-");
    let digits = bare.trim_start_matches(['-', '+']);
    let plain = digits.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.')
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b".,".contains(&byte));
    if !plain {
        return None;
    }
    let (between, before) = match comma {
        Comma::Decimals => ('.', ','),
        _ => (',', '.'),
    };
    let (whole, decimals) = digits.split_once(before).unwrap_or((digits, ""));
    let mut groups = whole.split(between);
    let first = groups.next().unwrap_or_default();
    let grouped = groups.clone().next().is_some();
    let right = !grouped || ((1..=3).contains(&first.len()) && groups.all(is_group));
    // In India the groups but the last have two digits: 12,34,567.
    let indian = grouped && {
        let all: Vec<&str> = whole.split(between).collect();
        let (last, rest) = all.split_last()?;
        last.len() == 3 && rest.iter().all(|group| (1..=2).contains(&group.len()))
    };
    if !(right || indian) || decimals.contains([',', '.']) {
        return None;
    }
    let mut text = bare[..bare.len() - digits.len()].to_string();
    text.extend(whole.chars().filter(|letter| *letter != between));
    text.push('.');
    text += decimals;
    let value = text.parse::<f64>().ok()? * size;
    Some(Odd {
        value,
        unit: sign,
        doubtful: comma == Comma::Unknown
            && grouped
            && decimals.is_empty()
            && count(whole, ',') == 1,
    })
}

fn is_group(group: &str) -> bool {
    group.len() == 3
}

/// A number without the sign of money or percent beside it, and that sign.
fn unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    for sign in MONEY.iter().copied().chain(["%"]) {
        if let Some(bare) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            return (bare.trim(), sign);
        }
    }
    (text, "")
}

/// The number at the beginning of a cell with something behind it, such as `13.4 °C`.
pub(super) fn leading_number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .char_indices()
        .find(|(at, letter)| {
            !(letter.is_ascii_digit() || *letter == '.' || (*at == 0 && *letter == '-'))
        })
        .map(|(at, _)| at)?;
    let (number, rest) = (&text[..end], text[end..].trim());
    number.parse::<f64>().ok()?;
    let unit = rest.chars().count() <= 8 && !rest.bytes().any(|byte| byte.is_ascii_digit());
    (unit && !rest.is_empty()).then_some((number, rest))
}

/// What was read otherwise than it is written: said once for each column and kind.
#[derive(Debug, Default)]
pub(super) struct OddCells {
    /// By column and kind: how many, and the first.
    seen: BTreeMap<(usize, &'static str), (usize, String)>,
}

impl OddCells {
    /// One more cell; `first` says what is said of it.
    pub(super) fn see(
        &mut self,
        column: usize,
        kind: &'static str,
        first: impl FnOnce() -> String,
    ) {
        let entry = self
            .seen
            .entry((column, kind))
            .or_insert_with(|| (0, first()));
        entry.0 += 1;
    }

    /// What is said.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> + '_ {
        self.seen.values().map(|(count, first)| match count {
            1 => first.clone(),
            more => format!("{first}, and {} more cells so", more - 1),
        })
    }
}

/// A cell for a message: one line, not too long.
pub(crate) fn shown(text: &str) -> String {
    let text = printable_line(&text.trim().replace('\n', " ")).into_owned();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        use Comma::{Decimals, Thousands, Unknown};
        let cases = [
            ("1,100.52", Thousands, Some(1100.52)),
            ("1,234,567", Thousands, Some(1_234_567.0)),
            ("12,34,567.5", Thousands, Some(1_234_567.5)),
            ("1234,5", Decimals, Some(1234.5)),
            ("1.234,56", Decimals, Some(1234.56)),
            ("-1.234.567", Decimals, Some(-1_234_567.0)),
            ("$81.42", Thousands, Some(81.42)),
            ("81.42 €", Unknown, Some(81.42)),
            ("Rs. 1,234.50", Thousands, Some(1234.5)),
            ("0.76M", Unknown, Some(760_000.0)),
            ("2k", Unknown, Some(2000.0)),
            ("71 %", Unknown, Some(71.0)),
            ("\u{2212}5.5", Unknown, Some(-5.5)),
            ("1,2,3", Thousands, None),
            ("13.4 °C", Unknown, None),
            ("0.73 Dividend", Unknown, None),
            ("a,5", Decimals, None),
            ("M", Unknown, None),
            ("", Unknown, None),
        ];
        for (text, comma, wanted) in cases {
            let read = odd_number(text, comma).map(|odd| odd.value);
            match (read, wanted) {
                (Some(read), Some(wanted)) => assert!((read - wanted).abs() < 1e-6, "{text}"),
                _ => assert_eq!(read, wanted, "{text}"),
            }
        }
        let doubt = |text| odd_number(text, Unknown).is_some_and(|odd| odd.doubtful);
        assert!(doubt("1,234"));
        assert!(!doubt("1,234.5"));
    }

    #[test]
    fn the_file_says_what_a_comma_is() {
        let find = |cells: &[&str], delimiter| Comma::find(cells.iter().copied(), delimiter);
        assert_eq!(find(&["1,234"], b','), Comma::Thousands);
        assert_eq!(find(&["1,234"], b';'), Comma::Unknown);
        assert_eq!(find(&["1,234", "12,5"], b';'), Comma::Decimals);
        assert_eq!(find(&["1,234", "81.42"], b';'), Comma::Thousands);
        assert_eq!(find(&["1.234,56"], b'\t'), Comma::Decimals);
    }

    #[test]
    fn a_unit_is_told_from_the_number() {
        assert_eq!(leading_number("13.4 °C"), Some(("13.4", "°C")));
        assert_eq!(leading_number("1013hPa"), Some(("1013", "hPa")));
        assert_eq!(leading_number("abc"), None);
        assert_eq!(leading_number("2:1 split"), None);
        assert!(is_dash("-") && is_dash("--") && is_dash("—"));
        assert!(!is_dash("-1") && !is_dash(""));
    }
}
