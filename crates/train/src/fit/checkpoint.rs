//! Checkpoints that are complete or absent.
//!
//! A checkpoint is a folder with checksums, written under a temporary name and renamed when all its
//! files are there. `last-…` holds model, optimizer and the state of the loop; `best-…` the model of the
//! best epoch on validation. The one before is removed only when the next one is in place.

use super::average::AverageState;
use super::history::History;
use super::loss_scale::LossScale;
use super::tally::Tally;
use crate::error::{Result, TaskError};
use crate::files;
use crate::finite::all_finite;
use crate::say;
use crate::sums;
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
    /// Opens, and makes, `folder`; what a killed run left half-written is cleared.
    pub fn open(folder: &Path) -> Result<Self> {
        files::make_folder(folder).map_err(TaskError::write(folder))?;
        files::clear(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
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
        let state = files::to_json(&self.folder.join(&name).join(STATE), state)?.into_bytes();
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
        let before = self.named("last-")?;
        let path = self.write(&name, files)?;
        self.remove_others(before, &path)
    }

    /// Saves the model of the best epoch. The one before stays until [`Self::keep_best`]: the last
    /// checkpoint still names it.
    pub fn save_best<M: Module>(&self, model: M, epoch: usize) -> Result<()> {
        let bytes = self.bytes(model)?;
        self.write(&best_name(epoch), vec![(MODEL, bytes)])?;
        Ok(())
    }

    /// Removes the models of best epochs that the last checkpoint does not name.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn keep_best(&self, epoch: Option<usize>) -> Result<()> {
        let kept = epoch.map_or_else(PathBuf::new, |epoch| self.folder.join(best_name(epoch)));
        self.remove_others(self.named("best-")?, &kept)
    }

    /// The last complete checkpoint, if there is one: its folder and state. Incomplete ones are passed
    /// over, and the user is told.
    ///
    /// # Errors
    /// When it is damaged, or of Burn 0.21.
    pub fn last(&self) -> Result<Option<(PathBuf, LoopState)>> {
        for folder in self.named("last-")?.into_iter().rev() {
            if folder.join(OLD_MODEL).exists() {
                return Err(TaskError::Usage {
                    what: "this run was begun with Burn 0.21, whose checkpoints have another form"
                        .into(),
                    place: Some(folder.display().to_string()),
                    help: "start anew, or go on with rekindle 0.1.0".into(),
                });
            }
            if let Some(missing) = missing(&folder)? {
                say!(
                    "the checkpoint {} is incomplete and passed over: {missing} is missing",
                    folder.display()
                );
                continue;
            }
            let state = files::read_json(&folder.join(STATE))?;
            return Ok(Some((folder, state)));
        }
        Ok(None)
    }

    /// Removes the checkpoints of the same kind beside this one, which a killed run did not come to.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn keep_only(&self, checkpoint: &Path) -> Result<()> {
        let name = checkpoint.file_name().unwrap_or_default().to_string_lossy();
        let prefix = name.split_inclusive('-').next().unwrap_or_default();
        self.remove_others(self.named(prefix)?, checkpoint)
    }

    fn remove_others(&self, all: Vec<PathBuf>, kept: &Path) -> Result<()> {
        for other in all.iter().filter(|&other| other != kept) {
            files::remove_folder(other).map_err(TaskError::write(other))?;
        }
        Ok(())
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

    /// Loads the best model into `model`, which is that of this epoch.
    pub fn load_best<M: Module>(&self, model: M, epoch: usize) -> Result<M> {
        let folder = self.folder.join(best_name(epoch));
        match folder.is_dir() {
            true => {
                let model = self.load_model(model, &folder)?;
                self.keep_only(&folder)?;
                Ok(model)
            }
            false => Err(TaskError::run(
                &folder,
                "the checkpoint of the best epoch is missing",
            )),
        }
    }

    fn bytes<M: Module>(&self, model: M) -> Result<Vec<u8>> {
        let bytes = model.into_record().into_bytes();
        Ok(bytes.map_err(|error| self.unsaved(error))?.to_vec())
    }

    fn unsaved(&self, error: RecordError) -> TaskError {
        TaskError::run(&self.folder, error.to_string())
    }

    /// Writes a checkpoint with its checksums.
    fn write(&self, name: &str, mut files: Vec<(&str, Vec<u8>)>) -> Result<PathBuf> {
        let sums = sums::of(&files);
        files.push((sums::FILE, sums));
        let path = self.folder.join(name);
        files::write_folder(&path, &files)?;
        Ok(path)
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

fn best_name(epoch: usize) -> String {
    format!("best-{epoch:05}")
}

/// The first file that a checkpoint lacks.
fn missing(folder: &Path) -> Result<Option<String>> {
    let needed = [MODEL, OPTIMIZER, STATE].into_iter();
    let mut missing = needed.filter(|name| !folder.join(name).is_file());
    match missing.next() {
        Some(name) => Ok(Some(name.to_string())),
        None => sums::missing(folder),
    }
}

/// Loads a file of weights into `model`.
fn load<M: Module>(model: M, path: &Path) -> Result<M> {
    let bytes = Bytes::from_bytes_vec(files::read_bytes(path)?);
    let record = ModuleRecord::from_bytes(bytes).map_err(|error| damaged(path, error))?;
    let model = model
        .try_load_record(record)
        .map_err(|error| damaged(path, error))?;
    match all_finite(&model) {
        true => Ok(model),
        false => Err(TaskError::damaged(
            path,
            "the file holds weights that are not finite",
        )),
    }
}

fn damaged(path: &Path, error: RecordError) -> TaskError {
    TaskError::run(path, format!("the file is damaged: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;
    use rekindle_models::AdamConfig;

    fn saved(folder: &Path, steps: &[usize]) -> (Checkpoints, Linear) {
        let checkpoints = Checkpoints::open(folder).expect("made");
        let layer = LinearConfig::new(2, 2).init(&Device::flex().autodiff());
        for &step in steps {
            let state = LoopState {
                epoch: 1,
                step,
                ..LoopState::default()
            };
            let optimizer = AdamConfig::new().init();
            checkpoints
                .save_last(&layer, &optimizer, None, &state)
                .expect("saved");
        }
        (checkpoints, layer)
    }

    fn last_step(checkpoints: &Checkpoints) -> Option<usize> {
        let last = checkpoints.last().expect("sound");
        last.map(|(_, state)| state.step)
    }

    #[test]
    fn the_same_place_is_saved_twice_and_the_last_one_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let (checkpoints, _) = saved(folder.path(), &[3, 3, 5, 5]);
        assert_eq!(last_step(&checkpoints), Some(5));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn what_a_killed_run_did_not_remove_goes_when_the_last_one_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let (checkpoints, _) = saved(folder.path(), &[3]);
        let names = ["last-00001-0000001", "last-00002-0000000", "best-00001"];
        for name in names {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        let (at, _) = checkpoints.last().expect("sound").expect("one");
        checkpoints.keep_only(&at).expect("removed");
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .flatten()
            .collect();
        left.sort_by_key(|entry| entry.file_name());
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(at.is_dir() && left[0].file_name() == "best-00001");
    }

    #[test]
    fn a_best_model_stays_as_long_as_it_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let (checkpoints, _) = saved(folder.path(), &[3]);
        let bests = || checkpoints.named("best-").expect("listed").len();
        let layer = LinearConfig::new(2, 2).init(&Device::flex());
        for epoch in [1, 4] {
            checkpoints.save_best(layer.clone(), epoch).expect("saved");
        }
        assert_eq!(bests(), 2);
        checkpoints.keep_best(Some(1)).expect("removed");
        assert!(checkpoints.load_best(layer, 1).is_ok());
        assert_eq!(bests(), 1);
        checkpoints.keep_best(None).expect("removed");
        assert_eq!(bests(), 0);
    }

    #[test]
    fn an_incomplete_checkpoint_is_passed_over() {
        for file in [MODEL, OPTIMIZER, STATE] {
            let folder = tempfile::tempdir().expect("a folder");
            let (checkpoints, _) = saved(folder.path(), &[3]);
            // As if the run had been killed before it removed the one before.
            let (old, new) = ("last-00001-0000003", "last-00001-0000009");
            let [old, new] = [old, new].map(|name| folder.path().join(name));
            fs::create_dir(&new).expect("made");
            for entry in fs::read_dir(&old).expect("a folder") {
                let from = entry.expect("one").path();
                fs::copy(&from, new.join(from.file_name().expect("a name"))).expect("copied");
            }
            fs::remove_file(new.join(file)).expect("removed");
            let (at, _) = checkpoints.last().expect("sound").expect("the older one");
            assert_eq!(at, old, "{file}");
            fs::remove_dir_all(&old).expect("removed");
            assert_eq!(last_step(&checkpoints), None, "{file}");
        }
    }

    #[test]
    fn a_flipped_bit_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let (checkpoints, layer) = saved(folder.path(), &[3]);
        let (at, _) = checkpoints.last().expect("sound").expect("one");
        for file in [MODEL, OPTIMIZER, STATE] {
            let whole = fs::read(at.join(file)).expect("read");
            let mut bytes = whole.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(at.join(file), &bytes).expect("written");
            let error = match file {
                MODEL => checkpoints.load_model(layer.clone(), &at).err(),
                OPTIMIZER => checkpoints
                    .load_optimizer(AdamConfig::new().init(), &at)
                    .err(),
                _ => checkpoints.last().err(),
            };
            let error = error.expect("it is damaged");
            assert!(error.to_string().contains(file), "{error}");
            assert_eq!(error.exit_code(), 2);
            fs::write(at.join(file), &whole).expect("written");
        }
        assert_eq!(last_step(&checkpoints), Some(3));
    }

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
