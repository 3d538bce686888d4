//! Where LibTorch is, for programs that are not told by their own run path.

use std::path::PathBuf;
use std::process::Command;

const PYTHON: &str = "import os, torch; print(os.path.dirname(torch.__file__))";
const SEARCHED: &str = if cfg!(windows) {
    "PATH"
} else if cfg!(target_os = "macos") {
    "DYLD_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// The LibTorch that `LIBTORCH` or `LIBTORCH_USE_PYTORCH=1` names; without them the build would
/// download one, which only `run --backend tch` is to do.
pub fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("LIBTORCH").filter(|folder| !folder.is_empty()) {
        return Some(folder.into());
    }
    if std::env::var_os("LIBTORCH_USE_PYTORCH")? != "1" {
        return None;
    }
    let python = Command::new("python3").args(["-c", PYTHON]).output().ok()?;
    let folder = String::from_utf8(python.stdout).ok()?;
    python.status.success().then(|| folder.trim().into())
}

/// Lets a program find the libraries of this LibTorch.
pub fn let_find(command: &mut Command, folder: &std::path::Path) {
    let before = std::env::var_os(SEARCHED).unwrap_or_default();
    let mut folders = vec![folder.join("lib")];
    // An empty entry is the current folder.
    folders.extend(std::env::split_paths(&before).filter(|one| !one.as_os_str().is_empty()));
    if let Ok(joined) = std::env::join_paths(folders) {
        command.env(SEARCHED, joined);
    }
}
