//! `report.html`.

use super::baselines::{EMPIRICAL, POINT};
use super::config::{LEVELS, StockConfig, Target};
use super::data::Form;
use super::forecast::Forecasts;
use super::prepare::Series;
use super::scoring::{Path, Tested};
use crate::fit::History;
use crate::summary::{Metrics, Summary};
use jiff::civil::Date;
use rekindle_data::{Part, Span};
use rekindle_report::{
    Band, Bar, Block, CalibrationMark, Cell, Chart, ChartKind, Curve, Figure, Note, NoteKind, Page,
    Section, SplitSpan, Table, TableRow, Verdict,
};

/// Days drawn before a forecast.
const SHOWN: usize = 60;

/// What the page is made of.
pub struct PageInput<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// The settings.
    pub config: &'a StockConfig,
    /// What was read.
    pub notes: &'a [String],
    /// One series or a panel.
    pub form: Form,
    /// Prices.
    pub series: &'a Series,
    /// The split; empty in an evaluation.
    pub spans: &'a [Span],
    /// One a fold; empty in an evaluation.
    pub histories: &'a [History],
    /// The folds' figures.
    pub per_fold: &'a [Metrics],
    /// The test.
    pub tested: &'a Tested,
}

/// The page as HTML.
pub fn render(input: &PageInput<'_>) -> String {
    let summary = input.summary;
    let what = if input.histories.is_empty() {
        "evaluation of a saved run"
    } else {
        "training run"
    };
    let mut sections = vec![forecasts(input), accuracy(input), calibration(input)];
    if !input.spans.is_empty() {
        sections.push(split(input));
    }
    if !input.histories.is_empty() {
        sections.push(training(input));
    }
    Page {
        title: format!("{}: {}", summary.task, summary.data.source),
        subtitle: format!(
            "{what}; {} days ahead from {} days of history, tested on {} windows from {} to {}",
            input.config.horizon,
            input.config.lookback,
            summary.data.test_items,
            summary.data.test_from,
            summary.data.until
        ),
        facts: facts(input),
        headline: headline(input),
        notes: input
            .notes
            .iter()
            .map(|text| Note {
                kind: NoteKind::Info,
                text: text.clone(),
            })
            .chain(level_warning(input.config))
            .collect(),
        sections,
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
    }
    .to_html()
}

fn level_warning(config: &StockConfig) -> Option<Note> {
    (config.target == Target::Level).then(|| Note {
        kind: NoteKind::Warning,
        text: "The target is the level, scaled on the training part. A series that leaves the \
               range it was trained on leaves the model behind; the default target=return does not \
               have this flaw."
            .to_string(),
    })
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
        (
            "cell",
            format!(
                "{:?}, {} hidden, {} layer(s)",
                config.cell, config.d_hidden, config.num_layers
            ),
        ),
        (
            "target",
            format!("{:?}, {:?} strategy", config.target, config.strategy).to_lowercase(),
        ),
        (
            "unit",
            match input.form {
                Form::Single => "price".to_string(),
                Form::Panel => "log return from the origin".to_string(),
            },
        ),
    ];
    if !input.histories.is_empty() {
        let train = &summary.train;
        facts.push((
            "windows",
            format!(
                "{} train, {} validation, {} test",
                summary.data.train_items, summary.data.valid_items, summary.data.test_items
            ),
        ));
        facts.push((
            "training",
            format!(
                "{} epochs (best {}), {:.1} s, {:.0} windows/s, {} parameters",
                train.epochs,
                train.best_epoch,
                train.seconds,
                train.samples_per_second,
                train.parameters
            ),
        ));
    }
    facts
        .into_iter()
        .map(|(label, value)| (label.to_string(), value))
        .collect()
}

fn metric(input: &PageInput<'_>, name: &str) -> f64 {
    input.summary.metrics.get(name).copied().unwrap_or(f64::NAN)
}

fn baseline(input: &PageInput<'_>, baseline: &str, name: &str) -> f64 {
    input
        .summary
        .baselines
        .get(baseline)
        .and_then(|m| m.get(name))
        .copied()
        .unwrap_or(f64::NAN)
}

fn interval(input: &PageInput<'_>, name: &str) -> Option<(f64, f64)> {
    input.summary.intervals.get(name).copied()
}

fn percent(value: f64) -> String {
    format!("{:+.1} %", value * 100.0)
}

