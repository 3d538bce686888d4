//! Runs that are killed: at random, at every step on the disk, and for want of space.

use crate::cases::{CASES, Case, Ended, QUICK, assert_tidy, case, data};
use crate::support::{finished, program};
use crate::{Budget, Random, is_long, report};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The unbroken run, and how long it took.
fn unbroken(case: &Case, folder: &Path) -> (Ended, Duration) {
    let started = Instant::now();
    case.finish(folder, "whole", false);
    let took = started.elapsed();
    (Ended::read(folder.join("whole")), took)
}

/// Starts a run, or goes on with it, and kills it after this time; says whether it was still at work.
fn kill_after(case: &Case, folder: &Path, out: &str, time: Duration) -> bool {
    let resume = folder.join(out).exists();
    let mut command = case.train(folder, out, true, resume);
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let until = Instant::now() + time;
    while Instant::now() < until {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("it ended");
    true
}

#[test]
fn random_kills_lose_nothing() {
    let folder = data();
    let at = folder.path();
    let mut random = Random::new(1);
    for case in &CASES {
        let (whole, took) = unbroken(case, at);
        let mut budget = Budget::new(1, 0.5 / CASES.len() as f64);
        let (mut kills, mut runs) = (0, 0);
        while budget.goes_on() {
            runs += 1;
            let out = format!("{}-{runs}", case.task);
            for _ in 0..1 + random.below(3) {
                let time = took.mul_f64(random.share());
                kills += usize::from(kill_after(case, at, &out, time));
            }
            case.finish(at, &out, true);
            let ended = Ended::read(at.join(&out));
            assert!(ended == whole, "{out} differs from the unbroken run");
            assert_tidy(&at.join(&out));
            std::fs::remove_dir_all(at.join(&out)).expect("removed");
        }
        std::fs::remove_dir_all(at.join("whole")).expect("removed");
        report(
            &format!("SIGKILL at random, {}", case.task),
            kills,
            "nothing",
        );
    }
}

/// Runs with a fault; gives the exit code and what was said.
fn with_fault(case: &Case, folder: &Path, out: &str, fault: &str) -> (Option<i32>, String) {
    let resume = folder.join(out).exists();
    let mut command = case.train(folder, out, false, resume);
    command.env("REKINDLE_FAULT", fault);
    let output = finished(command);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

/// Steps on the disk that a whole run takes.
fn steps(case: &Case, folder: &Path) -> usize {
    let (code, said) = with_fault(case, folder, "counted", "count");
    assert_eq!(code, Some(0), "{said}");
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("steps on the disk: "));
    let steps = line.and_then(|count| count.parse().ok());
    std::fs::remove_dir_all(folder.join("counted")).expect("removed");
    steps.expect("a number")
}

/// Every step in the long form, one in many in the short one.
fn chosen(steps: usize, random: &mut Random) -> Vec<usize> {
    let stride = if is_long() { 1 } else { steps.div_ceil(9) };
    let first = 1 + random.below(stride);
    (first..=steps).step_by(stride).collect()
}

#[test]
fn a_kill_at_any_step_on_the_disk_loses_nothing() {
    let folder = data();
    let at = folder.path();
    let mut random = Random::new(2);
    for case in [QUICK, case("news")] {
        let (whole, _) = unbroken(&case, at);
        let count = steps(&case, at);
        let chosen = chosen(count, &mut random);
        let mut kills = 0;
        for step in &chosen {
            let (code, said) = with_fault(&case, at, "part", &format!("kill:{step}"));
            assert_eq!(code, Some(137), "step {step}: {said}");
            kills += 1;
            // What goes on is killed as well: it replaces the checkpoint it came from.
            let again = 1 + random.below(count);
            kills +=
                usize::from(with_fault(&case, at, "part", &format!("kill:{again}")).0 == Some(137));
            case.finish(at, "part", false);
            let what = format!("{}, killed at {step}, then at {again}", case.task);
            assert!(Ended::read(at.join("part")) == whole, "{what}");
            assert_tidy(&at.join("part"));
            std::fs::remove_dir_all(at.join("part")).expect("removed");
        }
        std::fs::remove_dir_all(at.join("whole")).expect("removed");
        report(
            &format!(
                "killed at {} of {count} steps on the disk, {}",
                chosen.len(),
                case.task
            ),
            kills,
            "nothing",
        );
    }
}

#[test]
fn a_full_disk_ends_a_run_with_a_message_and_loses_nothing() {
    let folder = data();
    let at = folder.path();
    let mut random = Random::new(3);
    let case = QUICK;
    let (whole, _) = unbroken(&case, at);
    let chosen = chosen(steps(&case, at), &mut random);
    for step in &chosen {
        let (code, said) = with_fault(&case, at, "part", &format!("full:{step}"));
        assert!(code == Some(1) || code == Some(2), "step {step}: {said}");
        assert!(said.contains("cannot write"), "step {step}: {said}");
        case.finish(at, "part", false);
        assert!(Ended::read(at.join("part")) == whole, "full at {step}");
        assert_tidy(&at.join("part"));
        std::fs::remove_dir_all(at.join("part")).expect("removed");
    }
    report("disk full at a step", chosen.len(), "nothing");
}

/// A disk that is full in earnest, where this is root.
#[cfg(target_os = "linux")]
#[test]
fn a_small_disk_fills_up() {
    use std::process::Command;
    let folder = data();
    let at = folder.path();
    let disk = at.join("disk");
    std::fs::create_dir(&disk).expect("made");
    let mount = |options: &str| {
        let mut command = Command::new("mount");
        command
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&disk);
        command.stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if !mount("size=48k") {
        println!("soak: not root, so no small disk is mounted");
        return;
    }
    let case = QUICK;
    let (whole, _) = unbroken(&case, at);
    let output = finished(case.train(at, "disk/run", false, false));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let grown = mount("remount,size=64m");
    let result = std::panic::catch_unwind(|| {
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot write"), "{said}");
        assert!(grown);
        case.finish(at, "disk/run", false);
        assert!(Ended::read(at.join("disk/run")) == whole);
        assert_tidy(&at.join("disk/run"));
    });
    let unmounted = Command::new("umount").arg(&disk).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
    report("a small disk that is full", 1, "nothing");
}

#[test]
fn two_runs_in_one_folder_do_not_meet() {
    let folder = data();
    let at = folder.path();
    let case = QUICK;
    let (whole, _) = unbroken(&case, at);
    let mut budget = Budget::new(2, 0.05);
    let mut times = 0;
    while budget.goes_on() {
        times += 1;
        let children = [0, 1, 2].map(|_| {
            let mut command = case.train(at, "shared", true, false);
            let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().expect("it starts")
        });
        let outputs = children.map(|child| child.wait_with_output().expect("it ends"));
        let ended = outputs.iter().filter(|output| output.status.success());
        assert_eq!(ended.count(), 1, "{outputs:?}");
        for output in outputs.iter().filter(|output| !output.status.success()) {
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{said}");
            let known = ["another run is at work", "the output folder is not empty"];
            assert!(known.iter().any(|words| said.contains(words)), "{said}");
        }
        assert!(Ended::read(at.join("shared")) == whole);
        assert_tidy(&at.join("shared"));
        std::fs::remove_dir_all(at.join("shared")).expect("removed");
    }
    report("three runs at once in one folder", times, "nothing");
}

#[test]
fn an_interrupted_run_goes_on_within_an_epoch() {
    let folder = data();
    let at = folder.path();
    let case = case("weather");
    let (whole, _) = unbroken(&case, at);
    let mut command = case.train(at, "part", true, false);
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let checkpoints = at.join("part/checkpoints");
    let within = || {
        let networks = std::fs::read_dir(&checkpoints)
            .into_iter()
            .flatten()
            .flatten();
        let mut names = networks.flat_map(|network| {
            let inside = std::fs::read_dir(network.path()).into_iter().flatten();
            inside.flatten().map(|entry| entry.file_name())
        });
        names.any(|name| {
            let name = name.to_string_lossy();
            name.starts_with("last-") && !name.ends_with("-0000000")
        })
    };
    while !within() {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "no checkpoint within an epoch"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("killed");
    child.wait().expect("it ended");
    let said = finished(case.train(at, "part", true, true));
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("going on at epoch"), "{said}");
    assert!(Ended::read(at.join("part")) == whole);
    // A second time there is nothing left to do, and nothing changes.
    let mut again = program(at, &["run", "weather", "--resume", "--out", "part"]);
    again.env("REKINDLE_DATA", at);
    assert!(finished(again).status.success());
    assert!(Ended::read(at.join("part")) == whole);
}
