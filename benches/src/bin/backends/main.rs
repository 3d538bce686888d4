//! `cargo xtask bench backends`: the same work on every backend that is built in, and in PyTorch where
//! Python has it, in one table and one chart.
//!
//! Every measurement has a process of its own, so that its peak memory is its own too. Rounds go
//! through all backends in turn, so that a machine that is busy for a while is busy for all.
#![forbid(unsafe_code)]

mod chart;
mod tasks;

use burn::tensor::Device;
use clap::Parser;
use rekindle_benches::end;
use rekindle_benches::lengths::headlines;
use rekindle_benches::memory::peak_kib;
use rekindle_benches::torch::Torch;
use rekindle_benches::work::{self, GPU_SHAPES, SHAPES, Shape};
use rekindle_kernels::allocator::{Allocator, keep_memory};
use rekindle_kernels::device;
use rekindle_models::CellKind;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Runs of one measurement go on for this long.
const TIME: Duration = Duration::from_millis(1500);
/// Width of the chart's longest bar.
const BAR: usize = 40;

/// PyTorch among the backends.
const PYTORCH: &str = "pytorch";

const BACKENDS: &[&str] = &[
    "flex",
    #[cfg(feature = "ndarray")]
    "ndarray",
    #[cfg(feature = "tch")]
    "tch",
    #[cfg(feature = "tch")]
    "tch-cuda",
    #[cfg(feature = "cuda")]
    "cuda",
    #[cfg(feature = "wgpu")]
    "wgpu",
];

/// Times the same work on every backend that is built in.
#[derive(Parser)]
struct Args {
    /// Write the rows as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only these backends.
    #[arg(long, value_delimiter = ',')]
    backends: Vec<String>,
    /// Only rows whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Without rows whose name contains one of these.
    #[arg(long, value_delimiter = ',')]
    skip: Vec<String>,
    /// Measurements of each.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Shapes, the smallest first; the largest take minutes on a slow backend.
    #[arg(long, default_value_t = 4)]
    shapes: usize,
    /// Shapes that keep a GPU busy, with Burn's own LSTM too, and PyTorch on the GPU.
    #[arg(long)]
    gpu: bool,
    /// A Python that has torch.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Threads of PyTorch on a CPU.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Where the data sets lie.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Draw the table as SVG.
    #[arg(long)]
    chart: Option<PathBuf>,
    /// Make one measurement and print it.
    #[arg(long, hide = true, num_args = 2, value_names = ["BACKEND", "ROW"])]
    one: Vec<String>,
}

