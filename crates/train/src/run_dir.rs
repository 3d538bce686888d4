//! The directory a run leaves behind: it can be moved and used elsewhere.

use crate::error::{Result, TaskError};
use crate::files;
use crate::settings::{self, Settings, TaskFile};
use crate::summary::Summary;
use crate::task::{Context, RunRequest};
use burn::module::Module;
use burn_store::{ModuleSnapshot, SafetensorsStore};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A run directory.
#[derive(Debug, Clone)]
pub struct RunDir {
    path: PathBuf,
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
        Ok(Self {
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
    pub fn refuse_other_task(&self, task: &str, path: &Path) -> Result<()> {
        if self.task == task {
            return Ok(());
        }
        Err(TaskError::Usage {
            what: format!("this is a run of {}, not of {task}", self.task),
            place: Some(path.display().to_string()),
            help: "name its task or its task file, or leave --resume out".to_string(),
        })
    }

    /// Refuses to go on with other data; runs of version 0.1.0 did not keep what theirs were.
    fn refuse_other_data(&self, now: &Self, path: &Path) -> Result<()> {
        let changed = |source: &&SourceFile| !now.sources.contains(source);
        match self.sources.iter().find(changed) {
            None => Ok(()),
            Some(source) => Err(TaskError::Usage {
                what: format!(
                    "the data have changed since this run began: {}",
                    source.name
                ),
                place: Some(path.display().to_string()),
                help: "give the same files with --data, or start a new run".to_string(),
            }),
        }
    }
}

const CONFIG: &str = "config.toml";
const MODEL: &str = "model.safetensors";
const PAGE: &str = "report.html";
const REPORT: &str = "report.json";

impl RunDir {
    /// Refuses a folder that is not empty, before anything is made.
    ///
    /// # Errors
    /// [`TaskError::Usage`] when it holds files.
    pub fn refuse_full(path: &Path) -> Result<()> {
        match fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
            true => Err(TaskError::Usage {
                what: "the output folder is not empty".to_string(),
                place: Some(path.display().to_string()),
                help: "choose another --out, or add --resume to go on with the run in it".into(),
            }),
            false => Ok(()),
        }
    }

    /// Makes the directory of a new run, or opens the one to go on with.
    pub fn create(path: &Path, resume: bool) -> Result<Self> {
        let run = Self {
            path: path.to_owned(),
        };
        if resume {
            if !run.file(CONFIG).is_file() {
                return Err(TaskError::Usage {
                    what: "there is no run to go on with".to_string(),
                    place: Some(path.display().to_string()),
                    help: "leave --resume out to start one there".to_string(),
                });
            }
        } else {
            Self::refuse_full(path)?;
        }
        let unwritable = |error: std::io::Error| TaskError::Usage {
            what: format!("cannot write to the output folder: {}", plain(&error)),
            place: Some(path.display().to_string()),
            help: "choose another --out folder".to_string(),
        };
        fs::create_dir_all(path).map_err(unwritable)?;
        tempfile::tempfile_in(path).map_err(unwritable)?;
        Ok(run)
    }

    /// Makes the directory of a run, or opens it again, and writes this as its `config.toml`.
    ///
    /// # Errors
    /// When the directory cannot be made, or holds other files; on resuming, when the task or a
    /// source file is another one.
    pub fn start(request: &RunRequest, mut config: RunConfig) -> Result<Self> {
        let run = Self::create(&request.out, request.resume)?;
        if request.resume {
            let saved = run.read_config()?;
            saved.refuse_other_task(&config.task, run.path())?;
            saved.refuse_other_data(&config, run.path())?;
            config.backend = saved.backend;
        }
        run.write_config(&config)?;
        Ok(run)
    }

    /// Opens a finished run.
    pub fn open(path: &Path) -> Result<Self> {
        let run = Self {
            path: path.to_owned(),
        };
        if run.file(CONFIG).is_file() {
            return Ok(run);
        }
        let what = if path.is_dir() {
            "this folder holds no run"
        } else {
            "there is no such run"
        };
        Err(TaskError::run(path, what))
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
        files::write_atomic(&path, text.as_bytes())
    }

    /// Reads `config.toml`.
    pub fn read_config(&self) -> Result<RunConfig> {
        let path = self.file(CONFIG);
        toml::from_str(&files::read_text(&path)?).map_err(|error| {
            TaskError::run(&path, format!("the file is damaged: {}", error.message()))
        })
    }

    /// Writes `report.html`, then `report.json`, with which a run is complete.
    pub fn write_report(&self, page: &str, summary: &Summary) -> Result<()> {
        files::write_atomic(&self.file(PAGE), page.as_bytes())?;
        files::write_json(&self.file(REPORT), summary)
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
        Ok(model)
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
