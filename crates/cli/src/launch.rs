//! Finds LibTorch, then becomes the program that is linked with it.
//!
//! The system's loader ends a program whose libraries are missing before the first line of it runs; this one is
//! linked with none of them, and so can say what to set.

use crate::failure::{self, Failure};
use crate::library;
use crate::search::{SEARCHED, python, searched, with_first};
use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Built beside this program.
const PROGRAM: &str = "rekindle-libtorch";
/// The folder of the libraries that the build linked with, and their version.
const BUILT_WITH: Option<&str> = option_env!("REKINDLE_LIBTORCH");
const BUILT_VERSION: Option<&str> = option_env!("REKINDLE_LIBTORCH_VERSION");
const BUILT_FOR_CUDA: bool = option_env!("REKINDLE_LIBTORCH_CUDA").is_some();

/// Becomes the program; comes back only with an error, or where a process cannot become another.
pub fn launch() -> ExitCode {
    failure::install_hook();
    match start() {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn start() -> Result<ExitCode, Failure> {
    // Through a link, which not every system resolves itself.
    let own = std::env::current_exe().and_then(std::fs::canonicalize);
    let own = own.map_err(|error| {
        Failure::failed(format!("cannot tell where rekindle is: {error}"), help())
    })?;
    let program = own.with_file_name(format!("{PROGRAM}{EXE_SUFFIX}"));
    if !program.is_file() {
        return Err(Failure::usage(
            format!("{} is missing", program.display()),
            "it belongs beside rekindle: `cargo build --release --package rekindle --features tch` \
             makes both",
        ));
    }
    let mut command = Command::new(&program);
    command.args(std::env::args_os().skip(1));
    match find(&own) {
        Ok(libraries) => {
            let folders = with_first(&libraries).map_err(|error| {
                let what = format!("{} cannot be searched: {error}", libraries.display());
                Failure::usage(what, help())
            })?;
            command.env(SEARCHED, folders);
        }
        // Linked in, or where every loader looks.
        Err(_) if BUILT_WITH.is_none() || loader_knows() => {}
        Err(failure) => return Err(failure),
    }
    become_process(command).map_err(|error| {
        Failure::failed(format!("cannot run {}: {error}", program.display()), help())
    })
}

/// The folder of LibTorch's libraries.
fn find(own: &Path) -> Result<PathBuf, Failure> {
    if let Some(named) = std::env::var_os("LIBTORCH").filter(|folder| !folder.is_empty()) {
        let named = PathBuf::from(named);
        let shown = named.display().to_string();
        let Some(libraries) = library::libraries(&named) else {
            let what = format!("LIBTORCH={shown} has no lib/{}", library::FILE);
            return Err(Failure::usage(what, help()));
        };
        return match fits(&libraries) {
            Ok(()) => Ok(libraries),
            Err(other) => Err(Failure::usage(
                format!("LIBTORCH={shown} is {other}"),
                help(),
            )),
        };
    }
    let mut folders = searched();
    folders.extend(own.parent().map(|folder| folder.join("libtorch")));
    folders.extend(BUILT_WITH.map(PathBuf::from));
    let mut missed = Vec::new();
    let mut take = |folder: PathBuf| match library::libraries(&folder) {
        Some(libraries) => match fits(&libraries) {
            Ok(()) => Some(libraries),
            Err(other) => {
                missed.push(format!("{} is {other}", folder.display()));
                None
            }
        },
        None => {
            missed.push(format!("{} has none", folder.display()));
            None
        }
    };
    if let Some(libraries) = folders.into_iter().find_map(&mut take) {
        return Ok(libraries);
    }
    // Asked last: it starts Python.
    if std::env::var_os("LIBTORCH_USE_PYTORCH").is_some_and(|value| value == "1") {
        match python() {
            Some(folder) => {
                if let Some(libraries) = take(folder) {
                    return Ok(libraries);
                }
            }
            None => missed.push("python3 has no torch".to_string()),
        }
    }
    let what = format!("LibTorch is not found: {}", missed.join(", "));
    Err(Failure::usage(what, help()))
}

/// Libraries of another version need not have all that this build calls; of no stated version, they may do.
fn fits(libraries: &Path) -> Result<(), String> {
    if BUILT_FOR_CUDA && !libraries.join(library::CUDA_FILE).is_file() {
        return Err("LibTorch for the CPU alone, not for CUDA too".to_string());
    }
    let number = |version: &str| version.split('+').next().map(str::to_string);
    let unchecked = std::env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_some();
    match (library::version(libraries), BUILT_VERSION) {
        (Some(found), Some(built)) if !unchecked && number(&found) != number(built) => {
            Err(format!("LibTorch {found}, not {built}"))
        }
        _ => Ok(()),
    }
}

fn help() -> String {
    let version = BUILT_VERSION.map_or_else(|| "the build's version".to_string(), str::to_string);
    let kind = if BUILT_FOR_CUDA { " for CUDA" } else { "" };
    format!(
        "set LIBTORCH to the folder of LibTorch {version}{kind}, or put that folder beside rekindle, named libtorch"
    )
}

/// Whether LibTorch lies where the system's loader looks unasked.
fn loader_knows() -> bool {
    // Named, it is to be the named one.
    let named = std::env::var_os("LIBTORCH").is_some_and(|folder| !folder.is_empty());
    let cache = Command::new("ldconfig").arg("-p").output();
    !named && cache.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(library::FILE))
}

#[cfg(unix)]
fn become_process(mut command: Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    // Usage lines say the name that was typed.
    Err(command.arg0("rekindle").exec())
}

#[cfg(not(unix))]
fn become_process(mut command: Command) -> std::io::Result<ExitCode> {
    // Ctrl-C is the program's, which saves and ends with a code of its own.
    let _ = ctrlc::set_handler(|| {});
    let code = command.status()?.code();
    let code = code.and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
