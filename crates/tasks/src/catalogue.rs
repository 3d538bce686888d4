//! The data sets the tasks know.

use crate::error::{Result, TaskError};
use rekindle_data::Manifest;

/// The manifests of `datasets/`.
const MANIFESTS: [&str; 10] = [
    include_str!("../datasets/glove.toml"),
    include_str!("../datasets/imdb.toml"),
    include_str!("../datasets/mnist.toml"),
    include_str!("../datasets/multi30k.toml"),
    include_str!("../datasets/nse-tata.toml"),
    include_str!("../datasets/prices.toml"),
    include_str!("../datasets/quora.toml"),
    include_str!("../datasets/sp500.toml"),
    include_str!("../datasets/uci-news.toml"),
    include_str!("../datasets/weather.toml"),
];

/// The embedded price table, from `datasets/samples`.
pub const SP500: &[u8] = include_bytes!("../datasets/samples/sp500-2000.csv");

/// All manifests.
pub fn manifests() -> Result<Vec<Manifest>> {
    MANIFESTS
        .iter()
        .map(|text| Manifest::parse(text).map_err(TaskError::from))
        .collect()
}

/// The manifest of this name.
pub fn manifest(name: &str) -> Result<Manifest> {
    let all = manifests()?;
    let known: Vec<String> = all.iter().map(|manifest| manifest.name.clone()).collect();
    all.into_iter()
        .find(|manifest| manifest.name == name)
        .ok_or_else(|| {
            TaskError::usage(
                format!("there is no data set named {name}"),
                format!("the data sets are: {}", known.join(", ")),
            )
        })
}
