//! `predict`: a saved run on another file.

use super::Weather;
use super::config::{Member, WeatherConfig};
use super::data;
use super::model::WeatherModel;
use super::prepare::Days;
use crate::compare::align;
use crate::error::{Result, TaskError};
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, PredictInput, Prediction};
use burn::tensor::{Device, Tensor, activation};
use rekindle_train::program;
use serde_json::json;
use std::path::Path;

/// Windows in a batch of a test.
const BATCH: usize = 1024;

/// Probabilities of rain after the days `rows`, the mean of the networks'.
pub fn probabilities(
    models: &[WeatherModel],
    days: &Days,
    rows: &[u32],
    device: &Device,
) -> Vec<f64> {
    let batch = |rows: &[u32]| -> Vec<f64> {
        let input = days.input(rows, device);
        let rain = |model: &WeatherModel| activation::sigmoid(model.forward(input.clone()));
        let all: Vec<Tensor<1>> = models.iter().map(rain).collect();
        let mean = Tensor::stack::<2>(all, 0).mean_dim(0);
        mean.into_data().iter().collect()
    };
    rows.chunks(BATCH).flat_map(batch).collect()
}

/// See [`crate::Task::predict`].
pub fn predict(
    context: &Context,
    file: &TaskFile,
    directory: &RunDir,
    input: &PredictInput,
) -> Result<Prediction> {
    let PredictInput::File(input) = input else {
        return Err(TaskError::usage(
            "this task reads observations, not texts",
            "give a file of observations with --input FILE",
        ));
    };
    let (run, saved) = program::open(&Weather, context, file, directory)?;
    let (table, _) = data::load_file(input, &saved.config, None, false)?;
    let days = Days::new(table, &saved.config, &saved.inference);
    let last = |&row: &u32| {
        days.table
            .ranges()
            .iter()
            .any(|range| range.end == row as usize + 1)
    };
    let rows: Vec<u32> = days.ends().into_iter().filter(last).collect();
    if rows.is_empty() {
        return Err(too_short(&saved.config, input));
    }
    let names = Member::ALL.map(Member::name);
    let all: Vec<Vec<f64>> = saved
        .members
        .kinds()
        .map(|(_, models)| probabilities(models, &days, &rows, &context.device))
        .collect();
    let chosen = names
        .iter()
        .position(|name| *name == saved.config.member.name())
        .unwrap_or_default();
    let header = ["station", "day", "rain"].into_iter().chain(names);
    let mut lines = vec![header.map(str::to_string).collect::<Vec<_>>()];
    let mut list = Vec::new();
    for (at, &row) in rows.iter().enumerate() {
        let date = days.table.dates()[row as usize];
        let next = date.tomorrow().unwrap_or(date);
        let station = days.table.series(days.table.series_of_row(row as usize));
        let rain = all[chosen][at];
        let mut line = vec![
            station.to_string(),
            next.to_string(),
            if rain > 0.5 { "yes" } else { "no" }.to_string(),
        ];
        line.extend(all.iter().map(|of| format!("{:.0} %", of[at] * 100.0)));
        lines.push(line);
        let members: serde_json::Map<String, serde_json::Value> = names
            .iter()
            .zip(&all)
            .map(|(name, of)| (name.to_string(), json!(of[at])))
            .collect();
        list.push(json!({
            "station": station,
            "date": next.to_string(),
            "rain": rain > 0.5,
            "probability": rain,
            "members": members,
        }));
    }
    Ok(Prediction {
        text: align(&lines).trim_end().to_string(),
        json: json!({"task": run.task, "forecasts": list}),
        html: None,
        figures: Vec::new(),
    })
}

/// No series is as long as a window.
pub fn too_short(config: &WeatherConfig, input: &Path) -> TaskError {
    TaskError::Usage {
        what: format!(
            "no station has {} days in a row that a network could read",
            config.lookback
        ),
        place: Some(input.display().to_string()),
        help: "give a longer file".to_string(),
    }
}
