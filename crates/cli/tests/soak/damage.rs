//! Files of runs that are damaged: refused by name, never believed.

use crate::cases::{CASES, Case, data};
use crate::support::finished;
use crate::{Budget, Random, report};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

/// Flips one bit of a file while something is tried with it.
fn with_a_flipped_bit<T>(path: &Path, random: &mut Random, attempt: impl FnOnce() -> T) -> T {
    let whole = std::fs::read(path).expect("it is there");
    let mut bytes = whole.clone();
    let bit = random.below(8 * bytes.len());
    bytes[bit / 8] ^= 1 << (bit % 8);
    std::fs::write(path, &bytes).expect("written");
    let result = attempt();
    std::fs::write(path, &whole).expect("written");
    result
}

fn refused(output: &Output, path: &Path) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{}: {said}", path.display());
    let name = path.file_name().expect("a name").to_string_lossy();
    assert!(said.contains(&*name), "{}: {said}", path.display());
}

/// The files of a folder that a program reads back.
fn files(folder: &Path) -> Vec<PathBuf> {
    let only_written = [
        "metrics.csv",
        "report.html",
        "report.json",
        "gradients.svg",
        "gradients-before.svg",
    ];
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let files = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file());
    let name = |path: &PathBuf| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    files
        // Read by `compare` alone, which is tried apart, or by people.
        .filter(|path| !only_written.contains(&name(path).as_str()))
        // Written for people: what was said of the test texts.
        .filter(|path| !name(path).starts_with("test."))
        .collect()
}

/// The newest checkpoint, which is what a run goes on with.
fn checkpoint(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let is_last = |path: &&PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("last-"))
    };
    let last = paths.iter().rfind(is_last).cloned();
    last.or_else(|| paths.iter().find_map(|path| checkpoint(path)))
}

/// A run that is stopped as soon as it has a checkpoint.
fn stopped(case: &Case, at: &Path, out: &str) -> PathBuf {
    let mut command = case.train(at, out, true, false);
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let checkpoints = at.join(out).join("checkpoints");
    while checkpoint(&checkpoints).is_none() {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "{}",
            case.task
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("killed");
    child.wait().expect("it ended");
    checkpoint(&checkpoints).expect("it is there")
}

#[test]
fn a_flipped_bit_is_refused_by_the_name_of_its_file() {
    let folder = data();
    let at = folder.path();
    let mut random = Random::new(4);
    for case in &CASES {
        case.finish(at, "run", false);
        if case.ask.is_empty() {
            // Its sample is built in.
            std::fs::copy(sample(), at.join("sample.csv")).expect("copied");
        }
        let case = &Case {
            ask: match case.ask.is_empty() {
                true => &["--input", "sample.csv"],
                false => case.ask,
            },
            ..*case
        };
        assert!(case.predict(at, "run").status.success(), "{}", case.task);
        let files = files(&at.join("run"));
        let last = stopped(case, at, "part");
        let mut budget = Budget::new(files.len(), 0.2 / CASES.len() as f64);
        let mut times = 0;
        while budget.goes_on() {
            let path = &files[times % files.len()];
            let output = with_a_flipped_bit(path, &mut random, || case.predict(at, "run"));
            refused(&output, path);
            if times % 4 == 0 {
                let files = ["model.bpk", "optimizer.bpk", "state.json", "SHA256SUMS"];
                let path = last.join(files[times / 4 % files.len()]);
                let resume = || finished(case.train(at, "part", true, true));
                refused(&with_a_flipped_bit(&path, &mut random, resume), &path);
            }
            times += 1;
        }
        for run in ["run", "part"] {
            std::fs::remove_dir_all(at.join(run)).expect("removed");
        }
        let what = format!("one bit flipped in a file of a run, {}", case.task);
        report(&what, times + times.div_ceil(4), "nothing: refused by name");
    }
}

pub fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tasks/datasets/samples/sp500-2000.csv")
}
