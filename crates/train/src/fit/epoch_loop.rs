//! The epoch loop.

use super::average::Average;
use super::batches::{Batcher, Batches};
use super::checkpoint::{Checkpoints, LoopState};
use super::clip::{clip, is_finite};
use super::gradients::{Devices, Lost, StepPlace, gradients};
use super::history::{EpochRow, History};
use super::schedule::Schedule;
use super::screen::{Display, Pass, Screen};
use super::tally::{Outputs, Tally};
use super::trainable::Trainable;
use super::{FitConfig, FitData};
use crate::error::{Result, TaskError};
use crate::say;
use crate::task::{Context, Replica};
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use rekindle_models::{AdamConfig, Precision};
use std::path::Path;
use std::time::Instant;

/// What does not change during training.
pub struct EpochLoop<'a, K> {
    pub context: &'a Context,
    pub config: &'a FitConfig,
    pub devices: Devices,
    pub batcher: &'a K,
    pub train: Batches,
    pub valid: Vec<u32>,
    pub schedule: Schedule,
    pub run: &'a Path,
    pub checkpoints: Checkpoints,
}

/// What a step changes, and a checkpoint holds.
struct Training<M: Module> {
    model: M,
    optimizer: ModuleOptimizer,
    average: Average<M>,
    state: LoopState,
}

/// Why an epoch's training ended.
enum End {
    Finished,
    Interrupted,
    Lost(Lost),
}

