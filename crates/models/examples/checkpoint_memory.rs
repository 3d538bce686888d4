//! What checkpointing saves: peak memory of one LSTM layer forwards and back, plain and with a kept
//! state every `√T` steps.
//!
//! ```text
//! cargo build --release --workspace --example checkpoint_memory
//! target/release/examples/checkpoint_memory
//! ```
//!
//! Every line is a process of its own, since a peak never falls. Linux only: it reads
//! `/proc/self/status`.

use burn::tensor::{Device, Distribution, Tensor};
use rekindle_models::{CellKind, RecurrentConfig};
use std::process::Command;

const BATCH: usize = 32;
const D_INPUT: usize = 1;
const D_HIDDEN: usize = 64;

fn main() -> std::io::Result<()> {
    let args: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    if let [steps, every] = args[..] {
        println!("{}", peak(steps, (every > 0).then_some(every))?);
        return Ok(());
    }
    println!(
        "{BATCH} sequences, {D_INPUT} input, {D_HIDDEN} hidden; MiB beside the hidden states and \
         their gradient"
    );
    println!("{:>8} {:>10} {:>14}", "steps", "plain", "checkpointed");
    for steps in [625_usize, 2_500, 10_000, 40_000] {
        let every = steps.isqrt();
        println!(
            "{steps:>8} {:>10.1} {:>14.1}",
            spawn(steps, 0)?,
            spawn(steps, every)?
        );
    }
    Ok(())
}

fn spawn(steps: usize, every: usize) -> std::io::Result<f64> {
    let args = [steps.to_string(), every.to_string()];
    let output = Command::new(std::env::current_exe()?).args(args).output()?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(std::io::Error::other)
}

/// MiB that a step forwards and back needs beyond what was there, without the hidden states and
/// their gradient, which the caller holds either way.
fn peak(steps: usize, checkpoint: Option<usize>) -> std::io::Result<f64> {
    let device = Device::flex().autodiff();
    let config = RecurrentConfig::new(CellKind::Lstm, D_INPUT, D_HIDDEN);
    let layer = config.with_checkpoint(checkpoint).init(&device);
    let uniform = Distribution::Uniform(-1.0, 1.0);
    let input = Tensor::random([BATCH, steps, D_INPUT], uniform, &device);
    let gradient = Tensor::random([BATCH, steps, D_HIDDEN], uniform, &device);
    let before = resident("VmRSS:")?;
    let output = layer.forward(input, None, None).hidden;
    let gradients = (output * gradient).sum().backward();
    std::hint::black_box(gradients);
    let states = (BATCH * steps * D_HIDDEN * size_of::<f32>()) as f64 / 1024.0 / 1024.0;
    // The hidden states and, at the peak, the gradient of them.
    Ok((resident("VmHWM:")? - before) / 1024.0 - 2.0 * states)
}

fn resident(field: &str) -> std::io::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix(field)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .ok_or_else(|| std::io::Error::other(format!("no {field} in /proc/self/status")))
}
