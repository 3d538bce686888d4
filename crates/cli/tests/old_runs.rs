//! Runs of rekindle 0.1.0 on Burn 0.21, one of each task, answer as they did there.

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use support::{refused, succeed};

fn saved(task: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/runs")
        .join(task)
}

/// How far the two answers are apart in what they say, if they are of one shape.
fn compare(place: &str, now: &Value, then: &Value) {
    match (now, then) {
        (Value::Number(now), Value::Number(then)) => {
            let [now, then] = [now, then].map(|number| number.as_f64().expect("a number"));
            let near = (now - then).abs() <= 1e-4 * then.abs().max(1.0);
            assert!(near, "{place}: {now}, not {then}");
        }
        (Value::Array(now), Value::Array(then)) => {
            assert_eq!(now.len(), then.len(), "{place}");
            for (at, (now, then)) in now.iter().zip(then).enumerate() {
                compare(&format!("{place}[{at}]"), now, then);
            }
        }
        (Value::Object(now), Value::Object(then)) => {
            for (name, then) in then {
                compare(&format!("{place}.{name}"), &now[name], then);
            }
        }
        _ => assert_eq!(now, then, "{place}"),
    }
}

#[test]
fn a_run_of_every_task_answers_as_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tasks/datasets/samples/sp500-2000.csv"
    );
    let days = saved("weather").join("days.csv");
    let days = days.to_str().expect("a plain path");
    let texts = [
        "--text",
        "the bank and doctor",
        "a song of day 3",
        "unheard of",
    ];
    for (task, input) in [
        ("stock-forecast", vec!["--input", sample]),
        ("news", texts.to_vec()),
        ("imdb", texts.to_vec()),
        ("quora", texts.to_vec()),
        ("weather", vec!["--input", days]),
        ("translate", vec!["--text", "bank and phone", "the song"]),
        (
            "memory",
            vec!["--text", "0.5 0.25* 0.75 1*", "0.1* 0.2 0.3*"],
        ),
    ] {
        let run = saved(task);
        let ask = ["predict", "--json", "--model", run.to_str().expect("plain")];
        let answer = succeed(folder.path(), &[&ask[..], &input].concat());
        let now: Value = serde_json::from_str(&answer).expect("JSON");
        let then = std::fs::read_to_string(run.join("expected.json")).expect("it is there");
        compare(task, &now, &serde_json::from_str(&then).expect("JSON"));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a new folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("it can be listed").path();
        let to = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(std::fs::copy(&path, &to).expect("copied")),
        }
    }
}

#[test]
fn a_checkpoint_of_burn_0_21_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&saved("stock-forecast"), &folder.path().join("old"));
    let go_on = [
        "run",
        "stock-forecast",
        "--out",
        "old",
        "--resume",
        "--epochs",
        "4",
    ];
    let said = refused(folder.path(), &go_on);
    assert!(said.contains("begun with Burn 0.21"), "{said}");
    assert!(
        said.contains("start anew, or go on with rekindle 0.1.0"),
        "{said}"
    );
}
