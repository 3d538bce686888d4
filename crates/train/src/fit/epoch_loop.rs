//! The epoch loop.

use super::average::Average;
use super::batches::{Batcher, Batches};
use super::checkpoint::{Checkpoints, LoopState};
use super::clip::{clip, norm, norms, sum_of_squares};
use super::divergence::Divergence;
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
use burn::optim::{GradientsParams, ModuleOptimizer};
use rekindle_models::{AdamConfig, Precision};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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
    /// Whether the first loss was not looked at yet.
    first: AtomicBool,
}

/// Steps between two looks at the losses where looking waits for the device.
const LOOK: usize = 50;

/// What a step changes, and a checkpoint holds.
pub struct Training<M: Module> {
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
    Failed(TaskError),
}

impl<M: Module> Training<M> {
    /// Where training goes on, in words.
    pub fn said(&self) -> String {
        let (epoch, step) = (self.state.epoch, self.state.step);
        match (epoch, step) {
            (1, 0) => "there is no checkpoint yet: training starts at epoch 1".to_string(),
            (_, 0) => format!("going on at epoch {epoch}"),
            _ => format!("going on at epoch {epoch}, after {step} steps"),
        }
    }
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
            first: AtomicBool::new(true),
        }
    }

    /// Whether the user wants to stop.
    pub fn should_stop(&self, screen: &Screen) -> bool {
        self.context.interrupter.should_stop() || screen.should_stop()
    }

    /// Trains until the last epoch is over, validation stops improving, or the user stops it.
    pub fn run<M>(&self, mut training: Training<M>, screen: &mut Screen) -> Result<(M, History)>
    where
        M: Module + Trainable<Batch = K::Batch>,
    {
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
                End::Failed(error) => return Err(error),
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
            if !row.valid_loss.is_finite() {
                let last = state.step.saturating_sub(1);
                let divergence = self.diverged(("validation loss", row.valid_loss), epoch, last);
                return Err(TaskError::Diverged(Box::new(divergence)));
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
        let epoch = training.state.epoch;
        let batches = self.train.from(epoch, training.state.step);
        let mut outputs = Outputs::go_on(training.state.tally);
        let mut samples = 0;
        let mut end = End::Finished;
        let (mut saved, mut norm_before) = (Instant::now(), None);
        let shown = (epoch, self.config.epochs);
        screen.begin(Pass::Train, shown, training.state.step + batches.len());
        for items in &batches {
            if self.should_stop(screen) {
                end = End::Interrupted;
                break;
            }
            let step;
            (training, step) = self.step(training, items, &mut outputs, &mut norm_before);
            if let Err(why) = step {
                end = match why {
                    End::Failed(TaskError::Diverged(divergence)) => {
                        // The weights are those before the step, so that it can be repeated.
                        training.state.tally = outputs.tally();
                        End::Failed(match self.save(&mut training) {
                            Ok(()) => TaskError::Diverged(divergence),
                            Err(error) => error,
                        })
                    }
                    why => why,
                };
                break;
            }
            samples += items.len();
            let due = self.is_due(saved);
            if due || screen.is_due() || outputs.unread() >= LOOK {
                screen.show(training.state.step, &outputs.read());
                self.warn_of_start(&training, &outputs);
                if outputs.bad().is_some() {
                    break;
                }
            }
            if due {
                training.state.tally = outputs.tally();
                if let Err(error) = self.save(&mut training) {
                    end = End::Failed(error);
                    break;
                }
                saved = Instant::now();
            }
        }
        screen.show(training.state.step, &outputs.read());
        self.warn_of_start(&training, &outputs);
        training.state.tally = outputs.tally();
        if let (Some((step, loss)), End::Finished | End::Interrupted) = (outputs.bad(), &end) {
            // Seen too late to keep the weights before it; the last checkpoint leads there again.
            let divergence = self.diverged(("loss", loss), epoch, step);
            end = End::Failed(TaskError::Diverged(Box::new(divergence)));
        }
        (training, samples, end)
    }

    /// Takes one step.
    fn step<M>(
        &self,
        mut training: Training<M>,
        items: &[u32],
        outputs: &mut Outputs,
        norm_before: &mut Option<f64>,
    ) -> (Training<M>, std::result::Result<(), End>)
    where
        M: Module + Trainable<Batch = K::Batch>,
    {
        let half = self.config.precision == Precision::F16;
        let (epoch, at) = (training.state.epoch, training.state.step);
        let place = StepPlace {
            epoch,
            seed: step_seed(self.config.seed, epoch, at),
            loss_scale: match half {
                true => training.state.loss_scale.factor(),
                false => 1.0,
            },
        };
        let model = &training.model;
        let computed = gradients(model, self.batcher, items, place, &self.devices);
        let (mut gradients, given) = match computed {
            Ok(computed) => computed,
            Err(lost) => return (training, Err(End::Lost(lost))),
        };
        let looks = self.context.is_immediate() || self.context.replay;
        let scaled = place.loss_scale != 1.0;
        let sum = match looks || scaled || self.config.clip_norm > 0.0 {
            true => sum_of_squares(model, &gradients),
            false => None,
        };
        let norm = match looks || scaled {
            true => sum.clone().map(norm),
            false => None,
        };
        let finite = norm.is_none_or(f64::is_finite);
        if looks {
            let losses = given
                .iter()
                .map(|one| one.loss.clone().into_scalar::<f64>());
            let bad = losses.into_iter().find(|loss| !loss.is_finite());
            // A gradient that half precision cannot hold is met by a smaller factor.
            let what = match (bad, norm) {
                (Some(loss), _) => Some(("loss", loss)),
                (None, Some(norm)) if !finite && !scaled => Some(("gradient", norm)),
                _ => None,
            };
            if let Some(what) = what {
                if self.context.replay {
                    show_gradients(model, &gradients);
                }
                let divergence = Divergence {
                    gradient_norm: norm.filter(|norm| norm.is_finite()),
                    norm_before: *norm_before,
                    ..self.diverged(what, epoch, at)
                };
                let failed = TaskError::Diverged(Box::new(divergence));
                return (training, Err(End::Failed(failed)));
            }
            *norm_before = norm.filter(|_| finite);
        }
        if finite {
            clip(model, &mut gradients, self.config.clip_norm, sum);
            let rate = self.schedule.at(epoch, at);
            // The model is moved, not cloned, so that the optimizer can write in place.
            training.model = training.optimizer.step(rate, training.model, gradients);
            training.average.step(&training.model);
        }
        if half {
            training.state.loss_scale.after(finite);
        }
        training.state.step += 1;
        outputs.extend(at, given);
        (training, Ok(()))
    }

    /// Whether so much time has passed since the last checkpoint that another one is due.
    fn is_due(&self, saved: Instant) -> bool {
        let minutes = self.config.checkpoint_minutes;
        minutes > 0.0 && saved.elapsed() >= Duration::from_secs_f64(60.0 * minutes)
    }

    /// What is known of a step (from 0) at which a number was not finite.
    fn diverged(&self, (what, value): (&str, f64), epoch: usize, step: usize) -> Divergence {
        Divergence {
            run: self.run.to_owned(),
            what: what.to_string(),
            value: value.to_string(),
            epoch,
            step: step + 1,
            learning_rate: self.schedule.at(epoch, step),
            seed: step_seed(self.config.seed, epoch, step),
            items: self
                .train
                .from(epoch, step)
                .into_iter()
                .next()
                .unwrap_or_default(),
            ..Divergence::default()
        }
    }

    /// Says once that an untrained network is far from guessing.
    fn warn_of_start<M>(&self, training: &Training<M>, outputs: &Outputs)
    where
        M: Module + Trainable<Batch = K::Batch>,
    {
        let (Some(loss), Some(guess)) = (outputs.first(), training.model.loss_of_guessing()) else {
            return;
        };
        let first = training.state.epoch == 1 && self.first.swap(false, Ordering::Relaxed);
        if first && loss > 1.5 * guess + 0.2 {
            self.context.tell(&format!(
                "the first loss is {loss:.3}, and guessing has {guess:.3}: look at the scale of inputs and \
                 of vectors to start from, and at the learning rate"
            ));
        }
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
            if self.should_stop(screen) {
                return None;
            }
            let device = &self.context.device;
            outputs.extend(at, [model.loss(self.batcher.batch(items, epoch, device))]);
            if screen.is_due() {
                screen.show(at + 1, &outputs.read());
            }
        }
        screen.show(batches.len(), &outputs.read());
        Some(outputs.tally())
    }

    /// Starts anew, or from the last checkpoint if there is one and `resume` is set.
    pub fn start<M: Module>(&self, model: M, resume: bool) -> Result<Training<M>> {
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
            checkpoints.keep_only(&folder)?;
            checkpoints.keep_best(best_epoch(&state))?;
            self.first.store(false, Ordering::Relaxed);
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
        self.checkpoints.save_last(model, optimizer, mean, state)?;
        self.checkpoints.keep_best(best_epoch(state))
    }
}

/// Lists the gradients of a step that is repeated.
fn show_gradients<M: Module>(model: &M, gradients: &GradientsParams) {
    say!("the gradient of each weight at the step that is repeated:");
    for (at, (shape, norm)) in norms(model, gradients).into_iter().enumerate() {
        say!("  weight {:>3} {shape:?}: norm {norm:.4e}", at + 1);
    }
}

/// The best epoch so far.
fn best_epoch(state: &LoopState) -> Option<usize> {
    state.history.best().map(|row| row.epoch)
}

/// A seed for the dropout masks of one step, so that a resumed run draws the same ones.
fn step_seed(seed: u64, epoch: usize, step: usize) -> u64 {
    let mut mixed = seed ^ (epoch as u64).rotate_left(40) ^ (step as u64).rotate_left(20);
    // SplitMix64's finalizer: neighbouring steps get unrelated seeds.
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
