//! A run trained on one backend answers, and trains on, alike on every other that is built in.

#[path = "support/small_data.rs"]
mod small_data;
#[path = "support/stop.rs"]
mod stop;
mod support;

use serde_json::Value;
use small_data::{headlines, questions, reviews, weather, write_captions};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use stop::{stop_once_saved, weights};
use support::{finished, json, program, said};

/// Burn on CUDA, as cuDNN, multiplies numbers cut to eleven bits.
fn cuts(backend: &str) -> bool {
    ["cuda", "tch-cuda"].contains(&backend)
}

/// Rounding of a whole model in single precision.
fn rounding(backend: &str) -> f64 {
    if cuts(backend) { 2e-3 } else { 1e-4 }
}

/// Those of the build; LibTorch on a GPU too where the environment says that there is one.
static BACKENDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut all = [
        #[cfg(feature = "flex")]
        "flex",
        #[cfg(feature = "ndarray")]
        "ndarray",
        #[cfg(feature = "tch")]
        "tch",
        #[cfg(feature = "cuda")]
        "cuda",
        #[cfg(feature = "wgpu")]
        "wgpu",
    ]
    .to_vec();
    let asked = std::env::var_os("REKINDLE_TEST_TCH_CUDA").is_some_and(|value| value == "1");
    if cfg!(feature = "tch") && asked {
        all.push("tch-cuda");
    }
    all
});

/// With the data of the folder, and at home, where drivers keep the kernels they compiled.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = program(folder, args);
    command.env("REKINDLE_DATA", folder);
    for name in ["HOME", "XDG_CACHE_HOME"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
}

fn rekindle(folder: &Path, args: &[&str]) -> String {
    said(command(folder, args))
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

#[test]
fn a_run_moves_between_all_backends() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    std::fs::create_dir(at.join("news")).expect("a folder");
    std::fs::write(at.join("news/uci-news-aggregator.csv"), headlines(400)).expect("written");
    for &from in BACKENDS.iter() {
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
                    (one - other).abs() < rounding(to),
                    "{from} on {to}: {one}, not {other}"
                );
            }
        }
    }
}

/// Rounding over fifty updates, as a share of the loss.
fn drift(backend: &str) -> f64 {
    if cuts(backend) { 1e-2 } else { 2e-3 }
}

/// Mean losses of the last epoch, on the training and on the validation part.
fn last_losses(run: &Path) -> [f64; 2] {
    let table = std::fs::read_to_string(run.join("metrics.csv")).expect("it was written");
    let last = table.lines().last().expect("an epoch");
    let fields: Vec<&str> = last.split(',').collect();
    assert_eq!(fields[0], "2", "{table}");
    [1, 2].map(|at| fields[at].parse().expect("a number"))
}

#[test]
fn every_task_trains_alike_on_all_backends() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    for (file, table) in [
        ("uci-news-aggregator.csv", headlines(360)),
        ("imdb/train.csv", reviews(280)),
        ("imdb/test.csv", reviews(40)),
        ("quora/train.csv", questions(360)),
        ("weather/weatherAUS.csv", weather(450)),
    ] {
        let file = at.join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, table).expect("written");
    }
    write_captions(at, [250, 20, 9]);
    let text = "batch_size=5 embeddings=none d_embedding=12 d_hidden=9 wide=false word_dropout=0 \
                spatial_dropout=0 dropout=0 min_count=1";
    // Fifty steps an epoch; dropout is left out, for every backend draws its own.
    for (task, settings) in [
        (
            "stock-forecast",
            "batch_size=8 windows_per_epoch=400 dropout=0".to_string(),
        ),
        ("news", text.to_string()),
        ("imdb", format!("{text} cell=gru")),
        ("quora", format!("{text} cell=lstm-peephole")),
        (
            "weather",
            "repeats=1 batch_size=5 d_hidden=9 lookback=5 dropout=0".to_string(),
        ),
        (
            "translate",
            "batch_size=5 d_embedding=8 d_hidden=10 embedding_dropout=0 memory_dropout=0 \
             layer_dropout=0 output_dropout=0 max_length=12"
                .to_string(),
        ),
        (
            "memory",
            "length=12 sequences=250 batch_size=5 d_hidden=9".to_string(),
        ),
    ] {
        let mut first = vec![
            "run",
            task,
            "--backend",
            BACKENDS[0],
            "--plain",
            "--epochs",
            "1",
        ];
        first.extend(settings.split_whitespace().flat_map(|one| ["--set", one]));
        let mut curves = Vec::new();
        for backend in BACKENDS.iter() {
            let out = format!("{task}-{backend}");
            rekindle(at, &[&first[..], &["--out", &out]].concat());
            let more = ["--resume", "--backend", backend, "--plain", "--epochs", "2"];
            rekindle(at, &[&["run", task, "--out", &out], &more[..]].concat());
            curves.push(last_losses(&at.join(&out)));
        }
        for (backend, curve) in BACKENDS.iter().zip(&curves) {
            for (one, other) in curve.iter().zip(&curves[0]) {
                let near = (one - other).abs() < drift(backend) * other.abs();
                assert!(near, "{task} on {backend}: {curve:?}, not {:?}", curves[0]);
            }
            println!("{task} on {backend}: {curve:?}");
        }
    }
}

