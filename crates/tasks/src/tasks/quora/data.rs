//! Where the questions come from.

use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::text::{Class, Corpus, Source, TextConfig};

const RAW: &str = "quora/train.csv";
const EXTRA: &str = "quora/extra-normalised.csv";

/// The classes, by the file's numbers.
pub const CLASSES: &[Class] = &[
    Class {
        label: "0",
        name: "sincere",
    },
    Class {
        label: "1",
        name: "insincere",
    },
];

/// The columns.
pub const SOURCE: Source = Source {
    text: &["question_text", "question", "text"],
    label: &["target", "label"],
    group: None,
    headless: None,
};

/// Finds and reads the questions; those of the second file train, and never validate or test.
pub fn load(config: &TextConfig, dirs: &DataDirs, limit: Option<usize>) -> Result<Corpus> {
    let path = dirs.file("the questions", "quora", &[RAW])?;
    let mut corpus = Corpus {
        source: "Quora insincere questions".to_string(),
        ..Corpus::default()
    };
    corpus.add(&path, &SOURCE, CLASSES, limit)?;
    if config.extra {
        let [path] = dirs
            .find([EXTRA])
            .ok_or_else(|| dirs.missing("the second file of questions", EXTRA))?;
        corpus.extra = corpus.add(&path, &SOURCE, CLASSES, limit)?;
    }
    Ok(corpus)
}
