//! Text from files, made safe to show on a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that could steer a terminal or hide what is there spelled out.
///
/// Control characters become `<U+001B>` (`<TAB>` for a tab), and so do overrides of the writing
/// direction and characters of no width. Line feeds stay.
///
/// ```
/// assert_eq!(rekindle_data::printable("a\u{1b}[2Jb\n"), "a<U+001B>[2Jb\n");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    spelled_out(text, |letter| letter != '\n' && is_hidden(letter))
}

/// [`printable`] in one line: line feeds are spelled out too.
pub fn printable_line(text: &str) -> Cow<'_, str> {
    spelled_out(text, is_hidden)
}

fn spelled_out(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&hidden) else {
        return Cow::Borrowed(text);
    };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..first]);
    for letter in text[first..].chars() {
        match letter {
            _ if !hidden(letter) => shown.push(letter),
            '\t' => shown.push_str("<TAB>"),
            '\n' => shown.push_str("<LF>"),
            '\r' => shown.push_str("<CR>"),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "<U+{:04X}>", u32::from(letter));
            }
        }
    }
    Cow::Owned(shown)
}

/// Joiners (U+200C, U+200D) are not among them: some scripts are unreadable without.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_steers_a_terminal_is_spelled_out() {
        let cases = [
            ("plain, Größe 東京 👩‍👧", "plain, Größe 東京 👩‍👧"),
            ("\u{1b}[31mred", "<U+001B>[31mred"),
            ("\u{9b}31m", "<U+009B>31m"),
            ("87.54\0", "87.54<U+0000>"),
            ("a\tb\r\nc", "a<TAB>b<CR>\nc"),
            ("abc\u{202e}gpj.exe", "abc<U+202E>gpj.exe"),
            ("\u{feff}id", "<U+FEFF>id"),
        ];
        for (text, shown) in cases {
            assert_eq!(printable(text), shown);
        }
        assert_eq!(printable_line("a\nb"), "a<LF>b");
        assert!(matches!(printable("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_that_steers_is_left(text in any::<String>()) {
            let line = printable_line(&text);
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert_eq!(printable_line(&line), line.clone());
            prop_assert!(!printable(&text).chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
