//! The text tasks on small made-up files: a run, everything that can be done with it, and what the
//! user sees when something is wrong.

mod support;

use serde_json::Value;
use std::fmt::Write;
use support::{json, refused, succeed};

const WORDS: [(&str, [&str; 5]); 4] = [
    ("b", ["bank", "shares", "profit", "market", "euro"]),
    ("t", ["phone", "robot", "software", "planet", "chip"]),
    ("e", ["film", "singer", "album", "actor", "show"]),
    ("m", ["virus", "doctor", "cancer", "diet", "drug"]),
];

/// Headlines of which one word tells the class; every two make a story.
fn headlines(rows: usize) -> String {
    let mut text = "ID,TITLE,CATEGORY,STORY\n".to_string();
    for row in 0..rows {
        let (label, words) = WORDS[row / 2 % 4];
        let word = words[row / 8 % 5];
        let filler = ["today", "again", "at last", "in May", "they say", "for now"][row % 6];
        writeln!(
            text,
            "{row},\"The {word}, {filler} No. {}\",{label},s{}",
            row % 97,
            row / 2
        )
        .unwrap();
    }
    text
}

const SMALL: [&str; 12] = [
    "--set",
    "embeddings=none",
    "--set",
    "d_embedding=16",
    "--set",
    "d_hidden=8",
    "--set",
    "batch_size=16",
    "--set",
    "learning_rate=0.01",
    "--seed",
    "3",
];

fn news(rows: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("uci-news-aggregator.csv"),
        headlines(rows),
    )
    .unwrap();
    folder
}

fn run<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &["run", "news", "--data", ".", "--out", out],
        &SMALL[..],
        more,
    ]
    .concat()
}

#[test]
fn a_run_can_be_evaluated_and_asked_and_moved() {
    let folder = news(800);
    let at = folder.path();
    let said = succeed(at, &run("run", &["--epochs", "3"]));
    assert!(said.contains("800 rows"), "{said}");
    for file in [
        "config.toml",
        "report.json",
        "report.html",
        "metrics.csv",
        "model.safetensors",
        "inference.json",
        "vocabulary.txt",
        "ngrams.safetensors",
    ] {
        assert!(at.join("run").join(file).is_file(), "{file} is missing");
    }
    let report = json(at.join("run/report.json"));
    for name in [
        "accuracy", "macro_f1", "f1", "pr_auc", "roc_auc", "log_loss", "ece",
    ] {
        assert!(report["metrics"][name].is_number(), "{name} is missing");
    }
    assert!(
        report["metrics"]["accuracy"].as_f64().unwrap() > 0.9,
        "{report}"
    );
    assert!(report["baselines"]["linear"]["accuracy"].is_number());
    assert!(
        report["baselines"]["network_alone"]["accuracy"]
            .as_f64()
            .unwrap()
            > 0.5
    );
    let page = std::fs::read_to_string(at.join("run/report.html")).unwrap();
    assert!(page.contains("Most confident mistakes") && page.contains("Accuracy by confidence"));

    // The same seed gives the same run.
    succeed(at, &run("again", &["--epochs", "3"]));
    assert_eq!(
        report["metrics"],
        json(at.join("again/report.json"))["metrics"]
    );

    std::fs::rename(at.join("run"), at.join("moved")).unwrap();
    std::fs::write(at.join("more.csv"), headlines(80)).unwrap();
    let evaluate = [
        "evaluate", "--model", "moved", "--input", "more.csv", "--out", "ev",
    ];
    let other = if cfg!(feature = "ndarray") {
        "ndarray"
    } else {
        "flex"
    };
    succeed(at, &[&evaluate[..], &["--backend", other]].concat());
    let evaluated = json(at.join("ev/report.json"));
    assert!(
        evaluated["metrics"]["accuracy"].as_f64().unwrap() > 0.9,
        "{evaluated}"
    );
    assert!(at.join("ev/report.html").is_file());

    let ask = [
        "predict",
        "--model",
        "moved",
        "--text",
        "A new film!",
        "--text",
        "",
    ];
    let said = succeed(at, &[&ask[..], &["--json", "--html", "said.html"]].concat());
    let said: Value = serde_json::from_str(&said).unwrap();
    let first = &said["predictions"][0];
    assert_eq!(first["label"], "entertainment", "{said}");
    let sum: f64 = first["probabilities"]
        .as_object()
        .unwrap()
        .values()
        .map(|p| p.as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-9);
    let carried: f64 = first["attention"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["weight"].as_f64().unwrap())
        .sum();
    assert!((carried - 1.0).abs() < 1e-5, "attention sums to {carried}");
    assert!(
        said["predictions"][1]["label"].is_string(),
        "an empty text has an answer"
    );
    assert!(
        std::fs::read_to_string(at.join("said.html"))
            .unwrap()
            .contains("film")
    );
    let said = succeed(at, &["predict", "--model", "moved", "--input", "more.csv"]);
    assert!(said.contains("business"), "{said}");

    // A vocabulary of another run, or none, is noticed.
    let path = at.join("moved/vocabulary.txt");
    std::fs::write(&path, "other\t5\nwords\t3\n").unwrap();
    let said = refused(at, &["predict", "--model", "moved", "--text", "x"]);
    assert!(said.contains("vocabulary.txt is not what"), "{said}");
    // So it is in a run without checksums, as version 0.1.0 left them.
    std::fs::remove_file(at.join("moved/SHA256SUMS")).unwrap();
    let said = refused(at, &["predict", "--model", "moved", "--text", "x"]);
    assert!(
        said.contains("not the one this model was trained with"),
        "{said}"
    );
    std::fs::write(&path, "broken\n").unwrap();
    let said = refused(at, &["predict", "--model", "moved", "--text", "x"]);
    assert!(said.contains("vocabulary.txt, row 1"), "{said}");
    std::fs::remove_file(&path).unwrap();
    let said = refused(at, &["predict", "--model", "moved", "--text", "x"]);
    assert!(said.contains("vocabulary.txt is missing"), "{said}");
}

