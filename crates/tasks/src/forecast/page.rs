//! `report.html`.

use super::config::{ForecastConfig, LEVELS, MEDIAN};
use super::forecaster::Forecasts;
use super::panel::Panel;
use super::scores::{Tested, Unit};
use crate::fit::History;
use crate::page::{self, percent, verdict};
use crate::summary::Summary;
use rekindle_data::{Frequency, Timeline};
use rekindle_eval::quantile_calibration;
use rekindle_report::{
    Band, Block, CalibrationMark, Cell, Chart, ChartKind, Curve, Figure, Note, NoteKind, Page,
    Section, Table, TableRow, Verdict,
};

/// Series that are drawn.
const DRAWN: usize = 6;
/// Bands of a fan: name, lower and upper level.
const BANDS: [(&str, usize, usize); 3] = [("90 %", 0, 6), ("80 %", 1, 5), ("50 %", 2, 4)];

/// What the page is made of.
pub struct PageInput<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// The settings.
    pub config: &'a ForecastConfig,
    /// What was read and chosen.
    pub notes: &'a [String],
    /// The series.
    pub panel: &'a Panel<'a>,
    /// One a network; empty in an evaluation.
    pub histories: &'a [History],
    /// The test.
    pub tested: &'a Tested,
}

/// The page as HTML.
pub fn render(input: &PageInput<'_>) -> String {
    let (summary, shape) = (input.summary, &input.panel.encoding.shape);
    let what = if input.histories.is_empty() {
        "evaluation of a saved run"
    } else {
        "training run"
    };
    let mut sections = vec![
        fans(input),
        table(input),
        by_step(input),
        calibration(input),
    ];
    if !input.histories.is_empty() {
        sections.push(training(input));
    }
    Page {
        title: format!("{}: {}", summary.task, summary.data.source),
        subtitle: format!(
            "{what}; {} steps ahead from {} steps of history, {}, tested on {} values from {} to {}",
            shape.horizon,
            shape.lookback,
            input.panel.timeline.frequency.name(),
            summary.data.test_items,
            summary.data.test_from,
            summary.data.until
        ),
        facts: facts(input),
        headline: headline(input),
        notes: input.notes.iter().map(|text| Note { kind: NoteKind::Info, text: text.clone() }).collect(),
        sections,
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
    }
    .to_html()
}

/// A page of forecasts alone.
pub fn of_figures(task: &str, timeline: &Timeline, figures: &[Chart]) -> String {
    Page {
        title: format!("{task}: {}", timeline.summary.source),
        subtitle: "forecasts beyond the end of the file".to_string(),
        sections: vec![Section {
            title: "Forecasts".to_string(),
            blocks: figures.iter().cloned().map(Block::Chart).collect(),
            ..Section::default()
        }],
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
        ..Page::default()
    }
    .to_html()
}

fn facts(input: &PageInput<'_>) -> Vec<(String, String)> {
    let (summary, config) = (input.summary, input.config);
    let mut facts = vec![
        ("backend", summary.backend.clone()),
        ("seed", summary.seed.to_string()),
        (
            "rows",
            format!("{} in {} series", summary.data.rows, summary.data.series),
        ),
        ("target", input.panel.timeline.columns[1].clone()),
        (
            "predicted as",
            input.panel.encoding.predict_as.name().to_string(),
        ),
        (
            "networks",
            format!(
                "{} of {:?}, {} hidden, {} layer(s)",
                config.networks, config.cell, config.d_hidden, config.num_layers
            ),
        ),
    ];
    if !input.histories.is_empty() {
        facts.push(("training", page::training(&summary.train)));
    }
    facts
        .into_iter()
        .map(|(label, value)| (label.to_string(), value))
        .collect()
}

