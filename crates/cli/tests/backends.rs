//! A run trained on one backend answers alike on every other that is built in.

use serde_json::Value;
use std::path::Path;

/// Rounding of single precision through a whole model.
const TOLERANCE: f64 = 1e-4;

const BACKENDS: &[&str] = &[
    #[cfg(feature = "flex")]
    "flex",
    #[cfg(feature = "ndarray")]
    "ndarray",
    #[cfg(feature = "tch")]
    "tch",
    #[cfg(feature = "wgpu")]
    "wgpu",
];

fn rekindle(folder: &Path, args: &[&str]) -> String {
    let mut command = assert_cmd::Command::cargo_bin("rekindle").expect("it was built");
    let output = command
        .current_dir(folder)
        .env("REKINDLE_OFFLINE", "1")
        .env("REKINDLE_DATA", folder)
        .args(args)
        .output()
        .expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// All numbers of a prediction, in order.
fn numbers(value: &Value, all: &mut Vec<f64>) {
    match value {
        Value::Number(number) => all.extend(number.as_f64()),
        Value::Array(values) => values.iter().for_each(|value| numbers(value, all)),
        Value::Object(values) => values.values().for_each(|value| numbers(value, all)),
        _ => {}
    }
}

fn headlines() -> String {
    let subjects = [
        "bank stock market",
        "phone chip robot",
        "film star song",
        "virus doctor drug",
    ];
    let mut text = "ID,TITLE,CATEGORY,STORY\n".to_string();
    for at in 0..400_usize {
        let words: Vec<&str> = subjects[at % 4].split(' ').collect();
        let (one, other) = (words[at % 3], words[(at / 3) % 3]);
        let class = ["b", "t", "e", "m"][at % 4];
        text += &format!(
            "{at},the {one} and {other} of day {},{class},s{}\n",
            at % 7,
            at / 2
        );
    }
    text
}

#[test]
fn a_run_moves_between_all_backends() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    std::fs::create_dir(at.join("news")).expect("a folder");
    std::fs::write(at.join("news/uci-news-aggregator.csv"), headlines()).expect("written");
    for &from in BACKENDS {
        let run = [
            "run",
            "news",
            "--backend",
            from,
            "--out",
            from,
            "--plain",
            "--epochs",
            "1",
            "--set",
            "embeddings=none",
            "--set",
            "d_embedding=16",
            "--set",
            "d_hidden=16",
            "--set",
            "cell=gru",
        ];
        rekindle(at, &run);
        let answers: Vec<Vec<f64>> = BACKENDS
            .iter()
            .map(|to| {
                let ask = [
                    "predict",
                    "--model",
                    from,
                    "--backend",
                    to,
                    "--json",
                    "--text",
                    "the bank and doctor",
                    "a song",
                    "unheard of",
                ];
                let said = serde_json::from_str(&rekindle(at, &ask)).expect("JSON");
                let mut all = Vec::new();
                numbers(&said, &mut all);
                all
            })
            .collect();
        assert!(answers[0].len() >= 12, "{answers:?}");
        for (to, answer) in BACKENDS.iter().zip(&answers) {
            assert_eq!(answer.len(), answers[0].len());
            for (one, other) in answer.iter().zip(&answers[0]) {
                assert!(
                    (one - other).abs() < TOLERANCE,
                    "{from} on {to}: {one}, not {other}"
                );
            }
        }
    }
}
