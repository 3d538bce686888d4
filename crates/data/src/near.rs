//! What is near a file that is not there.

use crate::similar::distance;
use std::path::{Path, PathBuf};

/// Endings of packed files.
const PACKED: [&str; 8] = [".zip", ".gz", ".xz", ".zst", ".bz2", ".7z", ".tgz", ".tar"];
/// Files of a folder that are looked at.
const MOST_FILES: usize = 10_000;
/// Folders in which a file of the same name is looked for.
const MOST_FOLDERS: usize = 100;
/// Answers.
const MOST: usize = 5;

/// Files that may be meant by a path that is not there, the likeliest first, at most five.
///
/// They are in the same folder and have the same name in other case, the name of a packed form
/// (`.zip`, `.gz`, `.xz`, `.zst`, …), another ending, or a name that differs in a few letters; or
/// they have the same name one folder below.
pub fn near(path: &Path) -> Vec<String> {
    let Some(wanted) = path.file_name() else {
        return Vec::new();
    };
    let wanted = wanted.to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut found: Vec<(usize, PathBuf)> = Vec::new();
    let mut folders = 0;
    for entry in entries(folder) {
        let name = entry.file_name();
        let there = folder.join(&name);
        if let Some(rank) = rank(&wanted, &name.to_string_lossy()) {
            found.push((rank, there.clone()));
        }
        if folders < MOST_FOLDERS && there.is_dir() {
            folders += 1;
            let below = there.join(&*wanted);
            if below.is_file() {
                found.push((1, below));
            }
        }
    }
    found.sort();
    found.truncate(MOST);
    let shown = found.iter().map(|(_, path)| path.display().to_string());
    shown.collect()
}

/// [`near`] for a name that several folders were searched for; each answer comes once.
pub fn near_in(folders: &[PathBuf], name: &str) -> Vec<String> {
    let bare = name.rsplit('/').next().unwrap_or(name);
    let paths = folders
        .iter()
        .flat_map(|dir| [dir.join(name), dir.join(bare)]);
    let mut all = Vec::new();
    for found in paths.flat_map(|path| near(&path)) {
        if !all.contains(&found) {
            all.push(found);
        }
    }
    all.truncate(MOST);
    all
}

/// What to do about a file that is not there.
pub(crate) fn help(path: &Path) -> String {
    let near = near(path);
    if !near.is_empty() {
        return format!("check the path; near it: {}", near.join(", "));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            format!("check the path; there is no folder {}", folder.display())
        }
        _ => "check the path".to_string(),
    }
}

/// What to do about a folder where a file is wanted.
pub(crate) fn inside(folder: &Path) -> String {
    let files = entries(folder).filter(|entry| entry.path().is_file());
    let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    let more = if names.len() > MOST { ", …" } else { "" };
    names.truncate(MOST);
    match names.is_empty() {
        true => "give a file".to_string(),
        false => format!("give a file in it: {}{more}", names.join(", ")),
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = std::fs::DirEntry> {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(Result::ok).take(MOST_FILES)
}

/// How far a name is from the one wanted; none where they have nothing to do with each other.
fn rank(wanted: &str, name: &str) -> Option<usize> {
    let (wanted, name) = (wanted.to_lowercase(), name.to_lowercase());
    let (bare, other) = (unpacked(&wanted), unpacked(&name));
    if wanted == name {
        return Some(0);
    }
    if bare == other {
        return Some(1);
    }
    if stem(bare) == stem(other) {
        return Some(2);
    }
    // train.lc.norm.tok.en for train.en.
    if bare.split('.').next() == other.split('.').next() && ending(bare) == ending(other) {
        return Some(3);
    }
    let edits = distance(bare, other);
    let within = (bare.chars().count() / 5)
        .max(1)
        .min(stem(bare).chars().count() / 3);
    (edits <= within).then_some(2 + edits)
}

fn ending(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, ending)| ending)
}

fn unpacked(name: &str) -> &str {
    let mut bare = name;
    while let Some(shorter) = PACKED.iter().find_map(|ending| bare.strip_suffix(ending)) {
        bare = shorter;
    }
    bare
}

fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, b"").expect("written");
        }
        folder
    }

    fn names(folder: &tempfile::TempDir, wanted: &str) -> Vec<String> {
        let prefix = folder.path().display().to_string();
        let near = near(&folder.path().join(wanted));
        let names = near.iter().map(|path| path.replace(&prefix, ""));
        names
            .map(|name| name.replace('\\', "/").trim_start_matches('/').to_string())
            .collect()
    }

    #[test]
    fn near_files_come_likeliest_first() {
        let files = folder(&[
            "Mails.csv",
            "mails.csv.zip",
            "mails.xlsx",
            "mail.csv",
            "other.csv",
        ]);
        let wanted = ["Mails.csv", "mails.csv.zip", "mails.xlsx", "mail.csv"];
        assert_eq!(names(&files, "mails.csv"), wanted);
        assert_eq!(names(&files, "nothing-like-it.csv"), [""; 0]);
    }

    #[test]
    fn other_separators_and_folders_below_are_seen() {
        let files = folder(&["train-images.idx3-ubyte", "news/headlines.csv"]);
        assert_eq!(
            names(&files, "train-images-idx3-ubyte"),
            ["train-images.idx3-ubyte"]
        );
        assert_eq!(names(&files, "headlines.csv"), ["news/headlines.csv"]);
        let tokenized = folder(&["train.lc.norm.tok.en", "train.lc.norm.tok.de"]);
        assert_eq!(names(&tokenized, "train.en"), ["train.lc.norm.tok.en"]);
        let dirs = [files.path().to_owned(), files.path().join("news")];
        assert_eq!(near_in(&dirs, "x/Headlines.csv").len(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let files = folder(&["a.csv"]);
        let path = files.path().join("no").join("a.csv");
        assert!(
            help(&path).contains("there is no folder"),
            "{}",
            help(&path)
        );
        assert_eq!(near(Path::new("")), [""; 0]);
        assert_eq!(near(Path::new("/")), [""; 0]);
    }
}
