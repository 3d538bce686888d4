//! Training: one loop for every task.
//!
//! A run can stop at any step and go on as if it had not: batches, dropout masks and the learning rate
//! depend on (seed, epoch, step) alone, and a checkpoint holds the model, the optimizer and the state
//! of the loop together. The full-screen display and the interrupter are `burn-train`'s.

mod average;
mod batches;
mod checkpoint;
mod clip;
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
pub use history::{EpochRow, History};
pub use schedule::Rate;
pub use screen::Display;
pub use trainable::{StepOutput, Trainable};
pub use windows::windows;

use crate::error::{Result, TaskError};
use crate::run_dir::RunDir;
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
    if !config.precision.is_supported(&context.device) {
        let name = config.precision.name();
        return Err(TaskError::usage(
            format!("the backend {} does not compute in {name}", context.backend),
            "leave the setting precision out, or take another backend",
        ));
    }
    // A worker would run layers in half precision step by step, and be asked over the wire whether it can.
    if config.precision != Precision::F32 && context.replicas.iter().any(|one| one.worker.is_some())
    {
        return Err(TaskError::usage(
            "workers compute in single precision alone",
            "leave the setting precision out, or the workers out of --devices",
        ));
    }
    let folder = match name {
        None => run.checkpoints(),
        Some(name) => run.checkpoints().join(name),
    };
    let checkpoints = Checkpoints::open(&folder)?;
    let epochs = EpochLoop::new(context, data, config, (run.path(), checkpoints));
    let mut screen = Screen::open(context.display, &context.interrupter);
    let result = epochs.run(model, resume, &mut screen);
    // Before the screen is closed, which resets it.
    let interrupted = context.interrupter.should_stop();
    screen.close();
    let (model, history) = result?;
    if interrupted {
        return Err(TaskError::Interrupted {
            run: run.path().to_owned(),
        });
    }
    let model = epochs.checkpoints.load_best(model.valid())?;
    Ok(Fitted { model, history })
}