#[test]
fn a_stopped_run_goes_on_as_if_it_had_not_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    for backend in BACKENDS.iter() {
        let [whole, part] = ["whole", "part"].map(|out| format!("{backend}-{out}"));
        let sizes = "d_hidden=8 lookback=20 epochs=6 batch_size=16";
        let run = |out| {
            let mut run = vec!["run", "stock-forecast", "--backend", backend, "--out", out];
            run.extend(["--limit", "1500", "--seed", "7"]);
            run.extend(sizes.split(' ').flat_map(|one| ["--set", one]));
            run
        };
        rekindle(at, &run(&whole));
        stop_once_saved(
            command(at, &run(&part)),
            &at.join(&part).join("checkpoints"),
        );
        assert!(!at.join(&part).join("report.json").exists());
        rekindle(at, &["run", "stock-forecast", "--out", &part, "--resume"]);
        let [whole, part] = [whole, part].map(|out| at.join(out));
        let [figures, again] = [&whole, &part].map(|run| json(run.join("report.json")));
        assert_eq!(figures["metrics"], again["metrics"], "{backend}");
        assert!(
            weights(whole) == weights(part),
            "{backend}: other weights in the last bits"
        );
    }
}

#[test]
fn a_run_goes_on_where_it_began() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    for backend in BACKENDS.iter() {
        forecast(at, backend, &["--backend", backend]);
        let resume = ["--resume", "--out", backend, "--plain", "--epochs", "3"];
        let said = rekindle(at, &[&["run", "stock-forecast"], &resume[..]].concat());
        assert!(said.starts_with(&format!("backend: {backend}\n")), "{said}");
    }
    let config = at.join(BACKENDS[0]).join("config.toml");
    let text = std::fs::read_to_string(&config).expect("read");
    let [began, elsewhere] = [BACKENDS[0], "elsewhere"].map(|name| format!("backend = \"{name}\""));
    assert_eq!(text.matches(&began).count(), 1, "{text}");
    std::fs::write(&config, text.replace(&began, &elsewhere)).expect("written");
    // As where a run was made on another machine: what it says is what was written.
    std::fs::remove_file(at.join(BACKENDS[0]).join("SHA256SUMS")).expect("removed");
    let resume = ["--resume", "--out", BACKENDS[0], "--plain", "--epochs", "4"];
    let resume = [&["run", "stock-forecast"], &resume[..]].concat();
    let refused = finished(command(at, &resume));
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{error}");
    for says in ["there is no backend named elsewhere", "--backend NAME"] {
        assert!(error.contains(says), "{error}");
    }
    let named = [&resume[..], &["--backend", BACKENDS[0]]].concat();
    let said = rekindle(at, &named);
    assert!(said.starts_with("backend: "), "{said}");
}

/// At the end of an epoch its losses are read by one thread while another still reads the last ones.
#[test]
fn epochs_of_few_steps_end_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    write_captions(at, [60, 60, 2]);
    let settings = "batch_size=20 d_embedding=16 d_hidden=16 max_length=12 beam=1 patience=10";
    for backend in BACKENDS.iter() {
        let mut run = vec!["run", "translate", "--backend", backend, "--out", backend];
        run.extend(["--plain", "--epochs", "10"]);
        run.extend(settings.split(' ').flat_map(|one| ["--set", one]));
        let lines = rekindle(at, &run);
        let epochs = lines.lines().filter(|line| line.starts_with("epoch"));
        assert_eq!(epochs.count(), 10, "{lines}");
    }
}

/// Training on the embedded sample for two epochs of fifty steps of 16 windows.
fn forecasting<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let base = [
        "run",
        "stock-forecast",
        "--plain",
        "--epochs",
        "2",
        "--out",
        out,
    ];
    let steps = ["--set", "windows_per_epoch=800", "--set", "dropout=0"];
    [&base[..], &steps, more].concat()
}

