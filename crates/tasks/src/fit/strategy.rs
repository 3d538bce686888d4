//! The epoch loop.

use super::average::Average;
use super::checkpoint::{Checkpoints, LoopState};
use super::history::{EpochRow, History, Tally};
use super::loader::Cursor;
use super::loss_scale::{LossScale, scaled};
use super::optimizer::{self, GlobalNormClip};
use super::replicas::{Replicas, Running, combine};
use super::schedule::Schedule;
use super::{FitConfig, StepOutput};
use crate::backend::TrainBackend;
use crate::error::{Result, TaskError};
use crate::say;
use burn::data::dataloader::Progress;
use burn::module::{AutodiffModule, Module};
use burn::optim::Optimizer;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_train::{
    EventProcessorTraining, InferenceStep, Interrupter, Learner, LearnerEvent,
    LearningComponentsMarker, SupervisedLearningStrategy, SupervisedTrainingEventProcessor,
    TrainLoader, TrainStep, TrainingComponents, TrainingItem, ValidLoader,
};
use rekindle_models::Precision;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What the loop hands back: `burn-train`'s own result has no room for it.
pub struct Control {
    /// An error that ended the loop.
    pub result: Result<()>,
    /// The epochs.
    pub history: History,
    /// The user stopped it.
    pub interrupted: bool,
}

/// What was trained of an epoch.
struct Trained {
    tally: Tally,
    steps: usize,
    /// Nothing is left of it.
    done: bool,
    loss_scale: LossScale,
}

/// See the module's parent.
pub struct EpochLoop<B: TrainBackend, M: TrainStep, O> {
    pub device: B::Device,
    pub replicas: Replicas<B, M::Input>,
    pub config: FitConfig,
    pub cursor: Arc<Cursor>,
    pub optimizer: GlobalNormClip<O>,
    pub checkpoints: Checkpoints<B>,
    pub resume: bool,
    pub plain: bool,
    pub control: Arc<Mutex<Control>>,
    pub marker: PhantomData<M>,
}

type Components<B, M, O> = LearningComponentsMarker<B, Schedule, M, GlobalNormClip<O>>;
type Processor<B, M, O> = SupervisedTrainingEventProcessor<Components<B, M, O>>;

impl<B, M, O> SupervisedLearningStrategy<Components<B, M, O>> for EpochLoop<B, M, O>
where
    B: TrainBackend,
    M: TrainStep<Output = StepOutput<B::InnerBackend>>
        + AutodiffModule<B>
        + core::fmt::Display
        + 'static,
    M::InnerModule: InferenceStep<Output = StepOutput<B::InnerBackend>>,
    O: Optimizer<M, B> + 'static,
{
    fn fit(
        &self,
        components: TrainingComponents<Components<B, M, O>>,
        mut learner: Learner<Components<B, M, O>>,
        train: TrainLoader<Components<B, M, O>>,
        valid: ValidLoader<Components<B, M, O>>,
        _starting_epoch: usize,
    ) -> (M, Processor<B, M, O>) {
        learner.fork(&self.device);
        let mut processor = components.event_processor;
        let interrupter = components.interrupter;
        let result = self.run(&mut learner, &train, &valid, &mut processor, &interrupter);
        let mut control = self
            .control
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        control.interrupted = interrupter.should_stop();
        match result {
            Ok(history) => control.history = history,
            Err(error) => control.result = Err(error),
        }
        (learner.model(), processor)
    }
}

