//! `cargo xtask`: builds `rekindle` with the right feature and runs it, and runs the project's checks.
//!
//! It has no dependencies, so that it compiles in seconds and starts at once.
#![forbid(unsafe_code)]

// The binary reads more of it.
#[allow(dead_code)]
#[path = "../../crates/cli/src/backends.rs"]
mod backends;
mod cargo;
mod checks;
mod forward;
mod libtorch;
mod packages;

use std::ffi::OsString;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <word> [arguments]

built if needed, then passed on to rekindle as they stand:
  run <task>       train on real data and write a run directory
  evaluate         score a saved run on another labelled file
  predict          answer with a saved run
  compare          runs side by side
  data             list, fetch or verify data sets
  new              write a task file for a table
  tasks            list the tasks and their data, or show one
  settings         every setting of a task
  doctor           which backends would run here, and what the others miss
  worker           lend this machine's devices to runs elsewhere
  --backend flex|ndarray|tch|tch-cuda|cuda|wgpu picks what is built in

for the project itself:
  test             every check that CI makes
  fuzz [target]... damaged files for every reader; --seconds of each, --seed
  packages         one of them alone: builds the crates as they would be published
  bench [name]...  benchmarks (cells, sequence, training), all or those named;
                   flags go to the benchmark
  bench peers      the same work in PyTorch beside ours; --python, --json, --only
  bench backends   the same work on several backends; --backends, --json, --only
  docs             the API documentation, warnings as errors

cargo xtask <word> --help says more about the words that rekindle answers.
";

/// The words that `rekindle` itself answers.
const FORWARDED: [&str; 10] = [
    "run", "evaluate", "predict", "compare", "data", "new", "tasks", "settings", "doctor", "worker",
];

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let word = args
        .first()
        .map(|word| word.to_string_lossy().into_owned())
        .unwrap_or_default();
    match word.as_str() {
        "" | "help" | "-h" | "--help" => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        "test" if args.len() > 1 => usage("`test` takes no arguments: it is what CI runs"),
        "test" => checks::test(),
        "packages" if args.len() > 1 => usage("`packages` takes no arguments"),
        "packages" if packages::check() => ExitCode::SUCCESS,
        "packages" => ExitCode::FAILURE,
        "fuzz" => checks::fuzz(&args[1..]),
        "bench" if args.get(1).is_some_and(|name| name == "peers") => checks::peers(&args[2..]),
        "bench" if args.get(1).is_some_and(|name| name == "backends") => {
            checks::backends(&args[2..])
        }
        "bench" => checks::bench(&args[1..]),
        "docs" => checks::docs(&args[1..]),
        word if FORWARDED.contains(&word) => forward::forward(&args),
        word => usage(&format!("unknown word `{word}`; see cargo xtask --help")),
    }
}

fn usage(message: &str) -> ExitCode {
    eprintln!("xtask: {message}");
    ExitCode::from(2)
}
