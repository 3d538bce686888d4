//! The commands that work on tasks and runs.

use crate::failure::Failure;
use crate::program::answers::{Answers, Form};
use crate::program::args::{EvaluateArgs, NewArgs, PlaceArgs, PredictArgs, RunArgs};
use crate::program::backend::Backend;
use crate::program::data::data_dirs;
use crate::program::devices;
use burn::tensor::Device;
use rekindle_tasks::registry;
use rekindle_train::compare::align;
use rekindle_train::files;
use rekindle_train::fit::{Display, refuse_replay};
use rekindle_train::say;
use rekindle_train::say::note_line;
use rekindle_train::{
    Chart, ChartKind, Context, Interrupter, PredictInput, PredictRequest, RunDir, RunRequest,
    Summary, compare,
};
use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Where runs go when no --out is given.
const RUNS: &str = "runs";
/// Columns of a heat map on the screen.
const WIDEST: usize = 60;

/// `rekindle run`.
pub fn run(args: RunArgs) -> Result<(), Failure> {
    let interrupter = stop_on_ctrl_c();
    let task = registry::find(&args.task)?;
    let resume = args.resume || args.replay;
    let out = match (&args.out, resume) {
        (Some(out), _) => out.clone(),
        (None, true) => latest_run(&task.info().name)?,
        (None, false) => new_run(&task.info().name),
    };
    if args.replay {
        refuse_replay(&RunDir::open(&out)?)?;
    }
    let backend = match (&args.place.backend, resume) {
        (None, true) => of_run(&out),
        (name, _) => Backend::choose(name.as_deref()),
    }?;
    let request = RunRequest {
        out: out.clone(),
        resume,
        seed: args.seed,
        epochs: args.epochs.map(|epochs| epochs as usize),
        set: args.set,
        limit: args.limit.map(|limit| limit as usize),
    };
    let screen = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let display = if screen && !args.plain {
        Display::Screen
    } else {
        Display::Plain
    };
    say!("backend: {}", backend.name());
    let (home, replicas) = devices::open(backend, &args.devices)?;
    let mut context = context(backend, home, &args.place, display, interrupter);
    context.replicas = replicas;
    context.replay = args.replay;
    let is_new = !out.exists();
    let summary = task.run(&context, &request).inspect_err(|error| {
        if is_new && error.exit_code() == 2 {
            RunDir::remove_refused(&out);
        }
    })?;
    print_summary(&summary);
    say!("report: {}", out.join("report.html").display());
    Ok(())
}

/// The backend a run began on; the fastest one where there is no run, which is for the task to say.
fn of_run(out: &Path) -> Result<Backend, Failure> {
    let config = RunDir::open(out).and_then(|run| run.read_config());
    let Ok(config) = config else {
        return Backend::choose(None);
    };
    Backend::choose(Some(&config.backend)).map_err(|failure| {
        Failure::usage(
            format!("the run cannot go on where it began: {failure}"),
            "--backend NAME goes on with another",
        )
    })
}

/// `rekindle evaluate`.
pub fn evaluate(args: EvaluateArgs) -> Result<(), Failure> {
    let backend = Backend::choose(args.place.backend.as_deref())?;
    let directory = RunDir::open(&args.model)?;
    let context = context_of_saved(backend, &args.place, args.set);
    let summary = registry::evaluate(&context, &directory, &args.input, args.out.as_deref())?;
    print_summary(&summary);
    if let Some(out) = &args.out {
        say!("report: {}", out.join("report.html").display());
    }
    Ok(())
}

/// `rekindle predict`.
pub fn predict(args: PredictArgs) -> Result<(), Failure> {
    let backend = Backend::choose(args.place.backend.as_deref())?;
    let directory = RunDir::open(&args.model)?;
    let input = match args.input {
        Some(input) => PredictInput::File(input),
        None => PredictInput::Texts(args.text),
    };
    // Before anything is computed.
    for path in args.html.iter().chain(&args.figure) {
        files::target(path)?;
    }
    let context = context_of_saved(backend, &args.place, args.set);
    let form = match (args.json, args.jsonl, args.csv) {
        (true, _, _) => Form::Json,
        (_, true, _) => Form::Lines,
        (_, _, true) => Form::Csv,
        _ => Form::Text,
    };
    let request = PredictRequest {
        input,
        page: args.html.is_some(),
    };
    let task = directory.read_config()?.task;
    let mut answers = Answers::new(form, &task);
    let prediction = registry::predict(&context, &directory, &request, &mut |answer| {
        answers.give(answer)
    })?;
    answers.finish(&prediction)?;
    if form == Form::Text {
        show(&prediction.figures);
    }
    if let Some(path) = &args.html {
        let Some(page) = &prediction.html else {
            return Err(Failure::usage(
                "this task has no page of predictions",
                "leave --html out",
            ));
        };
        rekindle_train::write_atomic(path, page.as_bytes())?;
    }
    match &args.figure {
        Some(path) => write_figures(path, &prediction.figures),
        None => Ok(()),
    }
}

/// Heat maps on the screen, those that are not wider than most.
fn show(figures: &[Chart]) {
    let screen = std::io::stdout().is_terminal();
    let colour = screen && std::env::var_os("NO_COLOR").is_none();
    for figure in figures {
        let ChartKind::HeatMap(map) = &figure.kind else {
            continue;
        };
        match map.columns.len() <= WIDEST {
            true => say!("\n{}\n{}", figure.title, map.to_terminal(colour).trim_end()),
            false => say!(
                "\n{}: too wide to show, --figure FILE draws it",
                figure.title
            ),
        }
    }
}