#[test]
fn an_interrupted_run_goes_on_as_if_it_had_not_stopped() {
    let folder = news(400);
    let at = folder.path();
    let more = [
        "--epochs",
        "2",
        "--set",
        "rate=constant",
        "--set",
        "wide=false",
    ];
    succeed(at, &run("whole", &more));
    let first = [
        "--epochs",
        "1",
        "--set",
        "rate=constant",
        "--set",
        "wide=false",
    ];
    succeed(at, &run("parts", &first));
    succeed(
        at,
        &[
            "run", "news", "--data", ".", "--out", "parts", "--resume", "--epochs", "2",
        ],
    );
    let metrics = |out: &str| json(at.join(out).join("report.json"))["metrics"].clone();
    assert_eq!(metrics("whole"), metrics("parts"));
    let answer = ["predict", "--model", "parts", "--text", "stocks fall"];
    succeed(at, &answer);
}

#[test]
fn the_courses_recipe_has_its_network_and_answers() {
    let folder = news(400);
    let at = folder.path();
    let course = [
        "run",
        "news",
        "--data",
        ".",
        "--out",
        "out",
        "--epochs",
        "1",
        "--set",
        "recipe=course",
    ];
    succeed(at, &course);
    let report = json(at.join("out/report.json"));
    assert_eq!(report["train"]["parameters"], 1_073_668);
    // Drawn gate by gate, its first weights would hardly learn under these dropouts.
    let settings = std::fs::read_to_string(at.join("out/config.toml")).unwrap();
    assert!(settings.contains("convention = \"keras\""), "{settings}");
    let answer = [
        "predict",
        "--model",
        "out",
        "--json",
        "--text",
        "stocks fall",
        "doctors warn",
    ];
    let said: Value = serde_json::from_str(&succeed(at, &answer)).unwrap();
    assert_eq!(said["predictions"].as_array().unwrap().len(), 2);
}

