//! `mutate`: damages the seeds of targets for some time and keeps what a reader cannot bear.
#![forbid(unsafe_code)]

use clap::Parser;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rekindle_fuzz::{TARGETS, Target, find, mutate::mutate};
use std::panic::{catch_unwind, set_hook, take_hook};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Damages files and reads them.
#[derive(Parser)]
struct Args {
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Seed of the damage.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where damaged files that end in a panic or take long are kept.
    #[arg(long, default_value = "fuzz-findings")]
    out: PathBuf,
    /// Targets; all when none is named.
    targets: Vec<String>,
}

/// A file of this size is read in less.
const SLOW: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let args = Args::parse();
    let mut chosen: Vec<&Target> = Vec::new();
    for name in &args.targets {
        match find(name) {
            Some(target) => chosen.push(target),
            None => {
                let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
                eprintln!("there is no target {name}; there are: {}", names.join(", "));
                return ExitCode::from(2);
            }
        }
    }
    if chosen.is_empty() {
        chosen = TARGETS.iter().collect();
    }
    let found: usize = chosen.into_iter().map(|target| attack(target, &args)).sum();
    match found {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Attacks one target; gives the number of findings.
fn attack(target: &Target, args: &Args) -> usize {
    let seeds = (target.seeds)();
    let mut rng = ChaCha8Rng::seed_from_u64(args.seed);
    let (began, mut runs, mut found) = (Instant::now(), 0_u64, 0);
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    while began.elapsed() < Duration::from_secs(args.seconds) && found < 10 {
        let pick = |rng: &mut ChaCha8Rng| seeds.choose(rng).cloned().unwrap_or_default();
        let (seed, other) = (pick(&mut rng), pick(&mut rng));
        let bytes = mutate(&seed, &other, &mut rng);
        let started = Instant::now();
        let panicked = catch_unwind(|| (target.run)(&bytes)).is_err();
        runs += 1;
        if panicked || started.elapsed() > SLOW {
            let kind = if panicked { "panic" } else { "slow" };
            let path = args.out.join(format!("{}-{kind}-{runs}", target.name));
            let kept =
                std::fs::create_dir_all(&args.out).and_then(|()| std::fs::write(&path, &bytes));
            println!("{}: {kind}, {} ({kept:?})", target.name, path.display());
            found += 1;
        }
    }
    set_hook(hook);
    println!(
        "{}: {runs} damaged files in {:.0} s, {found} findings",
        target.name,
        began.elapsed().as_secs_f64()
    );
    found
}
