//! Where the questions come from.

use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::text::{Class, Corpus, Source, TextConfig, telling_apart};
use std::ops::Range;

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
        let raw = 0..corpus.len() as u32;
        corpus.extra = corpus.add(&path, &SOURCE, CLASSES, limit)?;
        corpus.notes.push(style(&corpus, raw, config));
    }
    Ok(corpus)
}

/// How well a linear model tells the two sources apart by the sincere questions of each: after
/// normalising it must do hardly better than chance, or style would give the label away, as the
/// second source has more insincere ones.
fn style(corpus: &Corpus, raw: Range<u32>, config: &TextConfig) -> String {
    let sincere = |item: &u32| corpus.labels[*item as usize] == 0;
    let raw: Vec<u32> = raw.filter(sincere).collect();
    let extra: Vec<u32> = corpus.extra.iter().copied().filter(sincere).collect();
    let area = telling_apart(corpus, &raw, &extra, config.tokens);
    format!(
        "a linear model tells the two sources apart, sincere questions alone, with an area under \
         the ROC curve of {area:.3} (0.5 is chance)"
    )
}
