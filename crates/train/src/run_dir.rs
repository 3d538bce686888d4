//! The directory a run leaves behind: it can be moved and used elsewhere.

use crate::error::{Result, TaskError};
use crate::files;
use crate::finite::all_finite;
use crate::fit;
use crate::say;
use crate::settings::{self, Settings, TaskFile};
use crate::summary::Summary;
use crate::sums;
use crate::task::{Context, RunRequest};
use burn::module::Module;
use burn_store::{ModuleSnapshot, SafetensorsStore};
use rekindle_data::FileLock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A run directory.
#[derive(Debug, Clone)]
pub struct RunDir {
    path: PathBuf,
    /// Held while a run writes there; none where it is only read.
    _lock: Option<Arc<FileLock>>,
}

/// `config.toml`: everything resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunConfig {
    /// Version of the program that made the run.
    pub rekindle: String,
    /// The kind of the task; runs of version 0.1.0 have none.
    #[serde(default)]
    pub kind: String,
    /// The task.
    pub task: String,
    /// The backend it began on.
    pub backend: String,
    /// The seed.
    pub seed: u64,
    /// Rows kept of each series or file; 0 is all.
    pub limit: usize,
    /// Threads of the program; 0 where that was not kept.
    #[serde(default)]
    pub threads: usize,
    /// Where the data are and what their columns mean.
    #[serde(default)]
    pub data: toml::Table,
    /// The task's settings.
    pub settings: toml::Table,
    /// The files it read.
    #[serde(default)]
    pub sources: Vec<SourceFile>,
    /// The `--set` pairs that it began with, some of which the task then settled otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<String, String>,
    /// Checksums of what was made of them before training: the split, and what else the task names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub made: BTreeMap<String, String>,
}

/// A file that a run read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its name, without its folder.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

impl SourceFile {
    /// What tells this file from others.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(path: &Path) -> Result<Self> {
        let (sha256, bytes) = rekindle_data::sha256_and_size(path)?;
        Ok(Self {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            bytes,
            sha256,
        })
    }
}

/// Threads this program computes with.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

impl RunConfig {
    /// Everything that is known when a run begins.
    ///
    /// # Errors
    /// When a source file cannot be read.
    pub fn new<S: Settings>(
        file: &TaskFile,
        context: &Context,
        settings: &S,
        (seed, limit): (u64, Option<usize>),
        sources: &[PathBuf],
    ) -> Result<Self> {
        let (data, settings) = settings::split(settings)?;
        refuse_precision(&settings, context)?;
        Ok(Self {
            asked: BTreeMap::new(),
            made: BTreeMap::new(),
            rekindle: env!("CARGO_PKG_VERSION").to_string(),
            kind: file.kind.clone(),
            task: file.name().to_string(),
            backend: context.backend.to_string(),
            seed,
            limit: limit.unwrap_or(0),
            threads: threads(),
            data,
            settings,
            sources: sources
                .iter()
                .map(|path| SourceFile::of(path))
                .collect::<Result<_>>()?,
        })
    }

    /// Refuses to go on with a run of another task.
    ///
    /// # Errors
    /// [`TaskError::Usage`] with the task that it is a run of.
    pub fn refuse_other_task(&self, file: &TaskFile, path: &Path) -> Result<()> {
        // Runs of version 0.1.0 have no kind.
        let same_kind = self.kind.is_empty() || self.kind == file.kind;
        if self.task == file.name() && same_kind {
            return Ok(());
        }
        let named = |task: &str, kind: &str| match same_kind || task == kind {
            true => task.to_string(),
            false => format!("{task} (of kind {kind})"),
        };
        Err(TaskError::Usage {
            what: format!(
                "this is a run of {}, not of {}",
                named(&self.task, &self.kind),
                named(file.name(), &file.kind)
            ),
            place: Some(path.display().to_string()),
            help: "name its task or its task file, or leave --resume out".to_string(),
        })
    }

    /// Refuses to go on with other data; runs of version 0.1.0 did not keep what theirs were.
    fn refuse_other_data(&self, now: &Self, path: &Path) -> Result<()> {
        let refused = |what: String| {
            Err(TaskError::Usage {
                what,
                place: Some(path.display().to_string()),
                help: "give the same files with --data, or start a new run".to_string(),
            })
        };
        for source in &self.sources {
            let Some(other) = now.sources.iter().find(|one| one.name == source.name) else {
                return refused(format!(
                    "the run began with {}, which was not read now",
                    source.name
                ));
            };
            if other != source {
                return refused(format!(
                    "the data have changed since this run began: {} had {} bytes and SHA-256 {}…, and \
                     has {} and {}…",
                    source.name,
                    source.bytes,
                    start(&source.sha256),
                    other.bytes,
                    start(&other.sha256)
                ));
            }
        }
        let new = |one: &&SourceFile| !self.sources.contains(one);
        match now.sources.iter().find(new) {
            Some(one) if !self.sources.is_empty() => {
                refused(format!("the run began without {}", one.name))
            }
            _ => self.refuse_other_parts(now, path),
        }
    }