/// What is timed.
#[derive(Clone, Copy)]
enum Work {
    Layer(CellKind),
    /// Burn's own LSTM.
    Stock,
    Ragged,
    Training,
    /// An epoch of a task, by the program beside this one.
    Task(&'static str),
}

/// A line of the table.
#[derive(Serialize)]
struct Row {
    name: String,
    shape: String,
    backend: String,
    ours_ms: f64,
    /// The fastest backend's time.
    peer_ms: f64,
    ratio: f64,
    samples_per_second: f64,
    peak_mib: f64,
}

/// What a process of its own says.
#[derive(Serialize, Deserialize)]
struct Measured {
    ms: f64,
    samples: f64,
    peak_mib: f64,
}

/// A row before it is measured; a task has no shape.
type Entry = (&'static str, Work, Option<Shape>);

fn table(args: &Args) -> Vec<Entry> {
    let mut rows = Vec::new();
    let mut order = match args.gpu {
        true => GPU_SHAPES.to_vec(),
        false => SHAPES.to_vec(),
    };
    order.sort_by_key(|s| s.batch_size * s.seq_length * s.d_hidden * (s.d_hidden + s.d_input));
    let mut works = vec![
        ("LSTM", Work::Layer(CellKind::Lstm)),
        ("GRU", Work::Layer(CellKind::Gru)),
        ("training step", Work::Training),
    ];
    if args.gpu {
        works.insert(1, ("stock Burn LSTM", Work::Stock));
        works.insert(1, ("peephole LSTM", Work::Layer(CellKind::LstmPeephole)));
    }
    for (name, work) in works {
        let shapes = order.iter().take(args.shapes);
        rows.extend(shapes.map(|&shape| (name, work, Some(shape))));
    }
    rows.push(("ragged LSTM", Work::Ragged, Some(SHAPES[1])));
    rows.push((
        "epoch of stock-forecast",
        Work::Task("stock-forecast"),
        None,
    ));
    rows.push(("epoch of news", Work::Task("news"), None));
    rows
}

fn main() -> ExitCode {
    keep_memory();
    let args = Args::parse();
    end(match args.one.as_slice() {
        [backend, row] => one(&args, backend, row),
        _ => compare(&args),
    })
}

fn compare(args: &Args) -> Result<(), String> {
    let known: Vec<&str> = BACKENDS.iter().copied().chain([PYTORCH]).collect();
    let mut wanted: Vec<&str> = known
        .iter()
        .copied()
        .filter(|name| match args.backends.as_slice() {
            // LibTorch is built in for the CPU too, where there may be no GPU.
            [] => args.gpu || *name != "tch-cuda",
            named => named.iter().any(|one| one == name),
        })
        .collect();
    if let Some(unknown) = args.backends.iter().find(|b| !known.contains(&b.as_str())) {
        let built = known.join(", ");
        return Err(format!(
            "the backend {unknown} is not built in; there are: {built}"
        ));
    }
    if wanted.contains(&PYTORCH) {
        match torch(args) {
            Ok(torch) => println!("PyTorch {}", torch.version),
            Err(message) => {
                println!("no PyTorch: {message}");
                wanted.retain(|name| *name != PYTORCH);
            }
        }
    }
    let mut rows = Vec::new();
    println!(
        "{:23} {:>16} {:9} {:>10} {:>11} {:>9} {:>7}",
        "", "", "", "ms", "samples/s", "peak MiB", "ratio"
    );
    for (at, (name, work, shape)) in table(args).into_iter().enumerate() {
        let named = |part: &String| name.contains(part.as_str());
        if !args.only.iter().all(named) || args.skip.iter().any(named) {
            continue;
        }
        let mut measured: Vec<Vec<Measured>> = wanted.iter().map(|_| Vec::new()).collect();
        for _ in 0..args.rounds.max(1) {
            for (backend, all) in wanted.iter().zip(&mut measured) {
                if *backend == PYTORCH && matches!(work, Work::Stock | Work::Task(_)) {
                    continue;
                }
                match child(args, backend, at) {
                    Ok(one) => all.push(one),
                    Err(message) => eprintln!("{name}, {backend}: {message}"),
                }
            }
        }
        let medians: Vec<Option<Measured>> = measured.into_iter().map(median).collect();
        let fastest = medians
            .iter()
            .flatten()
            .map(|one| one.ms)
            .fold(f64::MAX, f64::min);
        let slowest = medians
            .iter()
            .flatten()
            .map(|one| one.ms)
            .fold(0.0, f64::max);
        for (backend, one) in wanted.iter().zip(medians) {
            let Some(one) = one else { continue };
            let row = Row {
                name: name.to_string(),
                shape: shape.map_or_else(String::new, |shape| shape.to_string()),
                backend: backend.to_string(),
                ours_ms: one.ms,
                peer_ms: fastest,
                ratio: one.ms / fastest,
                samples_per_second: one.samples / one.ms * 1e3,
                peak_mib: one.peak_mib,
            };
            let bar = "█".repeat((BAR as f64 * one.ms / slowest).round() as usize);
            println!(
                "{:23} {:>16} {:9} {:>10.2} {:>11.0} {:>9.0} {:>7.2} {bar}",
                row.name,
                row.shape,
                row.backend,
                row.ours_ms,
                row.samples_per_second,
                row.peak_mib,
                row.ratio
            );
            rows.push(row);
        }
    }
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?;
        std::fs::write(path, json).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if let Some(path) = &args.chart {
        chart::write(&rows, path)?;
    }
    Ok(())
}

/// Starts PyTorch where this comparison runs.
fn torch(args: &Args) -> Result<Torch, String> {
    let device = if args.gpu { "cuda" } else { "cpu" };
    Torch::start(&args.python, args.threads, device)
}

/// The measurement with the median time.
fn median(mut all: Vec<Measured>) -> Option<Measured> {
    all.sort_by(|a, b| a.ms.total_cmp(&b.ms));
    let middle = all.len() / 2;
    (!all.is_empty()).then(|| all.swap_remove(middle))
}

fn child(args: &Args, backend: &str, row: usize) -> Result<Measured, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command
        .args(["--shapes", &args.shapes.to_string()])
        .args(["--threads", &args.threads.to_string()])
        .args([Path::new("--python"), &args.python])
        .args([Path::new("--data"), &args.data])
        .args(["--one", backend, &row.to_string()]);
    if args.gpu {
        command.arg("--gpu");
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(said.trim()).map_err(|_| {
        let errors = String::from_utf8_lossy(&output.stderr);
        let first = errors.lines().find(|line| !line.trim().is_empty());
        first.unwrap_or("it said nothing").to_string()
    })
}

fn one(args: &Args, backend: &str, row: &str) -> Result<(), String> {
    let row: usize = row.parse().map_err(|_| "no such row".to_string())?;
    let (_, work, shape) = *table(args).get(row).ok_or("no such row")?;
    let measured = match (work, shape) {
        (Work::Task(task), _) => tasks::epoch(task, backend, &args.data)?,
        (_, Some(shape)) if backend == PYTORCH => in_pytorch(args, work, shape)?,
        (_, Some(shape)) => in_process(backend, work, shape)?,
        (_, None) => return Err("no shape".to_string()),
    };
    println!(
        "{}",
        serde_json::to_string(&measured).map_err(|error| error.to_string())?
    );
    Ok(())
}

fn in_pytorch(args: &Args, work: Work, shape: Shape) -> Result<Measured, String> {
    let mut torch = torch(args)?;
    let (name, lengths) = match work {
        Work::Layer(CellKind::Lstm) => ("lstm", Vec::new()),
        Work::Layer(CellKind::Gru) => ("gru", Vec::new()),
        Work::Ragged => ("lstm packed", headlines(shape.batch_size)),
        Work::Training => ("training", Vec::new()),
        Work::Layer(_) | Work::Stock | Work::Task(_) => return Err("it has none".to_string()),
    };
    let once = torch.block(name, Some(shape), &lengths, 2, 1)?;
    let fits = TIME.as_secs_f64() * 1e3 / once[1].max(1e-3);
    let mut times = torch.block(
        name,
        Some(shape),
        &lengths,
        fits.clamp(3.0, 200.0) as usize,
        1,
    )?;
    times.sort_by(f64::total_cmp);
    Ok(Measured {
        ms: times[times.len() / 2],
        samples: shape.batch_size as f64,
        peak_mib: torch.peak_kib as f64 / 1024.0,
    })
}

fn in_process(backend: &str, work: Work, shape: Shape) -> Result<Measured, String> {
    let device = device(backend, 0).ok_or("it is not measured here")?;
    let mut run = make(work, shape, device);
    // Twice: kernels are compiled, and tuned, on the way.
    run();
    run();
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 3 || (start.elapsed() < TIME && times.len() < 200) {
        let start = Instant::now();
        run();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(Measured {
        ms: times[times.len() / 2],
        samples: shape.batch_size as f64,
        peak_mib: peak_kib().map_or(f64::NAN, |kib| kib as f64 / 1024.0),
    })
}

fn make(work: Work, shape: Shape, device: Device) -> Box<dyn FnMut()> {
    match work {
        Work::Layer(cell) => Box::new(work::layer_on(cell, shape, None, device)),
        Work::Ragged => {
            let lengths = Some(headlines(shape.batch_size));
            Box::new(work::layer_on(CellKind::Lstm, shape, lengths, device))
        }
        Work::Training => Box::new(work::training_step_on(shape, device)),
        Work::Stock => Box::new(work::stock_layer_on(shape, device)),
        Work::Task(_) => Box::new(|| ()),
    }
}
