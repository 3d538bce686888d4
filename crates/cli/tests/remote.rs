//! Workers, as processes of their own on this machine: they train as one device does, and may die.
#![cfg(feature = "remote")]

#[allow(dead_code)] // only headlines are wanted
#[path = "support/small_data.rs"]
mod small_data;
#[path = "support/stop.rs"]
mod stop;
mod support;

use small_data::headlines;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use stop::{stop_once_saved, weights};
use support::{finished, program, refused, said};

/// A worker, killed when it is dropped.
struct Worker {
    child: Child,
    address: String,
}

impl Worker {
    /// Starts one on a free port.
    fn start(folder: &Path) -> Self {
        let mut command = program(folder, &["worker", "--port", "0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().expect("a pipe"));
        said.read_line(&mut line).expect("a line");
        let address = line
            .strip_prefix("worker: ")
            .and_then(|line| line.trim().strip_suffix(", 1 of flex"))
            .unwrap_or_else(|| panic!("{line}"));
        Self {
            address: address.to_string(),
            child,
        }
    }

    /// Its device, as `--devices` names it.
    fn device(&self) -> String {
        format!("{}/0", self.address)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = program(folder, args);
    command.env("REKINDLE_DATA", folder);
    command
}

/// Words of a run, its settings with one of their own each.
fn words<'a>(task: &'a str, out: &'a str, settings: &'a str) -> Vec<&'a str> {
    let mut words = vec!["run", task, "--plain", "--out", out];
    words.extend(settings.split_whitespace().flat_map(|one| ["--set", one]));
    words
}

/// Mean losses of every epoch, on the training and on the validation part.
fn losses(run: &Path) -> Vec<[f64; 2]> {
    let table = std::fs::read_to_string(run.join("metrics.csv")).expect("it was written");
    let numbers = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        [1, 2].map(|at| fields[at].parse().expect("a number"))
    };
    table.lines().skip(1).map(numbers).collect()
}

const FORECAST: &str = "windows_per_epoch=400 d_hidden=8 lookback=20";

#[test]
fn two_workers_are_one_device_with_the_double_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    std::fs::write(at.join("uci-news-aggregator.csv"), headlines(360)).expect("written");
    let workers = [Worker::start(at), Worker::start(at)];
    let [first, second] = [&workers[0], &workers[1]].map(Worker::device);
    let text = "embeddings=none d_embedding=12 d_hidden=9 wide=false word_dropout=0 spatial_dropout=0 \
                dropout=0 min_count=1";
    let forecast = format!("{FORECAST} dropout=0");
    for (task, settings) in [("stock-forecast", &forecast[..]), ("news", text)] {
        let run = |out: &str, batch_size: usize, devices: &str| {
            let settings = format!("{settings} batch_size={batch_size}");
            let more = ["--epochs", "2", "--devices", devices];
            said(command(
                at,
                &[&words(task, out, &settings)[..], &more].concat(),
            ));
            losses(&at.join(out))
        };
        let one = run(&format!("{task}-one"), 24, "0");
        assert_eq!(one.len(), 2);
        for (name, devices) in [
            ("two", format!("{first},{second}")),
            ("mixed", format!("{first},0")),
        ] {
            let two = run(&format!("{task}-{name}"), 12, &devices);
            for (two, one) in two.iter().flatten().zip(one.iter().flatten()) {
                assert!((two - one).abs() < 1e-4, "{task} {name}: {two}, not {one}");
            }
        }
    }
}

#[test]
fn a_run_on_workers_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let workers = [Worker::start(at), Worker::start(at)];
    let [first, second] = [&workers[0], &workers[1]].map(Worker::device);
    let devices = format!("{first},0,{second}");
    let settings = format!("{FORECAST} batch_size=8 dropout=0.3");
    let more = ["--epochs", "4", "--devices", &devices];
    let run = |out| {
        command(
            at,
            &[&words("stock-forecast", out, &settings)[..], &more].concat(),
        )
    };
    said(run("whole"));
    stop_once_saved(run("parts"), &at.join("parts/checkpoints"));
    let resume = [
        "run",
        "stock-forecast",
        "--plain",
        "--resume",
        "--out",
        "parts",
    ];
    said(command(at, &[&resume[..], &more].concat()));
    assert_eq!(weights(at.join("parts")), weights(at.join("whole")));
}

#[test]
fn a_run_outlives_a_worker() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let (kept, mut killed) = (Worker::start(at), Worker::start(at));
    let devices = format!("{},{}", kept.device(), killed.device());
    let settings = format!("{FORECAST} batch_size=8");
    let more = ["--epochs", "500", "--devices", &devices];
    let mut run = command(
        at,
        &[&words("stock-forecast", "run", &settings)[..], &more].concat(),
    );
    let run = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let run = run.expect("it starts");
    let checkpoints = at.join("run/checkpoints");
    let last = || {
        let entries = std::fs::read_dir(&checkpoints)
            .into_iter()
            .flatten()
            .flatten();
        let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.find(|name| name.starts_with("last-"))
    };
    while last().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    killed.child.kill().expect("it runs");
    let output = run.wait_with_output().expect("it ends");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    let what = format!(
        "error: the worker {} does not answer any more\n",
        killed.address
    );
    assert!(error.starts_with(&what), "{error}");
    assert_eq!(error.lines().count(), 2, "{error}");
    assert!(error.contains("--resume --out run"), "{error}");

    let saved = last().expect("a checkpoint");
    let epoch = saved
        .split('-')
        .nth(1)
        .expect("an epoch")
        .trim_start_matches('0');
    let left = kept.device();
    let resume = [
        "run",
        "stock-forecast",
        "--plain",
        "--resume",
        "--out",
        "run",
    ];
    let more = ["--epochs", epoch, "--devices", &left];
    said(command(at, &[&resume[..], &more].concat()));
    assert_eq!(losses(&at.join("run")).len().to_string(), epoch);
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let mut worker = Worker::start(at);
    let run = |devices: &str, more: &[&str]| {
        refused(
            at,
            &[&["run", "stock-forecast", "--devices", devices], more].concat(),
        )
    };
    let address = &worker.address;
    let lacks = run(&format!("{address}/1"), &[]);
    assert!(
        lacks.contains(&format!("the worker {address} has no device 1")),
        "{lacks}"
    );
    assert!(lacks.contains("there are 1, from 0"), "{lacks}");
    let half = run(&worker.device(), &["--set", "precision=bf16"]);
    assert!(
        half.contains("workers compute in single precision alone"),
        "{half}"
    );
    let port = address.rsplit(':').next().expect("a port");
    let taken = refused(at, &["worker", "--port", port]);
    assert!(
        taken.contains(&format!("cannot listen on {address}")),
        "{taken}"
    );

    let interrupted = Command::new("kill")
        .args(["-INT", &worker.child.id().to_string()])
        .status();
    assert!(interrupted.expect("it runs").success());
    assert_eq!(worker.child.wait().expect("it ends").code(), Some(0));

    let nobody = worker.device();
    let output = finished(program(
        at,
        &["run", "stock-forecast", "--devices", &nobody],
    ));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains(&format!("cannot reach the worker {}", worker.address)),
        "{error}"
    );
}
