//! Reading series: what is kept, in which order, and what the summary says.

use crate::support::{panel, read, spec, with_policy};
use jiff::civil::{Date, date};
use rekindle_data::{MissingPolicy, SeriesTable};

const PANEL: &str = "\
date,symbol,close,volume
2018-01-03,B,23,
2018-01-02, B ,22,7
2018-01-02,A,12,3
2018-01-01,A,11,2
2018-01-02,A,12,3
2018-01-10,A,13,4
";

fn days(table: &SeriesTable) -> Vec<i8> {
    table.dates().iter().map(|date| date.day()).collect()
}

fn close(table: &SeriesTable) -> &[f64] {
    table.column("close").expect("there is a close")
}

#[test]
fn rows_are_grouped_by_series_and_ascend() {
    let (table, summary) = read(PANEL, &panel()).expect("good rows");
    assert_eq!((table.len(), table.n_series()), (5, 2));
    assert_eq!((table.series(0), table.series(1)), ("A", "B"));
    assert_eq!(table.ranges(), [0..3, 3..5]);
    assert_eq!(table.range(1), 3..5);
    assert_eq!(days(&table), [1, 2, 10, 2, 3]);
    assert_eq!(close(&table), [11.0, 12.0, 13.0, 22.0, 23.0]);
    let volume = table.column("volume").expect("there is a volume");
    assert_eq!(volume[..4], [2.0, 3.0, 4.0, 7.0]);
    assert!(volume[4].is_nan());
    assert_eq!(
        [0, 2, 3, 4].map(|row| table.series_of_row(row)),
        [0, 0, 1, 1]
    );
    assert!(table.column("open").is_none());
    assert_eq!(
        (summary.rows_read, summary.rows_kept, summary.series),
        (6, 5, 2)
    );
    assert_eq!(
        (summary.first_date, summary.last_date),
        (date(2018, 1, 1), date(2018, 1, 10))
    );
    assert_eq!((summary.duplicates, summary.dropped_rows), (1, 0));
    assert_eq!(summary.missing[1].count, 1);
    insta::assert_snapshot!(summary.lines().join("\n"), @r"
    prices.csv: 5 rows of 2 series (of 6 in the file), 2018-01-01 to 2018-01-10
    1 missing cell in column volume: kept as unknown
    1 repeated row left out
    1 gap; the longest of A is 8 days, from 2018-01-02 to 2018-01-10
    ");
}

#[test]
fn an_optional_column_may_be_absent() {
    let (table, _) = read("Date,Close\n2018-01-01,1\n", &spec()).expect("good rows");
    assert!(table.column("volume").is_none());
    assert_eq!(table.column("close"), Some([1.0].as_slice()));
    assert_eq!(table.series(0), "");
}

#[test]
fn the_newest_row_may_come_first() {
    let newest = "Date,Close\n2018-01-03,3\n2018-01-02,2\n2018-01-01,1\n";
    let (table, summary) = read(newest, &spec()).expect("good rows");
    assert_eq!(close(&table), [1.0, 2.0, 3.0]);
    assert!(summary.newest_first);
    // Series one after the other, each ascending, of which the last is the oldest.
    let rows =
        "date,symbol,close\n2018-01-01,A,1\n2018-01-02,A,1\n2017-01-01,B,1\n2017-01-02,B,1\n";
    let (_, summary) = read(rows, &panel()).expect("good rows");
    assert!(!summary.newest_first);
}

#[test]
fn line_endings_and_a_byte_order_mark_do_not_matter() {
    let (wanted, _) = read(PANEL, &panel()).expect("good rows");
    for text in [
        PANEL.replace('\n', "\r\n"),
        format!("\u{feff}{PANEL}"),
        PANEL.trim_end().to_string(),
        PANEL.replace('\n', "\n\n"),
    ] {
        let (table, _) = read(&text, &panel()).expect("good rows");
        assert_eq!(table.dates(), wanted.dates());
        assert_eq!(close(&table), close(&wanted));
    }
}

const HOLES: &str = "\
date,symbol,close
2018-01-01,A,
2018-01-02,A,12
2018-01-03,A,NA
2018-01-04,A,null
2018-01-01,B,
2018-01-02,B,21
2018-01-03,B,N/A
2018-01-04,B,23
";

#[test]
fn every_policy_for_missing_cells() {
    let with = |policy| read(HOLES, &with_policy(panel(), policy));
    assert!(with(MissingPolicy::Error).is_err());

    let (table, summary) = with(MissingPolicy::DropRow).expect("good rows");
    assert_eq!(close(&table), [12.0, 21.0, 23.0]);
    assert_eq!((summary.missing[0].count, summary.dropped_rows), (5, 5));

    let (table, summary) = with(MissingPolicy::ForwardFill).expect("good rows");
    assert_eq!(close(&table), [12.0, 12.0, 12.0, 21.0, 21.0, 23.0]);
    // The last of A does not fill the first of B.
    assert_eq!(days(&table), [2, 3, 4, 2, 3, 4]);
    assert_eq!((summary.missing[0].count, summary.dropped_rows), (5, 2));

    let (table, summary) = with(MissingPolicy::Keep).expect("good rows");
    assert_eq!(table.len(), 8);
    assert_eq!(
        close(&table).iter().filter(|close| close.is_nan()).count(),
        5
    );
    assert_eq!(summary.dropped_rows, 0);
}

#[test]
fn a_limit_keeps_the_most_recent_rows_and_what_they_were_filled_from() {
    let mut limited = with_policy(panel(), MissingPolicy::ForwardFill);
    limited.limit = Some(2);
    let (table, summary) = read(HOLES, &limited).expect("good rows");
    assert_eq!(days(&table), [3, 4, 3, 4]);
    assert_eq!(close(&table), [12.0, 12.0, 21.0, 23.0]);
    assert_eq!((summary.rows_read, summary.rows_kept), (8, 4));
    let (table, _) = read(PANEL, &{
        let mut limited = panel();
        limited.limit = Some(1);
        limited
    })
    .expect("good rows");
    assert_eq!(days(&table), [10, 3]);
}

#[test]
fn only_the_series_asked_for_are_read() {
    let mut only = panel();
    only.only = Some(vec!["B".to_string()]);
    // The other series may be as bad as it likes.
    let text = format!("{PANEL}someday,A,abc,\n");
    let (table, summary) = read(&text, &only).expect("good rows");
    assert_eq!((table.n_series(), table.series(0)), (1, "B"));
    assert_eq!((summary.rows_read, summary.rows_kept), (7, 2));
    assert_eq!(summary.duplicates, 0);
}

#[test]
fn gaps_are_counted_and_the_longest_is_named() {
    let (_, summary) = read(PANEL, &panel()).expect("good rows");
    let gap = summary.gaps.longest.expect("there is a gap");
    assert_eq!(
        (summary.gaps.count, gap.days, gap.series.as_str()),
        (1, 8, "A")
    );
    assert_eq!(
        (gap.after, gap.before),
        (date(2018, 1, 2), date(2018, 1, 10))
    );
}

#[test]
fn tables_join_by_name_and_day() {
    let later =
        "date,symbol,close,volume\n2018-01-05,B,25,1\n2018-01-01,C,31,1\n2018-01-05,A,14,1\n";
    let (one, _) = read(PANEL, &panel()).expect("good rows");
    let (two, _) = read(later, &panel()).expect("good rows");
    for joined in [one.append(&two), two.append(&one)] {
        let joined = joined.expect("no day twice");
        assert_eq!(
            (0..3).map(|at| joined.series(at)).collect::<Vec<_>>(),
            ["A", "B", "C"]
        );
        assert_eq!(joined.ranges(), [0..4, 4..7, 7..8]);
        assert_eq!(days(&joined), [1, 2, 5, 10, 2, 3, 5, 1]);
        assert_eq!(
            close(&joined),
            [11.0, 12.0, 14.0, 13.0, 22.0, 23.0, 25.0, 31.0]
        );
        assert_eq!(joined.column("volume").map(<[f64]>::len), Some(8));
    }
    let (bare, _) = read("date,symbol,close\n2019-01-01,A,1\n", &panel()).expect("good rows");
    let joined = one.append(&bare).expect("no day twice");
    assert!(joined.column("volume").is_none());
    assert_eq!(joined.column("close").map(<[f64]>::len), Some(6));
}

#[test]
fn a_time_after_the_day_is_ignored() {
    let (table, _) = read(
        "date,close\n2018/1/2 16:00,1\n2018-01-03T16:00:00Z,2\n",
        &spec(),
    )
    .expect("good rows");
    let wanted: [Date; 2] = [date(2018, 1, 2), date(2018, 1, 3)];
    assert_eq!(table.dates(), wanted);
}
