//! What is noticed while reading is said in `run`, `evaluate` and `predict`, apart from the answers.

mod support;

use std::fmt::Write as _;
use std::path::Path;
use support::{finished, program, refused, succeed};

/// Weekdays from 2010 on, with prices that wander; `price` is the first close.
fn prices(rows: usize, price: f64, change: impl Fn(usize, f64) -> f64) -> String {
    let mut text = "Date,Open,High,Low,Close,Volume\n".to_string();
    let mut day = jiff::civil::date(2010, 1, 4);
    let mut close = price;
    for row in 0..rows {
        close *= 1.0 + 0.01 * ((row * 7919 % 13) as f64 / 6.0 - 1.0);
        let shown = change(row, close);
        writeln!(
            text,
            "{day},{shown:.2},{:.2},{:.2},{shown:.2},1000",
            shown * 1.01,
            shown * 0.99
        )
        .unwrap();
        day = day.tomorrow().unwrap();
        while day.weekday().to_monday_zero_offset() > 4 {
            day = day.tomorrow().unwrap();
        }
    }
    text
}

/// What goes to the terminal beside the answers, and the answers.
fn both(folder: &Path, args: &[&str]) -> (String, String) {
    let output = finished(program(folder, args));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{args:?}: {err}");
    (out, err)
}

fn predicted(folder: &Path, text: &str) -> (String, String) {
    std::fs::write(folder.join("p.csv"), text).unwrap();
    both(folder, &["predict", "--model", "run", "--input", "p.csv"])
}

#[test]
fn odd_prices_are_said_beside_the_forecast() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let small = "run stock-forecast --set dataset=sample --epochs 1 --limit 600 --set lookback=10 --set \
                 horizon=3 --set d_hidden=4 --set windows_per_epoch=200 --plain --out run";
    succeed(at, &small.split(' ').collect::<Vec<_>>());

    let (out, err) = predicted(at, &prices(120, 100.0, |_, close| close));
    assert!(out.starts_with("close ") && !out.contains("note"), "{out}");
    assert!(err.contains("note: p.csv: 120 rows"), "{err}");
    let (_, err) = predicted(
        at,
        &prices(
            120,
            100.0,
            |row, close| if row < 80 { close } else { close / 5.0 },
        ),
    );
    assert!(err.contains("as after a 5:1 split"), "{err}");
    // The run's own days, years later and at another level, are not put before it.
    assert!(!err.contains("are read before those of the file"), "{err}");

    let american = prices(120, 100.0, |_, close| close);
    let american: String = american
        .lines()
        .map(|line| match line.split_once(',') {
            Some((day, rest)) if day != "Date" => {
                format!("{}/{}/{},{rest}\n", &day[5..7], &day[8..10], &day[..4])
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let (out, err) = predicted(at, &american);
    assert!(
        out.starts_with("close ") && err.contains("are read as %m/%d/%Y"),
        "{err}"
    );
    let few: Vec<&str> = american.lines().take(8).collect();
    std::fs::write(at.join("few.csv"), few.join("\n")).unwrap();
    let open = refused(at, &["predict", "--model", "run", "--input", "few.csv"]);
    assert!(
        open.contains("date_format=%d/%m/%Y or --set date_format=%m/%d/%Y"),
        "{open}"
    );
    for name in ["date", "date_format"] {
        let set = format!("{name}=%m/%d/%Y");
        let short = refused(
            at,
            &[
                "predict", "--model", "run", "--input", "few.csv", "--set", &set,
            ],
        );
        assert!(
            short.contains("has 7 rows; at least 30 are needed"),
            "{short}"
        );
    }
    let fixed = refused(
        at,
        &[
            "predict",
            "--model",
            "run",
            "--input",
            "p.csv",
            "--set",
            "lookback=5",
        ],
    );
    assert!(
        fixed.contains("what can be changed is: date_format"),
        "{fixed}"
    );
}

#[test]
fn a_named_folder_is_not_made_up_with_files_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let rows = |first: usize| {
        let row = |at: usize| {
            format!(
                "text number {at} is {0},{0}\n",
                ["negative", "positive"][at % 2]
            )
        };
        format!(
            "review,sentiment\n{}",
            (first..first + 40).map(row).collect::<String>()
        )
    };
    for (name, first) in [
        ("own/imdb/test.csv", 0),
        ("else/imdb/train.csv", 100),
        ("else/imdb/test.csv", 200),
    ] {
        std::fs::create_dir_all(at.join(name).parent().unwrap()).unwrap();
        std::fs::write(at.join(name), rows(first)).unwrap();
    }
    std::fs::write(at.join("own/imdb/train.csv.zip"), b"PK\x03\x04").unwrap();
    let mut command = program(at, &["run", "imdb", "--data", "own", "--out", "run"]);
    command.env("REKINDLE_DATA", at.join("else"));
    let output = finished(command);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("train.csv.zip"), "{said}");
}

#[test]
fn names_with_commas_quotes_and_codes_stay_whole_and_tame() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let names = ["\"A, Inc\"", "\"B \"\"b\"\" Co\"", "\u{1b}[31mRED"];
    let panel = |from: usize, to: usize| {
        let one = prices(to, 100.0, |_, close| close);
        let mut text = "Date,Open,High,Low,Close,Volume,Symbol\n".to_string();
        for name in names {
            for line in one.lines().skip(1 + from) {
                writeln!(text, "{line},{name}").unwrap();
            }
        }
        text
    };
    std::fs::create_dir(at.join("stock")).unwrap();
    std::fs::write(at.join("stock/prices.csv"), panel(0, 300)).unwrap();
    let small = "run stock-forecast --data . --set dataset=panel --epochs 1 --set lookback=10 --set horizon=2 \
                 --set d_hidden=4 --set windows_per_epoch=200 --plain --out run";
    succeed(at, &small.split(' ').collect::<Vec<_>>());
    // Three days alone are too few: the run's own days must come before them.
    let (out, err) = predicted(at, &panel(300, 303));
    assert!(
        out.contains("A, Inc: close") && out.contains("B \"b\" Co: close"),
        "{out}"
    );
    assert!(
        !out.contains('\u{1b}') && !err.contains('\u{1b}'),
        "{out}{err}"
    );
    assert!(err.contains("and those of 2 more series"), "{err}");
    std::fs::write(
        at.join("other.csv"),
        panel(300, 303).replace("\n2011", "\n2015"),
    )
    .unwrap();
    let apart = refused(at, &["predict", "--model", "run", "--input", "other.csv"]);
    assert!(apart.contains("stands alone"), "{apart}");
}
