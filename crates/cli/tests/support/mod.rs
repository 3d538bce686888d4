//! The program as tests run it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program in a folder of its own.
pub fn program(folder: &Path, args: &[&str]) -> Command {
    // Set where tests run on another machine than they were built on.
    let carried = std::env::var_os("CARGO_BIN_EXE_rekindle");
    let built = env!("CARGO_BIN_EXE_rekindle").into();
    let mut command = Command::new(carried.unwrap_or(built));
    command
        .args(args)
        .current_dir(folder)
        .env("REKINDLE_OFFLINE", "1")
        .env_remove("REKINDLE_DATA")
        .env("HOME", folder)
        .env_remove("XDG_CACHE_HOME");
    command
}

/// Runs a command; it must not panic.
pub fn finished(mut command: Command) -> Output {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{command:?}: {stderr}");
    output
}

/// Runs a command, and gives what it says.
pub fn said(command: Command) -> String {
    let what = format!("{command:?}");
    let output = finished(command);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the program, and gives what it says.
#[allow(dead_code)] // not every test file has some
pub fn succeed(folder: &Path, args: &[&str]) -> String {
    said(program(folder, args))
}

/// Bad input: exit code 2, and the message.
#[allow(dead_code)] // not every test file has some
pub fn refused(folder: &Path, args: &[&str]) -> String {
    let output = finished(program(folder, args));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
    stderr
}

/// Reads a file.
#[allow(dead_code)] // not every test file has some
pub fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
