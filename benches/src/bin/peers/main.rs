//! `cargo xtask bench peers`: the same work here and in PyTorch, in turn, in one go.
//!
//! Both sides use the same number of threads. A row alternates blocks of runs, A B A B, and takes
//! medians, so that a machine that is busy for a while is busy for both.
#![forbid(unsafe_code)]

mod tokenizers;

use clap::Parser;
use rekindle_benches::lengths::headlines;
use rekindle_benches::memory::peak_kib;
use rekindle_benches::torch::Torch;
use rekindle_benches::work::{self, SHAPES, Shape};
use rekindle_benches::{end, quantile, translate};
use rekindle_kernels::allocator::{Allocator, keep_memory};
use rekindle_models::CellKind;
use serde::Serialize;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

// Fresh pages cost the large tensors of a training step dearly.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Times the same work here and in PyTorch.
#[derive(Parser)]
struct Args {
    /// A Python that has torch; `pip install torch` makes one.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Write the rows as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Threads on both sides.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Blocks of runs on each side.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where the data sets lie; tokenizers are timed on the headlines there.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Only rows whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Run the largest training step for its memory alone and print the peak in KiB.
    #[arg(long, hide = true)]
    memory: bool,
}

/// A line of the table.
#[derive(Serialize)]
struct Row {
    name: String,
    shape: String,
    ours_ms: f64,
    peer_ms: f64,
    ratio: f64,
}

/// What work is done on.
enum Size {
    /// A batch.
    Batch(Shape),
    /// So many headlines.
    Headlines(usize),
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Batch(shape) => shape.fmt(f),
            Self::Headlines(count) => write!(f, "{count} headlines"),
        }
    }
}

/// Something to time.
type Work = Box<dyn FnMut()>;

/// What stands beside ours.
enum Peer {
    /// Work of the Python side, with the lengths it is to know.
    Python(&'static str, Vec<usize>),
    /// Work of our own or of Burn's.
    Own(Work),
}

fn main() -> ExitCode {
    keep_memory();
    let args = Args::parse();
    end(run(&args))
}

fn run(args: &Args) -> Result<(), String> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads)
        .build_global()
        .map_err(|error| error.to_string())?;
    if args.memory {
        let mut step = work::training_step(SHAPES[1]);
        (0..5).for_each(|_| step());
        println!(
            "{}",
            peak_kib().ok_or("no peak memory in /proc/self/status")?
        );
        return Ok(());
    }
    let mut torch = Torch::start(&args.python, args.threads, "cpu")?;
    let mut rows = Vec::new();
    println!(
        "PyTorch {}, {} threads on both sides, medians of {} alternating blocks",
        torch.version, args.threads, args.rounds
    );
    println!(
        "{:34} {:>18} {:>10} {:>10} {:>7}",
        "", "", "ours, ms", "peer, ms", "ratio"
    );
    let wanted = |name: &str| args.only.as_ref().is_none_or(|only| name.contains(only));
    let mut entries = table();
    if tokenizers::NAMES.iter().any(|name| wanted(name)) {
        match tokenizers::headlines(&args.data) {
            Ok(texts) => {
                torch.load(&texts)?;
                entries.extend(tokenizers::table(Arc::new(texts)));
            }
            Err(message) => println!("no tokenizers: {message}"),
        }
    }
    for (name, size, ours, peer) in entries {
        if !wanted(name) {
            continue;
        }
        let row = time(args, &mut torch, name, &size, ours(), peer())?;
        println!(
            "{:34} {:>18} {:>10.3} {:>10.3} {:>7.3}",
            row.name, row.shape, row.ours_ms, row.peer_ms, row.ratio
        );
        rows.push(row);
    }
    if args.only.is_none() {
        memory(args, &mut torch)?;
    }
    means(&rows);
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?;
        std::fs::write(path, json).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

type Entry = (
    &'static str,
    Size,
    Box<dyn Fn() -> Work>,
    Box<dyn Fn() -> Peer>,
);

