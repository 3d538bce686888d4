//! Builds what `cargo package` makes of the crates, so that a file missing from a package is found.

use crate::say::complain;
use crate::{cargo, checks};
use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Members that are not for others.
const UNPUBLISHED: [&str; 3] = ["xtask", "rekindle-benches", "rekindle-fuzz"];
/// The features of `data`, which must compile alone, and their absence.
const FEATURES_OF_DATA: [&str; 4] = ["", "download", "compression", "subwords"];

/// The folder of the copy of `examples/outside`.
const EXAMPLE: &str = "outside";
const PROGRAMS: [&str; 2] = ["snippet", "train"];

/// An unpacked package.
struct Package {
    name: String,
    folder: PathBuf,
}

/// Packages every crate, then builds all crates and runs the programs of `examples/outside` from the packages.
pub fn check() -> bool {
    if let Err(what) = prepare() {
        complain(what);
        return false;
    }
    let mut commands = vec![alone(), all(), programs()];
    commands.extend(PROGRAMS.map(|name| {
        let file = format!("{name}{EXE_SUFFIX}");
        Command::new(cargo::target_dir().join("release").join(file))
    }));
    commands.extend(FEATURES_OF_DATA.map(data));
    commands.into_iter().all(checks::succeeds)
}

/// A workspace of its own, whose members are the unpacked packages and the example.
fn folder() -> PathBuf {
    cargo::target_dir().join("packages")
}

fn prepare() -> Result<(), String> {
    let packages = unpacked(&archives()?)?;
    for package in &packages {
        complete(package)?;
    }
    let root = cargo::root();
    let example = root.join("examples").join("outside");
    let copy = folder().join(EXAMPLE);
    take_over(&example.join("src"), &copy.join("src")).map_err(about(&copy))?;
    let manifest = example.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(about(&manifest))?;
    write(&copy.join("Cargo.toml"), &as_member(&text))?;
    write(&folder().join("Cargo.toml"), &workspace(&packages))?;
    // The versions that the workspace's tests ran with.
    let (from, to) = (root.join("Cargo.lock"), folder().join("Cargo.lock"));
    fs::copy(from, &to).map_err(about(&to))?;
    Ok(())
}

/// Runs `cargo package`; the archives it wrote.
fn archives() -> Result<Vec<PathBuf>, String> {
    let out = cargo::target_dir().join("package");
    for old in listed(&out).unwrap_or_default() {
        if is_archive(&old) {
            fs::remove_file(&old).map_err(about(&old))?;
        }
    }
    let mut package = cargo::cargo("package");
    package.args(["--workspace", "--offline", "--quiet"]);
    // What is not committed yet is tested too; it is built below, all packages together.
    package.args(["--allow-dirty", "--no-verify"]);
    for name in UNPUBLISHED {
        package.args(["--exclude", name]);
    }
    if !checks::succeeds(package) {
        return Err("cargo package failed".to_string());
    }
    let mut archives = listed(&out).map_err(about(&out))?;
    archives.retain(|path| is_archive(path));
    Ok(archives)
}

fn is_archive(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("crate"))
}

fn unpacked(archives: &[PathBuf]) -> Result<Vec<Package>, String> {
    let new = folder().join("new");
    // What an interrupted check left.
    let _ = fs::remove_dir_all(&new);
    fs::create_dir_all(&new).map_err(about(&new))?;
    for archive in archives {
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(archive).arg("-C").arg(&new);
        if !checks::succeeds(tar) {
            return Err(format!("tar cannot unpack {}", archive.display()));
        }
    }
    let mut packages = Vec::new();
    for from in listed(&new).map_err(about(&new))? {
        let to = folder().join(from.file_name().unwrap_or_default());
        take_over(&from, &to).map_err(about(&to))?;
        let manifest = to.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).map_err(about(&manifest))?;
        let name = name(&text).ok_or_else(|| format!("no name in {}", manifest.display()))?;
        packages.push(Package {
            name: name.to_string(),
            folder: to,
        });
    }
    fs::remove_dir_all(&new).map_err(about(&new))?;
    Ok(packages)
}

/// The package's name in a manifest that cargo wrote.
fn name(manifest: &str) -> Option<&str> {
    let line = manifest
        .lines()
        .find_map(|line| line.strip_prefix("name = "))?;
    Some(line.trim_matches('"'))
}

/// Makes `to` like `from`, and leaves files alone that are alike: cargo builds anew what was written.
///
/// In the archive all files bear one old date, by which cargo would not see that they changed.
fn take_over(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for old in listed(to)? {
        let gone = !from.join(old.file_name().unwrap_or_default()).exists();
        match (gone, old.is_dir()) {
            (false, _) => {}
            (true, true) => fs::remove_dir_all(old)?,
            (true, false) => fs::remove_file(old)?,
        }
    }
    for new in listed(from)? {
        let place = to.join(new.file_name().unwrap_or_default());
        if new.is_dir() {
            take_over(&new, &place)?;
            continue;
        }
        let text = fs::read(&new)?;
        if fs::read(&place).ok().as_ref() != Some(&text) {
            fs::write(place, text)?;
        }
    }
    Ok(())
}

