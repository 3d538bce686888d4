//! `evaluate` and `predict`: a saved run on another file.

use super::StockForecast;
use super::baselines::Baselines;
use super::checks;
use super::config::{LEVELS, StockConfig};
use super::data::Form;
use super::features::WARM_UP;
use super::forecast::Forecaster;
use super::history;
use super::model::StockModel;
use super::page::{self, PageInput};
use super::prepare::{Inference, Series};
use super::scoring::{self, Path as Closes};
use crate::compare::align;
use crate::error::{Result, TaskError};
use crate::files;
use crate::kind::Kind;
use crate::run_dir::{RunConfig, RunDir};
use crate::settings::{self, TaskFile};
use crate::summary::{DataSummary, Summary};
use crate::task::{Context, PredictInput, Prediction};
use burn::tensor::Device;
use jiff::civil::Date;
use rekindle_data::SeriesTable;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// A run read back.
struct Saved {
    run: RunConfig,
    config: StockConfig,
    inference: Inference,
    model: StockModel,
}

impl Saved {
    fn read(directory: &RunDir, context: &Context) -> Result<Self> {
        let (run, device) = (directory.read_config()?, &context.device);
        let config: StockConfig = settings::of_run(&TaskFile::of_kind(StockForecast::KIND), &run)?;
        let config = settings::change_some(config, &context.set, &["date_format"])?;
        let inference: Inference = files::read_json(&directory.file("inference.json"))?;
        let model = StockModel::new(&config, &inference, device);
        let model = directory.read_model(model)?;
        Ok(Self {
            run,
            config,
            inference,
            model,
        })
    }

    fn forecaster<'a>(&'a self, device: &'a Device) -> Forecaster<'a> {
        Forecaster {
            model: &self.model,
            inference: &self.inference,
            lookback: self.config.lookback,
            strategy: self.config.strategy,
            device,
        }
    }
}

/// See [`crate::Task::evaluate`].
pub fn evaluate(
    context: &Context,
    directory: &RunDir,
    input: &Path,
    out: Option<&Path>,
) -> Result<Summary> {
    let saved = Saved::read(directory, context)?;
    let inference = &saved.inference;
    let form = inference.form;
    let (table, loaded) = history::before_file(directory, input, form, &saved.config)?;
    loaded.lines().iter().for_each(|note| context.tell(note));
    require_rows(&table, &saved.config, 1, input)?;
    let first = loaded.first_date;
    let out = out.map(|path| RunDir::create(path, false)).transpose()?;

    let before_test = inference
        .test_from
        .yesterday()
        .unwrap_or(inference.test_from);
    let baselines: Baselines = files::read_json(&directory.file("baselines.json"))?;
    let ahead = inference.ahead;
    let longest = saved
        .config
        .horizon
        .max(if ahead { saved.config.ahead } else { 1 });
    let baselines = baselines.with_file(&table, longest, before_test);
    let series = Arc::new(Series::new(table, inference));
    let dates = series.table.dates();
    let origins = series.origins(saved.config.lookback, |origin| {
        series.days_after(origin) > 0
            && dates[origin + 1] >= inference.test_from
            && dates[origin + 1] >= first
    })?;
    let forecaster = saved.forecaster(&context.device);
    let config = &saved.config;
    let tested = scoring::test(
        &forecaster,
        &series,
        &origins,
        &baselines,
        config,
        form,
        ahead,
    )?;

    let source = input
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut summary = Summary {
        data: DataSummary {
            rows: loaded.rows_kept,
            series: loaded.series,
            source,
            test_from: inference.test_from.max(first).to_string(),
            until: dates.iter().max().map(Date::to_string).unwrap_or_default(),
            ..DataSummary::default()
        },
        ..Summary::new(&saved.run.task, context.backend, saved.run.seed)
    };
    tested.fill(&mut summary, saved.run.seed);
    let summary = summary.finite();
    if let Some(out) = out {
        let page = page::render(&PageInput {
            summary: &summary,
            config: &saved.config,
            notes: &loaded.lines(),
            form,
            series: &series,
            spans: &[],
            histories: &[],
            per_fold: &[],
            tested: &tested,
        });
        out.write_report(&page, &summary)?;
    }
    Ok(summary)
}

/// See [`crate::Task::predict`].
pub fn predict(context: &Context, directory: &RunDir, input: &PredictInput) -> Result<Prediction> {
    let PredictInput::File(input) = input else {
        return Err(TaskError::usage(
            "this task forecasts prices, not texts",
            "give a file of prices with --input FILE",
        ));
    };
    let saved = Saved::read(directory, context)?;
    let form = saved.inference.form;
    let (table, loaded) = history::before_file(directory, input, form, &saved.config)?;
    loaded.lines().iter().for_each(|note| context.tell(note));
    require_rows(&table, &saved.config, 0, input)?;
    if let Some(note) = checks::short(&table, saved.config.lookback) {
        context.tell(&note);
    }
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
    let json = json!({"task": saved.run.task, "forecasts": list});
    Ok(Prediction {
        text,
        json,
        html: None,
        figures: Vec::new(),
    })
}

/// Says how many rows a window needs, where no series has them.
fn require_rows(
    table: &SeriesTable,
    config: &StockConfig,
    ahead: usize,
    input: &Path,
) -> Result<()> {
    let longest = table.ranges().iter().map(|range| range.len()).max();
    let (longest, needed) = (longest.unwrap_or(0), WARM_UP + config.lookback + ahead);
    if longest >= needed {
        return Ok(());
    }
    let series = if table.n_series() == 1 {
        "the file"
    } else {
        "the longest series"
    };
    let rows = if longest == 1 { "row" } else { "rows" };
    Err(TaskError::Usage {
        what: format!(
            "{series} has {longest} {rows}; at least {needed} are needed: {WARM_UP} for running averages \
             and {} that the model reads{}",
            config.lookback,
            if ahead > 0 { ", and one to score" } else { "" }
        ),
        place: Some(input.display().to_string()),
        help: "give a longer file, or one that goes on where the run's own data end".to_string(),
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