    /// Refuses another vocabulary, split and so on: the weights are of the first one.
    fn refuse_other_parts(&self, now: &Self, path: &Path) -> Result<()> {
        let other = |(name, sum): &(&String, &String)| now.made.get(*name) != Some(*sum);
        match self.made.iter().find(other) {
            None => Ok(()),
            Some((name, _)) => Err(TaskError::Usage {
                what: format!("the {name} is not the one that this run began with"),
                place: Some(path.display().to_string()),
                help: format!(
                    "go on with the program that began it, rekindle {}, or start a new run",
                    self.rekindle
                ),
            }),
        }
    }
}

/// The first digits of a checksum.
fn start(sum: &str) -> &str {
    sum.get(..12).unwrap_or(sum)
}

/// Refuses a precision that the device has not, before anything is made.
fn refuse_precision(settings: &toml::Table, context: &Context) -> Result<()> {
    let precision = settings.get("precision").cloned();
    let precision = precision.and_then(|value| value.try_into().ok());
    precision.map_or(Ok(()), |precision| {
        fit::refuse_precision(precision, context)
    })
}

const CONFIG: &str = "config.toml";
const MODEL: &str = "model.safetensors";
const PAGE: &str = "report.html";
const REPORT: &str = "report.json";

/// Held by the run that writes in a folder.
const LOCK: &str = ".lock";

impl RunDir {
    /// Refuses a folder that is not empty, before anything is made. What a run leaves that was killed in
    /// its first moment does not count.
    ///
    /// # Errors
    /// [`TaskError::Usage`] when it holds files.
    pub fn refuse_full(path: &Path) -> Result<()> {
        match Self::is_free(path) {
            false => Err(TaskError::Usage {
                what: "the output folder is not empty".to_string(),
                place: Some(path.display().to_string()),
                help: "choose another --out, or add --resume to go on with the run in it".into(),
            }),
            true => Ok(()),
        }
    }

    /// Whether nothing is there, or a folder with nothing of anybody's in it.
    fn is_free(path: &Path) -> bool {
        let ours = |name: &str| name == LOCK || name.starts_with(files::PARTIAL);
        fs::read_dir(path).is_ok_and(|entries| {
            let names = entries.filter_map(std::result::Result::ok);
            names
                .map(|entry| entry.file_name())
                .all(|name| ours(&name.to_string_lossy()))
        }) || !path.is_dir()
    }

    /// Whether there is a run in this folder to go on with. In a folder where one was killed in its first
    /// moment there is none, and a new one begins.
    ///
    /// # Errors
    /// [`TaskError::Usage`] when there is no such folder, or one with other files.
    pub fn is_begun(path: &Path) -> Result<bool> {
        match path.join(CONFIG).is_file() {
            true => Ok(true),
            false if path.is_dir() && Self::is_free(path) => Ok(false),
            false => Err(TaskError::Usage {
                what: "there is no run to go on with".to_string(),
                place: Some(path.display().to_string()),
                help: "leave --resume out to start one there".to_string(),
            }),
        }
    }

