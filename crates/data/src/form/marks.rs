//! The marks that files of known forms begin with, and what to do about such files.

pub(super) const SAVE_AS_CSV: &str =
    "open it in a spreadsheet program and save the sheet as CSV (UTF-8)";
pub(super) const FROM_PYTHON: &str =
    "write it as CSV, with pandas: `read_…(file).to_csv(\"table.csv\", index=False)`";
pub(super) const UNPACK: &str = "unpack it and give the file that is in it";
pub(super) const FETCH: &str =
    "fetch it again; a page that asks to log in or reports an error was saved instead";
pub(super) const PULL: &str = "run `git lfs pull` where it comes from, or download the file itself";
pub(super) const DAMAGED: &str =
    "check that it is the file you want; a table is a text file, as CSV";
pub(super) const RECORDS: &str = "write it as JSON Lines, an object a row: with pandas `to_json(\"table.jsonl\", \
                       orient=\"records\", lines=True)`";
pub(super) const MARKUP: &str = "export the table as CSV";

/// Files known by their first bytes.
pub(super) const STARTS: [(&[u8], &str, &str); 28] = [
    (
        b"\0\0\x08\x03",
        "a file of images (IDX, as MNIST's)",
        DAMAGED,
    ),
    (
        b"\0\0\x08\x01",
        "a file of labels (IDX, as MNIST's)",
        DAMAGED,
    ),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel workbook (.xls) or another Office file",
        SAVE_AS_CSV,
    ),
    (b"PAR1", "a Parquet file", FROM_PYTHON),
    (b"ARROW1", "an Arrow (Feather) file", FROM_PYTHON),
    (b"FEA1", "a Feather file", FROM_PYTHON),
    (b"Obj\x01", "an Avro file", FROM_PYTHON),
    (b"ORC\x08", "an ORC file", FROM_PYTHON),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", FROM_PYTHON),
    (b"\x93NUMPY", "a NumPy array", FROM_PYTHON),
    (b"\x80\x02", "a Python pickle", FROM_PYTHON),
    (b"\x80\x03", "a Python pickle", FROM_PYTHON),
    (b"\x80\x04\x95", "a Python pickle", FROM_PYTHON),
    (b"\x80\x05\x95", "a Python pickle", FROM_PYTHON),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file", FROM_PYTHON),
    (b"<stata_dta>", "a Stata file", FROM_PYTHON),
    (b"$FL2", "an SPSS file", FROM_PYTHON),
    (
        b"SQLite format 3\0",
        "an SQLite database",
        "export the table as CSV: `sqlite3 -header -csv FILE \"select * from TABLE\"`",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (
        b"\x1f\x8b",
        "compressed with gzip, and that more than once",
        UNPACK,
    ),
    (
        b"\xfd7zXZ\0",
        "compressed with xz, and that more than once",
        UNPACK,
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed with zstd, and that more than once",
        UNPACK,
    ),
    (b"\x04\x22\x4d\x18", "compressed with LZ4", UNPACK),
    (
        b"%PDF-",
        "a PDF document",
        "get the table as a text file: CSV",
    ),
    (b"\x89PNG\r\n", "an image (PNG)", DAMAGED),
    (b"\xff\xd8\xff", "an image (JPEG)", DAMAGED),
    (
        b"{\\rtf",
        "a document of a word processor (RTF)",
        "save it as plain text",
    ),
];
