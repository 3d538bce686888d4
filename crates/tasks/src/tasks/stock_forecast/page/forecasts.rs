//! Forecasts drawn against what happened.

use super::PageInput;
use crate::tasks::stock_forecast::data::Form;
use crate::tasks::stock_forecast::forecast::Forecasts;
use crate::tasks::stock_forecast::scoring::Path;
use rekindle_report::{Band, Block, Chart, ChartKind, Section};

/// Days drawn before a forecast.
const SHOWN: usize = 60;

/// Forecasts against what happened.
pub fn forecasts(input: &PageInput<'_>) -> Section {
    let mut blocks = Vec::new();
    if let Some(ahead) = &input.tested.ahead {
        let title = format!("{} days in one go", ahead.forecasts.horizon);
        blocks.push(fan(input, &ahead.forecasts, 0, title));
        blocks.push(walk(input));
    } else {
        // The first, the middle and the last forecast: chosen by place, not by result.
        let count = input.tested.forecasts.origins.len();
        let mut picks = vec![0, count / 2, count - 1];
        picks.dedup();
        let mut charts = Vec::new();
        for index in picks {
            let origin = input.tested.forecasts.origins[index] as usize;
            let table = &input.series.table;
            let name = table.series(table.series_of_row(origin));
            let title = format!("{name} from {}", table.dates()[origin])
                .trim()
                .to_string();
            charts.push(fan(input, &input.tested.forecasts, index, title));
        }
        blocks.push(Block::Row(charts));
        if input.form == Form::Single {
            blocks.push(walk(input));
        }
    }
    Section {
        title: "Forecasts".to_string(),
        lead:
            "The line is the median, the bands hold 50, 80 and 90 % of the outcomes if the model \
               is right; dots are what happened. Windows are chosen by place, not by result."
                .to_string(),
        blocks,
    }
}

fn bands(paths: &[Path]) -> Vec<Band> {
    let level = |k: usize| -> Vec<f64> { paths.iter().flat_map(|path| path.level(k)).collect() };
    [("90 %", 0, 6), ("80 %", 1, 5), ("50 %", 2, 4)]
        .into_iter()
        .map(|(name, low, high)| Band {
            name: name.to_string(),
            lower: level(low),
            upper: level(high),
        })
        .collect()
}

fn fan(input: &PageInput<'_>, forecasts: &Forecasts, index: usize, title: String) -> Block {
    let path = Path::new(input.series, forecasts, index);
    let origin = forecasts.origins[index] as usize;
    let table = &input.series.table;
    let first = table.range(table.series_of_row(origin)).start;
    let from = origin.saturating_sub(SHOWN).max(first);
    let history = (from..=origin)
        .map(|row| {
            (
                table.dates()[row],
                input.series.features.log_close[row].exp(),
            )
        })
        .collect();
    let median = path.median();
    let flat = vec![path.origin.1; median.len()];
    Block::Chart(Chart {
        title,
        caption: String::new(),
        kind: ChartKind::Fan {
            y_label: "close".to_string(),
            history,
            dates: path.dates.clone(),
            truth: path.truth.clone(),
            median,
            bands: bands(std::slice::from_ref(&path)),
            baseline: Some(("persistence".to_string(), flat)),
        },
    })
}

/// One day ahead, every test day, as far as they can be drawn.
fn walk(input: &PageInput<'_>) -> Block {
    let one_day = input.tested.forecasts.first_step();
    let from = one_day.origins.len().saturating_sub(250);
    let paths: Vec<Path> = (from..one_day.origins.len())
        .map(|index| Path::new(input.series, &one_day, index))
        .collect();
    let origins: Vec<f64> = paths.iter().map(|path| path.origin.1).collect();
    Block::Chart(Chart {
        title: "One day ahead, the true history each day".to_string(),
        caption: "Persistence forecasts each day as the day before.".to_string(),
        kind: ChartKind::Fan {
            y_label: "close".to_string(),
            history: paths
                .first()
                .map(|path| vec![path.origin])
                .unwrap_or_default(),
            dates: paths.iter().flat_map(|path| path.dates.clone()).collect(),
            truth: paths.iter().flat_map(|path| path.truth.clone()).collect(),
            median: paths.iter().flat_map(Path::median).collect(),
            bands: bands(&paths),
            baseline: Some(("persistence".to_string(), origins)),
        },
    })
}
