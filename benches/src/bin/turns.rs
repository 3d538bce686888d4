//! `turns`: this build and others of this program on the same work, in turn.
//!
//! For tuning: a machine whose speed wanders by a tenth tells two builds apart by a hundredth when
//! each run of one is divided by the run of the other beside it.
#![forbid(unsafe_code)]

use clap::Parser;
use rekindle_benches::work::{self, Shape};
use rekindle_benches::{end, quantile, translate};
use rekindle_kernels::allocator::{Allocator, keep_memory};
use rekindle_models::CellKind;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Times builds of this program in turn, this one and those beside it.
#[derive(Parser)]
struct Args {
    /// Another build of this program; ratios are to the first.
    #[arg(long, required_unless_present = "serve")]
    beside: Vec<PathBuf>,
    /// Seconds for each piece of work.
    #[arg(long, default_value_t = 15.0)]
    seconds: f64,
    /// lstm, gru, stream, training or translate, and its size: lstm:BATCHxTIME,INPUT,HIDDEN.
    #[arg(required = true)]
    work: Vec<String>,
    /// Run what is asked for on stdin: the work's number and how often.
    #[arg(long, hide = true)]
    serve: bool,
}

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    keep_memory();
    let args = Args::parse();
    end(match args.serve {
        true => serve(&args.work),
        false => drive(&args),
    })
}

/// The work of a name and a size.
fn parse(text: &str) -> Result<Box<dyn FnMut()>> {
    let wrong = || format!("`{text}` is not like lstm:64x100,256,256");
    let (name, size) = text.split_once(':').ok_or_else(wrong)?;
    let numbers: Vec<usize> = size
        .split(['x', ','])
        .map(|number| number.parse().ok().filter(|&number| number > 0))
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let shape = Shape::new(numbers.try_into().map_err(|_| wrong())?);
    Ok(match name {
        "lstm" => Box::new(work::layer(CellKind::Lstm, shape, None)),
        "gru" => Box::new(work::layer(CellKind::Gru, shape, None)),
        // A step alone is too short for the clock.
        "stream" => {
            let mut step = work::streaming_step(CellKind::Lstm, shape.d_input, shape.d_hidden);
            Box::new(move || (0..shape.seq_length).for_each(|_| step()))
        }
        "training" => Box::new(work::training_step(shape)),
        "translate" => Box::new(translate::step(shape)),
        _ => return Err(wrong()),
    })
}

fn serve(work: &[String]) -> Result<()> {
    let mut work = work
        .iter()
        .map(|text| parse(text))
        .collect::<Result<Vec<_>>>()?;
    work.iter_mut().for_each(|work| work());
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let asked = line.split_once(' ').and_then(|(at, count)| {
            Some((
                work.get_mut(at.parse::<usize>().ok()?)?,
                count.parse::<u32>().ok()?,
            ))
        });
        let (work, count) = asked.ok_or_else(|| format!("`{line}` is no work and count"))?;
        let start = Instant::now();
        (0..count).for_each(|_| work());
        println!("{}", start.elapsed().as_secs_f64() * 1e3 / f64::from(count));
    }
    Ok(())
}

/// A build at work.
struct Build {
    name: String,
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Build {
    fn start(program: &Path, work: &[String]) -> Result<Self> {
        let name = program.display().to_string();
        let mut child = Command::new(program)
            .arg("--serve")
            .args(work)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let (Some(asked), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both were piped");
        };
        let answers = BufReader::new(answers);
        let mut build = Self {
            name,
            child,
            asked,
            answers,
        };
        build.line()?;
        Ok(build)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(format!("{} ended", self.name)),
            Ok(_) => Ok(line.trim().to_string()),
            Err(error) => Err(format!("{}: {error}", self.name)),
        }
    }

    /// Milliseconds a run.
    fn run(&mut self, work: usize, count: u32) -> Result<f64> {
        writeln!(self.asked, "{work} {count}").map_err(|e| format!("{}: {e}", self.name))?;
        let line = self.line()?;
        line.parse()
            .map_err(|_| format!("{}: `{line}` is no time", self.name))
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drive(args: &Args) -> Result<()> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let programs = args.beside.iter().chain([&own]);
    let mut builds = programs
        .map(|program| Build::start(program, &args.work))
        .collect::<Result<Vec<_>>>()?;
    println!(
        "{:28} {:>9} {:>9} {:>7}  build",
        "", "quarter", "median", "ratio"
    );
    for (work, name) in args.work.iter().enumerate() {
        let once = builds[0].run(work, 1)?;
        // Long enough to time, short enough that the machine is the same for all builds.
        let count = (20.0 / once).clamp(1.0, 10_000.0) as u32;
        let mut times = vec![Vec::new(); builds.len()];
        let start = Instant::now();
        while start.elapsed().as_secs_f64() < args.seconds || times[0].len() < 5 {
            for (build, times) in builds.iter_mut().zip(&mut times) {
                times.push(build.run(work, count)?);
            }
            // Who comes first now comes last next.
            builds.reverse();
            times.reverse();
        }
        if times[0].len() % 2 == 1 {
            builds.reverse();
            times.reverse();
        }
        let base = times[0].clone();
        for (build, times) in builds.iter().zip(times) {
            let ratios = times.iter().zip(&base).map(|(time, base)| time / base);
            let ratio = quantile(ratios.collect(), 0.5);
            let [quarter, median] = [0.25, 0.5].map(|share| quantile(times.clone(), share));
            let build = &build.name;
            println!("{name:28} {quarter:>9.3} {median:>9.3} {ratio:>7.3}  {build}");
        }
    }
    Ok(())
}
