//! Tables whose rows are one quoted cell each, as Excel writes a CSV file pasted into one column.

use super::layout::Unreadable;

/// Refuses such a table; its first line is `row`.
pub(super) fn refuse(text: &[u8], whole: bool, row: u64) -> Result<(), Unreadable> {
    let mut lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    if !whole {
        lines.pop();
    }
    lines.retain(|line| !line.trim_ascii().is_empty());
    let [header, rows @ ..] = lines.as_slice() else {
        return Ok(());
    };
    let Some(names) = wrapped(header) else {
        return Ok(());
    };
    let commas = |line: &[u8]| line.iter().filter(|&&byte| byte == b',').count();
    let spaced = names.windows(2).any(|pair| pair == b", ");
    let alike = rows.iter().filter_map(|line| wrapped(line));
    let alike = alike.filter(|line| commas(line) >= commas(names)).count();
    // A header with a blank after its comma is the text of a single column.
    if commas(names) == 0 || spaced || rows.is_empty() || alike * 10 < rows.len() * 9 {
        return Ok(());
    }
    let what = "each row is a single quoted cell that holds all the others".to_string();
    let help = "in the spreadsheet program, split the column by its commas (Text to Columns) and \
                save the sheet as CSV again";
    Err((what, row, help.to_string()))
}

/// What a line has between its only quotes.
fn wrapped(line: &[u8]) -> Option<&[u8]> {
    let is_end = |byte: &u8| matches!(byte, b';' | b',' | b' ' | b'\t');
    let end = line.iter().rposition(|byte| !is_end(byte))?;
    let inside = line[..=end].strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let quotes = inside.iter().filter(|&&byte| byte == b'"').count();
    let doubled = inside.windows(2).filter(|pair| pair == b"\"\"").count();
    // Doubled quotes stand for quotes of the row within.
    (quotes == 0 || (quotes % 2 == 0 && doubled * 2 >= quotes)).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        refuse(text.as_bytes(), true, 1).is_err()
    }

    #[test]
    fn a_table_in_one_column_is_refused() {
        assert!(refused(
            "\"date,close,volume\";\n\"2018-01-01,1,2\";\n\"2018-01-02,1,2\";\n"
        ));
        assert!(refused("\"date,close\"\n\"2018-01-01,1\"\n"));
        assert!(refused(
            "\"text,label\"\n\"\"\"so, it is\"\",b\"\n\"x,e\"\n"
        ));
    }

    #[test]
    fn other_quotes_are_not() {
        for text in [
            "\"date\",\"close\"\n\"2018-01-01\",\"1\"\n",
            "\"text\"\n\"one, two\"\n\"three\"\n",
            "\"first, second\"\n\"one, two\"\n\"three, four\"\n",
            "text,label\n\"a,b\",c\n",
            "\"a,b\"\n",
            "",
        ] {
            assert!(!refused(text), "{text}");
        }
    }
}