    /// Makes a new directory, or opens the one to go on with; no other process may be at work in it.
    ///
    /// # Errors
    /// When it cannot be made or written, is in use, or is not empty.
    pub fn create(path: &Path, resume: bool) -> Result<Self> {
        if !(resume && Self::is_begun(path)?) {
            Self::refuse_full(path)?;
        }
        let unwritable = |error: std::io::Error| TaskError::Usage {
            what: format!("cannot write to the output folder: {}", plain(&error)),
            place: Some(path.display().to_string()),
            help: "choose another --out folder".to_string(),
        };
        files::make_folder(path).map_err(unwritable)?;
        let lock = FileLock::try_new(&path.join(LOCK)).map_err(unwritable)?;
        let lock = lock.ok_or_else(|| TaskError::Usage {
            what: "another run is at work in the output folder".to_string(),
            place: Some(path.display().to_string()),
            help: "wait until it is over, or choose another --out".to_string(),
        })?;
        // Between the first look and the lock, another run may have begun and ended.
        if !(resume && path.join(CONFIG).is_file()) {
            Self::refuse_full(path)?;
        }
        files::clear(path)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: Some(Arc::new(lock)),
        })
    }

    /// Makes the directory of a run, or opens it again, and writes this as its `config.toml`.
    ///
    /// # Errors
    /// When the directory cannot be made, or holds other files; on resuming, when the task or a
    /// source file is another one.
    pub fn start(request: &RunRequest, mut config: RunConfig) -> Result<Self> {
        let begun = request.resume && Self::is_begun(&request.out)?;
        config.asked = request.set.iter().cloned().collect();
        if begun {
            // Before anything is made or cleared.
            let saved = Self::open(&request.out)?.read_config()?;
            let file = TaskFile {
                name: config.task.clone(),
                ..TaskFile::of_kind(&config.kind)
            };
            saved.refuse_other_task(&file, &request.out)?;
            saved.refuse_other_data(&config, &request.out)?;
            config.backend = saved.backend;
            config.asked.extend(saved.asked);
        }
        let run = Self::create(&request.out, request.resume)?;
        if request.resume && !run.checkpoints().exists() {
            say!("there is no checkpoint yet: the run starts from the beginning");
        }
        run.write_config(&config)?;
        Ok(run)
    }

    /// Removes the directory of a new run that was refused before it trained anything; one in which
    /// another process is at work stays.
    pub fn remove_refused(path: &Path) {
        let Ok(Some(_lock)) = FileLock::try_new(&path.join(LOCK)) else {
            return;
        };
        let is_ours = |name: &std::ffi::OsStr| {
            [CONFIG, sums::FILE, LOCK].iter().any(|one| name == *one)
                || name.to_string_lossy().starts_with(files::PARTIAL)
        };
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let mut names = entries.map(|entry| entry.file_name());
        if names.all(|name| is_ours(&name))
            && let Err(error) = fs::remove_dir_all(path)
        {
            tracing::debug!("{}: {error}", path.display());
        }
    }

    /// Opens a run to read it.
    ///
    /// # Errors
    /// When there is none, or one of its files is missing.
    pub fn open(path: &Path) -> Result<Self> {
        let run = Self {
            path: path.to_owned(),
            _lock: None,
        };
        if !run.file(CONFIG).is_file() {
            let what = if path.is_dir() {
                "this folder holds no run"
            } else {
                "there is no such run"
            };
            return Err(TaskError::run(path, what));
        }
        match sums::missing(path)? {
            Some(name) => {
                let what = format!("this is not a complete run: {name} is missing");
                Err(TaskError::run(&run.file(&name), what))
            }
            None => Ok(run),
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Where checkpoints are kept.
    pub fn checkpoints(&self) -> PathBuf {
        self.file("checkpoints")
    }

    fn write_config(&self, config: &RunConfig) -> Result<()> {
        let path = self.file(CONFIG);
        let text = toml::to_string(config)
            .map_err(|error| TaskError::run(&path, format!("cannot be written: {error}")))?;
        // Killed between the two, both the file before and this one are what was meant.
        sums::expect(&self.path, CONFIG, text.as_bytes())?;
        files::write_atomic(&path, text.as_bytes())?;
        match self.file(sums::FILE).exists() {
            true => Ok(()),
            false => sums::write(&self.path),
        }
    }

    /// Reads `config.toml`.
    pub fn read_config(&self) -> Result<RunConfig> {
        let path = self.file(CONFIG);
        toml::from_str(&files::read_text(&path)?).map_err(|error| {
            TaskError::run(&path, format!("the file is damaged: {}", error.message()))
        })
    }

    /// Writes `report.html`, `report.json`, and the checksums of all files, with which a run is complete.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_report(&self, page: &str, summary: &Summary) -> Result<()> {
        files::write_atomic(&self.file(PAGE), page.as_bytes())?;
        files::write_json(&self.file(REPORT), summary)?;
        sums::write(&self.path)
    }

    /// Reads `report.json`.
    pub fn read_report(&self) -> Result<Summary> {
        files::read_json(&self.file(REPORT))
    }

    /// Writes `model.safetensors`.
    pub fn write_model<M: Module + ModuleSnapshot>(&self, model: &M) -> Result<()> {
        let path = self.file(MODEL);
        let mut store = SafetensorsStore::from_bytes(None);
        model
            .save_into(&mut store)
            .map_err(|error| TaskError::run(&path, error.to_string()))?;
        let bytes = store
            .get_bytes()
            .map_err(|error| TaskError::run(&path, error.to_string()))?;
        files::write_atomic(&path, &bytes)
    }

    /// Reads `model.safetensors` into a model of the same shape.
    pub fn read_model<M: Module + ModuleSnapshot>(&self, mut model: M) -> Result<M> {
        let path = self.file(MODEL);
        let mut store = SafetensorsStore::from_bytes(Some(files::read_bytes(&path)?));
        model
            .load_from(&mut store)
            .map_err(|_| TaskError::run(&path, "the file does not hold this run's model"))?;
        match all_finite(&model) {
            true => Ok(model),
            false => Err(TaskError::damaged(
                &path,
                "the file holds weights that are not finite",
            )),
        }
    }
}

/// An error's text without the operating system's number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.split(" at path ")
        .next()
        .unwrap_or(text)
        .to_lowercase()
}

/// The version of Burn in this build.
pub fn burn_version() -> String {
    let mut metadata = SafetensorsStore::default_metadata();
    metadata.remove("version").unwrap_or_default()
}
