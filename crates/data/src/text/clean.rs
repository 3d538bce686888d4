//! Texts from the web, made plain.

use std::borrow::Cow;

/// A text without what cannot be seen and without HTML entities: [`decode_entities`], then
/// [`plain_blanks`].
///
/// ```
/// assert_eq!(rekindle_data::clean("caf&eacute;\u{a0}&amp; co\u{ad}operation"), "café & cooperation");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    match decode_entities(text) {
        Cow::Borrowed(text) => plain_blanks(text),
        Cow::Owned(text) => Cow::Owned(plain_blanks(&text).into_owned()),
    }
}

/// A text with blanks of one kind, and without characters of no width.
///
/// No-break and typographic blanks become plain ones. Soft hyphens, zero-width blanks, word joiners
/// and byte order marks are taken out. Line breaks and tabs stay, and so do the joiners (U+200C,
/// U+200D) that some scripts and emoji need.
pub fn plain_blanks(text: &str) -> Cow<'_, str> {
    if text.is_ascii()
        || !text
            .chars()
            .any(|letter| is_blank(letter) || is_nothing(letter))
    {
        return Cow::Borrowed(text);
    }
    let seen = text.chars().filter(|&letter| !is_nothing(letter));
    Cow::Owned(
        seen.map(|letter| if is_blank(letter) { ' ' } else { letter })
            .collect(),
    )
}

/// A text with HTML entities such as `&amp;`, `&#39;` and `&nbsp;` as the characters they stand for.
///
/// It is done once: `&amp;lt;` becomes `&lt;`. What names no entity stays as it is.
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    match text.contains('&') {
        true => html_escape::decode_html_entities(text),
        false => Cow::Borrowed(text),
    }
}

fn is_blank(letter: char) -> bool {
    matches!(
        letter,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

fn is_nothing(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entities_become_characters_once() {
        let cases = [
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("it&#39;s &quot;so&quot;", "it's \"so\""),
            ("it&apos;s &lt;b&gt;", "it's <b>"),
            ("&eacute;&#xe9;&#XE9;", "ééé"),
            ("a&nbsp;b", "a\u{a0}b"),
            ("&amp;lt;", "&lt;"),
            ("AT&T; R&D & co", "AT&T; R&D & co"),
            (
                "&;&#;&#x;&#xffffffff;&nosuch;",
                "&;&#;&#x;&#xffffffff;&nosuch;",
            ),
            ("&#91;x&#93; &#124;", "[x] |"),
            ("", ""),
        ];
        for (text, wanted) in cases {
            assert_eq!(decode_entities(text), wanted, "{text}");
        }
    }

    #[test]
    fn blanks_are_of_one_kind_and_what_has_no_width_goes() {
        let cases = [
            ("a\u{a0}b\u{202f}c\u{2009}d\u{3000}e", "a b c d e"),
            ("co\u{ad}operate", "cooperate"),
            ("\u{feff}text\u{feff}s", "texts"),
            ("zero\u{200b}width\u{2060}", "zerowidth"),
            ("tabs\tand\nlines", "tabs\tand\nlines"),
            (
                "می\u{200c}خواهم 👩\u{200d}👧",
                "می\u{200c}خواهم 👩\u{200d}👧",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(plain_blanks(text), wanted, "{text}");
        }
        assert!(matches!(plain_blanks("größe"), Cow::Borrowed(_)));
    }

    #[test]
    fn both_together() {
        assert_eq!(clean("&nbsp;caf&eacute;&shy;s&#8203; &amp;"), " cafés &");
        assert!(matches!(clean("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn any_text_can_be_cleaned_and_blanks_stay_plain(text in any::<String>(), entity in "[&#;xa-z0-9]{0,12}") {
            let cleaned = clean(&text);
            prop_assert_eq!(plain_blanks(&cleaned), cleaned.clone());
            let _ = clean(&entity);
        }
    }
}
