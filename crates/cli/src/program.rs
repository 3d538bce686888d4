//! The program itself: reads the command line and does what it says.

mod answers;
mod args;
mod backend;
mod commands;
mod data;
mod devices;
mod doctor;
mod hardware;
#[cfg(feature = "remote")]
mod worker;

use crate::failure::{self, Failure};
use args::{Cli, Command, TasksCommand};
use clap::Parser;
use rekindle_kernels::allocator::{Allocator, keep_memory};
use rekindle_train::say::note_line;
use rekindle_train::{TaskError, fault, say};
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

// A training step makes and frees large tensors; fresh pages for each would cost it dearly.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Runs to the end of the process.
pub fn run() -> ExitCode {
    keep_memory();
    failure::install_hook();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    log_to_stderr(cli.verbose);
    let result = arm_fault().and_then(|()| answer(cli));
    if let Some(steps) = fault::steps() {
        note_line(format_args!("steps on the disk: {steps}"));
    }
    let result = result.and_then(|()| match say::failed() {
        None => Ok(()),
        Some(why) => Err(lost(why)),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn answer(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Run(args) => commands::run(args),
        Command::Evaluate(args) => commands::evaluate(args),
        Command::Predict(args) => commands::predict(args),
        Command::Compare { runs } => commands::compare(&runs),
        Command::Data { command } => data::data(&command),
        Command::Tasks { command: None } => commands::tasks(),
        Command::Tasks {
            command: Some(TasksCommand::Show { name }),
        } => commands::show_task(&name),
        Command::New(args) => commands::new(&args),
        Command::Settings { task } => commands::settings(&task),
        Command::Doctor => doctor::doctor(),
        #[cfg(feature = "remote")]
        Command::Worker(args) => worker::worker(&args),
    }
}

/// Help, the version, or what is wrong with the command line.
fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print().and_then(|()| std::io::stdout().flush());
    match shown {
        Err(why) if !error.use_stderr() && why.kind() != ErrorKind::BrokenPipe => {
            lost(&why.to_string()).report()
        }
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}

/// Part of what was to be printed is not there.
fn lost(why: &str) -> Failure {
    let why = why.to_string();
    TaskError::Output { why }.into()
}

/// Lets `cargo xtask soak` stop this process at a step on the disk.
fn arm_fault() -> Result<(), Failure> {
    let Some(text) = std::env::var_os("REKINDLE_FAULT") else {
        return Ok(());
    };
    let wrong = |what| Failure::usage(what, "unset REKINDLE_FAULT: it is for testing alone");
    fault::arm(text.to_string_lossy().parse().map_err(wrong)?);
    Ok(())
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        Self {
            what: error.to_string(),
            place: error.place(),
            help: error.help(),
            exit_code: error.exit_code(),
        }
    }
}

impl From<rekindle_data::DataError> for Failure {
    fn from(error: rekindle_data::DataError) -> Self {
        TaskError::from(error).into()
    }
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => {
            "warn,rekindle=info,rekindle_tasks=info,rekindle_train=info,rekindle_data=info,rekindle_kernels=info"
        }
        _ => {
            "info,rekindle=debug,rekindle_tasks=debug,rekindle_train=debug,rekindle_data=debug,rekindle_kernels=debug"
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(std::io::stderr)
        // Told with a macro that panics where standard error is gone.
        .log_internal_errors(false)
        .init();
}
