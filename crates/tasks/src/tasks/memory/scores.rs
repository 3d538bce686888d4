//! What is measured of a network beside its training.

use super::config::{MemoryConfig, Problem};
use super::model::{MemoryBatch, MemoryModel};
use super::prepare::SequenceBatcher;
use super::problem::{ADDING_CHANCE, SYMBOLS, copy_chance};
use super::program::Networks;
use crate::fit::{Batcher, Trainable};
use crate::summary::{Metrics, Summary};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rekindle_eval::Proportion;
use rekindle_models::{CellKind, GateTrace, Precision};
use std::ops::Range;

/// Sequences in a batch of a test.
const BATCH: usize = 200;
/// Sequences whose gradients are averaged.
const SEQUENCES: u32 = 64;
/// Steps of a sequence whose gates are drawn, at most.
pub const DRAWN: usize = 120;

/// All that is known of one network.
pub struct Tested {
    /// Its name.
    pub name: &'static str,
    /// Mean loss on the test part.
    pub loss: f64,
    /// Answers that are right, and all of them; none where answers are numbers.
    pub hits: Option<(u64, u64)>,
    /// Its gradients before training, see [`gradients`]; none of a saved run.
    pub gradient_before: Vec<f64>,
    /// The same after it.
    pub gradient_after: Vec<f64>,
    /// Its gates over the first test sequence.
    pub gates: Vec<GateTrace>,
    /// Its numbers.
    pub parameters: usize,
}

/// Norm of the gradient of the last state by the input, at each distance in time from the end:
/// `‖∂(s·h_T)/∂x_{T-d}‖` with signs `s` that are the same for every network, a mean over sequences that
/// validate. None of a network that reads both ways: its last state has just read the first step too.
pub fn gradients(
    model: &MemoryModel,
    cell: CellKind,
    batcher: &SequenceBatcher,
    device: &Device,
) -> Vec<f64> {
    if batcher.config.bidirectional {
        return Vec::new();
    }
    // In single precision, whatever it trains in: half of it holds no gradient that is worth a look.
    let mut config = batcher.config.clone();
    config.train.precision = Precision::F32;
    let device = &device.clone().autodiff();
    let model = MemoryModel::new(&config, cell, device).load_record(model.clone().into_record());
    let valid = batcher.parts.valid();
    let items: Vec<u32> = valid.take(SEQUENCES as usize).collect();
    let batch: MemoryBatch = batcher.batch(&items, 0, device);
    let [sequences, steps, d_input] = batch.input.dims();
    let input = batch.input.require_grad();
    let last = model.stack.forward(input.clone(), None, None).last_hidden();
    let [_, d] = last.dims();
    let sign = |unit: usize| if (unit * 7919) % 13 < 6 { -1.0 } else { 1.0 };
    let signs: Vec<f32> = (0..d).map(sign).collect();
    let signs = Tensor::<2>::from_data(TensorData::new(signs, [1, d]), device);
    let graph = (last * signs.expand([sequences, d])).sum().backward();
    let Some(gradient) = input.grad(&graph) else {
        return Vec::new();
    };
    let numbers: Vec<f64> = gradient.into_data().iter::<f64>().collect();
    let norm = |sequence: usize, step: usize| {
        let from = (sequence * steps + step) * d_input;
        let squares = numbers[from..from + d_input].iter().map(|g| g * g);
        squares.sum::<f64>().sqrt()
    };
    let mean = |distance: usize| {
        let step = steps - 1 - distance;
        (0..sequences).map(|at| norm(at, step)).sum::<f64>() / sequences as f64
    };
    (0..steps).map(mean).collect()
}

/// Mean loss, and answers that are right with all of them.
pub fn test(
    model: &MemoryModel,
    batcher: &SequenceBatcher,
    items: Range<u32>,
    device: &Device,
) -> (f64, Option<(u64, u64)>) {
    let items: Vec<u32> = items.collect();
    let (mut loss, mut count, mut hits, mut all) = (0.0, 0, 0, 0);
    for items in items.chunks(BATCH) {
        let output = model.loss(batcher.batch(items, 0, device));
        loss += number(output.loss) * items.len() as f64;
        count += items.len();
        if let Some(correct) = output.correct {
            hits += number(correct) as u64;
            all += output.items as u64;
        }
    }
    (loss / count.max(1) as f64, (all > 0).then_some((hits, all)))
}

