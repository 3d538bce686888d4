//! Where the reviews come from.

use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::text::{Class, Corpus, Source};

const TRAIN: &str = "imdb/train.csv";
const TEST: &str = "imdb/test.csv";

/// The classes.
pub const CLASSES: &[Class] = &[
    Class {
        label: "negative",
        name: "negative",
    },
    Class {
        label: "positive",
        name: "positive",
    },
];

/// The columns.
pub const SOURCE: Source = Source {
    text: &["review", "text"],
    label: &["sentiment", "label"],
    group: None,
    headless: None,
};

/// Finds and reads the reviews; the second file tests.
pub fn load(dirs: &DataDirs, limit: Option<usize>) -> Result<Corpus> {
    let train = dirs.file("the reviews to train on", "imdb", &[TRAIN])?;
    let test = dirs.file("the reviews to test on", "imdb", &[TEST])?;
    let mut corpus = Corpus {
        source: "Large Movie Review Dataset".to_string(),
        ..Corpus::default()
    };
    corpus.add(&train, &SOURCE, CLASSES, limit)?;
    corpus.test = corpus.add(&test, &SOURCE, CLASSES, limit)?;
    Ok(corpus)
}
