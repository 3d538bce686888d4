//! Tables beside the baselines, and calibration.

use super::{PageInput, interval, short};
use crate::summary::Metrics;
use crate::tasks::stock_forecast::baselines::{EMPIRICAL, POINT};
use crate::tasks::stock_forecast::config::LEVELS;
use rekindle_report::{
    Bar, Block, CalibrationMark, Cell, Chart, ChartKind, Section, Table, TableRow,
};

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

/// The tables beside the baselines.
pub fn accuracy(input: &PageInput<'_>) -> Section {
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
        short(input.summary.metric("mae") - input.summary.baseline("persistence", "mae")),
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

/// Stated against observed probability.
pub fn calibration(input: &PageInput<'_>) -> Section {
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