fn number(tensor: Tensor<1>) -> f64 {
    tensor.into_data().iter::<f64>().next().unwrap_or(f64::NAN)
}

/// The gates over the first test sequence, or as much of it as is drawn.
pub fn gates(model: &MemoryModel, batcher: &SequenceBatcher, device: &Device) -> Vec<GateTrace> {
    let first: Vec<u32> = batcher.parts.test().take(1).collect();
    if first.is_empty() {
        return Vec::new();
    }
    let batch: MemoryBatch = batcher.batch(&first, 0, device);
    let [_, steps, _] = batch.input.dims();
    let input = batch.input.narrow(1, 0, steps.min(DRAWN));
    let layer = model.stack.forward.first();
    layer
        .and_then(|layer| layer.gates(input))
        .unwrap_or_default()
}

impl Tested {
    /// Figures of the network, named as in `report.json`.
    pub fn metrics(&self, problem: Problem) -> Metrics {
        let mut metrics = Metrics::new();
        let mut put = |name: &str, value: f64| metrics.insert(name.to_string(), value);
        match problem {
            Problem::Adding => put("mse", self.loss),
            _ => put("log_loss", self.loss),
        };
        if let Some((hits, n)) = self.hits {
            put("accuracy", Proportion { hits, n }.rate());
        }
        for (name, norms) in [
            ("gradient_kept_before", &self.gradient_before),
            ("gradient_kept", &self.gradient_after),
        ] {
            if let (Some(near), Some(far)) = (norms.first(), norms.last()) {
                put(name, far / near);
            }
        }
        metrics
    }
}

/// All networks, tested on the same sequences.
pub struct Tests {
    /// The settings, with the length of the tested sequences.
    pub config: MemoryConfig,
    /// The networks.
    pub all: Vec<Tested>,
    /// Figures of the constant answer.
    chance: Metrics,
}

impl Tests {
    /// Tests all networks.
    pub fn new(model: &Networks, batcher: &SequenceBatcher, device: &Device) -> Self {
        let tested = |(name, _, network): (_, _, &MemoryModel)| {
            let (loss, hits) = test(network, batcher, batcher.parts.test(), device);
            Tested {
                name,
                loss,
                hits,
                gradient_before: Vec::new(),
                gradient_after: Vec::new(),
                gates: Vec::new(),
                parameters: network.num_params(),
            }
        };
        Self {
            config: batcher.config.clone(),
            all: model.named().map(tested).collect(),
            chance: chance(batcher),
        }
    }

    /// Adds the figures to a summary: those of the last network as the model's, the others as
    /// baselines.
    pub fn fill(&self, summary: &mut Summary) {
        let problem = self.config.problem;
        let Some((chosen, others)) = self.all.split_last() else {
            return;
        };
        summary.metrics = chosen.metrics(problem);
        // Symbols of one sequence are right or wrong together.
        if let (Some((hits, n)), true) = (chosen.hits, problem.is_mnist()) {
            let interval = Proportion { hits, n }.wilson(0.95);
            summary.intervals.insert("accuracy".to_string(), interval);
        }
        let others = others.iter();
        summary.baselines = others
            .map(|one| (one.name.to_string(), one.metrics(problem)))
            .chain([("chance".to_string(), self.chance.clone())])
            .collect();
    }
}

/// Figures of the constant answer.
fn chance(batcher: &SequenceBatcher) -> Metrics {
    let config = &batcher.config;
    let named = match config.problem {
        Problem::Adding => vec![("mse", batcher.always_one().unwrap_or(ADDING_CHANCE))],
        Problem::Copy => vec![
            ("log_loss", copy_chance(config.length)),
            ("accuracy", 1.0 / SYMBOLS as f64),
        ],
        _ => vec![("log_loss", 10_f64.ln()), ("accuracy", 0.1)],
    };
    let named = named.into_iter();
    named
        .map(|(name, value)| (name.to_string(), value))
        .collect()
}
