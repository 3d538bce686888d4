//! Where digits come from, and sequences that were written down.

use super::config::{MemoryConfig, Problem};
use super::problem::{Sequence, read_adding, read_copy};
use crate::data_dirs::DataDirs;
use crate::error::{Result, TaskError};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rekindle_data::{Images, read_lines};
use std::path::{Path, PathBuf};

/// Training images that validate: the last ones.
const VALID: usize = 5_000;
/// Seed of the order of the permuted pixels: the same in every run, so that runs can be compared.
const ORDER: u64 = 92_916;
/// Rows and columns of a digit.
pub const SIDE: usize = 28;

/// Digits as sequences.
pub struct Digits {
    /// The images.
    pub images: Images,
    /// Images that train: the first ones.
    pub train: usize,
    /// Images that validate: the next ones.
    pub valid: usize,
    /// Which pixel comes at each step.
    pub order: Vec<usize>,
    /// Where they came from.
    pub source: String,
}

/// Reads digits, and refuses what is none.
fn read(images: &Path, labels: Option<&Path>, limit: Option<usize>) -> Result<Images> {
    let read = Images::read(images, labels, limit)?;
    let refuse = |what: String, place: String, help: String| {
        let place = Some(place);
        Err(TaskError::Usage { what, place, help })
    };
    let place = images.display().to_string();
    if (read.height, read.width) != (SIDE, SIDE) {
        let what = format!("images of {} x {} pixels", read.height, read.width);
        return refuse(
            what,
            place,
            format!("give images of {SIDE} x {SIDE} pixels"),
        );
    }
    if read.is_empty() {
        let help = "give a file with a digit".to_string();
        return refuse("there is no image".to_string(), place, help);
    }
    let odd = read.labels.iter().position(|&label| label > 9);
    if let (Some(at), Some(labels)) = (odd, labels) {
        let what = format!("{} is no digit", read.labels[at]);
        let place = format!("{}, row {}", labels.display(), at + 1);
        return refuse(what, place, "give labels from 0 to 9".to_string());
    }
    Ok(read)
}

impl Digits {
    fn new(images: Images, config: &MemoryConfig, source: &Path) -> Self {
        let mut order: Vec<usize> = (0..SIDE * SIDE).collect();
        if config.problem == Problem::MnistPermuted {
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(ORDER));
        }
        Self {
            images,
            train: 0,
            valid: 0,
            order,
            source: source.display().to_string(),
        }
    }
}

/// Finds and reads the digits, those that train and validate, then those that test; also gives the
/// files.
pub fn load(
    config: &MemoryConfig,
    dirs: &DataDirs,
    limit: Option<usize>,
) -> Result<(Digits, Vec<PathBuf>)> {
    let mut files = Vec::new();
    let mut part = |name: &str| -> Result<(PathBuf, Images)> {
        let file = |kind: &str, dimensions: usize| {
            let path = format!("mnist/{name}-{kind}-idx{dimensions}-ubyte");
            dirs.file("the digits", "mnist", &[path.as_str()])
        };
        let (images, labels) = (file("images", 3)?, file("labels", 1)?);
        let read = read(&images, Some(&labels), limit)?;
        files.extend([images.clone(), labels]);
        Ok((images, read))
    };
    let (source, mut images) = part("train")?;
    let (_, test) = part("t10k")?;
    let all = images.len();
    let valid = VALID.min(all / 10);
    if valid == 0 {
        return Err(TaskError::Usage {
            what: format!("{all} images leave none to validate on"),
            place: Some(source.display().to_string()),
            help: "give at least 10 to train and validate on".to_string(),
        });
    }
    images.pixels.extend(test.pixels);
    images.labels.extend(test.labels);
    let digits = Digits {
        train: all - valid,
        valid,
        ..Digits::new(images, config, &source)
    };
    Ok((digits, files))
}

/// Reads a file of images, and its labels beside it where `labelled`.
pub fn load_digits(input: &Path, config: &MemoryConfig, labelled: bool) -> Result<Digits> {
    let name = input.file_name().unwrap_or_default().to_string_lossy();
    let labels = input.with_file_name(name.replace("images-idx3", "labels-idx1"));
    if labelled && labels == input {
        return Err(TaskError::Usage {
            what: "the file of labels is found by the name of the file of images".to_string(),
            place: Some(input.display().to_string()),
            help: "name them as MNIST does: NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte"
                .to_string(),
        });
    }
    let images = read(input, labelled.then_some(labels.as_path()), None)?;
    Ok(Digits::new(images, config, input))
}

/// Reads a sequence, see [`read_adding`] and [`read_copy`].
pub fn sequence(text: &str, config: &MemoryConfig, place: String) -> Result<Sequence> {
    let (read, help) = match config.problem {
        Problem::Copy => (
            read_copy(text, config.length),
            "write ten letters from a to h, as in abcdefghab",
        ),
        _ => (
            read_adding(text),
            "write numbers from 0 to 1, and a star after two of them, as in 0.5 0.25* 0.75 1*",
        ),
    };
    read.map_err(|what| TaskError::Usage {
        what,
        place: Some(place),
        help: help.to_string(),
    })
}

/// Reads sequences, one a line.
pub fn load_sequences(input: &Path, config: &MemoryConfig) -> Result<Vec<Sequence>> {
    let lines = read_lines(input, None)?.into_iter().enumerate();
    let place = |at: usize| format!("{}, row {}", input.display(), at + 1);
    lines
        .map(|(at, line)| sequence(&line, config, place(at)))
        .collect()
}