/// Says so when a package lacks its own page or the licences.
fn complete(package: &Package) -> Result<(), String> {
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        let (own, root) = (package.folder.join(file), cargo::root().join(file));
        if fs::read(&own).map_err(about(&own))? != fs::read(&root).map_err(about(&root))? {
            return Err(format!("{} is not the licence", own.display()));
        }
    }
    match package.folder.join("README.md").is_file() {
        true => Ok(()),
        false => Err(format!("{} has no README.md", package.name)),
    }
}

/// The manifest of a workspace of all packages and the example.
fn workspace(packages: &[Package]) -> String {
    let mut members = format!("    \"{EXAMPLE}\",\n");
    let mut patches = String::new();
    for Package { name, folder } in packages {
        let folder = folder.file_name().unwrap_or_default().to_string_lossy();
        members += &format!("    \"{folder}\",\n");
        patches += &format!("{name} = {{ path = \"{folder}\" }}\n");
    }
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\n{members}]\n\n[patch.crates-io]\n{patches}"
    )
}

/// The example's manifest without its own workspace and the paths into this clone.
fn as_member(manifest: &str) -> String {
    let (own, _) = manifest.split_once("[patch.").unwrap_or((manifest, ""));
    own.replace("[workspace]\n", "")
}

/// Cargo in the workspace of packages.
fn cargo_there(mut command: Command) -> Command {
    command.args(["--release", "--offline", "--manifest-path"]);
    command.arg(folder().join("Cargo.toml"));
    command
}

/// Compiles the example with no feature but those that it turns on itself.
fn alone() -> Command {
    let mut check = cargo_there(cargo::cargo("check"));
    check.args(["--package", "rekindle-outside"]);
    check
}

/// Compiles every crate.
fn all() -> Command {
    let mut check = cargo_there(cargo::cargo("check"));
    check.arg("--workspace");
    check
}

/// Builds the example's programs.
fn programs() -> Command {
    let mut build = cargo_there(cargo::cargo("build"));
    // All packages, or the dependencies that `run` built would be built anew with other features.
    build.arg("--workspace");
    for name in PROGRAMS {
        build.args(["--bin", name]);
    }
    build
}

/// Lints `data` and its tests with one feature or none.
fn data(feature: &str) -> Command {
    let check = checks::linted("check").unwrap_or_else(|| cargo::cargo("check"));
    let mut check = cargo_there(check);
    check.args(["--package", "rekindle-data", "--all-targets"]);
    check.args(["--no-default-features", "--features", feature]);
    check
}

fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    // A file with a new date is built anew.
    match fs::read_to_string(path) {
        Ok(old) if old == text => Ok(()),
        _ => fs::write(path, text).map_err(about(path)),
    }
}

fn about(path: &Path) -> impl Fn(io::Error) -> String {
    let path = path.display().to_string();
    move |error| format!("{path}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_removed() {
        let folder = std::env::temp_dir().join(format!("xtask-packages-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        for (path, text) in [
            ("from/src/same.rs", "same"),
            ("from/src/changed.rs", "new"),
            ("from/added.rs", "new"),
            ("to/src/same.rs", "same"),
            ("to/src/changed.rs", "old"),
            ("to/old/gone.rs", "old"),
        ] {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
            fs::write(path, text).expect("written");
        }
        let same = to.join("src/same.rs");
        let date = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
        let before = date(&same);
        take_over(&from, &to).expect("both are folders");
        assert_eq!(date(&same), before);
        let read = |name: &str| fs::read_to_string(to.join(name)).ok();
        assert_eq!(read("src/changed.rs").as_deref(), Some("new"));
        assert_eq!(read("added.rs").as_deref(), Some("new"));
        assert!(!to.join("old").exists());
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn the_example_becomes_a_member() {
        let manifest = "[package]\nname = \"a\"\n\n[workspace]\n\n[dependencies]\nb = \"1\"\n\n\
                        [patch.crates-io]\nb = { path = \"../b\" }\n";
        let member = "[package]\nname = \"a\"\n\n\n[dependencies]\nb = \"1\"\n\n";
        assert_eq!(as_member(manifest), member);
    }

    #[test]
    fn the_workspace_names_every_package() {
        let package = |name: &str| Package {
            name: name.to_string(),
            folder: Path::new("target").join(format!("{name}-1.0.0")),
        };
        let text = workspace(&[package("one"), package("two")]);
        assert!(
            text.contains("    \"one-1.0.0\",\n    \"two-1.0.0\",\n"),
            "{text}"
        );
        assert!(
            text.contains("\ntwo = { path = \"two-1.0.0\" }\n"),
            "{text}"
        );
    }
}
