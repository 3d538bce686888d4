//! What stands above a table's rows, and how its cells are told apart.

use super::TableOptions;
use super::above::{after_line, comments, separator_line};
use super::delimiter::{self, Cells, ONE_COLUMN, records};
use super::headless::looks_headless;
use super::levels;
use super::wrapped;
use crate::lines::Lines;
use std::io::Read;

/// How a table is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) cells: Cells,
    /// Lines above the header, or above the rows where the header is given here.
    pub(crate) skip: u64,
    /// The columns' names and the line that has them, where the first row read does not.
    pub(crate) header: Option<(Vec<String>, u64)>,
    /// The first row looks like data.
    pub(crate) headless: bool,
    /// What was assumed.
    pub(crate) notes: Vec<String>,
}

impl Layout {
    /// What the options say, and what is usual for the rest.
    pub(crate) fn given(options: &TableOptions) -> Self {
        let delimiter = options.delimiter.unwrap_or(b',');
        let quoting = options.quoting.unwrap_or(delimiter != b'\t');
        Self {
            cells: Cells { delimiter, quoting },
            skip: 0,
            header: None,
            headless: false,
            notes: Vec::new(),
        }
    }
}

/// A table that must be written otherwise: what, line, what to do.
pub(crate) type Unreadable = (String, u64, String);

/// Finds how a table is laid out by its first bytes, of which `whole` says whether they are all.
pub(crate) fn find(sample: &[u8], whole: bool, given: &TableOptions) -> Result<Layout, Unreadable> {
    let mut text = Vec::with_capacity(sample.len() + 1);
    // Reading from memory cannot fail.
    let _ = Lines::new(sample).read_to_end(&mut text);
    if !whole && !sample.ends_with(b"\n") && !sample.ends_with(b"\r") {
        text.pop();
    }
    let mut text = text.as_slice();
    let mut skip = 0;
    let mut notes = Vec::new();
    let mut delimiter = given.delimiter;
    if let Some(byte) = separator_line(text) {
        delimiter = delimiter.or(Some(byte));
        text = after_line(text);
        skip += 1;
    }
    let mut named = None;
    if given.header.is_none() {
        let comments = comments(text, whole);
        for _ in 0..comments.lines {
            text = after_line(text);
        }
        skip += comments.lines;
        if comments.lines > 0 {
            let at = match comments.names {
                true => "; the last of them names the columns",
                false => "",
            };
            notes.push(format!(
                "lines above the table that begin with # were skipped: {}{at}",
                comments.lines
            ));
        }
        named = comments.names.then_some(comments.last);
    }
    wrapped::refuse(text, whole, skip + 1)?;
    let cells = delimiter::find(text, whole, delimiter, given.quoting);
    let all = records(text, whole, cells);
    if delimiter.is_none() && cells.delimiter == ONE_COLUMN {
        notes.push("the file has one column; commas are a part of its text".to_string());
    } else if delimiter.is_none() && cells.delimiter != b',' && !all.is_empty() {
        let name = delimiter::name(cells.delimiter);
        notes.push(format!("cells are separated by {name}"));
    }
    if given.quoting.is_none() && cells.quoting == (cells.delimiter == b'\t') {
        notes.push(match cells.quoting {
            true => "cells are quoted with \"".to_string(),
            false => "quotes are read as a part of the text: a lone \" would join rows".to_string(),
        });
    }
    let mut layout = Layout {
        cells,
        skip,
        header: None,
        headless: false,
        notes,
    };
    match (named, &given.header) {
        (Some(line), _) => {
            let line = line.trim_ascii_start().strip_prefix(b"#").unwrap_or(line);
            let names = records(line, true, cells);
            layout.header = names.first().map(|names| (texts(names), skip));
        }
        (None, None) => match levels::find(&all) {
            Some(levels) => {
                layout.notes.push(levels.note());
                layout.header = Some((levels.names(skip + 1)?, skip + 1));
                layout.skip += 3;
            }
            None => layout.headless = looks_headless(&all),
        },
        (None, Some(_)) => {}
    }
    if layout.headless {
        layout.notes.push(
            "the first row looks like data, not like names of columns; name them with `header`"
                .to_string(),
        );
    }
    Ok(layout)
}

pub(super) fn texts(record: &csv::ByteRecord) -> Vec<String> {
    let text = |cell| String::from_utf8_lossy(cell).trim().to_string();
    record.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn layout(text: &str) -> Layout {
        find(text.as_bytes(), true, &TableOptions::default()).expect("it can be read")
    }

    #[test]
    fn what_was_assumed_is_said() {
        let found = layout("sep=;\n# by me\ndate;close\n2018-01-01;1,5\n");
        assert_eq!((found.cells.delimiter, found.skip), (b';', 2));
        assert_eq!(
            found.notes,
            ["lines above the table that begin with # were skipped: 1".to_string(),]
        );
        assert_eq!(layout("date,close\n2018-01-01,1\n").notes, [""; 0]);
        let found = layout("id\ttitle\n1\ta \"b\n");
        assert_eq!(found.notes, ["cells are separated by tabs"]);
        let found = layout("2018-01-01,1\n2018-01-02,2\n");
        assert!(
            found.headless && found.notes[0].contains("`header`"),
            "{:?}",
            found.notes
        );
    }

    #[test]
    fn names_after_a_mark_are_the_header() {
        let found = layout("# date,close\n2018-01-01,1\n2018-01-02,2\n");
        let names = ["date", "close"].map(str::to_string).to_vec();
        assert_eq!((found.skip, found.header), (1, Some((names, 1))));
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_layout(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in "(#|sep=|[a-c0-9,;\t\"|\n\r ]){0,60}",
            whole: bool,
        ) {
            let _ = find(&bytes, whole, &TableOptions::default());
            let _ = find(text.as_bytes(), whole, &TableOptions::default());
        }
    }
}
