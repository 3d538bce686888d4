//! Lines above a table's header.

use super::delimiter::{self, records};
use super::headless::looks_headless;

/// The byte that a first line `sep=;` names, as Excel writes and reads it.
pub(crate) fn separator_line(text: &[u8]) -> Option<u8> {
    let line = text.split(|&byte| byte == b'\n').next()?.trim_ascii_start();
    // Some programs put quotes around the line.
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let line = line.strip_suffix(b"\"").unwrap_or(line);
    match line.strip_prefix(b"sep=").or(line.strip_prefix(b"SEP="))? {
        [byte] => Some(*byte),
        _ => None,
    }
}

/// Lines that begin with `#` above a table.
pub(crate) struct Comments<'a> {
    pub(crate) lines: u64,
    /// The last of them.
    pub(crate) last: &'a [u8],
    /// It names the columns.
    pub(crate) names: bool,
}

/// The comments at the beginning of a text.
pub(crate) fn comments(text: &[u8], whole: bool) -> Comments<'_> {
    let none = Comments {
        lines: 0,
        last: b"",
        names: false,
    };
    let mut lines = 0;
    let mut last: &[u8] = b"";
    for line in text.split(|&byte| byte == b'\n') {
        let bare = line.trim_ascii();
        let blank_within = bare.is_empty() && lines > 0;
        if !(bare.starts_with(b"#") || blank_within) {
            break;
        }
        lines += 1;
        if !bare.is_empty() {
            last = line;
        }
    }
    let mut rest = text;
    for _ in 0..lines {
        rest = after_line(rest);
    }
    // Where there is nothing else, the lines are no comments.
    if lines == 0 || rest.trim_ascii().is_empty() {
        return none;
    }
    let bare = last.trim_ascii_start().strip_prefix(b"#").unwrap_or(last);
    let cells = delimiter::find(rest, whole, None, None);
    let below = records(rest, whole, cells);
    let width = records(bare, true, cells)
        .first()
        .map_or(0, csv::ByteRecord::len);
    let fits = width > 1 && below.first().is_some_and(|first| first.len() == width);
    let names = fits && (looks_headless(&below) || !bare.starts_with(b" "));
    Comments { lines, last, names }
}

/// What comes after the first line.
pub(crate) fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&byte| byte == b'\n');
    end.map_or(&[], |end| &text[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_line_is_known() {
        assert_eq!(separator_line(b"sep=;\na;b\n"), Some(b';'));
        assert_eq!(separator_line(b"sep=\t\na\tb\n"), Some(b'\t'));
        assert_eq!(separator_line(b"\"sep=,\"\na,b\n"), Some(b','));
        for text in ["sep=\na\n", "separate\n", "a;b\n", ""] {
            assert_eq!(separator_line(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn comments_are_told_from_names_that_begin_with_a_mark() {
        let cases = [
            (
                "# from a shop\n# in 2018\ndate,close\n2018-01-01,1\n",
                (2, false),
            ),
            ("#date,close\n2018-01-01,1\n", (1, true)),
            ("# date,close\n2018-01-01,1\n2018-01-02,2\n", (1, true)),
            (
                "# by me\n# date,close\n2018-01-01,1\n2018-01-02,2\n",
                (2, true),
            ),
            ("# so, it is\ntext,label\ngood,b\n", (1, false)),
            ("#id,text\na,b\n", (1, true)),
            ("# one\n# two\n", (0, false)),
            ("text\n# not above\n", (0, false)),
            ("", (0, false)),
        ];
        for (text, wanted) in cases {
            let found = comments(text.as_bytes(), true);
            assert_eq!((found.lines, found.names), wanted, "{text}");
        }
    }
}
