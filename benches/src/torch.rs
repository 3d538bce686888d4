//! PyTorch in a process of its own.

use crate::work::Shape;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A Python process that runs `peers.py`.
pub struct Torch {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// PyTorch's version.
    pub version: String,
    /// Peak memory: of the process since the import, or of the GPU.
    pub peak_kib: u64,
}

#[derive(Deserialize)]
struct Hello {
    torch: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    ms: Vec<f64>,
    #[serde(default)]
    peak_kib: u64,
    error: Option<String>,
}

impl Torch {
    /// Starts Python, imports torch, and works on `device`, `cpu` or `cuda`.
    pub fn start(python: &Path, threads: usize, device: &str) -> Result<Self, String> {
        let missing = |what: String| {
            format!(
                "{what}\n  at: {} -c \"import torch\"\nhelp: python3 -m venv DIR && DIR/bin/pip \
                 install torch==2.9.0 numpy keras==3.15.1 tokenizers==0.23.3, then --python DIR/bin/python",
                python.display()
            )
        };
        let threads = threads.to_string();
        let mut child = Command::new(python)
            .args(["-c", include_str!("../peers.py"), &threads, device])
            .env("OMP_NUM_THREADS", &threads)
            .env("MKL_NUM_THREADS", &threads)
            .env("RAYON_NUM_THREADS", &threads)
            .env("TOKENIZERS_PARALLELISM", "true")
            .env("KERAS_BACKEND", "torch")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| missing(format!("Python could not be started: {error}")))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("Python's pipes could not be opened".to_owned());
        };
        let mut torch = Self {
            child,
            requests,
            answers: BufReader::new(answers),
            version: String::new(),
            peak_kib: 0,
        };
        let hello: Hello = torch
            .answer()
            .map_err(|_| missing("this Python has no torch".to_owned()))?;
        torch.version = hello.torch;
        Ok(torch)
    }

    fn answer<T: for<'a> Deserialize<'a>>(&mut self) -> Result<T, String> {
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|error| format!("PyTorch said {line:?}: {error}"))
    }

    /// Runs work on batches of a shape (or on the texts handed over) `count` times, each time `inner`
    /// times in a row; milliseconds of one run.
    pub fn block(
        &mut self,
        name: &str,
        shape: Option<Shape>,
        lengths: &[usize],
        count: usize,
        inner: usize,
    ) -> Result<Vec<f64>, String> {
        let sizes = match shape {
            Some(shape) => vec![
                shape.batch_size,
                shape.seq_length,
                shape.d_input,
                shape.d_hidden,
            ],
            None => Vec::new(),
        };
        let request = serde_json::json!({
            "work": name, "shape": sizes, "lengths": lengths, "count": count, "inner": inner,
        });
        self.ask(&request)
            .map_err(|error| format!("{name}: {error}"))
    }

    /// Hands over the texts that tokenizers are timed on.
    pub fn load(&mut self, texts: &[String]) -> Result<(), String> {
        let request = serde_json::json!({"work": "load", "texts": texts});
        self.ask(&request).map(|_| ())
    }

    fn ask(&mut self, request: &serde_json::Value) -> Result<Vec<f64>, String> {
        writeln!(self.requests, "{request}").map_err(|error| error.to_string())?;
        let answer: Answer = self.answer()?;
        self.peak_kib = answer.peak_kib;
        match answer.error {
            Some(error) => Err(format!("Python: {error}")),
            None => Ok(answer.ms),
        }
    }
}

impl Drop for Torch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
