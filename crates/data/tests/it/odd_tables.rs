//! Daily tables as people have them: each is read as it is meant, or refused with what to write.

use crate::support::{failure, panel, read, spec, with_policy};
use jiff::civil::{Date, date};
use rekindle_data::{Check, ColumnSpec, MissingPolicy, SeriesSpec, SeriesTable};

fn days(text: &str, spec: &SeriesSpec) -> (Vec<Date>, Vec<String>) {
    let (table, summary) = read(text, spec).expect("good rows");
    (table.dates().to_vec(), summary.notes)
}

fn closes(text: &str, spec: &SeriesSpec) -> (Vec<f64>, String) {
    let (table, summary) = read(text, spec).expect("good rows");
    let close = table.column("close").expect("there is a close");
    (close.to_vec(), summary.notes.join("\n"))
}

#[test]
fn the_column_settles_day_and_month_and_it_is_said() {
    let american = "Date,Close\n1/4/2010,1\n1/5/2010,2\n1/15/2010,3\n";
    let (dates, notes) = days(american, &spec());
    assert_eq!(
        dates,
        [date(2010, 1, 4), date(2010, 1, 5), date(2010, 1, 15)]
    );
    assert!(
        notes[0].contains("column Date are read as %m/%d/%Y"),
        "{notes:?}"
    );
    let german = "Date,Close\n04.01.2010,1\n05.01.2010,2\n";
    assert_eq!(
        days(german, &spec()).0,
        [date(2010, 1, 4), date(2010, 1, 5)]
    );
    let indian = "Date,Close\n04-Jan-2010,1\n05-Jan-2010,2\n";
    assert_eq!(
        days(indian, &spec()).0,
        [date(2010, 1, 4), date(2010, 1, 5)]
    );
    let compact = "Date,Close\n20100104,1\n";
    assert_eq!(days(compact, &spec()).0, [date(2010, 1, 4)]);
}

#[test]
fn an_open_order_is_refused_with_both_forms_and_each_reads() {
    let open = "Date,Close\n04/01/2010,1\n05/01/2010,2\n";
    let said = failure(read(open, &spec()));
    for part in [
        "\"04/01/2010\" may be",
        "prices.csv, row 2, column Date",
        "date_format=%d/%m/%Y",
        "date_format=%m/%d/%Y",
    ] {
        assert!(said.contains(part), "{said}");
    }
    for (format, first) in [
        ("%d/%m/%Y", date(2010, 1, 4)),
        ("%m/%d/%Y", date(2010, 4, 1)),
    ] {
        let given = SeriesSpec {
            date_format: Some(format.into()),
            ..spec()
        };
        assert_eq!(days(open, &given).0[0], first, "{format}");
    }
    let mixed = "Date,Close\n15/01/2010,1\n2010-01-16,2\n";
    let said = failure(read(mixed, &spec()));
    assert!(said.contains("row 3") || said.contains("row 2"), "{said}");
    let serial = failure(read("Date,Close\n40182,1\n", &spec()));
    assert!(serial.contains("a day number of Excel"), "{serial}");
}

#[test]
fn numbers_of_people_are_read_and_said() {
    let text = "Date,Close\n2018-01-01,\"1,100.52\"\n2018-01-02,\"1,101.00\"\n";
    let (close, notes) = closes(text, &spec());
    assert_eq!(close, [1100.52, 1101.0]);
    assert!(
        notes.contains("\"1,100.52\" in column Close, row 2, is read as 1100.52, and 1 more"),
        "{notes}"
    );
    let (close, _) = closes("Date,Close\n2018-01-01,$81.42\n", &spec());
    assert_eq!(close, [81.42]);
    let (close, _) = closes("Date,Close\n2018-01-01,\"81,42\"\n", &spec());
    assert_eq!(close, [81.42]);
    let (_, summary) = read(
        "Date,Close,Volume\n2018-01-01,1,0.76M\n2018-01-02,1,-\n",
        &spec(),
    )
    .expect("good");
    let notes = summary.notes.join("\n");
    assert!(notes.contains("is read as 760000"), "{notes}");
    assert!(
        notes.contains("\"-\" in column Volume is taken as no value, first in row 3"),
        "{notes}"
    );
    let unit = failure(read("Date,Close\n2018-01-01,13.4 °C\n", &spec()));
    assert!(unit.contains("write 13.4 without \"°C\""), "{unit}");
    let two = failure(read("Date,Close\n2018-01-01,$5\n2018-01-02,€5\n", &spec()));
    assert!(two.contains("row 3") && two.contains("one unit"), "{two}");
}

