//! People's own tables, from `new` to `predict`, by one command each.

mod support;

use serde_json::Value;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;
use support::{json, program, refused, succeed};

const WORDS: [(&str, [&str; 4]); 3] = [
    ("billing", ["invoice", "refund", "charge", "payment"]),
    ("delivery", ["parcel", "courier", "tracking", "address"]),
    ("technical", ["crash", "login", "password", "screen"]),
];

/// Mails of which one word tells the department; separated as the file asks for.
fn mails(rows: usize, delimiter: char) -> String {
    let header = ["id", "message", "department", "customer"];
    let mut text = header.join(&delimiter.to_string()) + "\n";
    for row in 0..rows {
        let (label, words) = WORDS[row % 3];
        let word = words[row / 3 % 4];
        let d = delimiter;
        writeln!(
            text,
            "{row}{d}Hello the {word} No {row} is wrong{d}{label}{d}c{}",
            row / 4
        )
        .unwrap();
    }
    text
}

fn folder(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    folder
}

#[test]
fn three_classes_from_new_to_predict() {
    let folder = folder("mails.csv", &mails(300, ','));
    let at = folder.path();
    let written = succeed(
        at,
        &[
            "new",
            "classify",
            "--data",
            "mails.csv",
            "--out",
            "mails.toml",
        ],
    );
    assert!(written.contains("rekindle run mails.toml"), "{written}");
    let file = std::fs::read_to_string(at.join("mails.toml")).unwrap();
    assert!(
        file.contains("text = \"message\"") && file.contains("label = \"department\""),
        "{file}"
    );
    assert!(file.contains("billing 100"), "{file}");

    succeed(at, &["run", "mails.toml", "--out", "run"]);
    let report = json(at.join("run/report.json"));
    assert_eq!(report["task"], "mails");
    assert!(
        report["metrics"]["accuracy"].as_f64().unwrap() > 0.95,
        "{report}"
    );
    assert!(report["baselines"]["linear"]["accuracy"].is_number());

    let said = succeed(
        at,
        &[
            "predict",
            "--model",
            "run",
            "--text",
            "where is my parcel",
            "--json",
        ],
    );
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["predictions"][0]["label"], "delivery");

    // The file of a run starts the same run again.
    succeed(at, &["run", "run/config.toml", "--out", "again"]);
    assert_eq!(
        report["metrics"],
        json(at.join("again/report.json"))["metrics"]
    );
}

#[test]
fn answers_come_line_by_line_with_the_inputs_other_columns() {
    let folder = folder("mails.csv", &mails(90, ';'));
    let at = folder.path();
    let run = [
        "run",
        "classify",
        "--data",
        "mails.csv",
        "--out",
        "run",
        "--set",
        "refit=false",
    ];
    let said = succeed(at, &[&run[..], &["--epochs", "2"]].concat());
    assert!(
        said.contains("the class is in the column department"),
        "{said}"
    );
    assert!(said.contains("classes: billing 30"), "{said}");

    let said = succeed(
        at,
        &["predict", "--model", "run", "--input", "mails.csv", "--csv"],
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 91);
    assert_eq!(lines[0], "id,department,customer,label,probability");
    assert!(lines[1].starts_with("0,billing,c0,"), "{}", lines[1]);

    let mut command = program(
        at,
        &["predict", "--model", "run", "--input", "-", "--jsonl"],
    );
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(mails(5, ',').as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 5);
    assert_eq!(
        (&answers[4]["row"], &answers[4]["columns"]["id"]),
        (&6.into(), &"4".into())
    );
}

#[test]
fn a_text_may_have_several_classes() {
    let mut text = "text\ttags\n".to_string();
    for row in 0..240 {
        let (one, words) = WORDS[row % 3];
        let (other, others) = WORDS[(row + 1) % 3];
        let (word, second) = (words[row / 3 % 4], others[row / 3 % 4]);
        match row % 2 {
            0 => writeln!(text, "the {word} No {row} is wrong\t{one}").unwrap(),
            _ => writeln!(text, "the {word} and the {second} No {row}\t{one}|{other}").unwrap(),
        }
    }
    let folder = folder("tickets.tsv", &text);
    let at = folder.path();
    let said = succeed(
        at,
        &["run", "classify", "--data", "tickets.tsv", "--out", "run"],
    );
    assert!(
        said.contains("several classes a text, separated by |"),
        "{said}"
    );
    let report = json(at.join("run/report.json"));
    assert!(report["metrics"]["f1"].as_f64().unwrap() > 0.9, "{report}");
    let ask = [
        "predict",
        "--model",
        "run",
        "--json",
        "--text",
        "the refund and the courier",
    ];
    let said: Value = serde_json::from_str(&succeed(at, &ask)).unwrap();
    assert_eq!(
        said["predictions"][0]["labels"],
        serde_json::json!(["billing", "delivery"]),
        "{said}"
    );
    succeed(
        at,
        &[
            "evaluate",
            "--model",
            "run",
            "--input",
            "tickets.tsv",
            "--out",
            "checked",
        ],
    );
    assert!(at.join("checked/report.html").is_file());
}

