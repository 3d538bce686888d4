//! `predict`: a saved run on another file.

use super::Weather;
use super::config::Member;
use super::data;
use super::model::WeatherModel;
use super::prepare::{Days, Inference};
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
    let (table, mut loaded) = data::load_file(input, &saved.config, None, false)?;
    let days = Days::new(table, &saved.config, &saved.inference);
    let far = days.far(&saved.config, &saved.inference);
    loaded.notes.extend(far);
    loaded.lines().iter().for_each(|note| context.tell(note));
    let last = |&row: &u32| {
        days.table
            .ranges()
            .iter()
            .any(|range| range.end == row as usize + 1)
    };
    let rows: Vec<u32> = days.ends().into_iter().filter(last).collect();
    if rows.is_empty() {
        return Err(too_short(&days, input));
    }
    unanswered(&days, &rows)
        .iter()
        .for_each(|note| context.tell(note));
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

/// What is worth knowing about the days that are scored.
pub fn odd_rows(days: &Days, rows: &[u32], inference: &Inference) -> Vec<String> {
    let mut notes = Vec::new();
    let dates = days.table.dates();
    let known = rows
        .iter()
        .filter(|&&row| dates[row as usize] < inference.test_from);
    let known = known.count();
    if known > 0 {
        notes.push(format!(
            "{known} of {} days are before {}, when the test part began: the model may have been \
             trained on them, and its figures here are too good",
            rows.len(),
            inference.test_from
        ));
    }
    let rain = rows
        .iter()
        .filter(|&&row| days.rains_tomorrow(row as usize) == Some(true));
    let rain = rain.count();
    if rain == 0 || rain == rows.len() {
        let what = if rain == 0 { "no day" } else { "every day" };
        notes.push(format!(
            "it rains after {what} of the {}: skill cannot be told",
            rows.len()
        ));
    }
    notes
}

/// Stations that get no answer, as their last days are not in one piece.
fn unanswered(days: &Days, rows: &[u32]) -> Option<String> {
    let table = &days.table;
    let answered: Vec<usize> = rows
        .iter()
        .map(|&row| table.series_of_row(row as usize))
        .collect();
    let without = (0..table.n_series()).filter(|series| !answered.contains(series));
    let names: Vec<String> = without.map(|series| describe(days, series)).collect();
    let more = names.len().saturating_sub(5);
    let rest = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    (!names.is_empty()).then(|| {
        format!(
            "no answer for stations whose last {} days are not in one piece: {}{rest}",
            days.lookback(),
            names[..names.len() - more].join("; ")
        )
    })
}

/// `Albury has 3 days, from 2010-02-07 to 2010-02-09`, and where its last hole is.
fn describe(days: &Days, series: usize) -> String {
    let (table, range) = (&days.table, days.table.range(series));
    let dates = &table.dates()[range];
    let count = dates.len();
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
        return table.series(series).to_string();
    };
    let hole = dates
        .windows(2)
        .rev()
        .take(days.lookback())
        .find(|pair| (pair[1] - pair[0]).get_days() > 1)
        .map(|pair| format!(", with none between {} and {}", pair[0], pair[1]));
    format!(
        "{} has {count} {}, {first} to {last}{}",
        table.series(series),
        if count == 1 { "day" } else { "days" },
        hole.unwrap_or_default()
    )
}

pub fn too_short(days: &Days, input: &Path) -> TaskError {
    let table = &days.table;
    let longest = (0..table.n_series()).max_by_key(|&series| table.range(series).len());
    let found = longest
        .map(|series| describe(days, series))
        .unwrap_or_default();
    TaskError::Usage {
        what: format!(
            "no station has the {} days in a row that a network reads: {found}",
            days.lookback()
        ),
        place: Some(input.display().to_string()),
        help: "give a file with a row for every day".to_string(),
    }
}
