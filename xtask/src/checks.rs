//! The project's own checks: formatting, lints, tests, benchmarks, documentation.

use crate::{cargo, forward, libtorch, packages};
use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// A check, which says whether it passed.
type Step = Box<dyn FnOnce() -> bool>;

fn step(command: Command) -> Step {
    Box::new(move || succeeds(command))
}

/// Runs every check in order, up to the first that fails.
pub fn test() -> ExitCode {
    let (Some(mut tests), Some(mut benches)) = (linted("test"), linted("test")) else {
        eprintln!("xtask: no clippy-driver beside rustc: rustup component add clippy rustfmt");
        return ExitCode::FAILURE;
    };
    let mut format = cargo::cargo("fmt");
    format.args(["--all", "--check"]);
    tests.args(["--release", "--workspace"]);
    benches.args([
        "--release",
        "--workspace",
        "--benches",
        "--no-run",
        "--quiet",
    ]);

    let mut steps: Vec<(&str, Step)> = vec![
        ("formatting", step(format)),
        ("lints and tests", step(tests)),
        ("lints of the benchmarks", step(benches)),
        ("packages", Box::new(packages::check)),
    ];
    if let Some(mut tests) = linted("test") {
        // All packages, or their dependencies would be built anew with other features.
        tests.args(["--release", "--workspace"]);
        let packages = [
            "rekindle",
            "rekindle-kernels",
            "rekindle-models",
            "rekindle-benches",
        ];
        for feature in other_backends() {
            let features = packages
                .map(|package| format!("{package}/{feature}"))
                .join(",");
            tests.args(["--features", &features]);
        }
        tests.args(["--features", "rekindle/remote"]);
        for test in [
            "single",
            "double",
            "cube",
            "embedding",
            "backends",
            "remote",
        ] {
            tests.args(["--test", test]);
        }
        if let Some(folder) = libtorch::folder() {
            libtorch::let_find(&mut tests, &folder);
        }
        steps.push(("other backends and workers", step(tests)));
    }
    run_all(steps)
}

/// Features of the backends beside the default one, those that need something only where it is there.
fn other_backends() -> Vec<&'static str> {
    let mut features = vec!["ndarray"];
    match libtorch::folder() {
        Some(_) => features.push("tch"),
        None => say("LibTorch: left out, for neither LIBTORCH nor LIBTORCH_USE_PYTORCH is set\n"),
    }
    match std::env::var_os("REKINDLE_TEST_WGPU").is_some_and(|value| value == "1") {
        true => features.push("wgpu"),
        false => say("WGPU: left out, for REKINDLE_TEST_WGPU=1 is not set\n"),
    }
    features
}

/// Runs the benchmarks named in front, or all; from the first flag on, arguments are the benchmark's.
pub fn bench(args: &[OsString]) -> ExitCode {
    let names = args
        .iter()
        .take_while(|word| !word.to_string_lossy().starts_with('-'))
        .count();
    let mut command = cargo::cargo("bench");
    // All packages, as in `test`: with fewer, dependencies would be built anew with other features.
    command.arg("--workspace");
    if names == 0 {
        // The library's own test harness, which knows no benchmark's flags, is left out.
        command.args(["--bench", "*"]);
    }
    for name in &args[..names] {
        command.arg("--bench").arg(name);
    }
    if names < args.len() {
        command.arg("--").args(
            args[names..]
                .iter()
                .filter(|word| *word != OsStr::new("--")),
        );
    }
    finish(command)
}

/// Runs the same work in PyTorch beside ours; arguments are the program's.
pub fn peers(args: &[OsString]) -> ExitCode {
    let features: &[&str] = match libtorch::folder() {
        Some(_) => &["tch"],
        None => &[],
    };
    program("peers", features, args)
}

/// Runs the same work on several backends: those of `--backends`, or all that need no installation
/// and LibTorch where it is found; arguments are the program's.
pub fn backends(args: &[OsString]) -> ExitCode {
    let words: Vec<String> = args
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let named = words.iter().enumerate().find_map(|(at, word)| {
        let rest = word.strip_prefix("--backends")?;
        match rest.strip_prefix('=') {
            Some(names) => Some(names.to_string()),
            None => words.get(at + 1).cloned(),
        }
    });
    let default = match libtorch::folder() {
        Some(_) => "tch",
        None => "",
    };
    let named = named.unwrap_or_else(|| default.to_string());
    let features: Vec<&str> = named.split(',').filter_map(forward::feature).collect();
    program("backends", &features, args)
}

