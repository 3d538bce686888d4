//! The kind `forecast` on made-up series: train, forecast beyond the end, test on what follows.

mod support;

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use support::{finished, json, program, refused, succeed};

/// A name that only a proper CSV writer keeps.
const ODD: &str = "North, \"upper\"";

/// Two series of days with a week's pattern, from day `from` to day `until`, one of them below zero.
fn days(from: i64, until: i64) -> String {
    let mut table = "day,place,load\n".to_string();
    for (name, level) in [(ODD, 100.0), ("South", -20.0)] {
        let first = jiff::civil::date(2019, 1, 1);
        for day in from..until {
            let date = first.checked_add(jiff::Span::new().days(day)).unwrap();
            let value = level + [0.0, 3.0, 5.0, 4.0, 2.0, -6.0, -8.0][day.rem_euclid(7) as usize];
            let noise = ((day * 7919 + 13) % 101) as f64 / 50.0 - 1.0;
            writeln!(
                table,
                "{date},\"{}\",{:.3}",
                name.replace('"', "\"\""),
                value + noise
            )
            .unwrap();
        }
    }
    table
}

const SMALL: [&str; 14] = [
    "--plain",
    "--epochs",
    "3",
    "--set",
    "d_hidden=8",
    "--set",
    "networks=1",
    "--set",
    "windows_per_epoch=600",
    "--set",
    "horizon=7",
    "--set",
    "lookback=28",
    "--out",
];

fn train<'a>(file: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["run", "forecast", "--data", file];
    args.extend(SMALL);
    args.push(out);
    args.extend(more);
    args
}

fn run(folder: &Path, file: &str, out: &str, more: &[&str]) -> String {
    succeed(folder, &train(file, out, more))
}

fn forecasts(folder: &Path, model: &str, input: &str) -> Vec<Value> {
    let said = succeed(
        folder,
        &["predict", "--model", model, "--input", input, "--json"],
    );
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(answer["task"], "forecast");
    answer["forecasts"].as_array().unwrap().clone()
}

#[test]
fn series_are_learned_forecast_and_tested() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("load.csv"), days(0, 220)).unwrap();
    std::fs::write(at.join("next.csv"), days(220, 231)).unwrap();
    std::fs::write(at.join("whole.csv"), days(0, 231)).unwrap();
    let said = run(at, "load.csv", "run", &[]);
    assert!(said.contains("series by column place"), "{said}");
    assert!(said.contains("7 steps ahead from 28 steps"), "{said}");

    let report = json(at.join("run/report.json"));
    let metric = |name: &str| report["metrics"][name].as_f64().unwrap();
    for name in [
        "rmse",
        "mae",
        "smape",
        "mase",
        "rmse_skill",
        "pinball",
        "pinball_skill",
    ] {
        assert!(metric(name).is_finite(), "{name}");
    }
    assert!((0.0..=1.0).contains(&metric("coverage_80")));
    assert!(
        metric("mase") < 0.8,
        "a week's pattern is learned: {}",
        metric("mase")
    );
    assert!(report["baselines"]["theta"]["mase"].is_number());
    assert!(at.join("run/report.html").is_file());

    // Beyond the end of the training file, and of one that continues it.
    for (input, first, last) in [
        ("load.csv", "2019-08-09", "2019-08-15"),
        ("next.csv", "2019-08-20", "2019-08-26"),
        ("whole.csv", "2019-08-20", "2019-08-26"),
    ] {
        let all = forecasts(at, "run", input);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0]["series"], ODD);
        let steps = all[1]["forecast"].as_array().unwrap();
        assert_eq!(
            (&steps[0]["time"], &steps[6]["time"]),
            (&first.into(), &last.into()),
            "{input}"
        );
        assert!(steps[0]["median"].as_f64().unwrap() < 0.0);
        assert_eq!(steps[0]["quantiles"]["0.5"], steps[0]["median"]);
    }
    assert_eq!(
        forecasts(at, "run", "next.csv"),
        forecasts(at, "run", "whole.csv")
    );

    // Eleven days that follow: a whole horizon and a part of one, for each series.
    let tested = succeed(
        at,
        &[
            "evaluate", "--model", "run", "--input", "next.csv", "--out", "tested",
        ],
    );
    assert!(tested.contains("smape"), "{tested}");
    let tested = json(at.join("tested/report.json"));
    assert_eq!(tested["data"]["test_items"], 22);
    assert!(tested["metrics"]["mase"].as_f64().unwrap() < 0.8);
    let whole = succeed(at, &["evaluate", "--model", "run", "--input", "whole.csv"]);
    assert!(
        whole.contains(&format!(
            "{:.4}",
            tested["metrics"]["mase"].as_f64().unwrap()
        )),
        "{whole}"
    );

    let said = refused(at, &["evaluate", "--model", "run", "--input", "load.csv"]);
    assert!(said.contains("no row of the file comes after"), "{said}");
    let notes = finished(program(
        at,
        &["predict", "--model", "run", "--input", "next.csv"],
    ));
    let notes = String::from_utf8(notes.stderr).unwrap();
    assert!(
        notes.contains("2 of 2 series continue the training file"),
        "{notes}"
    );
}