#[test]
fn dividends_are_no_prices() {
    let text = "Date,Close,Volume\n2018-01-01,5,1\n2018-01-02,0.73 Dividend,-\n2018-01-02,5,1\n";
    let dropping = with_policy(spec(), MissingPolicy::DropRow);
    let (close, notes) = closes(text, &dropping);
    assert_eq!(close, [5.0, 5.0]);
    assert!(
        notes.contains("1 row of dividends or splits left out, first row 3"),
        "{notes}"
    );
}

#[test]
fn several_rows_a_day_are_explained() {
    let intraday = "Datetime,Close\n2021-06-01 09:30,1\n2021-06-01 09:31,2\n";
    let spec_of = |names: &[&str]| SeriesSpec {
        date_aliases: names.iter().map(|name| name.to_string()).collect(),
        ..spec()
    };
    let said = failure(read(intraday, &spec_of(&["datetime"])));
    assert!(
        said.contains("several rows a day, with times of day from row 2 on"),
        "{said}"
    );
    assert!(said.contains("run forecast"), "{said}");
    let clock = "Date,Time,Close\n2021-06-01,09:30,1\n2021-06-01,09:31,2\n";
    let said = failure(read(clock, &spec()));
    assert!(said.contains("at the times in column Time"), "{said}");
    let symbols = "Date,Symbol,Close\n2021-06-01,AA,1\n2021-06-01,BB,2\n";
    let said = failure(read(symbols, &spec()));
    assert!(said.contains("column Symbol names AA and BB"), "{said}");
    let others = "Date,Branch,Close\n2021-06-01,north,1\n2021-06-01,south,2\n2021-06-02,north,1\n";
    let said = failure(read(others, &spec()));
    assert!(
        said.contains("which column Branch tells apart (north, south)"),
        "{said}"
    );
}

#[test]
fn series_that_are_left_out_are_named() {
    let text = "date,symbol,close\n2018-01-01,A,1\n2018-01-01,a,1\n2018-01-01,B,\n2018-01-02,B,\n";
    let dropping = with_policy(panel(), MissingPolicy::DropRow);
    let (_, notes) = closes(text, &dropping);
    assert!(
        notes.contains("B (2 rows) is left out: it has no value of close"),
        "{notes}"
    );
    assert!(notes.contains("A and a differ in case alone"), "{notes}");
    let filled = with_policy(panel(), MissingPolicy::ForwardFill);
    let (_, summary) = read(text, &filled).expect("good");
    assert_eq!(
        summary.missing[0].filled, 0,
        "cells of rows that are out are not filled"
    );
    let empty = failure(read(
        "Date,Close\n2018-01-01,\n",
        &with_policy(spec(), MissingPolicy::DropRow),
    ));
    assert!(
        empty.contains("no row has a value in column Close"),
        "{empty}"
    );
}

#[test]
fn yes_and_no_have_other_words() {
    let mut rain = spec();
    rain.columns = vec![ColumnSpec {
        name: "rain".into(),
        aliases: vec!["rain".into()],
        missing: MissingPolicy::Error,
        check: Check::YesNo,
        required: true,
    }];
    let (table, _) = read(
        "Date,Rain\n2018-01-01,True\n2018-01-02,n\n2018-01-03,No\n",
        &rain,
    )
    .expect("good");
    assert_eq!(table.column("rain"), Some([1.0, 0.0, 0.0].as_slice()));
}

#[test]
fn rows_are_picked_with_their_series() {
    let text = "date,symbol,close\n2018-01-01,A,1\n2018-01-02,A,2\n2018-01-01,B,3\n";
    let (table, _) = read(text, &panel()).expect("good");
    let picked: SeriesTable = table.filter(|row| row == 1);
    assert_eq!((picked.n_series(), picked.series(0)), (1, "A"));
    assert_eq!(
        (picked.column("close"), picked.line(0)),
        (Some([2.0].as_slice()), Some(3))
    );
}
