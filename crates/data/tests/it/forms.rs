//! What files really are, and tables opened as such.

use crate::support::three_lines;
use rekindle_data::{CsvOptions, CsvTable, Limits, TableOptions, open};
use std::path::{Path, PathBuf};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn failure<T: std::fmt::Debug>(&self, result: rekindle_data::Result<T>) -> String {
        let message = three_lines(&result.expect_err("it is refused"));
        message.replace(&self.0.path().display().to_string(), "FOLDER")
    }
}

fn found(path: &Path) -> CsvTable {
    CsvTable::open_found(path, &TableOptions::default()).expect("a table")
}

fn rows(mut table: CsvTable) -> Vec<(u64, Vec<String>)> {
    let mut record = csv::StringRecord::new();
    let mut rows = Vec::new();
    while table.read_record(&mut record).expect("good rows") {
        rows.push((table.row(), record.iter().map(str::to_string).collect()));
    }
    rows
}

const DAYS: [&str; 2] = ["2018-01-01", "2018-01-02"];

#[test]
fn a_table_is_read_however_it_is_written() {
    let folder = Folder::new();
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    let cases: [(Vec<u8>, u64, usize); 12] = [
        (b"date,close\n2018-01-01,1\n2018-01-02,2\n".to_vec(), 2, 0),
        (
            b"\xef\xbb\xbfdate;close\r\n2018-01-01;1\r\n2018-01-02;2\r\n".to_vec(),
            2,
            1,
        ),
        (
            b"date\tclose\n2018-01-01\t1\n2018-01-02\t2\n".to_vec(),
            2,
            1,
        ),
        (b"date|close\n2018-01-01|1\n2018-01-02|2\n".to_vec(), 2, 1),
        (
            b"sep=;\r\ndate;close\r\n2018-01-01;1\r\n2018-01-02;2\r\n".to_vec(),
            3,
            0,
        ),
        (
            b"# by me\n\n# in 2018\ndate,close\n2018-01-01,1\n2018-01-02,2".to_vec(),
            5,
            1,
        ),
        (b"#date,close\n2018-01-01,1\n2018-01-02,2\n".to_vec(), 2, 1),
        (b"date,close\n2018-01-01,1,\n2018-01-02,2,\n".to_vec(), 2, 0),
        (
            b"Price,Close\nTicker,A\nDate,\n2018-01-01,1\n2018-01-02,2\n".to_vec(),
            4,
            1,
        ),
        (
            utf16("\u{feff}date,close\n2018-01-01,1\n2018-01-02,2\n"),
            2,
            1,
        ),
        (
            b"{\"date\":\"2018-01-01\",\"close\":1}\n{\"close\":2,\"date\":\"2018-01-02\"}\n"
                .to_vec(),
            1,
            1,
        ),
        (
            b"[{\"date\":\"2018-01-01\",\"close\":1},\n{\"close\":2,\"date\":\"2018-01-02\"}]"
                .to_vec(),
            1,
            1,
        ),
    ];
    for (bytes, first, notes) in cases {
        let table = found(&folder.write("t.csv", &bytes));
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(table.notes().len(), notes, "{shown}: {:?}", table.notes());
        assert_eq!(table.column(&["date"]).ok(), Some(0), "{shown}");
        assert_eq!(table.column(&["close"]).ok(), Some(1), "{shown}");
        let wanted = |at: usize| vec![DAYS[at].to_string(), (at + 1).to_string()];
        assert_eq!(
            rows(table),
            [(first, wanted(0)), (first + 1, wanted(1))],
            "{shown}"
        );
    }
}