#[test]
fn questions_get_a_threshold_from_folds_and_a_second_source() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let question = |row: usize| match row % 10 {
        0 => (
            format!(
                "Why are those {} people so stupid?",
                ["idiot", "crazy"][row % 2]
            ),
            1,
        ),
        _ => (format!("How do I cook rice for {} people?", row % 7), 0),
    };
    let mut raw = "qid,question_text,target\n".to_string();
    let mut extra = raw.clone();
    for row in 0..300 {
        let (text, label) = question(row);
        writeln!(raw, "a{row},{text},{label}").unwrap();
        let plain = text.to_lowercase().replace('?', "");
        writeln!(extra, "b{row},{plain},{label}").unwrap();
    }
    std::fs::write(at.join("train.csv"), raw).unwrap();
    std::fs::write(at.join("extra-normalised.csv"), extra).unwrap();
    let base = [
        "run", "quora", "--data", ".", "--set", "folds=3", "--epochs", "2",
    ];
    succeed(at, &[&base[..], &SMALL, &["--out", "raw"]].concat());
    let report = json(at.join("raw/report.json"));
    assert!(report["metrics"]["f1"].as_f64().unwrap() > 0.9, "{report}");
    let threshold = report["metrics"]["threshold"].as_f64().unwrap();
    assert!((0.0..1.0).contains(&threshold));
    assert_eq!(report["data"]["valid_items"], 240);

    let said = succeed(
        at,
        &[&base[..], &SMALL, &["--set", "extra=true", "--out", "both"]].concat(),
    );
    assert!(said.contains("tells the two sources apart"), "{said}");
    let report = json(at.join("both/report.json"));
    // The second source trains, and neither validates nor tests.
    assert_eq!(report["data"]["valid_items"], 240);
    assert_eq!(report["data"]["test_items"], 60);
    assert_eq!(report["data"]["train_items"], 540);
    let said = succeed(
        at,
        &["predict", "--model", "both", "--text", "Why so stupid?"],
    );
    assert!(said.starts_with("insincere"), "{said}");
}

#[test]
fn bad_files_are_refused_with_their_place() {
    let folder = news(40);
    let at = folder.path();
    let said = refused(at, &["run", "imdb", "--data", ".", "--out", "x"]);
    assert!(said.contains("imdb/train.csv"), "{said}");
    let said = refused(at, &run("x", &["--set", "epoch=3"]));
    assert!(said.contains("there is no setting named epoch"), "{said}");
    let said = refused(at, &run("x", &["--set", "dropout=1.5"]));
    assert!(
        said.contains("the setting dropout=1.5 is out of range"),
        "{said}"
    );
    let said = refused(at, &run("x", &["--set", "embeddings=nowhere.txt"]));
    assert!(said.contains("nowhere.txt"), "{said}");
    std::fs::write(at.join("vectors.txt"), "the 1 2\nfilm 1\n").unwrap();
    let said = refused(at, &run("y", &["--set", "embeddings=vectors.txt"]));
    assert!(said.contains("vectors.txt, row 2"), "{said}");

    let write = |text: String| std::fs::write(at.join("uci-news-aggregator.csv"), text).unwrap();
    write(headlines(40).replace(",e,", ",x,"));
    let said = refused(at, &run("z", &[]));
    assert!(
        said.contains("there is no class \"x\"") && said.contains("row 6"),
        "{said}"
    );
    write(headlines(40).replace("STORY", "CLUSTER"));
    let said = refused(at, &run("z", &[]));
    assert!(said.contains("there is no column named story"), "{said}");
    write(headlines(3));
    let said = refused(at, &run("z", &["--set", "split=random"]));
    assert!(said.contains("too few texts"), "{said}");
    assert!(
        !at.join("z").exists(),
        "nothing is left of a run that did not begin"
    );
}

#[test]
fn odd_texts_are_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut text = headlines(200);
    // One row of a class, an empty text, one of a million letters, letters of other scripts.
    text = text.replace(",m,", ",b,");
    writeln!(text, "900,only one of its kind,m,s900").unwrap();
    writeln!(text, "901,,e,s901").unwrap();
    writeln!(text, "902,{},t,s902", "long ".repeat(200_000)).unwrap();
    writeln!(text, "903,東京 😀 ﷽ \u{200b}\u{fffd},t,s903").unwrap();
    std::fs::write(at.join("uci-news-aggregator.csv"), text).unwrap();
    let said = succeed(
        at,
        &run("out", &["--epochs", "1", "--set", "split=stratified"]),
    );
    assert!(said.contains("1 row has no text"), "{said}");
    let report = json(at.join("out/report.json"));
    assert!(report["metrics"]["accuracy"].as_f64().unwrap().is_finite());
}
