//! Where LibTorch is, for programs that are not told by their own run path.

use std::path::PathBuf;
use std::process::Command;

#[path = "../../crates/cli/src/search.rs"]
mod search;

/// The LibTorch that `LIBTORCH` or `LIBTORCH_USE_PYTORCH=1` names; without them the build would
/// download one, which only `run --backend tch` is to do.
pub fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("LIBTORCH").filter(|folder| !folder.is_empty()) {
        return Some(folder.into());
    }
    if std::env::var_os("LIBTORCH_USE_PYTORCH")? != "1" {
        return None;
    }
    search::python()
}

/// Lets a program find the libraries of this LibTorch.
pub fn let_find(command: &mut Command, folder: &std::path::Path) {
    if let Ok(folders) = search::with_first(&folder.join("lib")) {
        command.env(search::SEARCHED, folders);
    }
}
