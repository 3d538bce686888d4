//! The named tasks: files that come with the program.

use crate::error::Result;
use crate::settings::TaskFile;

/// Name and text of each file.
pub const PRESETS: [(&str, &str); 6] = [
    (
        "stock-forecast",
        include_str!("../presets/stock-forecast.toml"),
    ),
    ("news", include_str!("../presets/news.toml")),
    ("imdb", include_str!("../presets/imdb.toml")),
    ("quora", include_str!("../presets/quora.toml")),
    ("weather", include_str!("../presets/weather.toml")),
    ("memory", include_str!("../presets/memory.toml")),
];

/// The file of a named task, if there is one.
pub fn text(name: &str) -> Option<&'static str> {
    let found = PRESETS.iter().find(|(preset, _)| *preset == name);
    found.map(|(_, text)| *text)
}

/// The named task, if there is one.
///
/// # Errors
/// When its file is damaged.
pub fn find(name: &str) -> Result<Option<TaskFile>> {
    text(name)
        .map(|text| TaskFile::parse(text, name))
        .transpose()
}
