//! Where a loader searches libraries, and where Python's torch is; `xtask` takes this file too.

use std::env::JoinPathsError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable with the folders that the system's loader looks into first.
pub const SEARCHED: &str = if cfg!(windows) {
    "PATH"
} else if cfg!(target_os = "macos") {
    "DYLD_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};
/// Prints the folder of Python's torch without the seconds that importing it takes.
const PYTHON: &str =
    "import importlib.util as u; print(*u.find_spec('torch').submodule_search_locations)";

/// The folder of Python's torch.
pub fn python() -> Option<PathBuf> {
    let said = Command::new("python3").args(["-c", PYTHON]).output().ok()?;
    let folder = String::from_utf8(said.stdout).ok()?;
    said.status.success().then(|| folder.trim().into())
}

/// What the loader searches already.
pub fn searched() -> Vec<PathBuf> {
    let folders = std::env::var_os(SEARCHED).unwrap_or_default();
    // An empty entry is the current folder.
    std::env::split_paths(&folders)
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect()
}

/// What the loader is to search, with this folder before all others.
pub fn with_first(folder: &Path) -> Result<OsString, JoinPathsError> {
    std::env::join_paths([folder.to_path_buf()].into_iter().chain(searched()))
}
