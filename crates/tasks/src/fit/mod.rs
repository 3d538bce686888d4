//! Training: one loop for every task, on `burn-train`.
//!
//! `burn-train` brings the learner, the metrics pipeline and the terminal display; the epoch loop
//! is ours ([`strategy`]), because a run must be able to stop at any step and go on as if it had
//! not: batches, dropout masks and the learning rate depend on (seed, epoch, step) alone, and a
//! checkpoint holds the model, the optimizer and the early-stopping state together.

mod average;
mod checkpoint;
mod history;
mod loader;
mod loss_scale;
mod optimizer;
mod progress;
mod replicas;
mod schedule;
mod step;
mod strategy;
mod windows;

pub use history::{EpochRow, History};
pub use loader::{Batcher, Buckets, Cursor, Loader, Order};
pub use optimizer::GlobalNormClip;
pub use progress::Display;
pub use schedule::Rate;
pub use step::{StepOutput, train_output};
pub use windows::windows;

use crate::backend::TrainBackend;
use crate::error::{Result, TaskError};
use crate::run_dir::RunDir;
use crate::task::Context;
use burn::data::dataloader::DataLoader;
use burn::module::AutodiffModule;
use burn_train::{InferenceStep, Learner, SupervisedTraining, TrainStep};
use burn_train::{TrainingStrategy, logger::InMemoryMetricLogger};
use checkpoint::Checkpoints;
use loader::Part;
use rekindle_models::{AdamConfig, Precision};
use replicas::Parts;
use schedule::Schedule;
use std::sync::{Arc, Mutex};
use strategy::{Control, EpochLoop};

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

/// The two parts of the data a fit reads.
pub struct Loaders<K> {
    /// Makes batches of items.
    pub batcher: Arc<K>,
    /// Items to train on.
    pub train: Vec<u32>,
    /// Items drawn from `train` in an epoch, at most.
    pub train_per_epoch: usize,
    /// Items to validate on.
    pub valid: Vec<u32>,
    /// How the training items are put together by length, if they are.
    pub buckets: Option<Buckets>,
    /// Says where training is; a batcher may hold it too.
    pub cursor: Arc<Cursor>,
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
/// Each of the context's devices takes `batch_size` items of a step.
///
/// # Errors
/// [`TaskError::Interrupted`] when `interrupter` was set: the state is saved. Write errors, and
/// [`TaskError::Diverged`].
pub fn fit<B, M, K>(
    context: &Context<B>,
    model: M,
    loaders: Loaders<K>,
    config: &FitConfig,
    run: &RunDir,
    name: Option<&str>,
    resume: bool,
) -> Result<Fitted<M::InnerModule>>
where
    B: TrainBackend,
    M: TrainStep<Output = StepOutput<B::InnerBackend>>
        + AutodiffModule<B>
        + core::fmt::Display
        + 'static,
    M::InnerModule: InferenceStep<Output = StepOutput<B::InnerBackend>>,
    K: Batcher<B, Batch = M::Input>
        + Batcher<B::InnerBackend, Batch = <M::InnerModule as InferenceStep>::Input>
        + 'static,
{
    let (device, interrupter) = (&context.device, &context.interrupter);
    let folder = match name {
        None => run.checkpoints(),
        Some(name) => run.checkpoints().join(name),
    };
    let folder = folder.as_path();
    if !config.precision.is_supported::<B>(device) {
        let name = config.precision.name();
        return Err(TaskError::usage(
            format!("the backend {} does not compute in {name}", context.backend),
            "leave the setting precision out, or take another backend",
        ));
    }
    let cursor = loaders.cursor;
    let per_epoch = loaders.train_per_epoch.min(loaders.train.len());
    let seed = config.seed;
    let devices = 1 + context.replicas.len();
    let order = match loaders.buckets {
        Some(mut buckets) => {
            buckets.budget = buckets.budget.map(|budget| budget * devices);
            Order::Bucketed { seed, buckets }
        }
        None => Order::Shuffled { seed, per_epoch },
    };
    let train = Loader::<B, K>::new(
        loaders.batcher.clone(),
        loaders.train,
        order,
        config.batch_size * devices,
        device.clone(),
        cursor.clone(),
    );
    let steps = train.steps();
    let part = |at: usize| Part { at, of: devices };
    let replicas = context.replicas.iter().enumerate().map(|(at, device)| {
        let loader = train.for_device(part(at + 1), device.clone());
        (device.clone(), Arc::new(loader) as Arc<dyn Parts<M::Input>>)
    });
    let replicas = replicas.collect();
    let train = train.for_device(part(0), device.clone());
    let train: Arc<dyn DataLoader<B, M::Input>> = Arc::new(train);
    let valid: Arc<dyn DataLoader<B::InnerBackend, <M::InnerModule as InferenceStep>::Input>> =
        Arc::new(Loader::new(
            loaders.batcher,
            loaders.valid,
            Order::Sequential,
            config.batch_size * 4,
            device.clone(),
            Arc::new(Cursor::default()),
        ));
    let schedule = Schedule::new(
        config.rate,
        config.learning_rate,
        steps,
        config.epochs,
        cursor.clone(),
    );
    let adam = AdamConfig::new()
        .with_epsilon(config.epsilon)
        .with_weight_decay(f64::from(config.weight_decay))
        .init::<B, M>();
    let optimizer = GlobalNormClip::new(adam, config.clip_norm);

    let checkpoints = Checkpoints::open(folder, device)?;
    let control = Arc::new(Mutex::new(Control {
        result: Ok(()),
        history: History::default(),
        interrupted: false,
    }));
    let epoch_loop = EpochLoop {
        device: device.clone(),
        replicas,
        config: config.clone(),
        cursor,
        optimizer: optimizer.clone(),
        checkpoints: checkpoints.clone(),
        resume,
        plain: context.display == Display::Plain,
        control: control.clone(),
        marker: std::marker::PhantomData,
    };
    let training = SupervisedTraining::new(folder, train, valid)
        .num_epochs(config.epochs)
        .with_application_logger(None)
        .with_metric_logger(InMemoryMetricLogger::default())
        .with_interrupter(interrupter.clone())
        .metrics((step::LossMetric::default(),))
        .with_training_strategy(TrainingStrategy::Custom(Arc::new(epoch_loop)))
        .renderer(context.display.renderer(interrupter));
    let result = training.launch(Learner::new(model, optimizer, schedule));
    drop(result.renderer);

    let mut control = control
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    std::mem::replace(&mut control.result, Ok(()))?;
    if control.interrupted {
        return Err(TaskError::Interrupted {
            run: run.path().to_owned(),
        });
    }
    let model = checkpoints.load_best(result.model)?;
    Ok(Fitted {
        model,
        history: control.history.clone(),
    })
}