/// An interval wholly on one side of zero is a verdict; else it is open.
fn verdict(interval: Option<(f64, f64)>) -> Verdict {
    match interval {
        Some((low, _)) if low > 0.0 => Verdict::Good,
        Some((_, high)) if high < 0.0 => Verdict::Bad,
        _ => Verdict::Neutral,
    }
}

fn headline(input: &PageInput<'_>) -> Vec<Figure> {
    let range = |name: &str| match interval(input, name) {
        Some((low, high)) => format!("95 % interval {} to {}", percent(low), percent(high)),
        None => "too few days for an interval".to_string(),
    };
    let coverage = metric(input, "coverage_80");
    let mut figures = vec![
        Figure {
            label: "Pinball skill".to_string(),
            value: percent(metric(input, "pinball_skill")),
            detail: format!(
                "over each symbol's own past quantiles; {}",
                range("pinball_skill")
            ),
            verdict: verdict(interval(input, "pinball_skill")),
        },
        Figure {
            label: "RMSE skill".to_string(),
            value: percent(metric(input, "rmse_skill")),
            detail: format!("over \"tomorrow equals today\"; {}", range("rmse_skill")),
            verdict: verdict(interval(input, "rmse_skill")),
        },
        Figure {
            label: "80 % interval covers".to_string(),
            value: format!("{:.1} %", coverage * 100.0),
            detail: match interval(input, "coverage_80") {
                Some((low, high)) => {
                    format!("95 % interval {:.1} to {:.1} %", low * 100.0, high * 100.0)
                }
                None => "of the observed closes".to_string(),
            },
            verdict: match interval(input, "coverage_80") {
                Some((low, high)) if low <= 0.8 && 0.8 <= high => Verdict::Good,
                Some(_) if (coverage - 0.8).abs() > 0.05 => Verdict::Bad,
                _ => Verdict::Neutral,
            },
        },
    ];
    let pair = |label: &str, name: &str, digits: usize| {
        let (ours, theirs) = (metric(input, name), baseline(input, "persistence", name));
        Figure {
            label: label.to_string(),
            value: format!("{ours:.digits$}"),
            detail: format!("persistence {theirs:.digits$}"),
            verdict: match ours / theirs {
                ratio if ratio < 0.97 => Verdict::Good,
                ratio if ratio > 1.03 => Verdict::Bad,
                _ => Verdict::Neutral,
            },
        }
    };
    let digits = if input.form == Form::Panel { 5 } else { 2 };
    figures.push(pair("RMSE, one day ahead", "one_step_rmse", digits));
    if input.tested.ahead.is_some() {
        figures.push(pair("RMSE, all days in one go", "ahead_rmse", digits));
    }
    figures
}