fn headline(input: &PageInput<'_>) -> Vec<Figure> {
    let summary = input.summary;
    let range = |name: &str| match summary.intervals.get(name) {
        Some((low, high)) => format!("95 % interval {} to {}", percent(*low), percent(*high)),
        None => "too few for an interval".to_string(),
    };
    let best = input
        .tested
        .best_interval()
        .map_or("none", |(name, _)| name)
        .replace('_', " ");
    let beside = |label: &str, name: &str, digits: usize| {
        let own = summary.metric(name);
        let others = summary
            .baselines
            .iter()
            .filter_map(|(baseline, figures)| Some((baseline, *figures.get(name)?)));
        let other = others.min_by(|one, other| one.1.total_cmp(&other.1));
        let (name, other) = other.map_or((String::new(), f64::NAN), |(name, value)| {
            (name.replace('_', " "), value)
        });
        Figure {
            label: label.to_string(),
            value: format!("{own:.digits$}"),
            detail: format!("best baseline, {name}: {other:.digits$}"),
            verdict: match own / other {
                ratio if ratio < 0.98 => Verdict::Good,
                ratio if ratio > 1.02 => Verdict::Bad,
                _ => Verdict::Neutral,
            },
        }
    };
    let coverage = summary.metric("coverage_80");
    vec![
        beside("MASE", "mase", 3),
        beside("sMAPE", "smape", 2),
        Figure {
            label: "Pinball skill".to_string(),
            value: percent(summary.metric("pinball_skill")),
            detail: format!(
                "over {best}, the best interval baseline; {}",
                range("pinball_skill")
            ),
            verdict: verdict(summary.intervals.get("pinball_skill").copied()),
        },
        Figure {
            label: "80 % interval covers".to_string(),
            value: format!("{:.1} %", coverage * 100.0),
            detail: "of the values that came".to_string(),
            verdict: if (coverage - 0.8).abs() <= 0.05 {
                Verdict::Good
            } else {
                Verdict::Bad
            },
        },
    ]
}

/// A forecast after some history.
pub fn fan(
    panel: &Panel,
    forecasts: &Forecasts,
    index: usize,
    baseline: Option<(&str, &[f64])>,
) -> Chart {
    let (series, end) = forecasts.origins[index];
    let (timeline, series, end) = (panel.timeline, series as usize, end as usize);
    let one = &timeline.series[series];
    let shown = (2 * forecasts.horizon)
        .max(3 * panel.encoding.shape.season.min(60))
        .clamp(10, 250);
    let from = end.saturating_sub(shown);
    let median = forecasts.level(index, MEDIAN);
    let truth: Vec<Option<f64>> = (0..forecasts.horizon)
        .map(|step| one.values.get(end + step).copied())
        .collect();
    let title = match one.name.as_str() {
        "" => format!("From {}", timeline.written(series, end - 1)),
        name => format!("{name}, from {}", timeline.written(series, end - 1)),
    };
    let by_day = match timeline.frequency {
        Frequency::Seconds(step) => step >= 86_400,
        Frequency::Steps(_) => false,
        Frequency::Weekdays(_) | Frequency::Months { .. } => true,
    };
    let date = |step: usize| {
        timeline
            .time(series, step)?
            .datetime()
            .map(|time| time.date())
    };
    let dates: Option<Vec<_>> = (end..end + forecasts.horizon).map(date).collect();
    let history: Option<Vec<_>> = (from..end)
        .map(|step| Some((date(step)?, one.values[step])))
        .collect();
    let kind = match (by_day, dates, history) {
        (true, Some(dates), Some(history)) => ChartKind::Fan {
            y_label: timeline.columns[1].clone(),
            history,
            dates,
            truth,
            median,
            bands: BANDS
                .into_iter()
                .map(|(name, low, high)| Band {
                    name: name.to_string(),
                    lower: forecasts.level(index, low),
                    upper: forecasts.level(index, high),
                })
                .collect(),
            baseline: baseline.map(|(name, values)| (name.to_string(), values.to_vec())),
        },
        _ => {
            let ahead: Vec<f64> = (1..=forecasts.horizon).map(|step| step as f64).collect();
            let known = (one.values.len() - from).min(end - from + forecasts.horizon);
            let line = |name: &str, y: Vec<f64>| Curve {
                name: name.to_string(),
                x: ahead.clone(),
                y,
            };
            let mut curves = vec![
                Curve {
                    name: "observed".to_string(),
                    x: (0..known)
                        .map(|step| (from + step) as f64 - (end as f64 - 1.0))
                        .collect(),
                    y: one.values[from..from + known].to_vec(),
                },
                line("median", median),
                line("10 %", forecasts.level(index, 1)),
                line("90 %", forecasts.level(index, 5)),
            ];
            curves.extend(baseline.map(|(name, values)| line(name, values.to_vec())));
            ChartKind::Curves {
                x_label: "steps from the origin".to_string(),
                y_label: timeline.columns[1].clone(),
                curves,
                mark_x: Some((0.0, "origin".to_string())),
            }
        }
    };
    Chart {
        title,
        caption: String::new(),
        kind,
    }
}

