//! An epoch of a task, by the program beside this one.

use super::Measured;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Second of two epochs: in the first, kernels are compiled and tuned. `ms` and the samples a second are
/// of its training and validation, the peak memory is of the whole run.
pub fn epoch(task: &str, backend: &str, data: &Path) -> Result<Measured, String> {
    let settings = match task {
        "stock-forecast" => "dataset=sample windows_per_epoch=4096",
        _ => "embeddings=none wide=false",
    };
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = program.with_file_name(format!("rekindle{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        return Err(format!("{} is not built", program.display()));
    }
    let run = std::env::temp_dir().join(format!("rekindle-bench-{}", std::process::id()));
    let settings = settings.split(' ').flat_map(|one| ["--set", one]);
    let mut child = Command::new(program)
        .args([
            "run",
            task,
            "--backend",
            backend,
            "--plain",
            "--epochs",
            "2",
        ])
        .args(["--limit", "20000", "--out"])
        .args([run.as_path(), Path::new("--data"), data])
        .args(settings)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0.0;
    let outcome = loop {
        // A process keeps its peak to its end, but not after it.
        if let Some(kib) = rekindle_benches::memory::peak_kib_of(&status) {
            peak_kib = kib as f64;
        }
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(outcome) => break outcome,
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let measured = match outcome.success() {
        true => read(&run.join("metrics.csv")),
        false => {
            let mut said = String::new();
            if let Some(mut errors) = child.stderr.take() {
                let _ = std::io::Read::read_to_string(&mut errors, &mut said);
            }
            Err(said.lines().next().unwrap_or("it failed").to_string())
        }
    };
    let _ = std::fs::remove_dir_all(&run);
    let (seconds, rate) = measured?;
    Ok(Measured {
        ms: seconds * 1e3,
        samples: rate * seconds,
        peak_mib: peak_kib / 1024.0,
    })
}

/// Seconds, and training samples a second, of the last epoch.
fn read(metrics: &Path) -> Result<(f64, f64), String> {
    let text = std::fs::read_to_string(metrics).map_err(|error| error.to_string())?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let last: Vec<&str> = lines.last().unwrap_or_default().split(',').collect();
    let field = |name: &str| {
        let at = header.iter().position(|column| *column == name)?;
        last.get(at)?.parse::<f64>().ok()
    };
    let seconds = field("seconds").ok_or("no seconds in metrics.csv")?;
    let rate = field("samples_per_second").ok_or("no samples_per_second in metrics.csv")?;
    Ok((seconds, rate))
}
