//! What a file is, by its first bytes.

use super::marks::{DAMAGED, FETCH, MARKUP, PULL, RECORDS, SAVE_AS_CSV, STARTS, UNPACK};

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text: a table of cells, or lines.
    Text,
    /// A JSON object a line.
    JsonLines,
    /// A JSON array of objects.
    JsonArray,
    /// Something that cannot be read as a table.
    Other(Refusal),
}

/// Why a file cannot be read as a table, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What the file is, after "the file is ".
    pub(crate) what: String,
    /// What to do.
    pub(crate) help: &'static str,
    pub(crate) nature: Nature,
}

/// How sure it is that a file is not what a caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// It has the mark of a known form.
    Known,
    /// It is made of text, so a file of lines may look like it.
    Text,
    /// It is no text, and of no known form.
    Binary,
}

/// What a file that begins so is; `start` is all of it if `whole`.
pub(crate) fn recognize(start: &[u8], whole: bool) -> Kind {
    let other = |what: &str, help, nature| {
        let what = what.to_string();
        Kind::Other(Refusal { what, help, nature })
    };
    if let Some((_, what, help)) = STARTS.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return other(what, help, Nature::Known);
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return zip(start);
    }
    if start.starts_with(b"BZh") && start.get(4..10) == Some(b"1AY&SY") {
        return other(
            "compressed with bzip2, which is not read",
            UNPACK,
            Nature::Known,
        );
    }
    if start.get(257..262) == Some(b"ustar") {
        return archive("a tar archive", start.get(..100).unwrap_or_default());
    }
    if start.starts_with(b"version https://git-lfs") {
        return other(
            "a Git LFS pointer: a note about the file, not the file",
            PULL,
            Nature::Known,
        );
    }
    if matches!(start, [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..]) {
        return other("text in UTF-32", "save it as UTF-8", Nature::Known);
    }
    if is_binary(start, whole) {
        return other(
            "no text: its bytes are of a form that is not known",
            DAMAGED,
            Nature::Binary,
        );
    }
    let text = start
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(start)
        .trim_ascii_start();
    if let Some(what) = markup(text) {
        let help = if what.contains("web page") {
            FETCH
        } else {
            MARKUP
        };
        return other(what, help, Nature::Text);
    }
    json(text, whole)
}

/// A zip file, which may be an Office document.
fn zip(start: &[u8]) -> Kind {
    let has = |name: &[u8]| start.windows(name.len()).any(|window| window == name);
    let what = match () {
        _ if has(b"opendocument.spreadsheet") => "an OpenDocument spreadsheet (.ods)",
        _ if has(b"word/") => "a Word document (.docx)",
        _ if has(b"ppt/") => "a PowerPoint document (.pptx)",
        _ if has(b"xl/") || has(b"[Content_Types].xml") => "an Excel workbook (.xlsx)",
        _ => {
            let long = |at: usize| start.get(at).map_or(0, |&byte| usize::from(byte));
            let end = 30 + long(26) + 256 * long(27);
            return archive("a zip archive", start.get(30..end).unwrap_or_default());
        }
    };
    let help = match what.contains("sheet") || what.contains("Excel") {
        true => SAVE_AS_CSV,
        false => "save its text as a plain text file",
    };
    let what = what.to_string();
    Kind::Other(Refusal {
        what,
        help,
        nature: Nature::Known,
    })
}

/// An archive, and the file it begins with.
fn archive(what: &str, first: &[u8]) -> Kind {
    let name = first.split(|&byte| byte == 0).next().unwrap_or_default();
    let what = match std::str::from_utf8(name) {
        Ok(name) if !name.is_empty() => format!("{what} that begins with {name}"),
        _ => what.to_string(),
    };
    Kind::Other(Refusal {
        what,
        help: UNPACK,
        nature: Nature::Known,
    })
}

/// Whether bytes are no text: control characters, and not UTF-8 or far too many.
fn is_binary(start: &[u8], whole: bool) -> bool {
    let looked_at = &start[..start.len().min(1 << 12)];
    let odd = |byte: &&u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    let odd = looked_at.iter().filter(odd).count();
    let cut = !whole || looked_at.len() < start.len();
    let utf8 = match std::str::from_utf8(looked_at) {
        Ok(_) => true,
        Err(error) => cut && error.error_len().is_none(),
    };
    let most = if utf8 { 30 } else { 4 };
    odd * 100 > looked_at.len() * most
}

