//! A run on the embedded sample, and everything that can be done with it.

mod support;

use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use support::{json, program, succeed};

const SMALL: [&str; 8] = [
    "--limit",
    "1500",
    "--set",
    "d_hidden=8",
    "--set",
    "lookback=20",
    "--seed",
    "7",
];

fn run(folder: &Path, out: &str, more: &[&str]) -> String {
    succeed(
        folder,
        &[&["run", "stock-forecast", "--out", out], &SMALL[..], more].concat(),
    )
}

#[test]
fn a_run_can_be_evaluated_predicted_compared_and_moved() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let said = run(at, "run", &["--epochs", "3"]);
    assert!(said.contains("embedded sample"), "{said}");
    for file in [
        "config.toml",
        "report.json",
        "report.html",
        "metrics.csv",
        "model.safetensors",
        "inference.json",
        "baselines.json",
        "history.csv",
        "checkpoints",
    ] {
        assert!(at.join("run").join(file).exists(), "{file}");
    }
    let report = json(at.join("run/report.json"));
    assert_eq!(report["task"], "stock-forecast");
    assert_eq!(report["backend"], "flex");
    assert_eq!(report["train"]["epochs"], 3);
    for name in [
        "rmse",
        "mae",
        "mase",
        "rmse_skill",
        "pinball",
        "pinball_skill",
        "coverage_80",
    ] {
        assert!(report["metrics"][name].is_f64(), "{name} in {report}");
    }
    for name in [
        "persistence",
        "drift",
        "seasonal_naive",
        "moving_average",
        "ridge",
    ] {
        assert!(report["baselines"][name]["rmse"].is_f64(), "{name}");
    }
    let html = std::fs::read_to_string(at.join("run/report.html")).unwrap();
    assert!(html.contains("<svg") && !html.contains("src=\"http"));

    // Another machine, another backend: the same figures on the same file.
    std::fs::rename(at.join("run"), at.join("moved")).unwrap();
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tasks/datasets/samples/sp500-2000.csv"
    );
    let mut figures = Vec::new();
    let backends = [
        "flex",
        if cfg!(feature = "ndarray") {
            "ndarray"
        } else {
            "flex"
        },
    ];
    for (at_backend, backend) in backends.iter().enumerate() {
        let out = format!("evaluation-{at_backend}");
        let args = [
            "evaluate", "--model", "moved", "--input", sample, "--out", &out,
        ];
        succeed(at, &[&args[..], &["--backend", backend]].concat());
        let report = json(at.join(out).join("report.json"));
        figures.push((
            report["metrics"]["pinball"].as_f64().unwrap(),
            report["metrics"].clone(),
        ));
    }
    assert!(
        (figures[0].0 / figures[1].0 - 1.0).abs() < 1e-4,
        "{figures:?}"
    );
    let pinball = report["metrics"]["pinball"].as_f64().unwrap();
    assert!(
        (figures[0].0 / pinball - 1.0).abs() < 1e-3,
        "{pinball} {figures:?}"
    );

    let answer = succeed(
        at,
        &["predict", "--model", "moved", "--input", sample, "--json"],
    );
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let days = answer["forecasts"][0]["forecast"].as_array().unwrap();
    assert_eq!(days.len(), 5);
    for day in days {
        let quantiles: Vec<f64> = ["0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"]
            .iter()
            .map(|level| day["quantiles"][level].as_f64().unwrap())
            .collect();
        assert!(quantiles.is_sorted(), "{quantiles:?}");
    }
    let table = succeed(at, &["compare", "moved", "moved"]);
    assert!(table.contains("pinball_skill"), "{table}");
}

#[test]
fn folds_level_target_and_recursive_strategy_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    run(at, "folds", &["--epochs", "1", "--set", "folds=2"]);
    run(at, "level", &["--epochs", "1", "--set", "target=level"]);
    run(
        at,
        "recursive",
        &[
            "--epochs",
            "1",
            "--set",
            "strategy=recursive",
            "--set",
            "cell=lstm",
        ],
    );
    let windows = |run: &str| json(at.join(run).join("report.json"))["data"]["test_items"].clone();
    assert_eq!(windows("level"), windows("recursive"));
}

#[test]
fn a_reader_that_goes_does_not_end_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = [
        &["run", "stock-forecast", "--epochs", "1", "--out", "out"],
        &SMALL[..],
    ]
    .concat();
    let mut child = program(folder.path(), &run)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert!(folder.path().join("out/report.html").is_file());
}
