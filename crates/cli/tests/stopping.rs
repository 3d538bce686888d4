//! What happens when a run is stopped, when nobody listens, and when a run is refused.

#[allow(dead_code)] // these tests need little of it
#[path = "support/small_data.rs"]
mod small_data;
#[allow(dead_code)]
#[path = "support/stop.rs"]
mod stop;
mod support;

use small_data::{headlines, questions};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use stop::weights;
use support::{finished, program, refused, succeed};

const SMALL: [&str; 10] = [
    "--set",
    "embeddings=none",
    "--set",
    "d_embedding=8",
    "--set",
    "d_hidden=6",
    "--set",
    "batch_size=8",
    "--set",
    "min_count=1",
];

fn news() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("uci-news-aggregator.csv");
    fs::write(table, headlines(400)).expect("written");
    folder
}

fn train<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let start = ["run", "news", "--data", ".", "--plain", "--out", out];
    [&start[..], &SMALL, more].concat()
}

fn is_empty_or_gone(path: &Path) -> bool {
    fs::read_dir(path).map_or(true, |mut entries| entries.next().is_none())
}

/// Waits for a checkpoint, sends a signal, and gives the exit code.
fn signalled(mut run: Command, checkpoints: &Path, signal: &str) -> Option<i32> {
    let mut child = run.stdout(Stdio::null()).spawn().expect("it starts");
    while is_empty_or_gone(checkpoints) {
        assert!(child.try_wait().expect("a child").is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.expect("kill is there").success());
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        if Instant::now() > until {
            child.kill().expect("killed");
            panic!("{signal} was lost");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_saves_and_stops_even_where_nobody_listens() {
    let folder = news();
    let at = folder.path();
    for signal in ["-INT", "-TERM", "-HUP"] {
        for gone in ["a closed pipe", "a full disk"] {
            let mut run = program(
                at,
                &train("run", &["--epochs", "2000", "--set", "patience=2000"]),
            );
            match gone {
                "a closed pipe" => {
                    // Its reader is dropped here.
                    let (_, writer) = std::io::pipe().expect("a pipe");
                    run.stderr(writer);
                }
                _ => {
                    run.stderr(
                        File::options()
                            .write(true)
                            .open("/dev/full")
                            .expect("a device"),
                    );
                }
            }
            let code = signalled(run, &at.join("run/checkpoints"), signal);
            assert_eq!(code, Some(130), "{signal} with {gone}");
            fs::remove_dir_all(at.join("run")).expect("removed");
        }
    }
}

#[test]
fn the_advice_after_an_interrupt_can_be_put_behind_the_command() {
    let folder = news();
    let at = folder.path();
    // The task settles 0 by the number of items.
    let more = [
        "--seed",
        "4",
        "--limit",
        "300",
        "--epochs",
        "3",
        "--set",
        "batch_size=0",
    ];
    succeed(at, &train("whole", &more));
    let mut run = program(at, &train("part", &more));
    run.stderr(Stdio::null());
    assert_eq!(
        signalled(run, &at.join("part/checkpoints"), "-INT"),
        Some(130)
    );
    for (other, said) in [
        (["--seed", "5"], "--seed 4, not 5"),
        (["--limit", "200"], "--limit 300, not 200"),
        (["--set", "d_hidden=7"], "d_hidden=6, not 7"),
    ] {
        let other = [
            &["run", "news", "--data", ".", "--resume", "--out", "part"],
            &other[..],
        ];
        let message = refused(at, &other.concat());
        assert!(message.contains(said), "{message}");
    }
    // The very words of the message, after the very command.
    let advice = ["--resume", "--out", "part"];
    succeed(at, &[&train("part", &more)[..], &advice].concat());
    assert_eq!(weights(at.join("part")), weights(at.join("whole")));
}

#[cfg(target_os = "linux")]
#[test]
fn only_a_closed_pipe_is_quiet() {
    let folder = tempfile::tempdir().expect("a folder");
    for args in [
        &["tasks"][..],
        &["--help"],
        &["settings", "news"],
        &["doctor"],
    ] {
        let mut full = program(folder.path(), args);
        full.stdout(
            File::options()
                .write(true)
                .open("/dev/full")
                .expect("a device"),
        );
        let output = finished(full);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("cannot write to standard output"), "{said}");
        assert!(said.contains("No space left"), "{said}");

        let (_, writer) = std::io::pipe().expect("a pipe");
        let mut closed = program(folder.path(), args);
        closed.stdout(writer);
        let output = finished(closed);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), said.as_str()),
            (Some(0), ""),
            "{args:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn answers_that_are_lost_end_predict_with_an_error() {
    let run = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runs/news");
    let folder = tempfile::tempdir().expect("a folder");
    for form in [&[][..], &["--json"], &["--jsonl"], &["--csv"]] {
        let ask = ["predict", "--model", run, "--text", "a", "b", "c"];
        let mut full = program(folder.path(), &[&ask[..], form].concat());
        full.stdout(
            File::options()
                .write(true)
                .open("/dev/full")
                .expect("a device"),
        );
        assert_eq!(finished(full).status.code(), Some(1), "{form:?}");
    }
}

#[test]
fn a_refused_run_leaves_no_folder() {
    let folder = news();
    let at = folder.path();
    for more in [
        &["--set", "precision=f16"][..],
        &["--set", "embeddings=none.txt"],
        &["--set", "embeddings=glove"],
        &["--set", "d_hidden=0"],
        &["--set", "text=nowhere"],
        &["--data", "nowhere"],
        &["--limit", "1"],
    ] {
        let args = [&["run", "news", "--data", ".", "--out", "out/run"], more].concat();
        let output = finished(program(at, &args));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{more:?}: {said}");
        assert!(!at.join("out/run").exists(), "{more:?} leaves a folder");
    }
}

#[test]
fn a_full_folder_is_refused_before_data_are_read() {
    let folder = news();
    let at = folder.path();
    fs::create_dir(at.join("full")).expect("made");
    fs::write(at.join("full/thesis.tex"), "mine").expect("written");
    // The data are not there, which would be said first.
    let said = refused(at, &["run", "news", "--data", "nowhere", "--out", "full"]);
    assert!(said.contains("the output folder is not empty"), "{said}");
}

#[test]
fn what_is_left_of_a_first_moment_is_no_obstacle() {
    let folder = news();
    let at = folder.path();
    for (out, more) in [
        ("new", &["--epochs", "1"][..]),
        ("resumed", &["--epochs", "1", "--resume"]),
    ] {
        fs::create_dir(at.join(out)).expect("made");
        for name in [".partial-x", ".lock"] {
            fs::write(at.join(out).join(name), "half").expect("written");
        }
        let said = succeed(at, &train(out, more));
        if out == "resumed" {
            assert!(said.contains("starts from the beginning"), "{said}");
        }
        let entries = fs::read_dir(at.join(out)).expect("a folder");
        let mut names = entries.map(|entry| entry.expect("one").file_name());
        assert!(names.all(|name| !name.to_string_lossy().starts_with('.')));
    }
    assert_eq!(weights(at.join("new")), weights(at.join("resumed")));
    let said = refused(at, &train("gone", &["--resume"]));
    assert!(said.contains("there is no run to go on with"), "{said}");
}

#[test]
fn other_data_or_another_task_are_refused_before_anything_is_written() {
    let folder = news();
    let at = folder.path();
    succeed(at, &train("run", &["--epochs", "1"]));
    let before = contents(&at.join("run"));
    let again = train("run", &["--resume", "--epochs", "2"]);

    let table = at.join("uci-news-aggregator.csv");
    let mut changed = fs::read_to_string(&table).expect("there");
    changed += "9999,a brand new word,b,s9\n";
    fs::write(&table, changed).expect("written");
    let said = refused(at, &again);
    assert!(said.contains("uci-news-aggregator.csv had"), "{said}");

    fs::write(at.join("other.csv"), headlines(400)).expect("written");
    let other = [
        "run",
        "news",
        "--data",
        "other.csv",
        "--resume",
        "--out",
        "run",
    ];
    let said = refused(at, &other);
    assert!(
        said.contains("began with uci-news-aggregator.csv"),
        "{said}"
    );

    fs::create_dir(at.join("quora")).expect("made");
    fs::write(at.join("quora/train.csv"), questions(400)).expect("written");
    let said = refused(
        at,
        &["run", "quora", "--data", ".", "--resume", "--out", "run"],
    );
    assert!(
        said.contains("this is a run of news, not of quora"),
        "{said}"
    );
    assert_eq!(contents(&at.join("run")), before, "nothing was written");

    fs::write(&table, headlines(400)).expect("written");
    succeed(at, &again);
}

#[test]
fn only_a_run_that_diverged_can_be_repeated() {
    let run = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runs/news");
    let folder = tempfile::tempdir().expect("a folder");
    let said = refused(folder.path(), &["run", "news", "--replay", "--out", run]);
    assert!(said.contains("did not diverge"), "{said}");
}

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => all.extend(contents(&path)),
            false => all.push((path.display().to_string(), fs::read(&path).expect("read"))),
        }
    }
    all.sort();
    all
}

