//! Where the headlines come from.

use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::text::{Class, Corpus, Headless, Source};

/// Kaggle's table, or the repository's own.
const FILES: &[&str] = &["news/uci-news-aggregator.csv", "news/newsCorpora.csv"];

/// The classes, by the file's letters.
pub const CLASSES: &[Class] = &[
    Class {
        label: "b",
        name: "business",
    },
    Class {
        label: "t",
        name: "science and technology",
    },
    Class {
        label: "e",
        name: "entertainment",
    },
    Class {
        label: "m",
        name: "health",
    },
];

/// The columns.
pub const SOURCE: Source = Source {
    text: &["title", "headline", "text"],
    label: &["category", "label"],
    group: Some(&["story"]),
    headless: Some(Headless {
        name: "newscorpora",
        columns: &[
            "id",
            "title",
            "url",
            "publisher",
            "category",
            "story",
            "hostname",
            "timestamp",
        ],
    }),
};

/// Finds and reads the headlines.
pub fn load(dirs: &DataDirs, limit: Option<usize>) -> Result<Corpus> {
    let path = dirs.file("the headlines", "uci-news", FILES)?;
    let mut corpus = Corpus {
        source: "UCI news aggregator".to_string(),
        ..Corpus::default()
    };
    corpus.add(&path, &SOURCE, CLASSES, limit)?;
    Ok(corpus)
}
