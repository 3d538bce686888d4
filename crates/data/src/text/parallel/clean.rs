//! One form for what looks alike: blanks, invisible characters, and characters written as HTML does.

/// HTML's names of U+00A0 to U+00FF, in order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr \
    deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest \
    Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc \
    Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN \
    szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute \
    icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute \
    thorn yuml";

/// HTML's other names of what texts hold.
const OTHERS: [(&str, char); 21] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("hellip", '…'),
    ("euro", '€'),
];

/// Longest name or number of a character, in bytes.
const LONGEST_NAME: usize = 8;

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
    let mut clean = String::with_capacity(text.len());
    let mut blank = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (one, length) = match first {
            '&' => entity(rest).unwrap_or((first, 1)),
            _ => (first, first.len_utf8()),
        };
        rest = &rest[length..];
        if one.is_whitespace() || one.is_control() {
            blank = true;
        } else if !is_invisible(one) {
            if blank && !clean.is_empty() {
                clean.push(' ');
            }
            blank = false;
            clean.push(one);
        }
    }
    clean
}

/// Joiners of letters and emoji are none of these: words differ by them.
fn is_invisible(one: char) -> bool {
    matches!(
        one,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// The character whose name in HTML a text begins with, and the name's length.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text
        .bytes()
        .take(LONGEST_NAME + 2)
        .position(|b| b == b';')?;
    let name = &text[1..end];
    let one = match name.strip_prefix('#') {
        Some(number) => {
            let (digits, base) = match number.strip_prefix(['x', 'X']) {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            let number = u32::from_str_radix(digits, base).ok()?;
            char::from_u32(number).filter(|_| digits.bytes().all(|b| b.is_ascii_alphanumeric()))
        }
        None => {
            let latin = || LATIN.split_whitespace().position(|known| known == name);
            let other = OTHERS.iter().find(|(known, _)| *known == name);
            let one = other.map(|(_, one)| *one);
            one.or_else(|| char::from_u32(0xa0 + latin()? as u32))
        }
    }?;
    Some((one, end + 1))
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