fn markup(text: &[u8]) -> Option<&'static str> {
    let start = text[..text.len().min(1 << 10)].to_ascii_lowercase();
    let has = |name: &[u8]| start.windows(name.len()).any(|window| window == name);
    let begins = |tags: &[&str]| tags.iter().any(|tag| start.starts_with(tag.as_bytes()));
    match () {
        _ if begins(&["<!doctype html", "<html", "<head>", "<body"]) => Some("a web page (HTML)"),
        _ if begins(&["<!--", "<?xml"]) && has(b"<html") => Some("a web page (HTML)"),
        _ if begins(&["<table"]) => Some("a web page's table (HTML)"),
        _ if begins(&["<?xml", "<!doctype"]) => Some("an XML document"),
        _ => None,
    }
}

/// JSON, of whatever shape, or text that is not JSON.
fn json(text: &[u8], whole: bool) -> Kind {
    let other = |what: &str| {
        let (what, help) = (what.to_string(), RECORDS);
        Kind::Other(Refusal {
            what,
            help,
            nature: Nature::Text,
        })
    };
    let after = text.get(1..).unwrap_or_default().trim_ascii_start();
    match (text.first(), after.first()) {
        (Some(b'['), Some(b'{')) => Kind::JsonArray,
        (Some(b'['), Some(b'[' | b'"' | b'0'..=b'9' | b'-')) if json_values(text, whole) > 0 => {
            other("JSON, but not a list of objects with a name for each cell")
        }
        (Some(b'['), Some(b']')) if after.len() == 1 => other("an empty JSON array"),
        (Some(b'{'), Some(b'"' | b'}')) => {
            let mut lines = text.split(|&byte| byte == b'\n' || byte == b'\r');
            let first = lines.next().unwrap_or_default();
            let more = lines.any(|line| !line.trim_ascii().is_empty());
            let one_line = first.len() == text.len() && !whole;
            match serde_json::from_slice::<serde_json::Value>(first) {
                Ok(value) if !more && is_columns(&value) => {
                    other("a JSON object of columns, not of rows")
                }
                Ok(_) => Kind::JsonLines,
                // A first line longer than what was looked at.
                Err(error) if one_line && error.is_eof() => Kind::JsonLines,
                Err(_) => match json_values(text, whole) {
                    1 => other("a single JSON object, not one a row"),
                    // Objects over several lines each.
                    2.. => Kind::JsonArray,
                    // Perhaps a damaged line, which is said where it is read.
                    0 if first.trim_ascii_end().ends_with(b"}") => Kind::JsonLines,
                    0 => Kind::Text,
                },
            }
        }
        _ => Kind::Text,
    }
}

/// The number of JSON values in a text that holds nothing else. The last value may be cut.
fn json_values(text: &[u8], whole: bool) -> usize {
    let values = serde_json::Deserializer::from_slice(text);
    let mut count = 0;
    for value in values.into_iter::<serde::de::IgnoredAny>() {
        match value {
            Ok(_) => count += 1,
            Err(error) if error.is_eof() && !whole => return count + 1,
            Err(_) => return 0,
        }
    }
    count
}

