//! `predict`: the steps beyond the end of a file.

use super::Forecast;
use super::config::{LEVELS, MEDIAN};
use super::forecaster::Forecasts;
use super::page;
use super::panel::Panel;
use crate::compare::align;
use crate::error::{Result, TaskError};
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, PredictInput, Prediction};
use rekindle_train::program;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Series whose tables are printed.
const PRINTED: usize = 20;
/// Series that are drawn.
const DRAWN: usize = 12;

/// See [`crate::Task::predict`].
pub fn predict(
    context: &Context,
    file: &TaskFile,
    directory: &RunDir,
    input: &PredictInput,
) -> Result<Prediction> {
    let PredictInput::File(input) = input else {
        return Err(TaskError::usage(
            "this task forecasts series, not texts",
            "give a file of series with --input FILE",
        ));
    };
    let (run, saved) = program::open(&Forecast, context, file, directory)?;
    let joined = saved.join(directory, input)?;
    let timeline = &joined.timeline;
    let notes = timeline.summary.lines();
    notes.iter().for_each(|line| context.tell(line));
    let panel = Panel::new(timeline, &saved.inference.encoding);
    require_future(&panel, input)?;
    let origins: Vec<(u32, u32)> = (0..)
        .zip(&timeline.series)
        .map(|(index, one)| (index, one.values.len() as u32))
        .collect();
    let forecaster = saved.forecaster(timeline, &context.device);
    let forecasts = forecaster.forecast(Panel::new(timeline, &saved.inference.encoding), &origins);

    let mut text = String::new();
    for index in 0..origins.len().min(PRINTED) {
        text += &table(&panel, &forecasts, index);
        text.push('\n');
    }
    if origins.len() > PRINTED {
        text += &format!(
            "and {} more series; --json gives all\n",
            origins.len() - PRINTED
        );
    }
    text.truncate(text.trim_end().len());
    let list: Vec<Value> = (0..origins.len())
        .map(|index| answer(&panel, &forecasts, index))
        .collect();
    let figures: Vec<_> = (0..origins.len().min(DRAWN))
        .map(|index| page::fan(&panel, &forecasts, index, None))
        .collect();
    Ok(Prediction {
        text,
        json: json!({"task": run.task, "forecasts": list}),
        html: Some(page::of_figures(&run.task, timeline, &figures)),
        figures,
    })
}

/// Columns known for the future must be known for all steps ahead.
fn require_future(panel: &Panel, input: &Path) -> Result<()> {
    let (timeline, horizon) = (panel.timeline, panel.encoding.shape.horizon);
    for (index, one) in timeline.series.iter().enumerate() {
        for (covariate, values) in timeline.covariates.iter().zip(&one.covariates) {
            let needed = one.values.len() + horizon;
            let known = values
                .get(..needed)
                .is_some_and(|values| !values[needed - 1].is_nan());
            if covariate.future && !known {
                let of = if one.name.is_empty() {
                    String::new()
                } else {
                    format!(" of {}", one.name)
                };
                return Err(TaskError::Usage {
                    what: format!(
                        "forecasts{of} up to {} need {}, which was declared as known for the future",
                        timeline.written(index, needed - 1),
                        covariate.name
                    ),
                    place: Some(input.display().to_string()),
                    help: format!(
                        "add rows from {} on with {} and an empty {}",
                        timeline.written(index, one.values.len()),
                        covariate.name,
                        timeline.columns[1]
                    ),
                });
            }
        }
    }
    Ok(())
}

fn table(panel: &Panel, forecasts: &Forecasts, index: usize) -> String {
    let (series, end) = forecasts.origins[index];
    let (timeline, end) = (panel.timeline, end as usize);
    let one = &timeline.series[series as usize];
    let name = if one.name.is_empty() {
        String::new()
    } else {
        format!("{}: ", one.name)
    };
    let mut rows = vec![
        std::iter::once("time".to_string())
            .chain(LEVELS.iter().map(|level| format!("{:.0} %", level * 100.0)))
            .collect::<Vec<_>>(),
    ];
    let digits = digits(&one.values);
    for (step, quantiles) in forecasts.at(index).chunks(LEVELS.len()).enumerate() {
        let cells = quantiles.iter().map(|value| format!("{value:.digits$}"));
        let time = timeline.written(series as usize, end + step);
        rows.push(std::iter::once(time).chain(cells).collect());
    }
    format!(
        "{name}{} {} at {}\n{}",
        timeline.columns[1],
        one.values[end - 1],
        timeline.written(series as usize, end - 1),
        align(&rows)
    )
}

/// Digits after the point that four significant ones need.
fn digits(values: &[f64]) -> usize {
    let largest = values
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 0.0 {
        (3 - largest.log10().floor() as i64).clamp(0, 9) as usize
    } else {
        2
    }
}

fn answer(panel: &Panel, forecasts: &Forecasts, index: usize) -> Value {
    let (series, end) = forecasts.origins[index];
    let (timeline, series, end) = (panel.timeline, series as usize, end as usize);
    let one = &timeline.series[series];
    let steps: Vec<Value> = forecasts
        .at(index)
        .chunks(LEVELS.len())
        .enumerate()
        .map(|(step, quantiles)| {
            let levels = LEVELS.iter().zip(quantiles);
            let by_level: Map<String, Value> = levels
                .map(|(level, value)| (level.to_string(), json!(value)))
                .collect();
            json!({
                "time": timeline.written(series, end + step),
                "median": quantiles[MEDIAN],
                "quantiles": by_level,
            })
        })
        .collect();
    json!({
        "series": one.name,
        "origin": {"time": timeline.written(series, end - 1), "value": one.values[end - 1]},
        "forecast": steps,
    })
}