#[test]
fn what_is_given_wins() {
    let folder = Folder::new();
    let path = folder.write("t.csv", b"a;b\n1;2\n");
    let commas = CsvTable::open(&path, &CsvOptions::default()).expect("a table");
    assert_eq!(commas.header(), ["a;b"]);
    let commas = CsvTable::open_found(&path, &CsvOptions::default().into()).expect("a table");
    assert_eq!(commas.header(), ["a;b"]);
    let named = TableOptions {
        header: Some(["x", "y"].map(str::to_string).to_vec()),
        ..TableOptions::default()
    };
    let named = CsvTable::open_found(&path, &named).expect("a table");
    assert_eq!(named.header(), ["x", "y"]);
    assert_eq!(rows(named).len(), 2);
    let wrong = TableOptions {
        header: Some(vec!["x".to_string()]),
        ..TableOptions::default()
    };
    let mut wrong = CsvTable::open_found(&path, &wrong).expect("a table");
    let error = wrong.read_record(&mut csv::StringRecord::new());
    insta::assert_snapshot!(folder.failure(error), @r"
    error: the row has 2 cells, the names given are 1
       at: FOLDER/t.csv, row 1
     help: correct the row; cells are separated by semicolons
    ");
}

#[test]
fn limits_stop_what_is_too_large() {
    let folder = Folder::new();
    let limits = Limits {
        columns: 2,
        ..Limits::default()
    };
    let options = TableOptions {
        limits,
        ..TableOptions::default()
    };
    let path = folder.write("t.csv", b"a,b,c\n1,2,3\n");
    insta::assert_snapshot!(folder.failure(CsvTable::open_found(&path, &options)), @r"
    error: the file has 3 columns
       at: FOLDER/t.csv, row 1
     help: check that it is the file you want; if it is, raise the limit `columns`
    ");
}

#[cfg(feature = "compression")]
#[test]
fn a_bomb_is_stopped() {
    use std::io::Write;

    let folder = Folder::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"a,b\n").expect("written");
    for _ in 0..200 {
        encoder.write_all(&b"1,2\n".repeat(1000)).expect("written");
    }
    let bytes = encoder.finish().expect("written");
    let path = folder.write("t.csv", &bytes);
    let limits = Limits {
        unpacked_bytes: 1 << 18,
        ..Limits::default()
    };
    let options = TableOptions {
        limits,
        ..TableOptions::default()
    };
    let mut table = CsvTable::open_found(&path, &options).expect("it begins well");
    let mut record = csv::StringRecord::new();
    let error = loop {
        match table.read_record(&mut record) {
            Ok(true) => {}
            other => break other,
        }
    };
    let message = folder.failure(error);
    assert!(
        message.starts_with("error: the file unpacks to more than 256 KiB"),
        "{message}"
    );
    assert!(message.contains("`unpacked_bytes`"), "{message}");
    // Packed twice is named, and a zip under a wrong name too.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&bytes).expect("written");
    let path = folder.write("t.csv.gz", &encoder.finish().expect("written"));
    insta::assert_snapshot!(folder.failure(CsvTable::open(&path, &CsvOptions::default())), @r"
    error: the file is compressed with gzip, and that more than once
       at: FOLDER/t.csv.gz
     help: unpack it and give the file that is in it
    ");
    let path = folder.write("t.csv.gz", b"PK\x03\x04\0\0");
    insta::assert_snapshot!(folder.failure(CsvTable::open(&path, &CsvOptions::default())), @r"
    error: the file is a zip archive
       at: FOLDER/t.csv.gz
     help: unpack it and give the file that is in it
    ");
}

#[test]
fn nothing_is_said_to_be_empty_and_what_is_near_is_named() {
    let folder = Folder::new();
    for (name, bytes) in [
        ("a.csv", b"".as_slice()),
        ("b.csv", b"\xef\xbb\xbf \n\n"),
        ("c.csv", b"\xff\xfe"),
    ] {
        let path = folder.write(name, bytes);
        let error = CsvTable::open_found(&path, &TableOptions::default());
        assert!(
            folder
                .failure(error)
                .starts_with("error: the file is empty"),
            "{name}"
        );
    }
    let missing = folder.0.path().join("A.csv.gz");
    let message = folder.failure(open(&missing).map(|_| ()));
    insta::assert_snapshot!(message, @r"
    error: the file does not exist
       at: FOLDER/A.csv.gz
     help: check the path; near it: FOLDER/a.csv
    ");
}