/// Writes drawings in the form the name asks for; the second and later ones get a number.
fn write_figures(path: &Path, figures: &[Chart]) -> Result<(), Failure> {
    if figures.is_empty() {
        return Err(Failure::usage(
            "there is nothing to draw for this answer",
            "leave --figure out; one text given with --text has a drawing where a network attends or \
             has gates",
        ));
    }
    let part = |of: Option<&OsStr>| of.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    for (at, figure) in figures.iter().enumerate() {
        let bytes = match extension.as_str() {
            "svg" => figure.to_svg_file().into_bytes(),
            "png" => figure
                .to_png()
                .map_err(|error| Failure::usage(error.to_string(), "write it as .svg"))?,
            _ => {
                return Err(Failure::usage(
                    format!("cannot tell the form of {}", path.display()),
                    "let its name end in .svg or .png",
                ));
            }
        };
        let path = match at {
            0 => path.to_path_buf(),
            _ => path.with_file_name(format!("{stem}-{}.{extension}", at + 1)),
        };
        rekindle_train::write_atomic(&path, &bytes)?;
    }
    Ok(())
}

/// `rekindle compare`.
pub fn compare(runs: &[PathBuf]) -> Result<(), Failure> {
    say!("{}", compare::table(runs)?.trim_end());
    Ok(())
}

/// `rekindle tasks`.
pub fn tasks() -> Result<(), Failure> {
    for task in registry::all()? {
        say!(
            "{:<16} {}\n{:<16} data: {}",
            task.name,
            task.summary,
            "",
            task.data
        );
    }
    Ok(())
}

/// `rekindle tasks show`.
pub fn show_task(name: &str) -> Result<(), Failure> {
    match rekindle_tasks::presets::text(name) {
        Some(text) => {
            say!("{}", text.trim_end());
            Ok(())
        }
        None => {
            let known = rekindle_tasks::presets::PRESETS
                .map(|(name, _)| name)
                .join(", ");
            Err(Failure::usage(
                format!("there is no task file named {name}"),
                format!("the files are: {known}"),
            ))
        }
    }
}

/// `rekindle new`.
pub fn new(args: &NewArgs) -> Result<(), Failure> {
    let text = rekindle_tasks::new::task_file(&args.kind, &args.data)?;
    let Some(out) = &args.out else {
        say!("{}", text.trim_end());
        return Ok(());
    };
    if out.exists() {
        return Err(Failure::usage(
            format!("{} is there already", out.display()),
            "choose another --out",
        ));
    }
    rekindle_train::write_atomic(out, text.as_bytes())?;
    say!("{}: train with `rekindle run {0}`", out.display());
    Ok(())
}

/// `rekindle settings`.
pub fn settings(name: &str) -> Result<(), Failure> {
    let rows = registry::find(name)?.settings()?;
    if rows.is_empty() {
        say!("the settings of {name} are on its page in the documentation");
    }
    for row in rows {
        let default = match row.default.as_str() {
            "" => "(empty)",
            text => text,
        };
        say!("{} = {default}", row.doc.name);
        say!("    {}", row.doc.doc.trim());
        say!("    {}", row.doc.values());
    }
    Ok(())
}

fn context_of_saved(backend: Backend, place: &PlaceArgs, set: Vec<(String, String)>) -> Context {
    let (device, interrupter) = (backend.device(0), Interrupter::new());
    let mut context = context(backend, device, place, Display::Quiet, interrupter);
    context.set = set;
    context
}

fn context(
    backend: Backend,
    device: Device,
    place: &PlaceArgs,
    display: Display,
    interrupter: Interrupter,
) -> Context {
    Context {
        backend: backend.name(),
        device,
        replicas: Vec::new(),
        set: Vec::new(),
        data: data_dirs(place.data.clone()),
        display,
        interrupter,
        replay: false,
    }
}

/// The first Ctrl-C saves and stops, the second ends at once.
fn stop_on_ctrl_c() -> Interrupter {
    let interrupter = Interrupter::new();
    let handle = interrupter.clone();
    let installed = ctrlc::set_handler(move || {
        if handle.should_stop() {
            std::process::exit(130);
        }
        // First of all: nobody may be there to read the line.
        handle.stop(Some("Ctrl-C"));
        note_line(format_args!(
            "stopping after this step; press Ctrl-C again to stop at once"
        ));
    });
    if let Err(error) = installed {
        tracing::warn!("Ctrl-C will not save the run: {error}");
    }
    interrupter
}

fn new_run(task: &str) -> PathBuf {
    let now = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
    Path::new(RUNS).join(format!("{task}-{now}"))
}

fn latest_run(task: &str) -> Result<PathBuf, Failure> {
    let prefix = format!("{task}-");
    let entries = std::fs::read_dir(RUNS)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .max()
        .ok_or_else(|| {
            Failure::usage(
                format!("there is no run of {task} in {RUNS} to go on with"),
                "name its directory with --out",
            )
        })
}

/// Prints the figures, the model beside its baselines.
fn print_summary(summary: &Summary) {
    let baselines: Vec<&String> = summary.baselines.keys().collect();
    let header = ["", "model", "95 % interval"]
        .into_iter()
        .map(str::to_string);
    let mut rows: Vec<Vec<String>> = vec![
        header
            .chain(baselines.iter().map(|name| name.replace('_', " ")))
            .collect(),
    ];
    for (name, value) in &summary.metrics {
        let interval = match summary.intervals.get(name) {
            Some((low, high)) => format!("{low:.4} to {high:.4}"),
            None => String::new(),
        };
        let others = baselines.iter().map(|baseline| {
            summary.baselines[*baseline]
                .get(name)
                .map_or(String::new(), |v| format!("{v:.4}"))
        });
        let cells = [name.clone(), format!("{value:.4}"), interval];
        rows.push(cells.into_iter().chain(others).collect());
    }
    say!("{}", align(&rows).trim_end());
}
