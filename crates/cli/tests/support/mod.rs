//! The program as tests run it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the program in a folder of its own; it must not panic.
pub fn rekindle(folder: &Path, args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_rekindle"))
        .args(args)
        .current_dir(folder)
        .env("REKINDLE_OFFLINE", "1")
        .env_remove("REKINDLE_DATA")
        .env("HOME", folder)
        .env_remove("XDG_CACHE_HOME")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
    output
}

/// Runs it, and gives what it says.
pub fn succeed(folder: &Path, args: &[&str]) -> String {
    let output = rekindle(folder, args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Bad input: exit code 2, and the message.
pub fn refused(folder: &Path, args: &[&str]) -> String {
    let output = rekindle(folder, args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
    stderr
}

/// Reads a file.
pub fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
