//! Training: one loop for every task.
//!
//! A run can stop at any step and go on as if it had not: batches, dropout masks and the learning rate
//! depend on (seed, epoch, step) alone, and a checkpoint holds the model, the optimizer and the state
//! of the loop together. The full-screen display and the interrupter are `burn-train`'s.

mod average;
mod batches;
mod checkpoint;
mod clip;
mod divergence;
mod epoch_loop;
mod gradients;
mod history;
mod loss_scale;
mod parcel;
mod schedule;
mod screen;
mod tally;
mod trainable;
mod windows;

pub use batches::{Batcher, Buckets};
pub use divergence::Divergence;
pub use history::{EpochRow, History};
pub use schedule::Rate;
pub use screen::Display;
pub use trainable::{StepOutput, Trainable};
pub use windows::windows;

use crate::error::{Result, TaskError};
use crate::files;
use crate::run_dir::RunDir;
use crate::say;
use crate::task::Context;
use burn::module::Module;
use checkpoint::Checkpoints;
use epoch_loop::EpochLoop;
use rekindle_models::Precision;
use screen::Screen;

/// How to fit.
#[derive(Debug, Clone)]
pub struct FitConfig {
    /// Largest number of epochs.
    pub epochs: usize,
    /// Items in a batch.
    pub batch_size: usize,
    /// Peak learning rate of Adam.
    pub learning_rate: f64,
    /// How the learning rate goes.
    pub rate: Rate,
    /// Adam's epsilon.
    pub epsilon: f64,
    /// See [`AdamConfig::early_epsilon`](rekindle_models::AdamConfig::early_epsilon).
    pub early_epsilon: bool,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Largest global norm of the gradient; 0 switches clipping off.
    pub clip_norm: f64,
    /// Share of the running mean of the weights that a step keeps; the mean is what is validated and
    /// given back. 0 keeps none.
    pub average: f64,
    /// Epochs without improvement on validation before stopping.
    pub patience: usize,
    /// Seed of the batches and the dropout masks.
    pub seed: u64,
    /// Precision of the recurrent layers while training, as the model was made with.
    pub precision: Precision,
    /// Minutes after which a checkpoint is written within an epoch too; 0 writes them at its end alone.
    pub checkpoint_minutes: f64,
}

/// The items of a fit.
pub struct FitData<'a, K> {
    /// Makes batches of items.
    pub batcher: &'a K,
    /// Items to train on.
    pub train: Vec<u32>,
    /// Largest number of items drawn from `train` in an epoch.
    pub train_per_epoch: usize,
    /// Items to validate on; if there are none, the model of the last epoch is kept.
    pub valid: Vec<u32>,
    /// If set, training batches have items of about the same length.
    pub buckets: Option<Buckets>,
}

/// A fitted model.
pub struct Fitted<M> {
    /// The model of the best epoch on validation.
    pub model: M,
    /// What happened, epoch by epoch.
    pub history: History,
}

/// Fits `model`, keeping checkpoints in `run`, in a folder of this name where a run fits several
/// models; goes on from the last one when `resume`.
///
/// Each of the context's replicas takes `batch_size` items of a step.
///
/// # Errors
/// [`TaskError::Interrupted`] when the context's interrupter was set, and [`TaskError::Worker`] when a worker
/// is gone: the state is saved. Write errors, and [`TaskError::Diverged`].
pub fn fit<M, K>(
    context: &Context,
    model: M,
    data: FitData<K>,
    config: &FitConfig,
    run: &RunDir,
    name: Option<&str>,
    resume: bool,
) -> Result<Fitted<M>>
where
    K: Batcher,
    M: Module + Trainable<Batch = K::Batch>,
{
    refuse_precision(config.precision, context)?;
    let folder = match name {
        None => run.checkpoints(),
        Some(name) => run.checkpoints().join(name),
    };
    let was_there = folder.exists();
    let checkpoints = Checkpoints::open(&folder)?;
    let epochs = EpochLoop::new(context, data, config, (run.path(), checkpoints));
    let start = epochs.start(model, resume)?;
    if resume && was_there {
        say!("{}", start.said());
    }
    let mut screen = Screen::open(context.display);
    let result = epochs.run(start, &mut screen);
    let interrupted = epochs.should_stop(&screen);
    screen.close();
    let (model, history) = match result {
        Err(TaskError::Diverged(divergence)) => {
            // The step is known without the file, too.
            let _ = files::write_json(&run.file(divergence::FILE), &*divergence);
            return Err(TaskError::Diverged(divergence));
        }
        result => result?,
    };
    if interrupted {
        return Err(TaskError::Interrupted {
            run: run.path().to_owned(),
        });
    }
    let best = history.best().map_or(0, |row| row.epoch);
    let model = epochs.checkpoints.load_best(model.valid(), best)?;
    Ok(Fitted { model, history })
}

/// Refuses a precision that a device has not.
///
/// # Errors
/// [`TaskError::Usage`] with the backend.
pub fn refuse_precision(precision: Precision, context: &Context) -> Result<()> {
    if !precision.is_supported(&context.device) {
        let name = precision.name();
        return Err(TaskError::usage(
            format!("the backend {} does not compute in {name}", context.backend),
            "leave the setting precision out, or take another backend",
        ));
    }
    // A worker would run layers in half precision step by step, and be asked over the wire whether it can.
    if precision != Precision::F32 && context.replicas.iter().any(|one| one.worker.is_some()) {
        return Err(TaskError::usage(
            "workers compute in single precision alone",
            "leave the setting precision out, or the workers out of --devices",
        ));
    }
    Ok(())
}

/// Refuses to repeat the step at which a run diverged when it did not.
///
/// # Errors
/// [`TaskError::Usage`].
pub fn refuse_replay(run: &RunDir) -> Result<()> {
    match run.file(divergence::FILE).is_file() {
        true => Ok(()),
        false => Err(TaskError::Usage {
            what: "this run did not diverge: there is no step to repeat".to_string(),
            place: Some(run.path().display().to_string()),
            help: "leave --replay out".to_string(),
        }),
    }
}
