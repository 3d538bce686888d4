//! Where the series come from.

use super::config::ForecastConfig;
use crate::data_dirs::{DataDirs, names, tables};
use crate::error::{Result, TaskError};
use crate::settings::TaskFile;
use rekindle_data::TimelineSpec;
use std::path::PathBuf;

/// Tables that a message names.
const LISTED: usize = 8;

/// The file that `--data` names, or the only table of the folder it names, or the file of the task.
pub fn find(dirs: &DataDirs, file: &TaskFile, config: &ForecastConfig) -> Result<PathBuf> {
    let Some(path) = &dirs.explicit else {
        if !config.data.train.is_empty() {
            return Ok(file.path(&config.data.train));
        }
        return Err(TaskError::usage(
            "this task forecasts series of your own, and no file was given",
            "give one with --data FILE.csv; it needs a column of times and a column of numbers",
        ));
    };
    if !path.is_dir() {
        return Ok(path.clone());
    }
    let mut tables = tables(path, &["csv", "txt"]);
    match tables.len() {
        1 => Ok(tables.remove(0)),
        count => {
            let what = match count {
                0 => "the folder holds no table (.csv, .csv.gz, .csv.xz, .csv.zst)".to_string(),
                _ => {
                    tables.truncate(LISTED);
                    format!("the folder holds {count} tables: {}", names(&tables))
                }
            };
            Err(TaskError::Usage {
                what,
                place: Some(path.display().to_string()),
                help: "name one file with --data FILE.csv".to_string(),
            })
        }
    }
}

/// What to read of it.
pub fn spec(config: &ForecastConfig, limit: Option<usize>) -> TimelineSpec {
    let format = config.data.date_format.trim();
    TimelineSpec {
        time: config.data.time.clone(),
        target: config.data.target.clone(),
        series: config.data.series.clone(),
        past: config.data.past.0.clone(),
        future: config.data.future.0.clone(),
        date_format: (!format.is_empty()).then(|| format.to_string()),
        gaps: config.gaps,
        limit,
        covariates: None,
    }
}
