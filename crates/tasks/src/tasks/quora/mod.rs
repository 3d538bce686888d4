//! Questions: sincere, or asked to make a statement.

mod config;
mod data;

use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::task::TaskInfo;
use crate::text::{Class, Corpus, Recipe, Source, TextConfig, TextTask};

/// The task.
#[derive(Debug)]
pub struct Quora;

impl TextTask for Quora {
    const ABOUT: TaskInfo = TaskInfo {
        name: "quora",
        summary: "questions: sincere or not, 6 % of them not",
        data: "Quora insincere questions, --set extra=true for a second, normalised file",
    };
    const CLASSES: &'static [Class] = data::CLASSES;
    const POSITIVE: Option<usize> = Some(1);
    const SOURCE: Source = data::SOURCE;

    fn recipe(recipe: Recipe) -> TextConfig {
        config::recipe(recipe)
    }

    fn adapt(config: &mut TextConfig, _: &[&str]) {
        config::adapt(config);
    }

    fn load(config: &TextConfig, dirs: &DataDirs, limit: Option<usize>) -> Result<Corpus> {
        data::load(config, dirs, limit)
    }

    fn example() -> &'static str {
        "Why do people who know nothing about politics think they may vote?"
    }
}
