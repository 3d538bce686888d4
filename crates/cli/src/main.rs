//! `rekindle`: train and serve recurrent networks from one binary.
#![forbid(unsafe_code)]

mod args;
mod backend;
mod commands;
mod data;
mod doctor;
mod failure;
mod hardware;

use args::{Cli, Command};
use clap::Parser;
use failure::Failure;
use rekindle_kernels::allocator::{Allocator, keep_memory};
use std::process::ExitCode;

// A training step makes and frees large tensors; fresh pages for each would cost it dearly.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() -> ExitCode {
    keep_memory();
    failure::install_hook();
    let cli = Cli::parse();
    log_to_stderr(cli.verbose);
    let result = match cli.command {
        Command::Run(args) => commands::run(args),
        Command::Evaluate(args) => commands::evaluate(args),
        Command::Predict(args) => commands::predict(args),
        Command::Compare { runs } => commands::compare(&runs),
        Command::Data { command } => data::data(&command),
        Command::Tasks => commands::tasks(),
        Command::Doctor => doctor::doctor(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(failure),
    }
}

fn report(failure: Failure) -> ExitCode {
    let code = failure.exit_code;
    eprintln!("{:?}", miette::Report::new(failure));
    ExitCode::from(code)
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => "warn,rekindle=info,rekindle_tasks=info,rekindle_data=info,rekindle_kernels=info",
        _ => "info,rekindle=debug,rekindle_tasks=debug,rekindle_data=debug,rekindle_kernels=debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .init();
}
