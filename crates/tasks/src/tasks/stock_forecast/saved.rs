//! `predict`: the days after those of a file.

use super::StockForecast;
use super::config::LEVELS;
use super::data::Form;
use super::history;
use super::prepare::Series;
use super::scoring::Path as Closes;
use crate::compare::align;
use crate::error::{Result, TaskError};
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, PredictInput, Prediction};
use rekindle_train::program;
use serde_json::json;
use std::sync::Arc;

/// See [`crate::Task::predict`].
pub fn predict(
    context: &Context,
    file: &TaskFile,
    directory: &RunDir,
    input: &PredictInput,
) -> Result<Prediction> {
    let PredictInput::File(input) = input else {
        return Err(TaskError::usage(
            "this task forecasts prices, not texts",
            "give a file of prices with --input FILE",
        ));
    };
    let (run, saved) = program::open(&StockForecast, context, file, directory)?;
    let form = saved.inference.form;
    let (table, loaded) = history::before_file(directory, input, form)?;
    loaded.lines().iter().for_each(|line| context.tell(line));
    let series = Arc::new(Series::new(table, &saved.inference));
    let origins = series.origins(saved.config.lookback, |origin| {
        series.days_after(origin) == 0
    })?;
    let horizon = saved.config.horizon;
    let forecasts = saved
        .forecaster(&context.device)
        .forecast(&series, &origins, horizon);

    let mut text = String::new();
    let mut list = Vec::new();
    for (index, &origin) in origins.iter().enumerate() {
        let name = series
            .table
            .series(series.table.series_of_row(origin as usize));
        let path = Closes::new(&series, &forecasts, index);
        let title = if form == Form::Panel {
            format!("{name}: ")
        } else {
            String::new()
        };
        text += &format!("{title}close {:.2} on {}\n", path.origin.1, path.origin.0);
        text += &quantile_table(&path);
        text.push('\n');
        let days: Vec<_> = path
            .dates
            .iter()
            .zip(&path.quantiles)
            .map(|(date, quantiles)| {
                let quantiles: serde_json::Map<String, serde_json::Value> = LEVELS
                    .iter()
                    .zip(quantiles)
                    .map(|(level, value)| (level.to_string(), json!(value)))
                    .collect();
                json!({"date": date.to_string(), "median": quantiles["0.5"], "quantiles": quantiles})
            })
            .collect();
        list.push(json!({
            "series": name,
            "origin": {"date": path.origin.0.to_string(), "close": path.origin.1},
            "forecast": days,
        }));
    }
    text.truncate(text.trim_end().len());
    let json = json!({"task": run.task, "forecasts": list});
    Ok(Prediction {
        text,
        json,
        html: None,
        figures: Vec::new(),
    })
}

fn quantile_table(path: &Closes) -> String {
    let mut rows = vec![
        std::iter::once("day".to_string())
            .chain(LEVELS.iter().map(|level| format!("{:.0} %", level * 100.0)))
            .collect::<Vec<_>>(),
    ];
    for (date, quantiles) in path.dates.iter().zip(&path.quantiles) {
        let cells = quantiles.iter().map(|value| format!("{value:.2}"));
        rows.push(std::iter::once(date.to_string()).chain(cells).collect());
    }
    align(&rows)
}