/// All rows, made when they are timed.
fn table() -> Vec<Entry> {
    let mut rows: Vec<Entry> = Vec::new();
    let mut row = |name, shape, ours: Box<dyn Fn() -> Work>, peer: Box<dyn Fn() -> Peer>| {
        rows.push((name, Size::Batch(shape), ours, peer));
    };
    let layer = |cell, shape| -> Box<dyn Fn() -> Work> {
        Box::new(move || Box::new(work::layer(cell, shape, None)))
    };
    let torch = |name: &'static str| -> Box<dyn Fn() -> Peer> {
        Box::new(move || Peer::Python(name, Vec::new()))
    };
    for shape in SHAPES {
        row("LSTM", shape, layer(CellKind::Lstm, shape), torch("lstm"));
    }
    for shape in SHAPES {
        row("GRU", shape, layer(CellKind::Gru, shape), torch("gru"));
    }
    for shape in SHAPES {
        let plain = layer(CellKind::Lstm, shape);
        row(
            "peephole LSTM beside our LSTM",
            shape,
            layer(CellKind::LstmPeephole, shape),
            Box::new(move || Peer::Own(plain())),
        );
    }
    let training =
        |shape| -> Box<dyn Fn() -> Work> { Box::new(move || Box::new(work::training_step(shape))) };
    for shape in SHAPES {
        row("training step", shape, training(shape), torch("training"));
    }
    #[cfg(feature = "tch")]
    for shape in SHAPES {
        row(
            "LibTorch training step",
            shape,
            Box::new(move || {
                // LibTorch leaves Burn with its next version.
                #[allow(deprecated)]
                let device = burn::tensor::Device::libtorch();
                Box::new(work::training_step_on(shape, device))
            }),
            torch("training"),
        );
    }
    for shape in &SHAPES[..4] {
        let shape = *shape;
        row(
            "training step beside stock Burn",
            shape,
            training(shape),
            Box::new(move || Peer::Own(Box::new(work::stock_training_step(shape)))),
        );
    }
    row(
        "course step of news",
        SHAPES[1],
        Box::new(|| Box::new(work::course_step(SHAPES[1]))),
        torch("course"),
    );
    for shape in translate::SHAPES {
        row(
            "translate step",
            shape,
            Box::new(move || Box::new(translate::step(shape))),
            Box::new(move || Peer::Python("translate", translate::lengths(shape))),
        );
    }
    let ragged = SHAPES[1];
    let lengths = move || headlines(ragged.batch_size);
    let ours = move || -> Work { Box::new(work::layer(CellKind::Lstm, ragged, Some(lengths()))) };
    row(
        "ragged LSTM beside padded",
        ragged,
        Box::new(ours),
        torch("lstm"),
    );
    let packed = Box::new(move || Peer::Python("lstm packed", lengths()));
    row("ragged LSTM beside packed", ragged, Box::new(ours), packed);
    let one = Shape::new([1, 1, 128, 64]);
    for (name, cell, peer) in [
        ("LSTM streaming step", CellKind::Lstm, "lstm streaming"),
        ("GRU streaming step", CellKind::Gru, "gru streaming"),
    ] {
        let ours = move || -> Work { Box::new(work::streaming_step(cell, 128, 64)) };
        row(name, one, Box::new(ours), torch(peer));
    }
    rows
}

/// Times both sides in turn.
fn time(
    args: &Args,
    torch: &mut Torch,
    name: &str,
    size: &Size,
    mut ours: Work,
    mut peer: Peer,
) -> Result<Row, String> {
    let shape = match size {
        Size::Batch(shape) => Some(*shape),
        Size::Headlines(_) => None,
    };
    let mut peer_block = |count: usize, inner: usize| match &mut peer {
        Peer::Own(work) => Ok(block(work, count, inner)),
        Peer::Python(name, lengths) => torch.block(name, shape, lengths, count, inner),
    };
    // Once for warming up, once to see how many runs a block needs for a quarter of a second.
    ours();
    peer_block(1, 1)?;
    let once = block(&mut ours, 1, 1)[0].max(1e-4);
    let inner = (0.5 / once).ceil() as usize;
    let count = ((250.0 / (once * inner as f64)).ceil() as usize).clamp(2, 40);
    let (mut ours_ms, mut peer_ms) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        ours_ms.extend(block(&mut ours, count, inner));
        let count = count.min(if peer_ms.is_empty() { 2 } else { count });
        peer_ms.extend(peer_block(count, inner)?);
    }
    let (ours_ms, peer_ms) = (median(ours_ms), median(peer_ms));
    Ok(Row {
        name: name.to_owned(),
        shape: size.to_string(),
        ours_ms,
        peer_ms,
        ratio: ours_ms / peer_ms,
    })
}

fn block(work: &mut Work, count: usize, inner: usize) -> Vec<f64> {
    (0..count)
        .map(|_| {
            let start = Instant::now();
            (0..inner).for_each(|_| work());
            start.elapsed().as_secs_f64() * 1e3 / inner as f64
        })
        .collect()
}

fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// Geometric means of the ratios of each name.
fn means(rows: &[Row]) {
    let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    names.dedup();
    println!("\ngeometric mean and largest of the ratios");
    for name in names {
        let ratios: Vec<f64> = rows
            .iter()
            .filter(|r| r.name == name)
            .map(|r| r.ratio)
            .collect();
        let mean = (ratios.iter().map(|r| r.ln()).sum::<f64>() / ratios.len() as f64).exp();
        let largest = ratios.iter().copied().fold(0.0, f64::max);
        println!("{name:34} {mean:7.3} {largest:7.3}");
    }
}

/// Peak memory of the 256 x 130 training step: our whole process, PyTorch's without its import.
fn memory(args: &Args, torch: &mut Torch) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let ours = Command::new(program)
        .args(["--memory", "--threads", &args.threads.to_string()])
        .output()
        .map_err(|error| error.to_string())?;
    let ours = String::from_utf8_lossy(&ours.stdout);
    let ours: f64 = ours
        .trim()
        .parse()
        .map_err(|_| "no peak memory of ours".to_owned())?;
    // A fresh process: the peak is over all it has done.
    *torch = Torch::start(&args.python, args.threads, "cpu")?;
    torch.block("training", Some(SHAPES[1]), &[], 5, 1)?;
    println!(
        "peak memory of the training step at {}: ours {:.0} MiB, PyTorch without its import {:.0} MiB",
        SHAPES[1],
        ours / 1024.0,
        torch.peak_kib as f64 / 1024.0
    );
    Ok(())
}