fn forecast(folder: &Path, out: &str, more: &[&str]) -> [f64; 2] {
    rekindle(folder, &forecasting(out, more));
    last_losses(&folder.join(out))
}

#[test]
fn two_devices_are_one_with_the_double_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    // 800 windows: a last batch of 32 beside those of 48, and none beside those of 32.
    for (half, whole) in [("24", "48"), ("16", "32")] {
        let one = ["--set", &format!("batch_size={whole}")];
        let two = ["--devices", "0,1", "--set", &format!("batch_size={half}")];
        let one = forecast(at, &format!("one-{whole}"), &one);
        let two = forecast(at, &format!("two-{half}"), &two);
        for (two, one) in two.iter().zip(&one) {
            assert!((two - one).abs() < 1e-5 * one, "{two}, not {one}");
        }
    }
}

/// Whether a backend computes in half precision; a GPU is free to.
fn has_half(backend: &str) -> Option<bool> {
    match backend {
        "ndarray" => Some(false),
        "wgpu" | "cuda" | "tch-cuda" => None,
        _ => Some(true),
    }
}

#[test]
fn half_precision_trains_nearly_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    for &backend in BACKENDS.iter() {
        let base = ["--backend", backend, "--set", "batch_size=16", "--set"];
        let out = |precision: &str| format!("{backend}-{precision}");
        let single_out = out("f32");
        let single = [&base[..], &["precision=f32"]].concat();
        let single = forecast(at, &single_out, &single);
        for precision in ["f16", "bf16"] {
            let (out, setting) = (out(precision), format!("precision={precision}"));
            let half = [&base[..], &[&setting]].concat();
            let output = finished(command(at, &forecasting(&out, &half)));
            let error = String::from_utf8_lossy(&output.stderr);
            let computed = output.status.success();
            let says = format!("the backend {backend} does not compute in {precision}");
            assert!(computed || error.contains(&says), "{error}");
            assert_eq!(computed, has_half(backend).unwrap_or(computed), "{error}");
            if !computed {
                continue;
            }
            let same = weights(at.join(&out)) == weights(at.join(&single_out));
            assert!(!same, "{precision} on {backend} is single precision");
            let half = last_losses(&at.join(&out));
            for (half, single) in half.iter().zip(&single) {
                let near = (half - single).abs() < 0.02 * single;
                assert!(near, "{precision} on {backend}: {half}, not {single}");
            }
        }
    }
}

/// Not the words of the system's loader, which come before any of ours.
#[test]
#[cfg(all(feature = "tch", target_os = "linux"))]
fn what_to_set_is_said_where_libtorch_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let library = at.join("old/lib/libtorch_cpu.so");
    std::fs::create_dir_all(library.with_file_name("")).expect("a folder");
    std::fs::write(library, "").expect("written");
    std::fs::write(at.join("old/build-version"), "1.13.1").expect("written");
    let help = "set LIBTORCH to the folder of LibTorch ";
    for (libtorch, says) in [
        ("nowhere", "LIBTORCH=nowhere has no lib/libtorch_cpu.so"),
        ("old", "LIBTORCH=old is LibTorch 1.13.1, not "),
    ] {
        let mut doctor = program(at, &["doctor"]);
        doctor.env("LIBTORCH", libtorch);
        let refused = finished(doctor);
        let error = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{error}");
        assert!(error.contains(says) && error.contains(help), "{error}");
    }
    // Beside nothing, as a copy of it alone would be.
    let alone = at.join("rekindle");
    let whole = program(at, &[]).get_program().to_owned();
    std::fs::hard_link(&whole, &alone)
        .or_else(|_| std::fs::copy(&whole, &alone).map(drop))
        .expect("a copy");
    let refused = finished(Command::new(alone));
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{error}");
    assert!(error.contains("rekindle-libtorch is missing"), "{error}");
}

#[test]
#[cfg(all(feature = "tch", target_os = "linux"))]
fn libtorch_is_found_where_the_build_found_it_or_where_it_is_named() {
    const ASKED: [&str; 3] = ["LD_LIBRARY_PATH", "LIBTORCH", "LIBTORCH_USE_PYTORCH"];
    let folder = tempfile::tempdir().expect("a folder");
    let plain = || {
        let mut tasks = program(folder.path(), &["tasks"]);
        for name in ASKED {
            tasks.env_remove(name);
        }
        tasks
    };
    assert!(said(plain()).contains("stock-forecast"));
    if let Some(libtorch) = std::env::var_os("LIBTORCH") {
        let mut named = plain();
        named.env("LIBTORCH", libtorch);
        assert!(said(named).contains("stock-forecast"));
    }
}