#[cfg(unix)]
#[test]
fn pages_and_drawings_are_written_to_files_alone() {
    let run = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runs/news");
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let pipe = at.join("pipe.svg");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo is there").success());
    for (flag, path) in [
        ("--html", "/dev/null"),
        ("--figure", "/dev/null"),
        ("--html", "."),
        ("--figure", "pipe.svg"),
    ] {
        let said = refused(
            at,
            &["predict", "--model", run, "--text", "a song", flag, path],
        );
        assert!(said.contains("not a file"), "{said}");
    }
    assert!(!fs::metadata("/dev/null").expect("there").is_file());
    let nowhere = [
        "predict",
        "--model",
        run,
        "--text",
        "a",
        "--html",
        "no/p.html",
    ];
    let done = program(at, &nowhere).output().expect("it runs");
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("make its folder first"), "{said}");
}

#[test]
fn nobody_trains_twice_at_once_in_one_folder() {
    let folder = news();
    let at = folder.path();
    let mut first = program(
        at,
        &train("run", &["--epochs", "2000", "--set", "patience=2000"]),
    );
    let mut first = first
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    while is_empty_or_gone(&at.join("run/checkpoints")) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let said = refused(at, &train("run", &["--resume"]));
    assert!(said.contains("another run is at work"), "{said}");
    first.kill().expect("killed");
    first.wait().expect("it ended");
    // The lock of a dead process holds nobody up.
    let more = ["--resume", "--epochs", "1"];
    succeed(at, &train("run", &more));
}