fn fans(input: &PageInput<'_>) -> Section {
    let tested = input.tested;
    let count = tested.forecasts.origins.len();
    let every = count.div_ceil(DRAWN).max(1);
    let horizon = tested.forecasts.horizon;
    let naive = tested.points.first();
    let charts = (0..count).rev().step_by(every).map(|index| {
        let baseline = naive.map(|(_, all)| {
            (
                "seasonal naive",
                &all[index * horizon..(index + 1) * horizon],
            )
        });
        Block::Chart(fan(input.panel, &tested.forecasts, index, baseline))
    });
    Section {
        title: "Forecasts".to_string(),
        lead: "Some of the tested forecasts, spread evenly over series and origins.".to_string(),
        blocks: charts.collect(),
    }
}

fn table(input: &PageInput<'_>) -> Section {
    const COLUMNS: [(&str, &str); 6] = [
        ("mase", "MASE"),
        ("smape", "sMAPE"),
        ("rmse", "RMSE"),
        ("mae", "MAE"),
        ("pinball", "pinball"),
        ("coverage_80", "80 % covers"),
    ];
    let summary = input.summary;
    let mut rows = vec![("model".to_string(), &summary.metrics)];
    rows.extend(
        summary
            .baselines
            .iter()
            .map(|(name, figures)| (name.replace('_', " "), figures)),
    );
    let best = |name: &str| {
        let values = rows
            .iter()
            .filter_map(|(_, figures)| figures.get(name).copied());
        values.min_by(f64::total_cmp)
    };
    let cell = |figures: &crate::summary::Metrics, name: &str| match figures.get(name) {
        None => Cell {
            text: "–".to_string(),
            ..Cell::default()
        },
        Some(value) => Cell {
            text: short(*value),
            best: name != "coverage_80" && best(name) == Some(*value),
            detail: None,
        },
    };
    Section {
        title: "Accuracy".to_string(),
        lead: "MASE divides the absolute error by the mean absolute seasonal change of the series' history; \
               the pinball loss is divided by it too. sMAPE is 200·|y − f| / (|y| + |f|). Both are means over \
               series of the means over steps."
            .to_string(),
        blocks: vec![Block::Table(Table {
            caption: String::new(),
            columns: COLUMNS.iter().map(|(_, heading)| heading.to_string()).collect(),
            rows: rows
                .iter()
                .enumerate()
                .map(|(at, (label, figures))| TableRow {
                    label: label.clone(),
                    cells: COLUMNS.iter().map(|(name, _)| cell(figures, name)).collect(),
                    emphasis: at == 0,
                })
                .collect(),
        })],
    }
}

