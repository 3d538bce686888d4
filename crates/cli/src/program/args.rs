//! The command line.

use crate::program::devices::DeviceName;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The version of this program and of the Burn in it.
fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let (own, burn) = (env!("CARGO_PKG_VERSION"), rekindle_train::burn_version());
        format!("{own} (Burn {burn})")
    })
}

/// Recurrent networks on real data: trained, tested and served from one program.
#[derive(Debug, Parser)]
#[command(name = "rekindle", version = version(), about, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Say more on stderr; twice for even more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a task, test it beside its baselines, leave a run directory.
    Run(RunArgs),
    /// Test a saved run on another labelled file of the same form.
    Evaluate(EvaluateArgs),
    /// Predict with a saved run.
    Predict(PredictArgs),
    /// Print the figures of several runs side by side.
    Compare {
        /// Run directories.
        #[arg(required = true, value_name = "RUN_DIR")]
        runs: Vec<PathBuf>,
    },
    /// List, download and verify data sets.
    Data {
        /// What to do.
        #[command(subcommand)]
        command: DataCommand,
    },
    /// List the tasks, or print one as a file to copy.
    Tasks {
        /// What to do; the list when absent.
        #[command(subcommand)]
        command: Option<TasksCommand>,
    },
    /// Look at a table and write a task file for it.
    New(NewArgs),
    /// List every setting of a task or kind: values, default, what it does.
    Settings {
        /// The task, kind or task file.
        task: String,
    },
    /// Say which backends run here, and what is missing for the others.
    Doctor,
    /// Lend this machine's devices to runs elsewhere, until Ctrl-C: `run --devices HOST:PORT/0`.
    #[cfg(feature = "remote")]
    Worker(WorkerArgs),
}

/// Which backend, and where data are.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// flex, ndarray, tch, tch-cuda, cuda or wgpu; flex when absent. `rekindle doctor` says which run here.
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// The data: one's own file, or a folder, looked in before $REKINDLE_DATA and the download cache.
    #[arg(long, value_name = "DIR|FILE")]
    pub data: Option<PathBuf>,
}

/// `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The task or kind (`rekindle tasks` lists them), or a task file that ends in .toml.
    #[arg(value_name = "TASK|KIND|FILE.toml")]
    pub task: String,
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Run directory to make; runs/TASK-TIME when absent. The last one counts, so that the advice after
    /// Ctrl-C can be put behind any command.
    #[arg(long, value_name = "DIR", overrides_with = "out")]
    pub out: Option<PathBuf>,
    /// Go on with an interrupted run: the one in --out, or the latest of the task; on the backend it
    /// began on, unless --backend names one.
    #[arg(long, overrides_with = "resume")]
    pub resume: bool,
    /// Repeat the step at which a run diverged, from the checkpoint before it, and show its gradients.
    #[arg(long)]
    pub replay: bool,
    /// Seed of initial weights, batches and dropout; that of the task file, or 1, when absent.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Devices by number, as 0,1: each takes a batch of its own at every step, on a CPU one after the
    /// other. HOST:PORT/0 is device 0 of a `rekindle worker` there.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "0")]
    pub devices: Vec<DeviceName>,
    /// Largest number of epochs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: Option<u32>,
    /// Change a setting of the task; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Keep only N rows of each file, drawn by the seed, or the last N of each series: for a quick try.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// One line an epoch, even on a terminal.
    #[arg(long)]
    pub plain: bool,
}

/// `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// A run directory.
    #[arg(long, value_name = "RUN_DIR")]
    pub model: PathBuf,
    /// The labelled file.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Change a setting that is not of training, where the task has one; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Directory to write report.json and report.html to.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `predict`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["text", "input"])))]
pub struct PredictArgs {
    /// A run directory.
    #[arg(long, value_name = "RUN_DIR")]
    pub model: PathBuf,
    /// A text, or several.
    #[arg(long, num_args = 1..)]
    pub text: Vec<String>,
    /// A file, or - for standard input.
    #[arg(long, value_name = "FILE|-")]
    pub input: Option<PathBuf>,
    /// Change a setting that is not of training, where the task has one; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Answer in one JSON document.
    #[arg(long, conflicts_with_all = ["jsonl", "csv"])]
    pub json: bool,
    /// Answer in a line of JSON an input, as it comes.
    #[arg(long, conflicts_with = "csv")]
    pub jsonl: bool,
    /// Answer in a line of CSV an input, as it comes, after the input's other columns.
    #[arg(long)]
    pub csv: bool,
    /// Write a page too, with the words that carried each answer.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the answer's drawings too, as .svg or .png; the second and later ones get a number.
    #[arg(long, value_name = "FILE")]
    pub figure: Option<PathBuf>,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `tasks`.
#[derive(Debug, Subcommand)]
pub enum TasksCommand {
    /// Print the file of a named task.
    Show {
        /// Its name.
        name: String,
    },
}

/// `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The kind: classify, forecast or translate.
    pub kind: String,
    /// The table.
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// File to write; standard output when absent.
    #[arg(long, value_name = "FILE.toml")]
    pub out: Option<PathBuf>,
}

/// `worker`.
#[cfg(feature = "remote")]
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// flex, ndarray, cuda or wgpu; flex when absent. A CPU is one device, a GPU each of its own.
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// Port to listen on; 0 takes a free one, which is said.
    #[arg(long, value_name = "N")]
    pub port: u16,
    /// Address to listen on. Whoever reaches it computes here, and reads what goes over the wire: nothing is
    /// encrypted, and no password is asked for.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: std::net::IpAddr,
}

/// `data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// List the data sets and whether they are here.
    List,
    /// Download a data set into the cache.
    Fetch {
        /// Its name.
        set: String,
    },
    /// Check the files of a data set against their sizes and hashes.
    Verify {
        /// Its name.
        set: String,
        /// Folder to look in first.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_string(), value.trim().to_string()))
        }
        _ => Err("write it as key=value".to_string()),
    }
}
