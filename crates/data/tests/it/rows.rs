//! People's own tables and lines as texts.

use proptest::prelude::*;
use rekindle_data::{Encoding, TextForm, TextReader, TextSpec, TextSummary, TextTable};
use std::io::{Read, Write};
use std::sync::mpsc;

fn read(name: &str, bytes: &[u8], spec: &TextSpec) -> (TextTable, TextSummary) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    TextTable::read(&path, spec).expect("it can be read")
}

fn refused(name: &str, bytes: &[u8], spec: &TextSpec) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    let error = TextTable::read(&path, spec).expect_err("it is refused");
    let message = crate::support::three_lines(&error);
    message.replace(&folder.path().display().to_string(), "FOLDER")
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

const MAILS: &str = "id;day;title;body;team\n7;2018-01-01;Hello;It rains;a|b\n8;2018-01-02;;Only a body;b\n9;2018-01-03;Only a title;;\n";

#[test]
fn columns_are_joined_and_others_are_kept() {
    let spec = TextSpec {
        columns: names(&["Title", "body"]),
        join: ". ".to_string(),
        label: Some(names(&["team"])),
        time: Some(names(&["day"])),
        others: true,
        ..TextSpec::default()
    };
    let (table, summary) = read("mails.csv", MAILS.as_bytes(), &spec);
    assert_eq!(
        table.texts,
        ["Hello. It rains", "Only a body", "Only a title"]
    );
    assert_eq!(table.labels, ["a|b", "b", ""]);
    assert_eq!(table.times, ["2018-01-01", "2018-01-02", "2018-01-03"]);
    assert_eq!(table.rows, [2, 3, 4]);
    assert_eq!(table.header, ["id"]);
    assert_eq!(table.cells, [["7"], ["8"], ["9"]]);
    assert_eq!(summary.notes, ["cells are separated by semicolons"]);
    assert_eq!(
        summary.lines(),
        [
            "mails.csv: 3 rows",
            "mails.csv: cells are separated by semicolons"
        ]
    );
}

#[test]
fn json_lines_are_rows() {
    let text = "{\"text\":\"so\\nit is\",\"label\":1}\n\n{\"label\":0,\"text\":\"no\"}\n";
    let spec = TextSpec {
        label: Some(names(&["label"])),
        others: true,
        ..TextSpec::default()
    };
    let (table, _) = read("mails.csv", text.as_bytes(), &spec);
    assert_eq!(table.texts, ["so\nit is", "no"]);
    assert_eq!(table.labels, ["1", "0"]);
    assert_eq!(table.rows, [1, 3]);
    assert!(table.header.is_empty() && table.cells.is_empty());
}

#[test]
fn a_plain_file_has_a_text_a_line() {
    let spec = TextSpec::default();
    let bytes = b"A good film, \"really\"\r\n\r\nNever again\n";
    let (table, summary) = read("films.txt", bytes, &spec);
    assert_eq!(table.texts, ["A good film, \"really\"", "", "Never again"]);
    assert_eq!(table.rows, [1, 2, 3]);
    assert_eq!((summary.rows, summary.empty_texts), (3, 1));
    assert_eq!(summary.notes, ["each line is a text"]);
    let (table, _) = read("films.txt", b"id\ttext\n1\tgood\n2\tbad\n", &spec);
    assert_eq!(table.texts, ["good", "bad"]);
    let lines = TextSpec {
        form: TextForm::Lines,
        ..TextSpec::default()
    };
    let (table, _) = read("films.csv", b"[1] so, it is\n<html> is a tag\n", &lines);
    assert_eq!(table.texts, ["[1] so, it is", "<html> is a tag"]);
}