impl<'a, K: Batcher> EpochLoop<'a, K> {
    /// Prepares training on this data with these settings, of a run in this folder.
    pub fn new(
        context: &'a Context,
        data: FitData<'a, K>,
        config: &'a FitConfig,
        (run, checkpoints): (&'a Path, Checkpoints),
    ) -> Self {
        let alone = Replica {
            device: context.device.clone(),
            worker: None,
        };
        let replicas = match context.replicas.is_empty() {
            true => vec![alone],
            false => context.replicas.clone(),
        };
        let mut train = Batches {
            items: data.train,
            per_epoch: data.train_per_epoch,
            size: config.batch_size * replicas.len(),
            buckets: data.buckets,
            seed: config.seed,
        };
        if let Some(budget) = train.buckets.as_mut().and_then(|b| b.budget.as_mut()) {
            *budget *= replicas.len();
        }
        let schedule = Schedule {
            rate: config.rate,
            peak: config.learning_rate,
            // With buckets, later epochs may have a few batches more or less.
            steps: train.from(1, 0).len(),
            epochs: config.epochs,
        };
        Self {
            context,
            config,
            devices: Devices {
                home: context.device.clone(),
                replicas,
            },
            batcher: data.batcher,
            train,
            valid: data.valid,
            schedule,
            run,
            checkpoints,
        }
    }

    /// Trains until the last epoch is over, validation stops improving, or the user stops it.
    pub fn run<M>(&self, model: M, resume: bool, screen: &mut Screen) -> Result<(M, History)>
    where
        M: Module + Trainable<Batch = K::Batch>,
    {
        let mut training = self.start(model, resume)?;
        while training.state.epoch <= self.config.epochs
            && training.state.history.since_best() < self.config.patience
        {
            let (started, epoch) = (Instant::now(), training.state.epoch);
            let (samples, end);
            (training, samples, end) = self.train_epoch(training, screen);
            let train_seconds = started.elapsed().as_secs_f64();
            let model = training.average.model(&training.model);
            let valid = match end {
                End::Finished => self.validate(&model, epoch, screen),
                End::Interrupted | End::Lost(_) => None,
            };
            let Some(valid) = valid else {
                // A resumed run trains the remaining steps, if any, and then validates.
                self.save(&mut training)?;
                if let End::Lost(lost) = end {
                    return Err(TaskError::Worker {
                        address: lost.worker,
                        run: self.run.to_owned(),
                    });
                }
                break;
            };
            let state = &mut training.state;
            let best = state.history.best();
            let row = EpochRow {
                epoch,
                train_loss: state.tally.mean_loss(),
                valid_loss: valid.mean_loss(),
                train_accuracy: state.tally.accuracy(),
                valid_accuracy: valid.accuracy(),
                learning_rate: self.schedule.at(epoch, state.step.saturating_sub(1)),
                seconds: started.elapsed().as_secs_f64(),
                samples_per_second: samples as f64 / train_seconds.max(1e-9),
                // Without validation the last epoch is the one to keep.
                best: self.valid.is_empty()
                    || best.is_none_or(|best| valid.mean_loss() < best.valid_loss),
            };
            if !row.train_loss.is_finite() || !row.valid_loss.is_finite() {
                return Err(TaskError::Diverged { epoch });
            }
            if row.best {
                self.checkpoints.save_best(model, epoch)?;
            }
            if self.context.display == Display::Plain {
                say!("{}", row.line(self.config.epochs));
            }
            state.history.rows.push(row);
            (state.epoch, state.step, state.tally) = (epoch + 1, 0, Tally::default());
            self.save(&mut training)?;
        }
        Ok((training.model, training.state.history))
    }

    /// Trains the rest of an epoch. Also returns the number of samples and why it ended.
    fn train_epoch<M>(
        &self,
        mut training: Training<M>,
        screen: &mut Screen,
    ) -> (Training<M>, usize, End)
    where
        M: Module + Trainable<Batch = K::Batch>,
    {
        let state = &mut training.state;
        let epoch = state.epoch;
        let half = self.config.precision == Precision::F16;
        let batches = self.train.from(epoch, state.step);
        let (mut outputs, mut samples) = (Outputs::new(), 0);
        let mut end = End::Finished;
        screen.begin(
            Pass::Train,
            (epoch, self.config.epochs),
            state.step + batches.len(),
        );
        for items in &batches {
            if self.context.interrupter.should_stop() {
                end = End::Interrupted;
                break;
            }
            let place = StepPlace {
                epoch,
                seed: step_seed(self.config.seed, epoch, state.step),
                loss_scale: if half { state.loss_scale.factor() } else { 1.0 },
            };
            let model = &training.model;
            let computed = gradients(model, self.batcher, items, place, &self.devices);
            let (mut gradients, given) = match computed {
                Ok(computed) => computed,
                Err(lost) => {
                    end = End::Lost(lost);
                    break;
                }
            };
            let finite = place.loss_scale == 1.0 || is_finite(model, &gradients);
            if finite {
                clip(model, &mut gradients, self.config.clip_norm);
                let rate = self.schedule.at(epoch, state.step);
                // The model is moved, not cloned, so that the optimizer can write in place.
                training.model = training.optimizer.step(rate, training.model, gradients);
                training.average.step(&training.model);
            }
            if half {
                state.loss_scale.after(finite);
            }
            state.step += 1;
            samples += items.len();
            outputs.extend(given);
            if screen.is_due() {
                screen.show(state.step, &outputs.read());
            }
        }
        screen.show(state.step, &outputs.read());
        state.tally = state.tally + outputs.tally();
        (training, samples, end)
    }

    /// Losses and hits on the validation items, or none if the user stopped it.
    fn validate<N>(&self, model: &N, epoch: usize, screen: &mut Screen) -> Option<Tally>
    where
        N: Trainable<Batch = K::Batch>,
    {
        let batches = self.valid.chunks(self.config.batch_size.max(1) * 4);
        let mut outputs = Outputs::new();
        screen.begin(Pass::Valid, (epoch, self.config.epochs), batches.len());
        for (at, items) in batches.clone().enumerate() {
            if self.context.interrupter.should_stop() {
                return None;
            }
            let device = &self.context.device;
            outputs.extend([model.loss(self.batcher.batch(items, epoch, device))]);
            if screen.is_due() {
                screen.show(at + 1, &outputs.read());
            }
        }
        screen.show(batches.len(), &outputs.read());
        Some(outputs.tally())
    }

    /// Starts anew, or from the last checkpoint if there is one and `resume` is set.
    fn start<M: Module>(&self, model: M, resume: bool) -> Result<Training<M>> {
        let adam = AdamConfig::new()
            .with_epsilon(self.config.epsilon)
            .with_early_epsilon(self.config.early_epsilon)
            .with_weight_decay(f64::from(self.config.weight_decay));
        let mut training = Training {
            model: model.fork(&self.context.device).train(),
            optimizer: adam.init(),
            average: Average::new(self.config.average),
            state: LoopState {
                epoch: 1,
                devices: self.devices.replicas.len(),
                ..LoopState::default()
            },
        };
        let last = match resume {
            true => self.checkpoints.last()?,
            false => None,
        };
        if let Some((folder, state)) = last {
            let checkpoints = &self.checkpoints;
            training.model = checkpoints.load_model(training.model, &folder)?;
            training.optimizer = checkpoints.load_optimizer(training.optimizer, &folder)?;
            if training.average.is_kept() && state.average.steps > 0 {
                let mean = checkpoints.load_average(training.model.valid(), &folder)?;
                training.average.go_on(mean, state.average);
            }
            training.state = state;
            training.state.share(self.devices.replicas.len());
        }
        Ok(training)
    }

    /// Writes the checkpoint to resume from.
    fn save<M: Module>(&self, training: &mut Training<M>) -> Result<()> {
        let Training {
            model,
            optimizer,
            average,
            state,
        } = training;
        state.average = average.state();
        let mean = average.is_kept().then(|| average.model(model));
        self.checkpoints.save_last(model, optimizer, mean, state)
    }
}

/// A seed for the dropout masks of one step, so that a resumed run draws the same ones.
fn step_seed(seed: u64, epoch: usize, step: usize) -> u64 {
    let mut mixed = seed ^ (epoch as u64).rotate_left(40) ^ (step as u64).rotate_left(20);
    // SplitMix64's finalizer: neighbouring steps get unrelated seeds.
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