/// Damages files for every reader; arguments are those of the program.
pub fn fuzz(args: &[OsString]) -> ExitCode {
    program("mutate", &[], args)
}

/// Builds and runs a program of `benches` or `fuzz`.
fn program(name: &str, features: &[&str], args: &[OsString]) -> ExitCode {
    let mut build = cargo::cargo("build");
    // All packages, for the same reason as in `bench`.
    build.args(["--release", "--workspace", "--bin", name]);
    for feature in features {
        build.args(["--features", &format!("rekindle-benches/{feature}")]);
    }
    if name == "backends" {
        // It times epochs of tasks too.
        build.args(["--bin", "rekindle"]);
        if features.contains(&"tch") {
            // What `rekindle` becomes.
            build.args(["--bin", "rekindle-libtorch"]);
        }
        for feature in features {
            build.args(["--features", &format!("rekindle/{feature}")]);
        }
    }
    if !succeeds(build) {
        return ExitCode::FAILURE;
    }
    let binary = cargo::target_dir()
        .join("release")
        .join(format!("{name}{EXE_SUFFIX}"));
    let mut command = Command::new(binary);
    command.args(args);
    cargo::hide_own_environment(&mut command);
    if let Some(folder) = libtorch::folder() {
        libtorch::let_find(&mut command, &folder);
    }
    finish(command)
}

/// Builds the API documentation; warnings are errors.
pub fn docs(args: &[OsString]) -> ExitCode {
    let mut command = cargo::cargo("doc");
    // In the release profile the build scripts and macros that `run` built are used again.
    command
        .args(["--release", "--no-deps", "--workspace"])
        .args(args);
    command.env("RUSTDOCFLAGS", "-Dwarnings");
    finish(command)
}

/// Cargo with clippy as the compiler of the workspace's own crates, warnings as errors.
///
/// One build lints and tests. The wrapper is for workspace members alone, and neither it nor
/// `CLIPPY_ARGS` counts for other crates: what `run` built of them, in the same profile, is used.
/// None where there is no clippy.
pub fn linted(word: &str) -> Option<Command> {
    let mut command = cargo::cargo(word);
    command.env("RUSTC_WORKSPACE_WRAPPER", clippy_driver()?);
    // The form in which cargo-clippy hands lint levels to its driver.
    command.env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
    Some(command)
}

fn clippy_driver() -> Option<PathBuf> {
    let driver = cargo::sysroot()?
        .join("bin")
        .join(format!("clippy-driver{EXE_SUFFIX}"));
    driver.is_file().then_some(driver)
}

fn run_all(steps: Vec<(&str, Step)>) -> ExitCode {
    let total = steps.len();
    let mut lines = Vec::new();
    let mut failed = None;
    for (index, (name, check)) in steps.into_iter().enumerate() {
        if failed.is_some() {
            lines.push(format!("  {name}: not run"));
            continue;
        }
        say(&format!("== {}/{total} {name}", index + 1));
        let start = Instant::now();
        let passed = check();
        let outcome = if passed { "passed" } else { "FAILED" };
        let line = format!("{name}: {outcome} in {}", seconds(start.elapsed()));
        say(&format!("== {line}\n"));
        lines.push(format!("  {line}"));
        if !passed {
            failed = Some(name);
        }
    }
    say("summary");
    say(&lines.join("\n"));
    match failed {
        None => {
            say("all checks passed");
            ExitCode::SUCCESS
        }
        Some(name) => {
            say(&format!("stopped at: {name}"));
            ExitCode::FAILURE
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Prints a line; a closed pipe is no reason to stop checking.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Runs `command` to its end.
pub fn succeeds(mut command: Command) -> bool {
    match command.stdin(Stdio::null()).status() {
        Ok(status) => status.success(),
        Err(error) => {
            let program = command.get_program().to_string_lossy();
            eprintln!("xtask: cannot run {program}: {error}");
            false
        }
    }
}

fn finish(command: Command) -> ExitCode {
    if succeeds(command) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
