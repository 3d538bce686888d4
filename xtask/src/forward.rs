//! Builds `rekindle` for the wanted backend and becomes it.

use crate::backends::BACKENDS;
use crate::cargo;
use crate::say::complain;
use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// Builds, then runs `rekindle` with `args` untouched, in the caller's folder.
pub fn forward(args: &[OsString]) -> ExitCode {
    let manifest = cargo::root().join("crates").join("cli").join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap_or_default();
    // A backend that the binary cannot have is left to the binary, which says what there is.
    let backend = backend(args).and_then(|name| feature(&name));
    let remote = needs_workers(args).then_some("remote");
    let features: Vec<&str> = (backend.into_iter().chain(remote))
        .filter(|feature| declares_feature(&manifest, feature))
        .collect();

    match build(&features) {
        Ok(true) => {}
        Ok(false) => return ExitCode::FAILURE,
        Err(error) => {
            complain(format!("cannot run cargo: {error}"));
            return ExitCode::FAILURE;
        }
    }
    let binary = cargo::target_dir()
        .join("release")
        .join(format!("rekindle{EXE_SUFFIX}"));
    let mut command = Command::new(&binary);
    command.args(args);
    cargo::hide_own_environment(&mut command);
    become_process(command, &binary)
}

/// The last `--backend X` or `--backend=X`.
fn backend(args: &[OsString]) -> Option<String> {
    value(args, "--backend")
}

/// Whether a worker is started, or a device of one is named, as `host:port/0`.
fn needs_workers(args: &[OsString]) -> bool {
    let starts = args.first().is_some_and(|word| word == "worker");
    starts || value(args, "--devices").is_some_and(|devices| devices.contains(':'))
}

/// The last value of a flag, which stands after it or after its `=`.
fn value(args: &[OsString], flag: &str) -> Option<String> {
    let mut found = None;
    let mut words = args.iter().take_while(|word| *word != OsStr::new("--"));
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        if word == flag {
            found = words
                .next()
                .map(|value| value.to_string_lossy().into_owned());
        } else if let Some(value) = word
            .strip_prefix(flag)
            .and_then(|rest| rest.strip_prefix('='))
        {
            found = Some(value.to_owned());
        }
    }
    found
}

/// The cargo feature that a backend needs.
pub fn feature(backend: &str) -> Option<&'static str> {
    let known = BACKENDS.iter().find(|known| known.name == backend)?;
    Some(known.feature)
}

fn declares_feature(manifest: &str, feature: &str) -> bool {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[features]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .any(|(name, _)| name.trim() == feature)
}

fn build(features: &[&str]) -> io::Result<bool> {
    let mut command = cargo::cargo("build");
    command.args(["--release", "--package", "rekindle"]);
    for feature in features {
        command.args(["--features", feature]);
    }
    let unset = |name| std::env::var_os(name).is_none();
    if io::stderr().is_terminal() && unset("CARGO_TERM_COLOR") && unset("NO_COLOR") {
        // Cargo sees a pipe and would drop its colours.
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(progress) = child.stderr.take() {
        pass_on(progress, &mut io::stderr())?;
    }
    Ok(child.wait()?.success())
}

/// Copies cargo's lines as they come, all but `Finished`, so that a build with nothing to do is silent.
fn pass_on(from: impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        if !is_finished(&line) {
            to.write_all(&line)?;
            to.flush()?;
        }
        line.clear();
    }
    Ok(())
}

fn is_finished(line: &[u8]) -> bool {
    let mut colour = false;
    let plain: Vec<u8> = line
        .iter()
        .copied()
        .filter(|&byte| {
            let keep = !colour && byte != 0x1b;
            colour = byte == 0x1b || (colour && byte != b'm');
            keep
        })
        .collect();
    plain.trim_ascii_start().starts_with(b"Finished `")
}

#[cfg(unix)]
fn become_process(mut command: Command, binary: &Path) -> ExitCode {
    use std::os::unix::process::CommandExt;
    not_started(binary, &command.exec())
}

#[cfg(not(unix))]
fn become_process(mut command: Command, binary: &Path) -> ExitCode {
    match command.status() {
        Ok(status) => {
            let code = status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(1);
            ExitCode::from(code)
        }
        Err(error) => not_started(binary, &error),
    }
}

fn not_started(binary: &Path, error: &io::Error) -> ExitCode {
    complain(format!("cannot run {}: {error}", binary.display()));
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_backend_is_read_in_both_spellings() {
        assert_eq!(
            backend(&words("run imdb --backend cuda")).as_deref(),
            Some("cuda")
        );
        assert_eq!(
            backend(&words("run --backend=wgpu imdb")).as_deref(),
            Some("wgpu")
        );
        assert_eq!(backend(&words("run imdb")), None);
        assert_eq!(backend(&words("run imdb --backend")), None);
        assert_eq!(backend(&words("run --backend-list x")), None);
        assert_eq!(backend(&words("predict -- --backend cuda")), None);
    }

    #[test]
    fn workers_are_built_in_where_they_are_named() {
        assert!(needs_workers(&words("worker --port 4000")));
        assert!(needs_workers(&words("run news --devices 0,gpu:4000/0")));
        assert!(needs_workers(&words("run news --devices=gpu:4000/0")));
        assert!(!needs_workers(&words("run news --devices 0,1")));
    }

    #[test]
    fn backends_need_their_feature_and_strangers_none() {
        assert_eq!(feature("tch-cuda"), Some("tch"));
        assert_eq!(feature("cuda"), Some("cuda"));
        assert_eq!(feature("ndarray"), Some("ndarray"));
        assert_eq!(feature("abacus"), None);
    }

    #[test]
    fn a_feature_is_found_only_in_its_table() {
        let manifest = "[features]\ndefault = []\nwgpu = [\"x\"]\n\n[dependencies]\ncuda = \"1\"\n";
        assert!(declares_feature(manifest, "wgpu"));
        assert!(!declares_feature(manifest, "cuda"));
        assert!(!declares_feature("", "cuda"));
    }

    #[test]
    fn only_the_line_finished_is_held_back() {
        let log = "   Compiling a v0.1.0\n    \u{1b}[1m\u{1b}[92mFinished\u{1b}[0m `release` profile\n\
                   \u{20}   Finished `release` profile\nwarning: Finished early\nno newline";
        let mut shown = Vec::new();
        pass_on(log.as_bytes(), &mut shown).expect("memory does not fail");
        let shown = String::from_utf8(shown).expect("text in, text out");
        assert_eq!(
            shown,
            "   Compiling a v0.1.0\nwarning: Finished early\nno newline"
        );
    }
}
