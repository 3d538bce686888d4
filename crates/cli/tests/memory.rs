//! The memory task on problems that are small enough to be solved here.

#[path = "support/stop.rs"]
mod stop;
mod support;

use serde_json::Value;
use std::path::Path;
use stop::{stop_once_saved, weights};
use support::{json, program, refused, succeed};

fn report(folder: &Path, run: &str) -> Value {
    json(folder.join(run).join("report.json"))
}

fn arguments<'a>(out: &'a str, settings: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["run", "memory", "--plain", "--out", out];
    args.extend(settings.iter().flat_map(|&setting| ["--set", setting]));
    args
}

fn run(folder: &Path, out: &str, settings: &[&str]) -> Value {
    succeed(folder, &arguments(out, settings));
    report(folder, out)
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

const ADDING: [&str; 6] = [
    "length=12",
    "d_hidden=32",
    "batch_size=20",
    "sequences=4000",
    "epochs=8",
    "learning_rate=0.01",
];

#[test]
fn adding_is_learned_and_a_saved_run_adds() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let read = run(at, "all", &ADDING);
    assert!(number(&read["metrics"]["mse"]) < 0.01, "{read}");
    assert!((number(&read["baselines"]["chance"]["mse"]) - 1.0 / 6.0).abs() < 1e-9);
    for name in ["elman", "lstm", "lstm_peephole"] {
        assert!(number(&read["baselines"][name]["mse"]) < 0.2, "{read}");
        assert!(number(&read["baselines"][name]["gradient_kept"]) > 0.0);
    }
    let page = std::fs::read_to_string(at.join("all/report.html")).unwrap();
    for part in [
        "What stays",
        "What vanishes",
        "Gates over a sequence",
        "forget gate",
        "update gate",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }

    let text = "0.1 0.9* 0.3 0.2 0.8 0.5 0.4 0.6* 0.1 0.9 0.2 0.7";
    let said = succeed(at, &["predict", "--model", "all", "--json", "--text", text]);
    let said: Value = serde_json::from_str(&said).unwrap();
    let gru = number(&said["answers"][0]["gru"]);
    assert!((gru - 1.5).abs() < 0.35, "{said}");

    // All networks are drawn, and the answer is said whatever becomes of the drawings.
    let args = [
        "predict",
        "--model",
        "all",
        "--figure",
        "gates.svg",
        "--text",
        text,
    ];
    let said = succeed(at, &args);
    assert!(said.contains("lstm peephole: forget gate"), "{said}");
    for at_ in 1..=8 {
        let name = match at_ {
            1 => "gates.svg".to_string(),
            _ => format!("gates-{at_}.svg"),
        };
        let drawing = std::fs::read_to_string(at.join(name)).unwrap();
        assert!(drawing.contains("gate"), "{drawing}");
    }
    assert!(!at.join("gates-9.svg").exists(), "3 + 3 + 2 gates");

    // The same sequences, written down, score as what they are.
    std::fs::write(at.join("one.txt"), format!("{text}\n")).unwrap();
    succeed(
        at,
        &[
            "evaluate", "--model", "all", "--input", "one.txt", "--out", "scored",
        ],
    );
    let scored = report(at, "scored");
    assert!(
        (number(&scored["metrics"]["mse"]) - (gru - 1.5).powi(2)).abs() < 1e-5,
        "{scored}"
    );
    assert_eq!(scored["data"]["test_items"], 1);
    let always_one = number(&scored["baselines"]["chance"]["mse"]);
    assert!((always_one - 0.25).abs() < 1e-6, "{scored}");
    for run in ["all", "scored"] {
        let page = std::fs::read_to_string(at.join(run).join("report.html")).unwrap();
        assert!(!page.contains("NaN"), "{run}");
        assert!(page.contains("the sum of two of 12 numbers"), "{run}");
    }
    std::fs::write(at.join("bad.txt"), "0.5* 0.25*\n\n").unwrap();
    let message = refused(at, &["evaluate", "--model", "all", "--input", "bad.txt"]);
    assert!(message.contains("the line is empty"), "{message}");
    let many = "0.1* ".repeat(258);
    let message = refused(at, &["predict", "--model", "all", "--text", &many]);
    assert!(
        message.contains("258 numbers have a star, not 2"),
        "{message}"
    );
}

#[test]
fn the_gradient_can_be_cut() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let short = [
        "length=12",
        "sequences=300",
        "d_hidden=8",
        "cells=lstm",
        "epochs=2",
    ];
    let whole = run(at, "whole", &short);
    let cut = run(at, "cut", &[&short[..], &["truncate=5"]].concat());
    assert_ne!(
        whole["metrics"], cut["metrics"],
        "five steps are not twelve"
    );
    let uncut = run(at, "uncut", &[&short[..], &["truncate=12"]].concat());
    assert!((number(&whole["metrics"]["mse"]) - number(&uncut["metrics"]["mse"])).abs() < 1e-5);
}

/// The first network is there by then, the others are not.
#[test]
fn a_run_stopped_in_its_second_network_goes_on_as_if_it_had_not_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let short = [
        "length=20",
        "sequences=2000",
        "d_hidden=16",
        "cells=all",
        "epochs=3",
    ];
    let whole = run(at, "whole", &short);
    stop_once_saved(
        program(at, &arguments("part", &short)),
        &at.join("part/checkpoints/lstm"),
    );
    assert!(!at.join("part/report.json").exists());
    succeed(
        at,
        &["run", "memory", "--plain", "--resume", "--out", "part"],
    );
    let part = report(at, "part");
    for figures in ["metrics", "baselines"] {
        assert_eq!(whole[figures], part[figures]);
    }
    assert!(weights(at.join("whole")) == weights(at.join("part")));
}

