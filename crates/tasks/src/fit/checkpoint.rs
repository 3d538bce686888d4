//! Checkpoints that are complete or absent.
//!
//! A checkpoint is a folder, written under a temporary name and renamed when all its files are
//! there. `last-…` holds model, optimizer and the state of the loop; `best-…` the model of the best
//! epoch on validation.

use super::average::AverageState;
use super::history::History;
use super::loss_scale::LossScale;
use super::tally::Tally;
use crate::error::{Result, TaskError};
use crate::files;
use burn::module::Module;
use burn::record::{BinBytesRecorder, FullPrecisionSettings, Record, Recorder};
use burn::tensor::backend::{AutodiffBackend, Backend, DeviceOps};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the loop is, and what it has seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LoopState {
    /// Epoch to go on with, from 1.
    pub epoch: usize,
    /// Steps of it already done.
    pub step: usize,
    /// What those steps came to.
    pub tally: Tally,
    /// Finished epochs.
    pub history: History,
    /// Of a fit in `f16`.
    #[serde(default)]
    pub loss_scale: LossScale,
    /// Of a fit that keeps a mean of its weights.
    #[serde(default)]
    pub average: AverageState,
}

/// The checkpoints of one fit.
pub struct Checkpoints<B: AutodiffBackend> {
    folder: PathBuf,
    device: B::Device,
}

type Bytes = BinBytesRecorder<FullPrecisionSettings>;

const MODEL: &str = "model.bin";
const OPTIMIZER: &str = "optimizer.bin";
const AVERAGE: &str = "average.bin";
const STATE: &str = "state.json";

impl<B: AutodiffBackend> Checkpoints<B> {
    /// Opens, and makes, `folder`; half-written checkpoints of a killed run are removed.
    pub fn open(folder: &Path, device: &B::Device) -> Result<Self> {
        fs::create_dir_all(folder).map_err(TaskError::write(folder))?;
        let checkpoints = Self {
            folder: folder.to_owned(),
            device: device.clone(),
        };
        for path in checkpoints.named(".partial-")? {
            fs::remove_dir_all(&path).map_err(TaskError::write(&path))?;
        }
        Ok(checkpoints)
    }

    /// Saves model, optimizer, the mean of the weights if one is kept, and state; the one before is
    /// then removed.
    pub fn save_last<M: Record<B>, O: Record<B>, A: Record<B::InnerBackend>>(
        &self,
        model: M,
        optimizer: O,
        average: Option<A>,
        state: &LoopState,
    ) -> Result<()> {
        let name = format!("last-{:05}-{:07}", state.epoch, state.step);
        let state = serde_json::to_vec_pretty(state)
            .map_err(|error| TaskError::run(&self.folder, error.to_string()))?;
        let mut files = vec![
            (MODEL, self.encode::<B, _>(model)?),
            (OPTIMIZER, self.encode::<B, _>(optimizer)?),
            (STATE, state),
        ];
        if let Some(average) = average {
            files.push((AVERAGE, self.encode::<B::InnerBackend, _>(average)?));
        }
        self.commit("last-", &name, &files)
    }

    /// Saves the model of the best epoch; the one before is then removed.
    pub fn save_best<M: Record<B::InnerBackend>>(&self, model: M, epoch: usize) -> Result<()> {
        let bytes = self.encode::<B::InnerBackend, _>(model)?;
        self.commit("best-", &format!("best-{epoch:05}"), &[(MODEL, bytes)])
    }

    /// The last checkpoint, if there is one: its folder and state.
    pub fn last(&self) -> Result<Option<(PathBuf, LoopState)>> {
        match self.named("last-")?.pop() {
            None => Ok(None),
            Some(folder) => {
                let state = files::read_json(&folder.join(STATE))?;
                Ok(Some((folder, state)))
            }
        }
    }

    /// Reads the model's record of a checkpoint.
    pub fn model<R: Record<B>>(&self, checkpoint: &Path) -> Result<R> {
        self.decode(&checkpoint.join(MODEL))
    }

    /// Reads the optimizer's record of a checkpoint.
    pub fn optimizer<R: Record<B>>(&self, checkpoint: &Path) -> Result<R> {
        self.decode(&checkpoint.join(OPTIMIZER))
    }

    /// Reads the record of the mean of the weights of a checkpoint.
    pub fn average<R: Record<B::InnerBackend>>(&self, checkpoint: &Path) -> Result<R> {
        Self::parse::<B::InnerBackend, _>(&checkpoint.join(AVERAGE), self.device.inner())
    }

    /// Loads the best model into `model`.
    pub fn load_best<M: Module<B::InnerBackend>>(&self, model: M) -> Result<M> {
        let Some(folder) = self.named("best-")?.pop() else {
            return Err(TaskError::run(&self.folder, "there is no finished epoch"));
        };
        let path = folder.join(MODEL);
        let record: M::Record = Self::parse::<B::InnerBackend, _>(&path, self.device.inner())?;
        Ok(model.load_record(record))
    }

    fn encode<T: Backend, R: Record<T>>(&self, record: R) -> Result<Vec<u8>> {
        <Bytes as Recorder<T>>::record(&Bytes::default(), record, ())
            .map_err(|error| TaskError::run(&self.folder, error.to_string()))
    }

    fn decode<R: Record<B>>(&self, path: &Path) -> Result<R> {
        Self::parse::<B, _>(path, &self.device)
    }

    fn parse<T: Backend, R: Record<T>>(path: &Path, device: &T::Device) -> Result<R> {
        let bytes = files::read_bytes(path)?;
        <Bytes as Recorder<T>>::load(&Bytes::default(), bytes, device)
            .map_err(|error| TaskError::run(path, format!("the file is damaged: {error}")))
    }

    fn commit(&self, prefix: &str, name: &str, files: &[(&str, Vec<u8>)]) -> Result<()> {
        let before = self.named(prefix)?;
        let partial = tempfile::Builder::new()
            .prefix(".partial-")
            .tempdir_in(&self.folder)
            .map_err(TaskError::write(&self.folder))?;
        for (file, bytes) in files {
            files::write_atomic(&partial.path().join(file), bytes)?;
        }
        let path = self.folder.join(name);
        if path.exists() {
            fs::remove_dir_all(&path).map_err(TaskError::write(&path))?;
        }
        fs::rename(partial.keep(), &path).map_err(TaskError::write(&path))?;
        for old in before.iter().filter(|&old| *old != path) {
            fs::remove_dir_all(old).map_err(TaskError::write(old))?;
        }
        Ok(())
    }

    /// Folders whose names begin with `prefix`, oldest first.
    fn named(&self, prefix: &str) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.folder).map_err(TaskError::write(&self.folder))?;
        let mut found: Vec<PathBuf> = entries
            .filter_map(std::result::Result::ok)
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path())
            .collect();
        found.sort();
        Ok(found)
    }
}
