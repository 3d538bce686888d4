//! `rekindle data`, and where data are looked for.

use crate::failure::Failure;
use crate::program::args::DataCommand;
use etcetera::BaseStrategy;
use indicatif::{ProgressBar, ProgressStyle};
use rekindle_data::{FileState, Progress, verify};
use rekindle_tasks::catalogue;
use rekindle_train::{DataDirs, say};
use std::path::PathBuf;

/// The folders of this user: `--data`, `$REKINDLE_DATA`, the cache.
pub fn data_dirs(explicit: Option<PathBuf>) -> DataDirs {
    let cache = etcetera::choose_base_strategy()
        .map(|strategy| strategy.cache_dir())
        .unwrap_or_else(|_| std::env::temp_dir());
    DataDirs {
        explicit,
        variable: std::env::var_os("REKINDLE_DATA").map(PathBuf::from),
        cache: cache.join("rekindle"),
        manifest: catalogue::manifest,
        offline: std::env::var_os("REKINDLE_OFFLINE").is_some(),
        progress: || Box::new(Bar(ProgressBar::hidden())),
    }
}

/// `rekindle data …`.
pub fn data(command: &DataCommand) -> Result<(), Failure> {
    match command {
        DataCommand::List => list(),
        DataCommand::Fetch { set } => fetch(set),
        DataCommand::Verify { set, data } => verify_set(set, data.clone()),
    }
}

fn list() -> Result<(), Failure> {
    let folders = data_dirs(None).folders();
    for manifest in catalogue::manifests()? {
        say!("{:<12} {}", manifest.name, manifest.title);
        say!(
            "{:<12} licence: {}; {}",
            "",
            manifest.licence,
            manifest.homepage
        );
        if let Some(note) = &manifest.note {
            say!("{:<12} {note}", "");
        }
        for file in &manifest.files {
            let place = match rekindle_data::locate(&folders, &file.path) {
                Some(found) => found.display().to_string(),
                None => "not here".to_string(),
            };
            say!("{:<12} {}: {place}", "", file.path);
        }
    }
    Ok(())
}

fn fetch(set: &str) -> Result<(), Failure> {
    let dirs = data_dirs(None);
    dirs.download(set)?;
    say!("{set} is in {}", dirs.cache.display());
    Ok(())
}

fn verify_set(set: &str, data: Option<PathBuf>) -> Result<(), Failure> {
    let manifest = catalogue::manifest(set)?;
    let mut bad = 0;
    for status in verify(&manifest, &data_dirs(data).folders()) {
        let place = status
            .found
            .map_or(String::new(), |found| format!(" {}", found.display()));
        let (good, word) = match status.state {
            FileState::Ok => (true, "ok".to_string()),
            FileState::Unchecked => (true, "found; the manifest has no hash to check".to_string()),
            FileState::Missing => (false, "missing".to_string()),
            FileState::WrongSize { expected, found } => {
                (false, format!("{found} bytes instead of {expected}"))
            }
            FileState::WrongHash { .. } => (false, "the contents differ from the manifest".into()),
        };
        say!("{}: {word}{place}", status.path);
        bad += usize::from(!good);
    }
    if bad > 0 {
        return Err(Failure::failed(
            format!("{bad} file(s) of {set} are missing or differ"),
            format!("`rekindle data fetch {set}` downloads them; `rekindle data list` says more"),
        ));
    }
    Ok(())
}

/// A download as a progress bar.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn start(&mut self, file: &str, total: Option<u64>, already: u64) {
        let style = ProgressStyle::with_template(
            "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        self.0 = match total {
            Some(total) => ProgressBar::new(total).with_style(style),
            None => ProgressBar::new_spinner(),
        };
        self.0.set_message(file.to_string());
        self.0.set_position(already);
    }

    fn advance(&mut self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn finish(&mut self) {
        self.0.finish_and_clear();
    }
}