impl<B, M, O> EpochLoop<B, M, O>
where
    B: TrainBackend,
    M: TrainStep<Output = StepOutput<B::InnerBackend>>
        + AutodiffModule<B>
        + core::fmt::Display
        + 'static,
    M::InnerModule: InferenceStep<Output = StepOutput<B::InnerBackend>>,
    O: Optimizer<M, B> + 'static,
{
    fn run(
        &self,
        learner: &mut Learner<Components<B, M, O>>,
        train: &TrainLoader<Components<B, M, O>>,
        valid: &ValidLoader<Components<B, M, O>>,
        processor: &mut Processor<B, M, O>,
        interrupter: &Interrupter,
    ) -> Result<History> {
        let mut average = Average::new(self.config.average);
        let mut state = self.starting_state(learner, &mut average)?;
        while state.epoch <= self.config.epochs && state.history.since_best() < self.config.patience
        {
            let started = Instant::now();
            let seen = (&state, &mut average);
            let trained = self.train_epoch(learner, train, processor, interrupter, seen);
            state.tally = state.tally + trained.tally;
            state.step += trained.steps;
            state.loss_scale = trained.loss_scale;
            state.average = average.state();
            let train_seconds = started.elapsed().as_secs_f64();
            if !trained.done {
                self.save(learner, &average, &state)?;
                return Ok(state.history);
            }
            let epoch = state.epoch;
            let model = average.model(&learner.model());
            let Some(validated) = self.validate(&model, valid, processor, interrupter, epoch)
            else {
                // The epoch is trained: only its validation is left to do again.
                self.save(learner, &average, &state)?;
                return Ok(state.history);
            };
            let best = state
                .history
                .best()
                .is_none_or(|best| validated.mean_loss() < best.valid_loss);
            let row = EpochRow {
                epoch,
                train_loss: state.tally.mean_loss(),
                valid_loss: validated.mean_loss(),
                train_accuracy: state.tally.accuracy(),
                valid_accuracy: validated.accuracy(),
                learning_rate: learner.lr_current(),
                seconds: started.elapsed().as_secs_f64(),
                samples_per_second: trained.tally.items as f64 / train_seconds.max(1e-9),
                best,
            };
            if !row.train_loss.is_finite() || !row.valid_loss.is_finite() {
                return Err(TaskError::Diverged { epoch });
            }
            if best {
                self.checkpoints.save_best(model.into_record(), epoch)?;
            }
            self.print(&row);
            state.history.rows.push(row);
            state = LoopState {
                epoch: epoch + 1,
                history: state.history,
                loss_scale: state.loss_scale,
                average: state.average,
                ..LoopState::default()
            };
            self.save(learner, &average, &state)?;
        }
        Ok(state.history)
    }

    fn starting_state(
        &self,
        learner: &mut Learner<Components<B, M, O>>,
        average: &mut Average<B, M>,
    ) -> Result<LoopState> {
        let fresh = LoopState {
            epoch: 1,
            ..LoopState::default()
        };
        if !self.resume {
            return Ok(fresh);
        }
        let Some((folder, state)) = self.checkpoints.last()? else {
            return Ok(fresh);
        };
        learner.load_model(self.checkpoints.model(&folder)?);
        learner.load_optim(self.checkpoints.optimizer(&folder)?);
        if average.is_kept() && state.average.steps > 0 {
            let record = self.checkpoints.average(&folder)?;
            average.load(&learner.model(), record, state.average);
        }
        Ok(state)
    }

    /// Trains what is left of an epoch.
    fn train_epoch(
        &self,
        learner: &mut Learner<Components<B, M, O>>,
        train: &TrainLoader<Components<B, M, O>>,
        processor: &mut Processor<B, M, O>,
        interrupter: &Interrupter,
        (state, average): (&LoopState, &mut Average<B, M>),
    ) -> Trained {
        self.cursor.set(state.epoch, state.step);
        let mut outputs = Vec::new();
        let mut batches = train.iter();
        let mut replicas = Running::<B, M::Input>::new(&self.replicas);
        let mut loss_scale = state.loss_scale;
        let (mut steps, mut done) = (0, true);
        for step in state.step.. {
            if interrupter.should_stop() {
                done = false;
                break;
            }
            let Some(batch) = batches.next() else { break };
            self.cursor.set(state.epoch, step);
            let seed = step_seed(self.config.seed, state.epoch, step);
            learner.lr_step();
            let factor = match self.config.precision {
                Precision::F16 => loss_scale.factor(),
                Precision::F32 | Precision::Bf16 => 1.0,
            };
            let given = scaled(factor, || {
                B::seed(&self.device, seed);
                let mut given = vec![learner.train_step(batch)];
                if !self.replicas.is_empty() {
                    given.extend(replicas.step(&learner.model(), seed));
                }
                given
            });
            // A clone of the model, once alive, keeps the optimizer from writing in place.
            let (grads, items) = match given.len() == 1 && factor == 1.0 {
                true => given
                    .into_iter()
                    .map(|one| (one.grads, vec![one.item]))
                    .next(),
                false => Some(combine::<B, M>(
                    &learner.model(),
                    given,
                    1.0 / factor,
                    &self.device,
                )),
            }
            .unwrap_or_default();
            let finite = factor == 1.0 || optimizer::is_finite::<B, M>(&learner.model(), &grads);
            if finite {
                learner.optimizer_step(grads);
                average.step(|| learner.model());
            }
            if self.config.precision == Precision::F16 {
                loss_scale.after(finite);
            }
            steps += 1;
            let displayed = items.first().map(StepOutput::displayed);
            outputs.extend(items);
            let Some(displayed) = displayed else {
                continue;
            };
            processor.process_train(LearnerEvent::ProcessedItem(TrainingItem::new(
                displayed,
                batches.progress(),
                Progress::new(state.epoch, self.config.epochs),
                Some(step + 1),
                Some(learner.lr_current()),
            )));
        }
        processor.process_train(LearnerEvent::EndEpoch(state.epoch));
        Trained {
            tally: tally(outputs),
            steps,
            done,
            loss_scale,
        }
    }

    /// The tally of the validation items; none when the user stopped it.
    fn validate(
        &self,
        model: &M::InnerModule,
        valid: &ValidLoader<Components<B, M, O>>,
        processor: &mut Processor<B, M, O>,
        interrupter: &Interrupter,
        epoch: usize,
    ) -> Option<Tally> {
        let mut outputs = Vec::new();
        let mut batches = valid.iter();
        while let Some(batch) = batches.next() {
            if interrupter.should_stop() {
                return None;
            }
            let output = model.step(batch);
            let displayed = output.displayed();
            outputs.push(output);
            processor.process_valid(LearnerEvent::ProcessedItem(TrainingItem::new(
                displayed,
                batches.progress(),
                Progress::new(epoch, self.config.epochs),
                Some(outputs.len()),
                None,
            )));
        }
        processor.process_valid(LearnerEvent::EndEpoch(epoch));
        Some(tally(outputs))
    }

    fn save(
        &self,
        learner: &Learner<Components<B, M, O>>,
        average: &Average<B, M>,
        state: &LoopState,
    ) -> Result<()> {
        let optimizer = Optimizer::<M, B>::to_record(&self.optimizer);
        let model = learner.model();
        let mean = average
            .is_kept()
            .then(|| average.model(&model).into_record());
        self.checkpoints
            .save_last(model.into_record(), optimizer, mean, state)
    }

    fn print(&self, row: &EpochRow) {
        if self.plain {
            say!(
                "epoch {:>3}/{}  train {:.5}  valid {:.5}{}{}  {:.1} s  {:.0} samples/s",
                row.epoch,
                self.config.epochs,
                row.train_loss,
                row.valid_loss,
                if row.best { " *" } else { "  " },
                match row.valid_accuracy > 0.0 {
                    true => format!("  accuracy {:.4}", row.valid_accuracy),
                    false => String::new(),
                },
                row.seconds,
                row.samples_per_second,
            );
        }
    }
}

/// Adds up the batches, with one transfer for all of them.
fn tally<B: Backend>(outputs: Vec<StepOutput<B>>) -> Tally {
    let read = |tensors: Vec<Tensor<B, 1>>| -> Vec<f64> {
        match tensors.is_empty() {
            true => Vec::new(),
            false => Tensor::cat(tensors, 0).into_data().iter().collect(),
        }
    };
    let items: Vec<usize> = outputs.iter().map(|output| output.items).collect();
    let correct = outputs.iter().filter_map(|o| o.correct.clone()).collect();
    let losses = read(outputs.into_iter().map(|output| output.loss).collect());
    Tally {
        loss: losses.iter().zip(&items).map(|(l, &n)| l * n as f64).sum(),
        correct: read(correct).iter().sum(),
        items: items.iter().sum(),
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
