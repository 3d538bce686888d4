//! Film reviews: negative or positive.

mod config;
mod data;

use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::task::TaskInfo;
use crate::text::{Class, Corpus, Recipe, Source, TextConfig, TextTask};

/// The task.
#[derive(Debug)]
pub struct Imdb;

impl TextTask for Imdb {
    const ABOUT: TaskInfo = TaskInfo {
        name: "imdb",
        summary: "film reviews: negative or positive",
        data: "Large Movie Review Dataset, 25,000 reviews to train on and a file to test on",
    };
    const CLASSES: &'static [Class] = data::CLASSES;
    const POSITIVE: Option<usize> = None;
    const SOURCE: Source = data::SOURCE;

    fn recipe(recipe: Recipe) -> TextConfig {
        config::recipe(recipe)
    }

    fn load(_: &TextConfig, dirs: &DataDirs, limit: Option<usize>) -> Result<Corpus> {
        data::load(dirs, limit)
    }

    fn example() -> &'static str {
        "I expected little and was wrong: the plot is thin, but the actors carry it to the end."
    }
}
