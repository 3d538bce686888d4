//! Headlines: business, science and technology, entertainment or health.
//!
//! The 2014 headlines of the UCI news aggregator come in stories: clusters of reports of one event,
//! many of them nearly word for word the same. A split by row puts such twins on both sides and
//! measures memory; a split by story measures what is known of news not seen yet.

mod config;
mod data;

use crate::catalogue::DataDirs;
use crate::error::Result;
use crate::task::TaskInfo;
use crate::text::{Class, Corpus, Recipe, Source, TextConfig, TextTask};

/// The task.
#[derive(Debug)]
pub struct News;

impl TextTask for News {
    const ABOUT: TaskInfo = TaskInfo {
        name: "news",
        summary: "headlines: business, science and technology, entertainment or health",
        data: "UCI news aggregator, 2014",
    };
    const CLASSES: &'static [Class] = data::CLASSES;
    const POSITIVE: Option<usize> = None;
    const SOURCE: Source = data::SOURCE;

    fn recipe(recipe: Recipe) -> TextConfig {
        config::recipe(recipe)
    }

    fn adapt(config: &mut TextConfig, given: &[&str]) {
        config::adapt(config, given);
    }

    fn load(_: &TextConfig, dirs: &DataDirs, limit: Option<usize>) -> Result<Corpus> {
        data::load(dirs, limit)
    }

    fn example() -> &'static str {
        // The sample headline of the course.
        "Regular fast food eating linked to fertility issues in women"
    }
}
