//! Series of any frequency, read from files.

use rekindle_data::{
    DataError, Frequency, GapPolicy, Timeline, TimelineSpec, join_times, read_times, write_times,
};
use std::path::PathBuf;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }
}

fn read_with(text: &str, spec: &TimelineSpec) -> Result<Timeline, DataError> {
    let folder = Folder::new();
    let path = folder.file("a.csv", text);
    read_times(&path, spec)?.assemble(spec.gaps, spec.limit, None)
}

fn read(text: &str) -> Result<Timeline, DataError> {
    read_with(text, &TimelineSpec::default())
}

fn refused(text: &str, said: &[&str]) {
    let error = read(text).expect_err(text);
    let all = format!(
        "{error} at {} help {}",
        error.place().unwrap_or_default(),
        error.help().unwrap_or_default()
    );
    for part in said {
        assert!(all.contains(part), "{part:?} is not in: {all}");
    }
}

#[test]
fn columns_are_found_and_gaps_filled() {
    let text = "day,region,note,load\n\
                2020-01-01,a,x,1\n2020-01-02,a,y,2\n2020-01-05,a,z,5\n2020-01-06,a,x,NA\n\
                2020-01-01,b,x,-1\n2020-01-02,b,x,-2\n2020-01-03,b,x,-3\n";
    let timeline = read(text).expect("it is regular");
    assert_eq!(timeline.columns, ["day", "load", "region"]);
    assert_eq!(timeline.frequency, Frequency::Seconds(86_400));
    assert_eq!(timeline.series[0].values, [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(timeline.series[1].values, [-1.0, -2.0, -3.0]);
    assert_eq!((timeline.summary.gaps, timeline.summary.filled), (1, 2));
    assert_eq!(timeline.written(0, 7), "2020-01-08");
    let refuse = TimelineSpec {
        gaps: GapPolicy::Refuse,
        ..TimelineSpec::default()
    };
    let error = read_with(text, &refuse).expect_err("there is a gap");
    assert!(error.to_string().contains("no value at 2020-01-03 of a"));
}

#[test]
fn covariates_are_numbers_or_categories() {
    let text = "time,y,temp,holiday\n2020-01-01 00:00,1,3.5,no\n2020-01-01 01:00,2,,yes\n\
                2020-01-01 02:00,3,4.5,no\n2020-01-01 03:00,,,yes\n2020-01-01 04:00,NA,,no\n";
    let spec = TimelineSpec {
        past: vec!["temp".into()],
        future: vec!["holiday".into()],
        ..TimelineSpec::default()
    };
    let timeline = read_with(text, &spec).expect("good");
    assert_eq!(timeline.covariates[1].categories, ["no", "yes"]);
    let one = &timeline.series[0];
    assert_eq!(one.values.len(), 3);
    assert_eq!(one.covariates[0][..3], [3.5, 3.5, 4.5]);
    assert_eq!(one.covariates[1], [0.0, 1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    refused(
        "a,b\nx,1\ny,2\n",
        &["no column holds dates", "row 1", "a, b", "--set time="],
    );
    refused(
        "time,b\n2020-01-01,x\n2020-01-02,y\n",
        &["no column holds numbers", "--set target="],
    );
    let bad = "time,b\n2020-01-01,1\n2020-01-02,inf\n2020-01-03,2\n";
    refused(bad, &["no column holds numbers"]);
    let mut long = "time,b\n".to_string();
    for day in 1..=28 {
        for month in 1..=12 {
            long += &format!("2020-{month:02}-{day:02},1\n");
        }
    }
    let (inf, word, date) = ("2021-01-01,inf\n", "2021-01-01,x1\n", "01/02/2021,1\n");
    refused(
        &format!("{long}{inf}"),
        &["\"inf\" is not a finite number", "row 338", "column b"],
    );
    refused(
        &format!("{long}{word}"),
        &["\"x1\" is not a number", "row 338"],
    );
    refused(
        &format!("{long}{date}"),
        &["\"01/02/2021\" is not a date", "date_format", "column time"],
    );
    let twice = "time,b\n2020-01-01,1\n2020-01-02,1\n2020-01-02,2\n2020-01-03,1\n";
    refused(
        twice,
        &[
            "rows 3 and 4 give different values for 2020-01-02",
            "--set series=",
        ],
    );
    let off =
        "time,b\n2020-01-01 00:00,1\n2020-01-01 01:00,1\n2020-01-01 02:00,2\n2020-01-01 02:30,1\n";
    refused(off, &["irregular", "2020-01-01 02:30", "row 5"]);
    let sparse = "time,b\n2020-01-01,1\n2020-01-02,1\n2020-01-03,2\n9020-01-01,1\n";
    refused(sparse, &["irregular", "only 4 of", "row 5"]);
    refused("time,b\n2020-01-01,1\n", &["no series has two rows"]);
    refused("time,b\n", &["no column holds dates"]);
    let mixed = "time,b\n2020-01-01T00:00Z,1\n2020-01-01 01:00,1\n";
    refused(mixed, &["another form", "row 3"]);
}

#[test]
fn a_format_of_ones_own_and_days_without_weekends() {
    let mut text = "date;close\n".replace(';', ",");
    for day in [2, 3, 6, 7, 8, 9, 10, 13, 14, 15, 16] {
        text += &format!("{day:02}/01/2020,{day}\n");
    }
    let spec = TimelineSpec {
        date_format: Some("%d/%m/%Y".into()),
        ..TimelineSpec::default()
    };
    let timeline = read_with(&text, &spec).expect("good");
    assert_eq!(timeline.frequency.name(), "weekdays");
    assert_eq!(timeline.summary.filled, 0);
    assert_eq!(timeline.written(0, 12), "20/01/2020");
}

#[test]
fn a_file_continues_another_by_series_and_time() {
    let folder = Folder::new();
    let long = |from: usize, until: usize, name: &str| -> String {
        let rows = (from..until).map(|day| format!("2020-01-{:02},\"{name}\",{day}\n", day + 1));
        rows.collect()
    };
    let odd = "a, \"\"quoted\"\"";
    let text = format!("time,id,y\n{}{}", long(0, 10, odd), long(0, 10, "b"));
    let path = folder.file("train.csv", &text);
    let spec = TimelineSpec::default();
    let rows = read_times(&path, &spec).expect("good");
    let by_run = rows.spec(&spec);
    let timeline = rows.assemble(spec.gaps, None, None).expect("good");
    let history = write_times(&timeline, 4).expect("written");
    let history = folder.file("history.csv", &String::from_utf8(history).expect("text"));

    let next = format!("time,id,y\n{}{}", long(9, 13, odd), long(25, 28, "b"));
    let next = folder.file("next.csv", &next);
    let mut file = read_times(&next, &by_run).expect("good");
    let before = read_times(&history, &by_run).expect("good");
    let ends = join_times(&mut file, before, timeline.frequency, 5);
    assert_eq!(ends.keys().collect::<Vec<_>>(), ["a, \"quoted\""]);
    let joined = file
        .assemble(spec.gaps, None, Some(timeline.frequency))
        .expect("good");
    assert_eq!(
        joined.series[0].values,
        [6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]
    );
    assert_eq!(joined.series[1].values, [25.0, 26.0, 27.0]);
}

#[test]
fn days_of_another_order_are_read_where_the_column_settles_them() {
    let text = "when,load\n14/01/2021,1\n15/01/2021,2\n16/01/2021,3\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("load.csv");
    std::fs::write(&path, text).expect("written");
    let rows = rekindle_data::read_times(&path, &TimelineSpec::default()).expect("times");
    let timeline = rows
        .assemble(GapPolicy::Interpolate, None, None)
        .expect("a step");
    assert_eq!(timeline.written(0, 3), "17/01/2021");
    let said = timeline.summary.lines().join("\n");
    assert!(said.contains("column when are read as %d/%m/%Y"), "{said}");
}