/// Whether a lone object holds columns by name, as pandas writes a table unless told otherwise.
fn is_columns(value: &serde_json::Value) -> bool {
    let nested = |value: &serde_json::Value| value.is_object() || value.is_array();
    value
        .as_object()
        .is_some_and(|columns| !columns.is_empty() && columns.values().all(nested))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn what(start: &[u8]) -> String {
        match recognize(start, true) {
            Kind::Other(refusal) => refusal.what,
            kind => format!("{kind:?}"),
        }
    }

    #[test]
    fn what_is_no_table_is_named() {
        let mut tar = vec![0; 512];
        tar[..9].copy_from_slice(b"mails.csv");
        tar[257..262].copy_from_slice(b"ustar");
        let mut zip = b"PK\x03\x04".to_vec();
        zip.resize(30, 0);
        zip[26] = 9;
        zip.extend_from_slice(b"mails.csvdate,close");
        let random: Vec<u8> = (0..4000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        let cases: [(&[u8], &str); 20] = [
            (
                b"PK\x03\x04 [Content_Types].xml xl/workbook.xml",
                "an Excel workbook (.xlsx)",
            ),
            (
                b"PK\x03\x04 [Content_Types].xml word/document.xml",
                "a Word document (.docx)",
            ),
            (
                b"PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
                "an OpenDocument spreadsheet (.ods)",
            ),
            (&zip, "a zip archive that begins with mails.csv"),
            (&tar, "a tar archive that begins with mails.csv"),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0",
                "an old Excel workbook (.xls) or another Office file",
            ),
            (b"PAR1\x15\x04", "a Parquet file"),
            (b"ARROW1\0\0", "an Arrow (Feather) file"),
            (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
            (b"BZh91AY&SY\0", "compressed with bzip2, which is not read"),
            (
                b"\x1f\x8b\x08",
                "compressed with gzip, and that more than once",
            ),
            (
                b"version https://git-lfs.github.com/spec/v1\noid",
                "a Git LFS pointer: a note about the file, not the file",
            ),
            (b"%PDF-1.7", "a PDF document"),
            (b" \n<!DOCTYPE HTML>\n<title>Log in", "a web page (HTML)"),
            (b"\xef\xbb\xbf<html>", "a web page (HTML)"),
            (b"<?xml version=\"1.0\"?><Workbook>", "an XML document"),
            (
                b"[1, 2]",
                "JSON, but not a list of objects with a name for each cell",
            ),
            (
                b"{\"text\":{\"0\":\"a\"},\"label\":{\"0\":1}}\n",
                "a JSON object of columns, not of rows",
            ),
            (
                b"{\n \"rows\": 1\n}\n",
                "a single JSON object, not one a row",
            ),
            (
                &random,
                "no text: its bytes are of a form that is not known",
            ),
        ];
        for (start, wanted) in cases {
            assert_eq!(what(start), wanted);
        }
    }

    #[test]
    fn text_is_text() {
        let cases: [&[u8]; 11] = [
            b"",
            b"date,close\n",
            b"<TICKER>,<PER>\nAAA,D\n",
            b"[ID],[Name]\n1,x\n",
            b"[1] Smith and others\n",
            b"{name};{size}\n",
            b"a,b\n1,87.54\0\n",
            b"caf\xe9,b\n",
            b"PARIS,1\n",
            b"ORCHID,1\n",
            "größe,東京\n".as_bytes(),
        ];
        for start in cases {
            assert_eq!(recognize(start, true), Kind::Text, "{start:?}");
        }
        assert_eq!(
            recognize("größe".as_bytes().split_at(3).0, false),
            Kind::Text
        );
    }

    #[test]
    fn json_is_told_by_its_shape() {
        let lines: [&[u8]; 3] = [
            b"{\"a\":1}\n{\"a\":2}\n",
            b"\xef\xbb\xbf{\"a\": {}}\r\n{\"a\": {}}\n",
            b"{\"a\":1,}\n{\"a\":2}\n",
        ];
        for start in lines {
            assert_eq!(recognize(start, true), Kind::JsonLines, "{start:?}");
        }
        assert_eq!(recognize(b"{\"a\":\"long", false), Kind::JsonLines);
        assert_eq!(recognize(b"[\n  {\"a\":", false), Kind::JsonArray);
        let over_lines = b"{\n\"a\":1\n}\n{\n\"a\":2\n}\n";
        assert_eq!(recognize(over_lines, true), Kind::JsonArray);
    }

    proptest! {
        #[test]
        fn any_bytes_are_something(bytes in prop::collection::vec(any::<u8>(), 0..400), whole: bool) {
            let _ = recognize(&bytes, whole);
            let _ = recognize(&[b"PK\x03\x04".as_slice(), &bytes].concat(), whole);
            let _ = recognize(&[b"{\"".as_slice(), &bytes].concat(), whole);
        }
    }
}