#[test]
fn groups_and_times_and_files_of_their_own_test() {
    let folder = folder("mails.csv", &mails(240, ','));
    let at = folder.path();
    let base = [
        "run",
        "classify",
        "--data",
        "mails.csv",
        "--epochs",
        "1",
        "--set",
        "refit=false",
    ];
    succeed(
        at,
        &[&base[..], &["--set", "group=customer", "--out", "groups"]].concat(),
    );
    let config = std::fs::read_to_string(at.join("groups/config.toml")).unwrap();
    assert!(config.contains("split = \"group\""), "{config}");
    succeed(
        at,
        &[&base[..], &["--set", "time=id", "--out", "times"]].concat(),
    );
    let config = std::fs::read_to_string(at.join("times/config.toml")).unwrap();
    assert!(config.contains("split = \"time\""), "{config}");

    let parts = at.join("parts");
    std::fs::create_dir(&parts).unwrap();
    std::fs::write(parts.join("train.csv"), mails(120, ',')).unwrap();
    std::fs::write(parts.join("test.csv"), mails(30, ',')).unwrap();
    succeed(
        at,
        &[
            "run", "classify", "--data", "parts", "--epochs", "1", "--out", "files",
        ],
    );
    assert_eq!(json(at.join("files/report.json"))["data"]["test_items"], 30);
}

#[test]
fn what_is_wrong_is_said_with_what_to_write() {
    let folder = folder("mails.csv", &mails(60, ','));
    let at = folder.path();
    let said = refused(at, &["run", "classify", "--out", "x"]);
    assert!(said.contains("--data FILE"), "{said}");
    let run = ["run", "classify", "--data", "mails.csv", "--out", "x"];
    let said = refused(at, &[&run[..], &["--set", "text=mesage"]].concat());
    assert!(
        said.contains("no column named mesage") && said.contains("message"),
        "{said}"
    );
    let said = refused(at, &[&run[..], &["--set", "label=id"]].concat());
    assert!(said.contains("these are no classes"), "{said}");
    let said = refused(at, &[&run[..], &["--set", "positive=spam"]].concat());
    assert!(
        said.contains("the classes are: billing, delivery, technical"),
        "{said}"
    );
    let said = refused(at, &[&run[..], &["--set", "learning_rate=100"]].concat());
    assert!(
        said.contains("learning_rate=100") && said.contains("from"),
        "{said}"
    );
    std::fs::write(at.join("one.csv"), "text,label\na,x\nb,x\nc,x\n").unwrap();
    let said = refused(at, &["run", "classify", "--data", "one.csv", "--out", "x"]);
    assert!(said.contains("one class, \"x\""), "{said}");
    std::fs::write(at.join("bad.toml"), "kind = \"classfy\"\n").unwrap();
    let said = refused(at, &["run", "bad.toml", "--out", "x"]);
    assert!(said.contains("classfy"), "{said}");
    assert!(
        !at.join("x").exists(),
        "nothing is left of a run that did not begin"
    );
}

#[test]
fn a_run_goes_on_only_with_its_own_data_and_settings() {
    let folder = folder("mails.csv", &mails(90, ','));
    let at = folder.path();
    let run = [
        "run",
        "classify",
        "--data",
        "mails.csv",
        "--out",
        "run",
        "--set",
        "refit=false",
    ];
    succeed(at, &[&run[..], &["--epochs", "1"]].concat());
    let again = [&run[..], &["--resume", "--epochs", "2"]].concat();
    succeed(at, &again);
    let said = refused(at, &[&again[..], &["--seed", "7"]].concat());
    assert!(said.contains("--seed 1, not 7"), "{said}");
    let said = refused(at, &[&again[..], &["--set", "d_hidden=3"]].concat());
    assert!(said.contains("d_hidden=64"), "{said}");
    let said = refused(at, &["run", "news", "--out", "run", "--resume"]);
    assert!(said.contains("classify"), "{said}");
    std::fs::write(at.join("mails.csv"), mails(93, ',')).unwrap();
    let said = refused(at, &again);
    assert!(said.contains("the data have changed"), "{said}");
}