#[test]
fn what_cannot_be_read_is_said() {
    let spec = TextSpec::default();
    insta::assert_snapshot!(refused("a.csv", b"id,titel,body\n1,x,y\n", &TextSpec {
        columns: names(&["title", "body"]),
        ..TextSpec::default()
    }), @r"
    error: there is no column named title
       at: FOLDER/a.csv, row 1
     help: did you mean titel? the columns are: id, titel, body
    ");
    insta::assert_snapshot!(refused("a.csv", b"1\tBank after bank\tb\n2\tApple\tt\n3\tPlan\te\n", &spec), @r"
    error: there is no column named text
       at: FOLDER/a.csv, row 1
     help: the first row looks like data, in cells separated by tabs: name the 3 columns in a row above it, or with `header` (--set header=a,b,…)
    ");
    insta::assert_snapshot!(refused("a.csv", b"PK\x03\x04 [Content_Types].xml xl/", &spec), @r"
    error: the file is an Excel workbook (.xlsx)
       at: FOLDER/a.csv
     help: open it in a spreadsheet program and save the sheet as CSV (UTF-8)
    ");
    insta::assert_snapshot!(refused("a.txt", b"version https://git-lfs.github.com/spec/v1\n", &spec), @r"
    error: the file is a Git LFS pointer: a note about the file, not the file
       at: FOLDER/a.txt
     help: run `git lfs pull` where it comes from, or download the file itself
    ");
    insta::assert_snapshot!(refused("a.csv", b"{\"text\":\"x\"}\n{\"text\":}\n", &spec), @r"
    error: the row is no JSON object: expected value at line 1 column 9
       at: FOLDER/a.csv, row 2
     help: correct the row, or take it out
    ");
    insta::assert_snapshot!(refused("a.csv", b"text,label\ncaf\xe9,b\n", &spec), @r"
    error: the cell is not UTF-8 text
       at: FOLDER/a.csv, row 2, column text
     help: save it as UTF-8; it looks like Windows-1252 (Latin-1)
    ");
    insta::assert_snapshot!(refused("a.txt", b"one\n", &TextSpec {
        label: Some(names(&["label"])),
        ..TextSpec::default()
    }), @r"
    error: a file with a text a line has no column of labels
       at: FOLDER/a.txt
     help: give a table with named columns, as CSV
    ");
    insta::assert_snapshot!(refused("a.csv", b"text\tlabel\nx\ty\tz\n", &TextSpec {
        delimiter: Some(b'\t'),
        ..TextSpec::default()
    }), @r"
    error: the row has 3 cells, the header has 2
       at: FOLDER/a.csv, row 2
     help: correct the row; a tab within a cell must be taken out
    ");
    let long = format!("text,label\n{},b\n", "x".repeat(400_000));
    let limits = rekindle_data::Limits {
        row_bytes: 1 << 16,
        ..Default::default()
    };
    insta::assert_snapshot!(refused("a.csv", long.as_bytes(), &TextSpec { limits, ..TextSpec::default() }), @r#"
    error: the row is longer than 64 KiB
       at: FOLDER/a.csv, row 2
     help: look for a quote (") that opens in this row and never closes; if rows are that long, raise the limit `row_bytes`
    "#);
}

#[test]
fn other_encodings_are_read() {
    let spec = TextSpec::default();
    let text = "\u{feff}text,label\nGröße 😀,b\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (table, summary) = read("a.csv", &utf16, &spec);
    assert_eq!(table.texts, ["Größe 😀"]);
    assert_eq!(summary.notes, ["the file is text in UTF-16"]);
    let windows = TextSpec {
        encoding: Encoding::Windows1252,
        ..TextSpec::default()
    };
    let (table, summary) = read("a.csv", b"text\ncaf\xe9 \x80\ncaf\xc3\xa9\n", &windows);
    assert_eq!(table.texts, ["café €", "café"]);
    assert_eq!((summary.windows_1252, summary.replaced), (1, 0));
    let replace = TextSpec {
        encoding: Encoding::Replace,
        ..TextSpec::default()
    };
    let (_, summary) = read("a.csv", b"text\ncaf\xe9\ncaf\xe9\n", &replace);
    assert_eq!(summary.replaced, 2);
    assert!(
        summary.warnings[0].contains("Windows-1252"),
        "{:?}",
        summary.warnings
    );
}

#[test]
fn headers_repeated_and_lines_of_blanks_are_left_out() {
    let text = b"text,label\none,a\n   \ntext,label\ntwo,b\n";
    let (table, summary) = read("a.csv", text, &TextSpec::default());
    assert_eq!(table.texts, ["one", "two"]);
    assert_eq!(table.rows, [2, 5]);
    assert_eq!(
        summary.notes,
        ["row 4 repeats the header; it was left out, as others are"]
    );
}

/// The end of a pipe that is written to while it is read.
struct Pipe(mpsc::Receiver<Vec<u8>>, Vec<u8>);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.1.is_empty() {
            self.1 = self.0.recv().unwrap_or_default();
        }
        let count = self.1.len().min(buffer.len());
        (&mut buffer[..count]).write_all(&self.1[..count])?;
        self.1.drain(..count);
        Ok(count)
    }
}

#[test]
fn a_stream_is_answered_row_by_row() {
    let cases: [(TextForm, [&str; 3]); 3] = [
        (
            TextForm::Found,
            ["text,label\na b,x\n", "\"c\nd\",y\r\n", "e,z\n"],
        ),
        (
            TextForm::Found,
            [
                "{\"text\":\"a b\"}\n",
                "{\"text\":\"c\\nd\"}\n",
                "{\"text\":\"e\"}\n",
            ],
        ),
        (TextForm::Lines, ["a b\n", "c d\n", "e\n"]),
    ];
    for (form, writes) in cases {
        let (pipe, end) = mpsc::channel();
        let spec = TextSpec {
            form,
            ..TextSpec::default()
        };
        pipe.send(writes[0].as_bytes().to_vec()).expect("open");
        // Two JSON lines are waited for, since the first tells too little.
        let ahead = usize::from(writes[0].starts_with('{'));
        if ahead == 1 {
            pipe.send(writes[1].as_bytes().to_vec()).expect("open");
        }
        let source = Box::new(Pipe(end, Vec::new()));
        let mut reader = TextReader::from_reader(source, "stdin", &spec).expect("it begins well");
        for (at, wanted) in ["a b", "c d", "e"].into_iter().enumerate() {
            if at > ahead {
                pipe.send(writes[at].as_bytes().to_vec()).expect("open");
            }
            let piece = reader.read(1).expect("good").expect("a row");
            assert_eq!(piece.texts[0].replace('\n', " "), wanted);
        }
        drop(pipe);
        assert_eq!(reader.read(1).expect("good"), None);
    }
}

/// Gives a few bytes at a time.
struct Drops(std::io::Cursor<Vec<u8>>, usize);

impl Read for Drops {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(buffer.len());
        self.0.read(&mut buffer[..count])
    }
}

fn all_of(mut reader: TextReader, size: usize) -> Result<(TextTable, TextSummary), String> {
    let mut all = TextTable::default();
    loop {
        match reader.read(size) {
            Ok(Some(piece)) => {
                all.texts.extend(piece.texts);
                all.labels.extend(piece.labels);
                all.rows.extend(piece.rows);
                all.header = piece.header;
                all.cells.extend(piece.cells);
            }
            Ok(None) => return Ok((all, reader.summary().clone())),
            Err(error) => return Err(crate::support::three_lines(&error)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_bytes_make_it_panic_and_pieces_are_the_whole(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        rows in "([a-c0-9,;\t\"|#\r\n {}:\\[\\]=]|text|label){0,80}",
        step in 1_usize..9,
        form in prop::sample::select(vec![TextForm::Found, TextForm::Table, TextForm::Lines]),
    ) {
        let spec = TextSpec {
            others: true,
            encoding: Encoding::Replace,
            form,
            ..TextSpec::default()
        };
        let starts: [&[u8]; 5] = [b"", b"text,label\n", b"text\n", b"{\"text\":\"", b"\xff\xfet\0e\0x\0t\0\n\0"];
        for start in starts {
            for tail in [bytes.as_slice(), rows.as_bytes()] {
                let all = [start, tail].concat();
                let open = |step| {
                    let drops = Drops(std::io::Cursor::new(all.clone()), step);
                    TextReader::from_reader(Box::new(drops), "t", &spec)
                };
                let (Ok(whole), Ok(dropped)) = (open(usize::MAX), open(step)) else {
                    prop_assert!(open(usize::MAX).is_err() && open(step).is_err());
                    continue;
                };
                let (whole, dropped) = (all_of(whole, usize::MAX), all_of(dropped, 1));
                // Of a broken file, a piece may give rows before the error.
                prop_assert_eq!(whole, dropped);
            }
        }
    }
}
