//! Every message with its place and its help, as a user sees them.

use crate::support::{failure, panel, read, read_bytes, spec};
use insta::assert_snapshot;
use rekindle_data::{CsvOptions, CsvTable, SeriesTable, TimeSplit, Windows};
use rekindle_data::{Scaler, ScalerKind, SplitConfig};
use std::path::Path;

const GOOD: &str = "Date,Close\n2018-09-26,1.5\n2018-09-27,2.5\n";

fn prices(text: &str) -> String {
    failure(read(text, &spec()))
}

fn symbols(text: &str) -> String {
    failure(read(text, &panel()))
}

#[test]
fn missing_file() {
    assert_snapshot!(failure(SeriesTable::read(Path::new("no/prices.csv"), &spec())), @r"
    error: the file does not exist
       at: no/prices.csv
     help: check the path; there is no folder no
    ");
}

#[test]
fn folder_instead_of_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("prices.csv"), GOOD).expect("written");
    let message = failure(SeriesTable::read(folder.path(), &spec()));
    let message = message.replace(&folder.path().display().to_string(), "FOLDER");
    assert_snapshot!(message, @r"
    error: the file cannot be read: it is a folder
       at: FOLDER
     help: give a file in it: prices.csv
    ");
}

#[test]
fn wrong_header() {
    assert_snapshot!(prices("Day,Price\n2018-09-28,1.0\n"), @r"
    error: there is no column named date
       at: prices.csv, row 1
     help: the columns are: Day, Price
    ");
    assert_snapshot!(prices("Date,Price\n2018-09-28,1.0\n"), @r"
    error: there is no column named close
       at: prices.csv, row 1
     help: the columns are: Date, Price
    ");
    assert_snapshot!(symbols("Date,Close\n2018-09-28,1.0\n"), @r"
    error: there is no column named symbol or ticker
       at: prices.csv, row 1
     help: the columns are: Date, Close
    ");
    assert_snapshot!(prices("Date,Close,close\n2018-09-28,1.0,1.0\n"), @r"
    error: two columns are named Close
       at: prices.csv, row 1
     help: rename one of them
    ");
}

#[test]
fn text_in_a_number_column() {
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,abc\n")), @r#"
    error: "abc" is not a number
       at: prices.csv, row 4, column Close
     help: correct the cell, or take the row out
    "#);
}

#[test]
fn thousands_separators() {
    let grouped = format!("{GOOD}2018-09-28,\"1,234.5\"\n");
    let (table, summary) = read(&grouped, &spec()).expect("read");
    assert_eq!(
        table.column("close").and_then(|close| close.last()),
        Some(&1234.5)
    );
    let note = "\"1,234.5\" in column Close, row 4, is read as 1234.5";
    assert_eq!(summary.notes, [note]);
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,1'234.5\n")), @r#"
    error: "1'234.5" is not a number
       at: prices.csv, row 4, column Close
     help: write numbers without separators between thousands: 1234.5
    "#);
}

#[test]
fn a_long_cell_is_cut() {
    let text = "one two three ".repeat(10);
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,{text}\n")), @r#"
    error: "one two three one two three one two thre…" is not a number
       at: prices.csv, row 4, column Close
     help: correct the cell, or take the row out
    "#);
}

#[test]
fn empty_file() {
    assert_snapshot!(prices(""), @r"
    error: the file is empty
       at: prices.csv
     help: the first line must name the columns
    ");
    assert_eq!(prices("\n\n\r\n"), prices(""));
    assert_eq!(prices("\u{feff}"), prices(""));
}

#[test]
fn header_only() {
    assert_snapshot!(prices("Date,Close\n"), @r"
    error: the file has a header and no rows
       at: prices.csv
     help: give a file with rows of data
    ");
    let mut only = panel();
    only.only = Some(vec!["A".to_string()]);
    assert_snapshot!(failure(read("Date,Symbol,Close", &only)), @r"
    error: the file has a header and no rows
       at: prices.csv
     help: give a file with rows of data
    ");
}

#[test]
fn duplicate_dates_that_differ() {
    assert_snapshot!(prices(&format!("{GOOD}2018-09-26,1.75\n")), @r"
    error: rows 2 and 4 give different values for 2018-09-26
       at: prices.csv, row 4, column Date
     help: keep one of the two rows
    ");
    assert_snapshot!(symbols("date,symbol,close\n2018-09-26,A,1\n2018-09-26,B,2\n2018-09-26,A,3\n"), @r"
    error: rows 2 and 4 give different values for A on 2018-09-26
       at: prices.csv, row 4, column date
     help: keep one of the two rows
    ");
}

#[test]
fn missing_under_error() {
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,NaN\n")), @r#"
    error: the cell holds no value, only "NaN"
       at: prices.csv, row 4, column Close
     help: fill it in, or take the row out
    "#);
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28, \n")), @r"
    error: the cell is empty
       at: prices.csv, row 4, column Close
     help: fill it in, or take the row out
    ");
}

#[test]
fn infinite() {
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,inf\n")), @r#"
    error: "inf" is not a finite number
       at: prices.csv, row 4, column Close
     help: correct the cell, or take the row out
    "#);
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,1e999\n")), @r#"
    error: "1e999" is not a finite number
       at: prices.csv, row 4, column Close
     help: correct the cell, or take the row out
    "#);
}

#[test]
fn failed_checks() {
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,0\n")), @r#"
    error: "0" is not above zero
       at: prices.csv, row 4, column Close
     help: correct the cell, or take the row out
    "#);
    assert_snapshot!(prices("Date,Close,Volume\n2018-09-28,1,-3\n"), @r#"
    error: "-3" is not zero or above
       at: prices.csv, row 2, column Volume
     help: correct the cell, or leave it empty if the value is not known
    "#);
}

#[test]
fn bad_date() {
    assert_snapshot!(prices(&format!("{GOOD}28-09-2018,1\n")), @r#"
    error: "28-09-2018" is not a date
       at: prices.csv, row 4, column Date
     help: write dates as 2018-09-28 (year, month, day)
    "#);
    assert_snapshot!(prices(&format!("{GOOD}2018-02-30,1\n")), @r#"
    error: "2018-02-30" is not a date
       at: prices.csv, row 4, column Date
     help: write dates as 2018-09-28 (year, month, day)
    "#);
    assert_snapshot!(prices(&format!("{GOOD},1\n")), @r"
    error: the row has no date
       at: prices.csv, row 4, column Date
     help: write dates as 2018-09-28 (year, month, day)
    ");
}

#[test]
fn ragged_row() {
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,1,234.5\n")), @r"
    error: the row has 3 cells, the header has 2
       at: prices.csv, row 4
     help: correct the row; a cell with a comma in it must be quoted
    ");
    assert_snapshot!(prices(&format!("{GOOD}\n2018-09-28\n")), @r"
    error: the row has 1 cell, the header has 2
       at: prices.csv, row 5
     help: correct the row; a cell with a comma in it must be quoted
    ");
    assert_snapshot!(prices(&format!("{GOOD}2018-09-28,1,\"x\n2018-09-29,1\n")), @r#"
    error: the row has 3 cells, the header has 2
       at: prices.csv, row 4
     help: look for a quote (") that opens in this row and closes on a later one, or never
    "#);
}

#[test]
fn bad_utf8() {
    let bytes = |row: &[u8]| [b"date,symbol,close\n".as_slice(), row].concat();
    let failed = |row: &[u8]| failure(read_bytes(&bytes(row), &panel()));
    assert_snapshot!(failed(b"2018-09-28,A,\xff1\n"), @r"
    error: the cell is not UTF-8 text
       at: prices.csv, row 2, column close
     help: save it as UTF-8
    ");
    assert_snapshot!(failed(b"2018-09-28,\xff,1\n"), @r"
    error: the cell is not UTF-8 text
       at: prices.csv, row 2, column symbol
     help: save it as UTF-8
    ");
    assert_snapshot!(failed(b"2018-\xff,A,1\n"), @r"
    error: the cell is not UTF-8 text
       at: prices.csv, row 2, column date
     help: save it as UTF-8
    ");
    let text = Box::new(b"a,b\n1,2\n3,\xff\n".as_slice());
    let mut table =
        CsvTable::from_reader(text, "table.csv", &CsvOptions::default()).expect("a header");
    let mut record = csv::StringRecord::new();
    assert_eq!(table.read_record(&mut record).ok(), Some(true));
    assert_snapshot!(failure(table.read_record(&mut record)), @r"
    error: the cell is not UTF-8 text
       at: table.csv, row 3, column b
     help: save it as UTF-8
    ");
}

#[test]
fn unnamed_series() {
    assert_snapshot!(symbols("date,symbol,close\n2018-09-28, ,1\n"), @r"
    error: the cell names no series
       at: prices.csv, row 2, column symbol
     help: fill it in, or take the row out
    ");
}

#[test]
fn unknown_series() {
    let asked = |names: &[&str], text: &str| {
        let mut only = panel();
        only.only = Some(names.iter().map(|name| name.to_string()).collect());
        failure(read(text, &only))
    };
    let few = "date,symbol,close\n2018-09-28,AAPL,1\n2018-09-28,MSFT,1\n";
    assert_snapshot!(asked(&["APPL", "MSFT", "x"], few), @r"
    error: there is no series named APPL, x
       at: prices.csv, column symbol
     help: the series are: AAPL, MSFT
    ");
    let many: String = (10..40).map(|n| format!("2018-09-28,S{n},1\n")).collect();
    assert_snapshot!(asked(&["s12"], &format!("date,symbol,close\n{many}")), @r"
    error: there is no series named s12
       at: prices.csv, column symbol
     help: the nearest of the 30 names are: S12, S10, S11, S13, S14, S15, S16, S17
    ");
}

#[cfg(feature = "compression")]
#[test]
fn truncated_gzip() {
    use std::io::Write;

    let text: String = (1..=28)
        .map(|day| format!("2018-01-{day:02},{}\n", day * 7919 % 97))
        .collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(format!("Date,Close\n{text}").as_bytes())
        .expect("written");
    let bytes = encoder.finish().expect("written");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("prices.csv.gz");
    std::fs::write(&path, &bytes[..bytes.len() - 6]).expect("written");
    let message = failure(SeriesTable::read(&path, &spec()));
    let message = message.replace(&folder.path().display().to_string(), "FOLDER");
    assert_snapshot!(message, @r"
    error: the file cannot be read: unexpected end of file
       at: FOLDER/prices.csv.gz, row 29
     help: check that the file is readable and complete; fetch it again
    ");
}

#[test]
fn no_row_left() {
    let mut drop = spec();
    drop.columns[0].missing = rekindle_data::MissingPolicy::DropRow;
    assert_snapshot!(failure(read("Date,Close\n2018-09-28,\n", &drop)), @r"
    error: no row has a value in column Close
       at: prices.csv
     help: give a file with values in it
    ");
}

#[test]
fn tables_that_do_not_join() {
    let (one, _) = read(GOOD, &spec()).expect("good rows");
    assert_snapshot!(failure(one.append(&one)), @r"
    error: both files have the day 2018-09-26
     help: take the days of one file out of the other
    ");
    let mut other = spec();
    other.columns.truncate(1);
    let (other, _) = read(GOOD, &other).expect("good rows");
    assert_snapshot!(failure(one.append(&other)), @r"
    error: the two tables have different columns
     help: read both with the same specification
    ");
}

#[test]
fn windows_scalers_and_splits() {
    let values = [1.0, f32::NAN];
    assert_snapshot!(failure(Windows::new(&values, 1, &[0..2], 2, 1)), @r"
    error: no series is long enough: the longest has 2 usable rows, a window needs 3
     help: use more rows, or a smaller lookback or horizon
    ");
    assert_snapshot!(failure(Windows::new(&values, 1, &[0..3], 1, 1)), @r"
    error: 2 values are not the rows of 1 features asked for
     help: give the row ranges and the values of one table, of fewer than 2^32 rows
    ");
    assert_snapshot!(failure(Scaler::fit(ScalerKind::Robust, &values, 1, 0..2)), @r"
    error: feature 0 has a value that is not a finite number
     help: fill missing cells, or leave their rows out
    ");
    assert_snapshot!(failure("z-score".parse::<ScalerKind>()), @r"
    error: there is no scaler named z-score
     help: the scalers are: standard, min-max, robust
    ");
    let (table, _) = read(GOOD, &spec()).expect("good rows");
    let config = SplitConfig {
        valid: 0.1,
        test: 0.1,
        lookback: 60,
        horizon: 1,
    };
    assert_snapshot!(failure(TimeSplit::new(table.dates(), config)), @r"
    error: the training part has 2 days, it needs 121
     help: use more days, a larger share for it, or a smaller lookback or horizon
    ");
    let config = SplitConfig {
        test: 0.9,
        ..config
    };
    assert_snapshot!(failure(TimeSplit::new(table.dates(), config)), @r"
    error: the shares 0.1 and 0.9 leave nothing to train on
     help: choose shares for validation and test from 0 to 1 that add up to less than 1
    ");
}