#[test]
fn symbols_are_copied() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let settings = [
        "problem=copy",
        "cells=gru",
        "length=3",
        "d_hidden=64",
        "sequences=4000",
        "batch_size=20",
        "epochs=15",
        "learning_rate=0.01",
    ];
    let read = run(at, "out", &settings);
    let (loss, chance) = (
        &read["metrics"]["log_loss"],
        &read["baselines"]["chance"]["log_loss"],
    );
    assert!(number(loss) < 0.5 * number(chance), "{read}");
    assert!(number(&read["metrics"]["accuracy"]) > 0.6, "{read}");
    assert_eq!(read["baselines"]["chance"]["accuracy"], 0.125);
    let said = succeed(at, &["predict", "--model", "out", "--text", "abcdefghab"]);
    let line = said.lines().nth(1).expect("an answer");
    assert!(line.contains('a'), "{said}");
}

/// A file of images: each digit is a column of light at its own place.
fn images(digits: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let head = |magic: u32, sizes: &[u32]| -> Vec<u8> {
        let numbers = [&[magic], sizes].concat();
        numbers.into_iter().flat_map(u32::to_be_bytes).collect()
    };
    let count = digits.len() as u32;
    let mut pixels = head(0x803, &[count, 28, 28]);
    for &digit in digits {
        let lit = |at: usize| at % 28 / 2 == usize::from(digit);
        pixels.extend((0..28 * 28).map(|at| if lit(at) { 250 } else { 0 }));
    }
    let mut labels = head(0x801, &[count]);
    labels.extend(digits);
    (pixels, labels)
}

#[test]
fn digits_are_told_apart_row_by_row_and_bad_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let write = |name: &str, count: usize| {
        let digits: Vec<u8> = (0..count).map(|at| (at * 7 % 10) as u8).collect();
        let (pixels, labels) = images(&digits);
        std::fs::create_dir_all(at.join("mnist")).unwrap();
        std::fs::write(at.join(format!("mnist/{name}-images-idx3-ubyte")), pixels).unwrap();
        std::fs::write(at.join(format!("mnist/{name}-labels-idx1-ubyte")), labels).unwrap();
    };
    write("train", 600);
    write("t10k", 50);
    let set = [
        "problem=mnist-rows",
        "d_hidden=24",
        "batch_size=20",
        "epochs=5",
        "dropout=0",
    ];
    let mut args = vec!["run", "memory", "--plain", "--data", ".", "--out", "out"];
    args.extend(set.iter().flat_map(|&one| ["--set", one]));
    succeed(at, &args);
    let read = report(at, "out");
    assert_eq!(read["metrics"]["accuracy"], 1.0, "{read}");
    assert_eq!(read["data"]["test_items"], 50);
    let file = "mnist/t10k-images-idx3-ubyte";
    let said = succeed(
        at,
        &["predict", "--model", "out", "--json", "--input", file],
    );
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["answers"][3]["lstm"], 1, "the fourth is 3 * 7 % 10");
    succeed(
        at,
        &[
            "evaluate", "--model", "out", "--input", file, "--out", "scored",
        ],
    );
    assert_eq!(report(at, "scored")["metrics"], {
        let mut metrics = read["metrics"].clone();
        let named = metrics.as_object_mut().expect("figures by name");
        named.retain(|name, _| !name.starts_with("gradient"));
        metrics
    });

    let both = [
        &args[..6],
        &["both", "--set", "bidirectional=true"],
        &args[7..],
    ]
    .concat();
    succeed(at, &both);
    let both = report(at, "both");
    assert!(both["metrics"].get("gradient_kept").is_none(), "{both}");
    assert!(at.join("out/gradients.svg").exists());
    assert!(!at.join("both/gradients.svg").exists(), "there are none");

    let labels = "mnist/t10k-labels-idx1-ubyte";
    let whole = std::fs::read(at.join(labels)).unwrap();
    let mut odd = whole.clone();
    odd[8 + 4] = 10;
    std::fs::write(at.join(labels), odd).unwrap();
    let message = refused(at, &["evaluate", "--model", "out", "--input", file]);
    assert!(message.contains("10 is no digit"), "{message}");
    assert!(message.contains("labels-idx1-ubyte, row 5"), "{message}");
    std::fs::write(at.join(labels), whole).unwrap();
    let few = [
        "run",
        "memory",
        "--data",
        ".",
        "--set",
        "problem=mnist-rows",
        "--limit",
        "9",
    ];
    let message = refused(at, &few);
    assert!(
        message.contains("9 images leave none to validate on"),
        "{message}"
    );

    let whole = std::fs::read(at.join(file)).unwrap();
    std::fs::write(at.join(file), &whole[..2_000]).unwrap();
    let message = refused(at, &["evaluate", "--model", "out", "--input", file]);
    assert!(
        message.contains("the file ends after 2 of 50 images"),
        "{message}"
    );
    assert!(message.contains("t10k-images-idx3-ubyte"), "{message}");
}