fn forecasts(input: &PageInput<'_>) -> Section {
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

/// Columns of the table of point forecasts: name, label, whether smaller is better.
const POINT_COLUMNS: [(&str, &str, bool); 9] = [
    ("mae", "MAE", true),
    ("rmse", "RMSE", true),
    ("mape", "MAPE %", true),
    ("smape", "sMAPE %", true),
    ("mase", "MASE", true),
    ("rmsse", "RMSSE", true),
    ("theil_u", "Theil's U", true),
    ("r2", "R²", false),
    ("directional_accuracy", "direction", false),
];

/// Columns of the table of intervals.
const INTERVAL_COLUMNS: [(&str, &str); 6] = [
    ("pinball", "pinball"),
    ("crps", "CRPS"),
    ("coverage_80", "80 % covers"),
    ("width_80", "80 % width"),
    ("coverage_90", "90 % covers"),
    ("width_90", "90 % width"),
];

fn accuracy(input: &PageInput<'_>) -> Section {
    let summary = input.summary;
    let rows: Vec<(String, &Metrics, bool)> =
        std::iter::once(("the model (median)".to_string(), &summary.metrics, true))
            .chain(POINT.iter().filter_map(|name| {
                Some((name.replace('_', " "), summary.baselines.get(*name)?, false))
            }))
            .collect();
    let cell = |metrics: &Metrics, name: &str, smaller: bool| {
        let value = |m: &Metrics| m.get(name).copied().filter(|v| v.is_finite());
        let all: Vec<f64> = rows.iter().filter_map(|(_, m, _)| value(m)).collect();
        let best = all
            .iter()
            .copied()
            .fold(f64::NAN, if smaller { f64::min } else { f64::max });
        let own = value(metrics);
        Cell {
            text: own.map_or("–".to_string(), short),
            detail: None,
            best: own == Some(best),
        }
    };
    let table_rows = rows
        .iter()
        .map(|(label, metrics, emphasis)| TableRow {
            label: label.clone(),
            emphasis: *emphasis,
            cells: POINT_COLUMNS
                .iter()
                .map(|(name, _, smaller)| {
                    let mut cell = cell(metrics, name, *smaller);
                    if *emphasis && let Some((low, high)) = interval(input, name) {
                        cell.detail = Some(format!("{} to {}", short(low), short(high)));
                    }
                    cell
                })
                .collect(),
        })
        .collect();
    let mut blocks = vec![
        Block::Table(Table {
            caption: "Point forecasts, on the same windows".to_string(),
            columns: POINT_COLUMNS
                .iter()
                .map(|(_, label, _)| label.to_string())
                .collect(),
            rows: table_rows,
        }),
        Block::Text(difference(input)),
        Block::Table(interval_table(input)),
    ];
    if input.per_fold.len() > 1 {
        blocks.push(Block::Table(fold_table(input)));
    }
    blocks.push(Block::Chart(by_step(input)));
    Section {
        title: "Against the baselines".to_string(),
        lead: "Skill is 1 - loss / loss of the baseline. Intervals draw whole test days again, in \
               blocks; direction is counted on windows that do not overlap."
            .to_string(),
        blocks,
    }
}

fn difference(input: &PageInput<'_>) -> String {
    let range = |name: &str| match interval(input, name) {
        Some((low, high)) => format!(" (95 % interval {} to {})", short(low), short(high)),
        None => String::new(),
    };
    let p = |name: &str| match input.summary.metrics.get(name) {
        Some(p) if *p < 0.001 => "p < 0.001".to_string(),
        Some(p) => format!("p = {p:.3}"),
        None => "too few days to test".to_string(),
    };
    format!(
        "MAE minus that of persistence: {}{}. Diebold-Mariano, squared errors against persistence: \
         {}; pinball loss against the empirical quantiles: {}.",
        short(metric(input, "mae") - baseline(input, "persistence", "mae")),
        range("mae_minus_persistence"),
        p("dm_p_point"),
        p("dm_p_pinball"),
    )
}

fn interval_table(input: &PageInput<'_>) -> Table {
    let row = |label: &str, metrics: Option<&Metrics>, emphasis: bool| TableRow {
        label: label.to_string(),
        emphasis,
        cells: INTERVAL_COLUMNS
            .iter()
            .map(|(name, _)| Cell {
                text: metrics
                    .and_then(|m| m.get(*name))
                    .map_or("–".to_string(), |v| short(*v)),
                detail: interval(input, name)
                    .filter(|_| emphasis)
                    .map(|(low, high)| format!("{} to {}", short(low), short(high))),
                best: false,
            })
            .collect(),
    };
    Table {
        caption: "Quantile forecasts".to_string(),
        columns: INTERVAL_COLUMNS
            .iter()
            .map(|(_, label)| label.to_string())
            .collect(),
        rows: vec![
            row("the model", Some(&input.summary.metrics), true),
            row(
                "empirical quantiles",
                input.summary.baselines.get(EMPIRICAL),
                false,
            ),
        ],
    }
}

fn fold_table(input: &PageInput<'_>) -> Table {
    let names = [
        "rmse",
        "rmse_skill",
        "pinball",
        "pinball_skill",
        "coverage_80",
    ];
    let rows = input
        .per_fold
        .iter()
        .enumerate()
        .map(|(index, metrics)| TableRow {
            label: format!("fold {}", index + 1),
            emphasis: false,
            cells: names
                .iter()
                .map(|name| Cell {
                    text: metrics
                        .get(*name)
                        .map_or("–".to_string(), |value| short(*value)),
                    detail: None,
                    best: false,
                })
                .collect(),
        });
    Table {
        caption: "Rolling origin: each block of test days by a model fitted on all before it"
            .to_string(),
        columns: names.iter().map(|name| name.replace('_', " ")).collect(),
        rows: rows.collect(),
    }
}

fn by_step(input: &PageInput<'_>) -> Chart {
    let bars = input
        .tested
        .points
        .pinball_by_step()
        .into_iter()
        .enumerate()
        .map(|(step, (ours, theirs))| Bar {
            name: format!("day {}", step + 1),
            value: 100.0 * (1.0 - ours / theirs),
            lower: None,
            upper: None,
            emphasis: true,
        });
    Chart {
        title: "Pinball skill by day ahead".to_string(),
        caption: "Percent better than the empirical quantiles; above zero the model knows more."
            .to_string(),
        kind: ChartKind::Bars {
            y_label: "skill, %".to_string(),
            bars: bars.collect(),
            zero_line: true,
        },
    }
}

fn calibration(input: &PageInput<'_>) -> Section {
    let points = input.tested.points.calibration().into_iter().map(|point| {
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
        lead: format!(
            "The share of outcomes below each of the {} quantiles. On the diagonal the model's \
             probabilities are honest; the bars take windows as independent, so they are too short \
             where windows overlap.",
            LEVELS.len()
        ),
        blocks: vec![Block::Chart(Chart {
            title: "Observed against stated probability".to_string(),
            caption: String::new(),
            kind: ChartKind::Calibration {
                points: points.collect(),
                name: "the model".to_string(),
            },
        })],
    }
}

fn split(input: &PageInput<'_>) -> Section {
    let spans = input.spans.iter().map(|span| SplitSpan {
        name: match span.part {
            Some(Part::Train) => "train",
            Some(Part::Valid) => "validation",
            Some(Part::Test) => "test",
            None => "gap",
        }
        .to_string(),
        from: span.from,
        to: span.to,
    });
    let (dates, values) = index(input);
    Section {
        title: "Data and split".to_string(),
        lead:
            "Split by time. Between parts lies a gap of lookback plus horizon, so that no day the \
               model was fitted on is read or forecast in the next part. Scaler, quantiles and \
               baselines are fitted on the training part alone."
                .to_string(),
        blocks: vec![Block::Chart(Chart {
            title: match input.form {
                Form::Single => "Close".to_string(),
                Form::Panel => "Mean log close of all symbols, first day = 0".to_string(),
            },
            caption: String::new(),
            kind: ChartKind::Split {
                dates,
                values,
                y_label: match input.form {
                    Form::Single => "close".to_string(),
                    Form::Panel => "log return since the first day".to_string(),
                },
                spans: spans.collect(),
            },
        })],
    }
}

/// The series, or the mean daily log return of all symbols added up.
fn index(input: &PageInput<'_>) -> (Vec<Date>, Vec<f64>) {
    let table = &input.series.table;
    let log_close = &input.series.features.log_close;
    if input.form == Form::Single {
        return (
            table.dates().to_vec(),
            log_close.iter().map(|value| value.exp()).collect(),
        );
    }
    let mut days: std::collections::BTreeMap<Date, (f64, f64)> = std::collections::BTreeMap::new();
    for range in table.ranges() {
        for row in range.clone().skip(1) {
            let day = days.entry(table.dates()[row]).or_default();
            day.0 += log_close[row] - log_close[row - 1];
            day.1 += 1.0;
        }
    }
    let mut level = 0.0;
    days.into_iter()
        .map(|(date, (sum, count))| {
            level += sum / count;
            (date, level)
        })
        .unzip()
}

fn training(input: &PageInput<'_>) -> Section {
    let mut blocks: Vec<Block> = input
        .histories
        .iter()
        .enumerate()
        .map(|(fold, history)| {
            let epochs: Vec<f64> = history.rows.iter().map(|row| row.epoch as f64).collect();
            let curve = |name: &str, y: Vec<f64>| Curve {
                name: name.to_string(),
                x: epochs.clone(),
                y,
            };
            Block::Chart(Chart {
                title: match input.histories.len() {
                    1 => "Pinball loss by epoch".to_string(),
                    _ => format!("Fold {}: pinball loss by epoch", fold + 1),
                },
                caption: "In units of volatility. The training loss is the mean over the epoch, \
                          with dropout."
                    .to_string(),
                kind: ChartKind::Curves {
                    x_label: "epoch".to_string(),
                    y_label: "loss".to_string(),
                    curves: vec![
                        curve(
                            "training",
                            history.rows.iter().map(|row| row.train_loss).collect(),
                        ),
                        curve(
                            "validation",
                            history.rows.iter().map(|row| row.valid_loss).collect(),
                        ),
                    ],
                    mark_x: history
                        .best()
                        .map(|row| (row.epoch as f64, "kept".to_string())),
                },
            })
        })
        .collect();
    if blocks.len() > 1 {
        blocks = vec![Block::Row(blocks)];
    }
    Section {
        title: "Training".to_string(),
        lead:
            "The model of the best epoch on validation is kept; the test part is read once, after \
               all choices."
                .to_string(),
        blocks,
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
