//! Where the observations come from.

use super::config::{Features, WeatherConfig};
use crate::data_dirs::DataDirs;
use crate::error::Result;
use rekindle_data::{Check, ColumnSpec, LoadSummary, MissingPolicy, SeriesSpec, SeriesTable};
use std::path::{Path, PathBuf};

const FILES: [&str; 2] = ["weather/weatherAUS.csv", "weatherAUS.csv"];
/// A station that is silent for longer has a gap.
const MAX_GAP_DAYS: i32 = 3;
/// Temperature and humidity.
const LESSON: [&str; 6] = [
    "MinTemp",
    "MaxTemp",
    "Temp9am",
    "Temp3pm",
    "Humidity9am",
    "Humidity3pm",
];
/// What else a station measures.
const MORE: [&str; 6] = [
    "WindSpeed9am",
    "WindSpeed3pm",
    "Pressure9am",
    "Pressure3pm",
    "Cloud9am",
    "Cloud3pm",
];
/// Whether it rained.
pub const TODAY: &str = "RainToday";
/// Whether it will.
pub const TOMORROW: &str = "RainTomorrow";

/// Names of the measured features of a day.
pub fn measured(features: Features) -> Vec<&'static str> {
    match features {
        Features::TemperatureHumidity => LESSON.to_vec(),
        Features::All => LESSON.into_iter().chain(MORE).chain([TODAY]).collect(),
    }
}

/// Finds the observations.
pub fn find(dirs: &DataDirs) -> Result<PathBuf> {
    dirs.file("the weather observations", "weather", &FILES)
}

/// Reads a file of the same form; without `labelled`, tomorrow's rain may be unknown.
pub fn load_file(
    path: &Path,
    config: &WeatherConfig,
    limit: Option<usize>,
    labelled: bool,
) -> Result<(SeriesTable, LoadSummary)> {
    let column = |name: &str, missing, check, required| ColumnSpec {
        name: name.to_string(),
        aliases: vec![name.to_ascii_lowercase()],
        missing,
        check,
        required,
    };
    let missing = config.missing.policy();
    let mut columns: Vec<ColumnSpec> = measured(config.features)
        .into_iter()
        .filter(|name| *name != TODAY)
        .map(|name| column(name, missing, Check::Finite, true))
        .collect();
    // The baselines need it whatever the features.
    columns.push(column(TODAY, missing, Check::YesNo, true));
    let unknown = match labelled {
        true => MissingPolicy::DropRow,
        false => MissingPolicy::Keep,
    };
    columns.push(column(TOMORROW, unknown, Check::YesNo, labelled));
    let spec = SeriesSpec {
        date_aliases: vec!["date".to_string()],
        series_aliases: Some(vec!["location".to_string(), "station".to_string()]),
        columns,
        max_gap_days: MAX_GAP_DAYS,
        only: None,
        limit,
    };
    Ok(SeriesTable::read(path, &spec)?)
}