/// Four significant digits are enough to compare.
fn short(value: f64) -> String {
    match value.abs() {
        size if !value.is_finite() || size == 0.0 => format!("{value}"),
        size if size >= 1000.0 => format!("{value:.0}"),
        size => {
            let digits = (3 - size.log10().floor() as i64).clamp(0, 7) as usize;
            format!("{value:.digits$}")
        }
    }
}

fn by_step(input: &PageInput<'_>) -> Section {
    let (tested, horizon) = (input.tested, input.tested.forecasts.horizon);
    let count = tested.forecasts.origins.len();
    let curve = |name: &str, points: Option<&[f64]>| Curve {
        name: name.to_string(),
        x: (1..=horizon).map(|step| step as f64).collect(),
        y: (0..horizon)
            .map(|step| {
                let steps = (0..count).map(|origin| origin * horizon + step);
                let unit: Option<Unit> =
                    tested.unit(steps, points, Some(&tested.forecasts.quantiles));
                unit.map_or(f64::NAN, |unit| unit.mase)
            })
            .collect(),
    };
    let mut curves = vec![curve("model", None)];
    curves.extend(
        tested
            .points
            .iter()
            .map(|(name, all)| curve(&name.replace('_', " "), Some(all))),
    );
    Section {
        title: "By step ahead".to_string(),
        lead: String::new(),
        blocks: vec![Block::Chart(Chart {
            title: "Mean absolute scaled error by step ahead".to_string(),
            caption: String::new(),
            kind: ChartKind::Curves {
                x_label: "steps ahead".to_string(),
                y_label: "MASE".to_string(),
                curves,
                mark_x: None,
            },
        })],
    }
}

fn calibration(input: &PageInput<'_>) -> Section {
    let tested = input.tested;
    let known = || (0..tested.truth.len()).filter(|&at| !tested.truth[at].is_nan());
    let truth: Vec<f64> = known().map(|at| tested.truth[at]).collect();
    let levels = LEVELS.len();
    let quantiles: Vec<f64> = known()
        .flat_map(|at| {
            tested.forecasts.quantiles[at * levels..(at + 1) * levels]
                .iter()
                .copied()
        })
        .collect();
    let points = quantile_calibration(&truth, &LEVELS, &quantiles)
        .into_iter()
        .map(|point| {
            let (lower, upper) = point.observed.wilson(0.95);
            CalibrationMark {
                nominal: point.level,
                observed: point.observed.rate(),
                lower,
                upper,
            }
        });
    Section {
        title: "Calibration".to_string(),
        lead: "How often the value came at or below each quantile. Steps of one forecast depend on each other, \
               so the intervals are too narrow."
            .to_string(),
        blocks: vec![Block::Chart(Chart {
            title: "Promised and observed shares".to_string(),
            caption: String::new(),
            kind: ChartKind::Calibration {
                points: points.collect(),
                name: "model".to_string(),
            },
        })],
    }
}

fn training(input: &PageInput<'_>) -> Section {
    let curves = input
        .histories
        .iter()
        .enumerate()
        .flat_map(|(at, history)| {
            let curve = |name: String, y: fn(&crate::fit::EpochRow) -> f64| Curve {
                name,
                x: history.rows.iter().map(|row| row.epoch as f64).collect(),
                y: history.rows.iter().map(y).collect(),
            };
            let number = at + 1;
            [
                curve(format!("network {number}, training"), |row| row.train_loss),
                curve(format!("network {number}, validation"), |row| {
                    row.valid_loss
                }),
            ]
        });
    Section {
        title: "Training".to_string(),
        lead: "Each network keeps the epoch that was best on validation; the test part is read once, after all \
               choices."
            .to_string(),
        blocks: vec![Block::Chart(Chart {
            title: "Weighted pinball loss by epoch".to_string(),
            caption: "The training loss is the mean over the epoch, with dropout.".to_string(),
            kind: ChartKind::Curves {
                x_label: "epoch".to_string(),
                y_label: "loss".to_string(),
                curves: curves.collect(),
                mark_x: None,
            },
        })],
    }
}
