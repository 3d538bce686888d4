//! The loop on a network of two weights: what stops it, and what it goes on from.

use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use rekindle_data::{DataError, Manifest};
use rekindle_models::Precision;
use rekindle_train::fit::{
    Batcher, Display, FitConfig, FitData, Fitted, Rate, StepOutput, Trainable, fit,
};
use rekindle_train::{Context, DataDirs, Interrupter, RunDir, TaskError};
use std::path::Path;

/// A line through points; its loss is `NaN` where an item says so.
#[derive(Module, Debug)]
struct Line {
    layer: Linear,
}

impl Trainable for Line {
    type Batch = Tensor<2>;

    fn loss(&self, batch: Tensor<2>) -> StepOutput {
        let [items, _] = batch.dims();
        let [input, wanted] = [0, 1].map(|column| batch.clone().narrow(1, column, 1));
        let error = self.layer.forward(input) - wanted;
        StepOutput {
            loss: error.powi_scalar(2).mean(),
            correct: None,
            items,
        }
    }
}

struct Points {
    bad: Option<u32>,
    stop_at: Option<(u32, Interrupter)>,
}

impl Batcher for Points {
    type Batch = Tensor<2>;

    fn batch(&self, items: &[u32], _: usize, device: &Device) -> Tensor<2> {
        if let Some((item, interrupter)) = &self.stop_at
            && items.contains(item)
        {
            interrupter.stop(None);
        }
        let points = items.iter().flat_map(|&item| {
            let x = item as f32 / 40.0;
            let y = if Some(item) == self.bad {
                f32::NAN
            } else {
                2.0 * x - 1.0
            };
            [x, y]
        });
        let points: Vec<f32> = points.collect();
        Tensor::<1>::from_floats(points.as_slice(), device).reshape([items.len(), 2])
    }
}

fn none(name: &str) -> Result<Manifest, TaskError> {
    Err(TaskError::from(DataError::Missing { path: name.into() }))
}

fn context() -> Context {
    Context {
        backend: "flex",
        device: Device::flex(),
        replicas: Vec::new(),
        data: DataDirs {
            explicit: None,
            variable: None,
            cache: "none".into(),
            offline: true,
            manifest: none,
            progress: || Box::new(()),
        },
        display: Display::Quiet,
        set: Vec::new(),
        interrupter: Interrupter::new(),
        replay: false,
    }
}

fn config(checkpoint_minutes: f64) -> FitConfig {
    FitConfig {
        epochs: 3,
        batch_size: 3,
        learning_rate: 0.1,
        rate: Rate::Cosine,
        epsilon: 1e-8,
        early_epsilon: false,
        weight_decay: 0.0,
        clip_norm: 1.0,
        average: 0.9,
        patience: 3,
        seed: 5,
        precision: Precision::F32,
        checkpoint_minutes,
    }
}

fn run(
    context: &Context,
    folder: &Path,
    points: &Points,
    config: &FitConfig,
    resume: bool,
) -> Result<Fitted<Line>, TaskError> {
    context.device.seed(1);
    let line = Line {
        // Drawn weights would depend on the other tests, which draw from the same generator.
        layer: LinearConfig::new(1, 1)
            .with_initializer(Initializer::Constant { value: 0.3 })
            .init(&context.device),
    };
    let data = FitData {
        batcher: points,
        train: (0..30).collect(),
        train_per_epoch: 30,
        valid: (30..40).collect(),
        buckets: None,
    };
    std::fs::create_dir_all(folder).expect("made");
    std::fs::write(folder.join("config.toml"), "").expect("written");
    let dir = RunDir::open(folder).expect("a run");
    fit(context, line, data, config, &dir, None, resume)
}

fn bits(fitted: &Fitted<Line>) -> (Vec<u32>, Vec<[u64; 2]>) {
    let layer = &fitted.model.layer;
    let weight: Vec<f32> = layer.weight.val().into_data().iter().collect();
    let bias = layer.bias.as_ref().expect("a bias").val();
    let bias: Vec<f32> = bias.into_data().iter().collect();
    let losses = fitted.history.rows.iter();
    let losses = losses.map(|row| [row.train_loss, row.valid_loss].map(f64::to_bits));
    let numbers = weight.into_iter().chain(bias).map(f32::to_bits);
    (numbers.collect(), losses.collect())
}

const PLAIN: Points = Points {
    bad: None,
    stop_at: None,
};

#[test]
fn checkpoints_within_an_epoch_change_no_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let whole = run(&context(), &at("whole"), &PLAIN, &config(0.0), false).expect("fitted");
    // One after every step.
    let often = run(&context(), &at("often"), &PLAIN, &config(1e-9), false).expect("fitted");
    assert_eq!(bits(&whole), bits(&often));
    // Stopped in the middle of several epochs, with every sum cut in two.
    let part = at("part");
    for (times, item) in [7, 21, 13, 2].into_iter().enumerate() {
        let context = context();
        let stopping = Points {
            bad: None,
            stop_at: Some((item, context.interrupter.clone())),
        };
        let stopped = run(&context, &part, &stopping, &config(1e-9), times > 0);
        assert!(matches!(stopped, Err(TaskError::Interrupted { .. })));
    }
    let resumed = run(&context(), &part, &PLAIN, &config(1e-9), true).expect("fitted");
    assert_eq!(bits(&whole), bits(&resumed));
}

#[test]
fn a_number_that_is_none_stops_at_its_step_with_its_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let points = Points {
        bad: Some(17),
        stop_at: None,
    };
    let Err(TaskError::Diverged(found)) =
        run(&context(), folder.path(), &points, &config(0.0), false)
    else {
        panic!("it diverges");
    };
    assert!(
        found.items.contains(&17) && found.items.len() == 3,
        "{found:?}"
    );
    assert_eq!((found.what.as_str(), found.value.as_str()), ("loss", "NaN"));
    assert_eq!(found.epoch, 1);
    assert!(found.step > 1 && found.norm_before.is_some(), "{found:?}");
    let kept = std::fs::read_to_string(folder.path().join("diverged.json")).expect("kept");
    assert!(kept.contains("\"items\"") && kept.contains("17"), "{kept}");
    // The state before the step is kept: it fails there again, and nowhere else.
    let name = format!("checkpoints/last-00001-{:07}", found.step - 1);
    assert!(folder.path().join(name).is_dir());
    let Err(TaskError::Diverged(again)) =
        run(&context(), folder.path(), &points, &config(0.0), true)
    else {
        panic!("it diverges again");
    };
    assert_eq!((again.step, &again.items), (found.step, &found.items));
}

#[test]
fn where_looking_waits_for_the_device_the_step_is_named_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let points = Points {
        bad: Some(17),
        stop_at: None,
    };
    let mut far = context();
    far.backend = "cuda";
    let Err(TaskError::Diverged(found)) = run(&far, folder.path(), &points, &config(0.0), false)
    else {
        panic!("it diverges");
    };
    assert!(found.items.contains(&17), "{found:?}");
}
