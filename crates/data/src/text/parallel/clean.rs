//! One form for what looks alike: blanks, invisible characters, and characters written as HTML does.

use crate::text::clean::clean;

/// The text with plain blanks: what HTML calls `&amp;` or `&#233;` becomes that character, blanks of
/// any kind and control characters become one space, and what cannot be seen is left out (soft
/// hyphens, zero-width spaces, marks of direction).
///
/// ```
/// use rekindle_data::clean_text;
///
/// assert_eq!(clean_text("caf\u{e9}\u{a0}&amp;\tth\u{ad}\u{e9} "), "café & thé");
/// ```
pub fn clean_text(text: &str) -> String {
    let text = clean(text);
    let mut plain = String::with_capacity(text.len());
    let mut blank = false;
    for letter in text.chars().filter(|&letter| !is_mark(letter)) {
        if letter.is_whitespace() || letter.is_control() {
            blank = true;
            continue;
        }
        if std::mem::take(&mut blank) && !plain.is_empty() {
            plain.push(' ');
        }
        plain.push(letter);
    }
    plain
}

/// A mark of direction, which cannot be seen.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_seen_changes_no_word() {
        let words = "a dog runs";
        for form in [
            "a\u{a0}dog\u{202f}runs",
            " a\tdog\r\n runs \u{3000}",
            "a do\u{ad}g ru\u{200b}ns\u{feff}",
            "a&nbsp;dog&#32;ru&shy;ns",
            "a\0dog\u{2028}runs",
        ] {
            assert_eq!(clean_text(form), words, "{form:?}");
        }
    }

    #[test]
    fn characters_have_one_form() {
        let given = "&Agrave; &yuml; &#233;&#xE9; &quot;l&apos;&#39;&lt;&gt;&amp;";
        assert_eq!(clean_text(given), "À ÿ éé \"l''<>&");
        let text = "AT&T; R & B; &#; &#+1; &#xD800; &unheard; &é; a &";
        assert_eq!(clean_text(text), text, "what is no name stays");
        assert_eq!(clean_text("&amp;lt;"), "&lt;", "undone once");
        assert_eq!(clean_text("می\u{200c}خواهم </s>"), "می\u{200c}خواهم </s>");
    }

    proptest! {
        #[test]
        fn cleaning_never_fails_and_leaves_single_blanks(text in "\\PC{0,30}|[&#;a-z0-9 \u{ad}é]{0,30}") {
            let clean = clean_text(&text);
            prop_assert!(!clean.contains("  ") && clean.trim() == clean);
        }
    }
}
