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
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::Bytes;
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
    /// Number of devices that shared them; 0 where it was not written down.
    #[serde(default)]
    pub devices: usize,
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

impl LoopState {
    /// Goes on with so many devices: as a step has as many items as they take, the steps done become those
    /// that would have had the items. Where that is no whole number, some items come again.
    pub fn share(&mut self, devices: usize) {
        if self.devices > 0 {
            self.step = self.step * self.devices / devices.max(1);
        }
        self.devices = devices;
    }
}

/// The checkpoints of one fit.
pub struct Checkpoints {
    folder: PathBuf,
}

const MODEL: &str = "model.bpk";
const OPTIMIZER: &str = "optimizer.bpk";
const AVERAGE: &str = "average.bpk";
const STATE: &str = "state.json";
/// What Burn 0.21 left in place of [`MODEL`].
const OLD_MODEL: &str = "model.bin";

impl Checkpoints {
    /// Opens, and makes, `folder`; half-written checkpoints of a killed run are removed.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(TaskError::write(folder))?;
        let checkpoints = Self {
            folder: folder.to_owned(),
        };
        for path in checkpoints.named(".partial-")? {
            fs::remove_dir_all(&path).map_err(TaskError::write(&path))?;
        }
        Ok(checkpoints)
    }

    /// Saves model, optimizer, the mean of the weights if one is kept, and state; the one before is
    /// then removed.
    pub fn save_last<M: Module>(
        &self,
        model: &M,
        optimizer: &ModuleOptimizer,
        mean: Option<M>,
        state: &LoopState,
    ) -> Result<()> {
        let name = format!("last-{:05}-{:07}", state.epoch, state.step);
        let state = serde_json::to_vec_pretty(state)
            .map_err(|error| TaskError::run(&self.folder, error.to_string()))?;
        let optimizer = optimizer.to_record().into_bytes();
        let mut files = vec![
            (MODEL, self.bytes(model.clone())?),
            (
                OPTIMIZER,
                optimizer.map_err(|error| self.unsaved(error))?.to_vec(),
            ),
            (STATE, state),
        ];
        if let Some(mean) = mean {
            files.push((AVERAGE, self.bytes(mean)?));
        }
        self.commit("last-", &name, &files)
    }

    /// Saves the model of the best epoch; the one before is then removed.
    pub fn save_best<M: Module>(&self, model: M, epoch: usize) -> Result<()> {
        let bytes = self.bytes(model)?;
        self.commit("best-", &format!("best-{epoch:05}"), &[(MODEL, bytes)])
    }

    /// The last checkpoint, if there is one: its folder and state.
    pub fn last(&self) -> Result<Option<(PathBuf, LoopState)>> {
        match self.named("last-")?.pop() {
            None => Ok(None),
            Some(folder) if folder.join(OLD_MODEL).exists() => Err(TaskError::Usage {
                what: "this run was begun with Burn 0.21, whose checkpoints have another form"
                    .into(),
                place: Some(folder.display().to_string()),
                help: "start anew, or go on with rekindle 0.1.0".into(),
            }),
            Some(folder) => {
                let state = files::read_json(&folder.join(STATE))?;
                Ok(Some((folder, state)))
            }
        }
    }

    /// Loads the weights of a checkpoint into `model`.
    pub fn load_model<M: Module>(&self, model: M, checkpoint: &Path) -> Result<M> {
        load(model, &checkpoint.join(MODEL))
    }

    /// Loads the mean of the weights of a checkpoint into `model`.
    pub fn load_average<M: Module>(&self, model: M, checkpoint: &Path) -> Result<M> {
        load(model, &checkpoint.join(AVERAGE))
    }

    /// Loads the state of a checkpoint into `optimizer`.
    pub fn load_optimizer(
        &self,
        optimizer: ModuleOptimizer,
        checkpoint: &Path,
    ) -> Result<ModuleOptimizer> {
        let path = checkpoint.join(OPTIMIZER);
        let bytes = Bytes::from_bytes_vec(files::read_bytes(&path)?);
        let record = OptimizerRecord::from_bytes(bytes).map_err(|error| damaged(&path, error))?;
        Ok(optimizer.load_record(record))
    }

    /// Loads the best model into `model`.
    pub fn load_best<M: Module>(&self, model: M) -> Result<M> {
        let Some(folder) = self.named("best-")?.pop() else {
            return Err(TaskError::run(&self.folder, "there is no finished epoch"));
        };
        self.load_model(model, &folder)
    }

    fn bytes<M: Module>(&self, model: M) -> Result<Vec<u8>> {
        let bytes = model.into_record().into_bytes();
        Ok(bytes.map_err(|error| self.unsaved(error))?.to_vec())
    }

    fn unsaved(&self, error: RecordError) -> TaskError {
        TaskError::run(&self.folder, error.to_string())
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

/// Loads a file of weights into `model`.
fn load<M: Module>(model: M, path: &Path) -> Result<M> {
    let bytes = Bytes::from_bytes_vec(files::read_bytes(path)?);
    let record = ModuleRecord::from_bytes(bytes).map_err(|error| damaged(path, error))?;
    model
        .try_load_record(record)
        .map_err(|error| damaged(path, error))
}

fn damaged(path: &Path, error: RecordError) -> TaskError {
    TaskError::run(path, format!("the file is damaged: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_devices_go_on_with_the_items_that_are_left() {
        let mut state = LoopState {
            step: 5,
            devices: 2,
            ..LoopState::default()
        };
        for (devices, step) in [(2, 5), (1, 10), (3, 3), (3, 3)] {
            state.share(devices);
            assert_eq!((state.step, state.devices), (step, devices));
        }
        let mut old = LoopState {
            step: 7,
            ..LoopState::default()
        };
        old.share(4);
        assert_eq!((old.step, old.devices), (7, 4));
    }
}
