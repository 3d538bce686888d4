//! What the columns of a table seem to hold.

use proptest::prelude::*;
use rekindle_data::{ColumnKind, Profile, TableOptions, profile, profile_with};

fn of(name: &str, bytes: &[u8]) -> Profile {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    profile(&path).expect("a table")
}

#[test]
fn columns_are_told_apart() {
    let mut text = "id,day,message,team,stars,price,open,code,nothing\n".to_string();
    for at in 0..40 {
        let words = [
            "it rains in Spain",
            "the mail has not come yet",
            "thank you so much",
        ][at % 3];
        let team = ["sales", "support"][at % 2];
        let stars = if at == 7 {
            String::new()
        } else {
            (at % 5 + 1).to_string()
        };
        let open = ["Yes", "no"][at % 2];
        text += &format!(
            "{},{}/{}/2018,{words} {at},{team},{stars},\"1,{:03}.5\",{open},AB{at}x,\n",
            100 + at,
            at / 28 + 1,
            at % 28 + 1,
            at * 7,
        );
    }
    let found = of("mails.csv", text.as_bytes());
    assert!(found.whole && found.rows == 40 && !found.headless);
    insta::assert_snapshot!(found.lines().join("\n"), @r"
    mails.csv: 40 rows
    id: id; for example 100 | 101 | 102
    day: date (%m/%d/%Y), 2018-01-01 to 2018-02-12, most: 1 day; for example 1/1/2018 | 1/2/2018 | 1/3/2018
    message: text, 5.7 words on average; for example it rains in Spain 0 | the mail has not come yet 1 | thank you so much 2
    team: category; for example sales | support
    stars: whole number, 1 to 5; 1 missing; for example 1 | 2 | 3
    price: number, 1000.5 to 1273.5, written with commas between thousands; for example 1,000.5 | 1,007.5 | 1,014.5
    open: yes or no; for example Yes | no
    code: id; for example AB0x | AB1x | AB2x
    nothing: empty; 40 missing
    ");
    assert_eq!(
        found.columns[3].counts,
        [("sales".to_string(), 20), ("support".to_string(), 20)]
    );
    assert_eq!(found.columns[4].missing, 1);
}

#[test]
fn odd_cells_and_rows_are_counted() {
    let mut text = "n,label\n".to_string();
    for at in 0..60 {
        text += &format!("{},a\n", at * at);
    }
    text += "oops\u{1b}[2J,a\n7\n1,2,3\n";
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(b"5,caf\xe9\n");
    let found = of("t.csv", &bytes);
    assert_eq!(found.rows, 64);
    assert!(
        matches!(found.columns[0].kind, ColumnKind::Whole { .. }),
        "{:?}",
        found.columns[0]
    );
    assert_eq!(found.columns[0].odd, 1);
    let lines = found.lines().join("\n");
    assert!(lines.contains("oops<U+001B>[2J\" in row 62"), "{lines}");
    assert!(
        lines.contains("another number of cells than the header: 2, the first is row 63"),
        "{lines}"
    );
}

#[test]
fn tables_of_all_forms_have_a_profile() {
    let found = of("t.csv", b"2018-01-01,1.5\n2018-01-02,1.5\n2018-01-03,2.5\n");
    assert!(found.headless && found.rows == 3);
    assert_eq!(found.columns[0].name, "column 1");
    let ColumnKind::Date(dates) = &found.columns[0].kind else {
        panic!("{:?}", found.columns[0]);
    };
    assert_eq!((dates.form.as_str(), dates.regular), ("%Y-%m-%d", true));
    assert_eq!(dates.step.as_deref(), Some("1 day"));
    let found = of(
        "t.json",
        b"[{\"a\":1394470370698,\"created\":1394470370698}]",
    );
    assert!(matches!(found.columns[0].kind, ColumnKind::Whole { .. }));
    assert!(matches!(found.columns[1].kind, ColumnKind::Date(_)));
    let found = of("t.csv", b"Date,volume\n40182,0.5M\n40183,1M\n");
    assert!(
        found.lines()[1].contains("excel-days), 2010-01-04 to 2010-01-05"),
        "{:?}",
        found.lines()
    );
    assert!(
        found.lines()[2].contains("500000 to 1000000"),
        "{:?}",
        found.lines()
    );
    let found = of("t.txt", b"One line, of words\nAnother line\n");
    assert_eq!((found.rows, found.columns[0].name.as_str()), (2, "text"));
    let found = of("t.csv", b"a;b\n1,5;x\n2,5;y\n");
    assert!(
        found.lines()[1].contains("decimal comma"),
        "{:?}",
        found.lines()
    );
}

#[test]
fn a_sample_is_said_to_be_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a\n".repeat(100)).expect("written");
    let found = profile_with(&path, &TableOptions::default(), 10).expect("a table");
    assert!(!found.whole && found.rows == 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..150),
        rows in "([a-c0-9,;\t\"|#\r\n :/.-]|yes|NA|2018-01-0){0,80}",
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.csv");
        for bytes in [bytes.as_slice(), rows.as_bytes()] {
            std::fs::write(&path, [b"a,b\n", bytes].concat()).expect("written");
            if let Ok(found) = profile(&path) {
                let _ = found.lines();
            }
        }
    }
}
