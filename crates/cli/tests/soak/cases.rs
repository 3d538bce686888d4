//! A small run of every task, and what has to be equal.

use crate::small_data::{headlines, questions, reviews, weather, write_captions};
use crate::support::{finished, json, program};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Data for all tasks.
pub fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    for (file, table) in [
        ("uci-news-aggregator.csv", headlines(360)),
        ("imdb/train.csv", reviews(280)),
        ("imdb/test.csv", reviews(40)),
        ("quora/train.csv", questions(360)),
        ("weather/weatherAUS.csv", weather(450)),
        ("sales.csv", sales(260)),
    ] {
        let file = at.join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, table).expect("written");
    }
    write_captions(at, [250, 20, 9]);
    folder
}

/// Two series of days with a week's pattern.
fn sales(days: i64) -> String {
    let mut table = "day,shop,sales\n".to_string();
    let first = jiff::civil::date(2019, 1, 1);
    for (shop, level) in [("north", 100), ("south", 40)] {
        for day in 0..days {
            let date = first
                .checked_add(jiff::Span::new().days(day))
                .expect("a day");
            let sold = level + [0, 3, 5, 4, 2, -6, -8][day.rem_euclid(7) as usize] + day * 37 % 5;
            table += &format!("{date},{shop},{sold}\n");
        }
    }
    table
}

/// A task with settings that make it small.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub task: &'static str,
    pub settings: &'static str,
    /// What `predict` is asked.
    pub ask: &'static [&'static str],
}

const TEXT: &[&str] = &["--text", "the bank and doctor", "a song"];

pub const CASES: [Case; 8] = [
    Case {
        task: "news",
        settings: "batch_size=16 embeddings=none d_embedding=12 d_hidden=9 min_count=1",
        ask: TEXT,
    },
    Case {
        task: "imdb",
        settings: "batch_size=16 embeddings=none d_embedding=12 d_hidden=9 min_count=1 average=0.9",
        ask: TEXT,
    },
    Case {
        task: "quora",
        settings: "batch_size=16 embeddings=none d_embedding=12 d_hidden=9 min_count=1 cell=gru",
        ask: TEXT,
    },
    Case {
        task: "weather",
        settings: "repeats=1 batch_size=16 d_hidden=9 lookback=5",
        ask: &["--input", "weather/weatherAUS.csv"],
    },
    Case {
        task: "translate",
        settings: "batch_size=16 d_embedding=8 d_hidden=10 max_length=12",
        ask: &["--text", "bank and phone"],
    },
    Case {
        task: "memory",
        settings: "length=12 sequences=250 batch_size=16 d_hidden=9",
        ask: &["--text", "0.5 0.25* 0.75 1*"],
    },
    Case {
        task: "stock-forecast",
        settings: "batch_size=16 windows_per_epoch=200",
        ask: &[],
    },
    Case {
        task: "forecast",
        settings: "d_hidden=8 networks=1 windows_per_epoch=300 horizon=7 lookback=28",
        ask: &["--input", "sales.csv"],
    },
];

/// The quickest of all, with one network.
pub const QUICK: Case = Case {
    task: "memory",
    settings: "length=12 sequences=250 batch_size=16 d_hidden=9 cells=gru",
    ask: &[],
};

pub fn case(task: &str) -> Case {
    let case = CASES.into_iter().find(|case| case.task == task);
    case.expect("a task of the list")
}

impl Case {
    /// The command that trains; with checkpoints at every few steps where they are asked for.
    pub fn train(&self, folder: &Path, out: &str, within: bool, resume: bool) -> Command {
        let mut args = vec!["run", self.task, "--plain", "--epochs", "3", "--out", out];
        if self.task == "forecast" {
            args.extend(["--data", "sales.csv"]);
        }
        let settings = self.settings.split_whitespace();
        args.extend(settings.flat_map(|setting| ["--set", setting]));
        args.extend(match within {
            true => ["--set", "checkpoint_minutes=0.00002"],
            false => ["--set", "checkpoint_minutes=0"],
        });
        if resume {
            args.push("--resume");
        }
        let mut command = program(folder, &args);
        command.env("REKINDLE_DATA", folder);
        command
    }

    /// Trains to the end, going on with what is there.
    pub fn finish(&self, folder: &Path, out: &str, within: bool) {
        // A run killed before it made its folder has nothing to go on with.
        let resume = folder.join(out).exists();
        succeeded(
            &finished(self.train(folder, out, within, resume)),
            self.task,
        );
    }

    pub fn predict(&self, folder: &Path, out: &str) -> Output {
        let mut args = vec!["predict", "--json", "--model", out];
        args.extend(self.ask);
        finished(program(folder, &args))
    }
}

fn succeeded(output: &Output, what: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {said}");
}

/// What has to be equal in two runs: weights, curves without times, figures.
#[derive(Debug, PartialEq)]
pub struct Ended {
    weights: Vec<u8>,
    curves: String,
    figures: [Value; 3],
}

impl Ended {
    pub fn read(run: PathBuf) -> Self {
        let bytes = std::fs::read(run.join("model.safetensors")).expect("weights");
        let header = u64::from_le_bytes(bytes[..8].try_into().expect("eight")) as usize;
        let curves = std::fs::read_to_string(run.join("metrics.csv")).expect("curves");
        let curves = curves.lines().map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            // Seconds and samples a second are of the clock.
            [&cells[..6], &cells[8..]].concat().join(",") + "\n"
        });
        let mut report = json(run.join("report.json"));
        if let Some(figures) = report["metrics"].as_object_mut() {
            // Of the clock, too.
            figures.remove("seconds");
        }
        Self {
            // Its names of tensors are drawn anew in every process.
            weights: bytes[8 + header..].to_vec(),
            curves: curves.collect(),
            figures: ["metrics", "baselines", "intervals"].map(|part| report[part].clone()),
        }
    }
}

/// Nothing half-written, no lock, one checkpoint of a kind.
pub fn assert_tidy(folder: &Path) {
    let mut kinds = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(!name.starts_with('.'), "{} is left", entry.path().display());
        if let Some((kind @ ("last" | "best"), _)) = name.split_once('-') {
            assert!(!kinds.contains(&kind.to_string()), "two of {kind}");
            kinds.push(kind.to_string());
        }
        if entry.path().is_dir() {
            assert_tidy(&entry.path());
        }
    }
}
