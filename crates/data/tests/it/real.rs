//! The real files, where they are: `$REKINDLE_DATA`, or `shared/data` beside the repository.

use crate::support::{panel, spec, with_policy};
use jiff::civil::date;
use rekindle_data::{MissingPolicy, SeriesTable, locate};
use std::path::{Path, PathBuf};

fn dirs() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let named = std::env::var_os("REKINDLE_DATA").map(PathBuf::from);
    named.into_iter().chain([beside]).collect()
}

fn found(name: &str) -> Option<PathBuf> {
    let found = locate(&dirs(), name);
    if found.is_none() {
        println!("skipped: {name} is not here");
    }
    found
}

#[test]
fn tata_is_read_newest_first() {
    let (Some(train), Some(test)) = (
        found("stock/NSE-TATAGLOBAL.csv"),
        found("stock/tatatest.csv"),
    ) else {
        return;
    };
    let mut spec = spec();
    spec.columns[1]
        .aliases
        .push("Total Trade Quantity".to_string());
    let (table, summary) = SeriesTable::read(&train, &spec).expect("a good file");
    assert_eq!(table.len(), 2035);
    assert_eq!(
        (summary.first_date, summary.last_date),
        (date(2010, 7, 21), date(2018, 9, 28))
    );
    assert!(summary.newest_first);
    assert_eq!(table.column("close").and_then(<[f64]>::last), Some(&233.75));
    assert_eq!(
        table.column("volume").and_then(<[f64]>::first),
        Some(&658_666.0)
    );
    let (later, _) = SeriesTable::read(&test, &spec).expect("a good file");
    let joined = table.append(&later).expect("later days");
    assert_eq!((joined.len(), joined.ranges().len()), (2051, 1));
    assert!(joined.dates().is_sorted());
}

#[test]
fn the_panel_is_read_with_its_blank_cells() {
    let Some(path) = found("stock/prices.csv") else {
        return;
    };
    let mut spec = with_policy(panel(), MissingPolicy::DropRow);
    for name in ["open", "high", "low"] {
        let mut column = spec.columns[0].clone();
        column.missing = MissingPolicy::Keep;
        (column.name, column.aliases) = (name.to_string(), vec![name.to_string()]);
        spec.columns.push(column);
    }
    let (table, summary) = SeriesTable::read(&path, &spec).expect("a good file");
    assert_eq!((summary.rows_read, table.len()), (483_484, 483_484));
    assert_eq!(
        (summary.first_date, summary.last_date),
        (date(2013, 2, 8), date(2018, 2, 7))
    );
    assert!(!summary.newest_first);
    let missing: Vec<usize> = summary
        .missing
        .iter()
        .map(|missing| missing.count)
        .collect();
    println!("{}", summary.lines().join("\n"));
    let blanks = |name: &str| {
        let column = table.column(name).expect("it is there");
        column.iter().filter(|value| value.is_nan()).count()
    };
    assert_eq!(
        missing,
        [0, 0, blanks("open"), blanks("high"), blanks("low")]
    );
    assert_eq!(missing[2], 8);

    spec.only = Some(vec!["MSFT".to_string(), "AAPL".to_string()]);
    spec.limit = Some(100);
    let (two, summary) = SeriesTable::read(&path, &spec).expect("a good file");
    assert_eq!(
        (two.series(0), two.series(1), two.len()),
        ("AAPL", "MSFT", 200)
    );
    assert_eq!(
        (summary.rows_read, summary.last_date),
        (483_484, date(2018, 2, 7))
    );
}