#[test]
fn what_is_known_of_the_future_must_be_given() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let rows = |until: i64, known: i64| {
        let mut table = "time,y,holiday\n".to_string();
        for hour in 0..until + known {
            let holiday = hour / 24 % 3 == 0;
            let value = (hour % 24) as f64 + if holiday { 30.0 } else { 0.0 };
            let value = if hour < until {
                value.to_string()
            } else {
                String::new()
            };
            let word = if holiday { "yes" } else { "no" };
            writeln!(
                table,
                "2021-01-{:02} {:02}:00,{value},{word}",
                hour / 24 + 1,
                hour % 24
            )
            .unwrap();
        }
        table
    };
    std::fs::write(at.join("y.csv"), rows(24 * 14, 0)).unwrap();
    std::fs::write(at.join("more.csv"), rows(24 * 14, 7)).unwrap();
    run(
        at,
        "y.csv",
        "run",
        &["--set", "future=holiday", "--set", "target=y"],
    );
    let said = refused(at, &["predict", "--model", "run", "--input", "y.csv"]);
    for part in [
        "need holiday",
        "known for the future",
        "add rows from 2021-01-15 00:00",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let all = forecasts(at, "run", "more.csv");
    assert_eq!(all[0]["forecast"][0]["time"], "2021-01-15 00:00");
}

#[test]
fn bad_files_settings_and_runs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("load.csv"), days(0, 150)).unwrap();
    let with = |file: &str, more: &[&str], parts: &[&str]| {
        let said = refused(at, &train(file, "x", more));
        for part in parts {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(
            !at.join("x").exists(),
            "nothing is left of a run that did not begin"
        );
    };
    with("none.csv", &[], &["the file does not exist"]);
    with(
        "load.csv",
        &["--set", "target=lod"],
        &["no column named lod", "day, place, load"],
    );
    with(
        "load.csv",
        &["--set", "horizon=80"],
        &["give a longer file", "--set horizon="],
    );
    with(
        "load.csv",
        &["--set", "predict_as=log-return"],
        &["only values above zero", "South"],
    );
    with(
        "load.csv",
        &["--set", "networks=0"],
        &["choose networks from 1"],
    );
    let irregular =
        "time,y\n2020-01-01 00:00,1\n2020-01-01 01:00,2\n2020-01-01 02:00,2\n2020-01-01 02:17,3\n";
    std::fs::write(at.join("odd.csv"), irregular).unwrap();
    with("odd.csv", &[], &["irregular", "row 5", "column time"]);
    let said = refused(at, &["run", "forecast"]);
    assert!(said.contains("--data FILE.csv"), "{said}");

    run(at, "load.csv", "run", &["--set", "refit=false"]);
    let said = refused(at, &["predict", "--model", "run", "--text", "x"]);
    assert!(said.contains("series, not texts"), "{said}");
    std::fs::write(at.join("other.csv"), "time,y\n2020-01-01,1\n2020-01-02,2\n").unwrap();
    let said = refused(at, &["predict", "--model", "run", "--input", "other.csv"]);
    assert!(said.contains("no column named day"), "{said}");
    for file in [
        "inference.json",
        "baselines.json",
        "history.csv",
        "model.safetensors",
    ] {
        let path = at.join("run").join(file);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2 - 5]).unwrap();
        let said = finished(program(
            at,
            &["predict", "--model", "run", "--input", "load.csv"],
        ));
        let code = said.status.code();
        // A history that is cut between two rows is a shorter one.
        assert!(
            code == Some(2) || (file == "history.csv" && code == Some(0)),
            "{file}: {code:?}"
        );
        std::fs::remove_file(&path).unwrap();
        refused(at, &["predict", "--model", "run", "--input", "load.csv"]);
        std::fs::write(&path, whole).unwrap();
    }
    succeed(at, &["predict", "--model", "run", "--input", "load.csv"]);
}
