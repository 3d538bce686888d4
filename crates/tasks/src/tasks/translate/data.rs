//! Where the captions come from.

use super::config::{Language, TranslateConfig};
use crate::data_dirs::DataDirs;
use crate::error::{Result, TaskError};
use rekindle_data::{ParallelTexts, locate};
use std::path::{Path, PathBuf};

/// The three parts, as their files are named.
const PARTS: [&str; 3] = ["train", "val", "test_2016_flickr"];

/// The captions of a run.
pub struct Captions {
    /// What trains.
    pub train: ParallelTexts,
    /// What validates.
    pub valid: ParallelTexts,
    /// What tests.
    pub test: ParallelTexts,
    /// Where they came from.
    pub source: String,
}

/// Finds and reads all parts.
pub fn load(config: &TranslateConfig, dirs: &DataDirs, limit: Option<usize>) -> Result<Captions> {
    let file = |part: &str, language: Language| {
        let name = format!("multi30k/{part}.{}", language.suffix());
        dirs.file("the captions", "multi30k", &[name.as_str()])
    };
    let part = |part: &str| -> Result<(PathBuf, ParallelTexts)> {
        let (from, to) = (
            file(part, config.source)?,
            file(part, config.source.other())?,
        );
        let texts = ParallelTexts::read(&from, &to, limit)?;
        Ok((from, texts))
    };
    let (path, train) = part(PARTS[0])?;
    let (_, valid) = part(PARTS[1])?;
    let (_, test) = part(PARTS[2])?;
    Ok(Captions {
        train,
        valid,
        test,
        source: path.display().to_string(),
    })
}

/// Reads the pair `PREFIX.en` and `PREFIX.de`, plain or compressed.
pub fn load_pair(prefix: &Path, source: Language) -> Result<ParallelTexts> {
    let find = |language: Language| {
        let mut name = prefix.as_os_str().to_owned();
        name.push(".");
        name.push(language.suffix());
        let path = PathBuf::from(name);
        locate(&[PathBuf::new()], &path.to_string_lossy()).ok_or_else(|| TaskError::Usage {
            what: format!("there is no file of {} texts", language.name()),
            place: Some(format!("{} (or .gz, .xz, .zst)", path.display())),
            help: "give what the names of both files begin with, as --input dir/test for \
                   dir/test.en and dir/test.de"
                .to_string(),
        })
    };
    let (from, to) = (find(source)?, find(source.other())?);
    Ok(ParallelTexts::read(&from, &to, None)?)
}
