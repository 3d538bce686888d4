//! `report.html`.

use super::config::{MemoryConfig, Problem};
use super::scores::{DRAWN, Tested, Tests};
use crate::fit::History;
use crate::page::validation;
use crate::summary::{Metrics, Summary, figure};
use rekindle_models::GateTrace;
use rekindle_report::{
    Block, Cell, Chart, ChartKind, Curve, Figure, HeatMap, Page, Section, Table, TableRow, Verdict,
};

/// Units whose gates are drawn.
const UNITS: usize = 20;
/// Gradients below this share of the largest are drawn there: less is nothing.
const FLOOR: f64 = 1e-12;

struct PageInput<'a> {
    summary: &'a Summary,
    config: &'a MemoryConfig,
    all: &'a [Tested],
    histories: &'a [History],
}

/// The page as HTML.
pub fn render(summary: &Summary, tests: &Tests, histories: &[History]) -> String {
    let (config, all) = (&tests.config, &tests.all[..]);
    let input = &PageInput {
        summary,
        config,
        all,
        histories,
    };
    let what = match config.problem {
        Problem::Adding => format!("the sum of two of {} numbers", config.length),
        Problem::Copy => format!("ten symbols, written after {} blanks", config.length),
        Problem::MnistRows => "digits, row by row".to_string(),
        Problem::MnistPixels => "digits, pixel by pixel".to_string(),
        Problem::MnistPermuted => "digits, pixel by pixel in a drawn order".to_string(),
    };
    let mut sections = vec![results(input)];
    if has_gradients(input.all) {
        sections.push(gradients(input));
    }
    if input.all.iter().any(|one| !one.gates.is_empty()) {
        sections.push(gates(input));
    }
    let trained = !histories.is_empty();
    if trained {
        sections.push(training(input));
    }
    let mut facts = vec![
        ("data", summary.data.source.clone()),
        ("backend", summary.backend.clone()),
        ("seed", summary.seed.to_string()),
        ("hidden units", config.d_hidden.to_string()),
        ("gradient clipped at", config.train.clip_norm.to_string()),
    ];
    if trained {
        let seconds = format!("{:.0} s", summary.train.seconds);
        facts.push(("training, all networks", seconds));
    }
    Page {
        title: format!("{}: {what}", summary.task),
        subtitle: format!("tested on {} sequences", summary.data.test_items),
        facts: facts
            .into_iter()
            .map(|(name, value)| (name.to_string(), value))
            .collect(),
        headline: headline(input),
        notes: Vec::new(),
        sections,
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
    }
    .to_html()
}

/// The figure that a problem is about: its name, its heading, and whether less is better.
fn measure(problem: Problem) -> (&'static str, &'static str, bool) {
    match problem {
        Problem::Adding => ("mse", "mean squared error", true),
        Problem::Copy => ("log_loss", "cross-entropy of a step", true),
        _ => ("accuracy", "accuracy", false),
    }
}

fn headline(input: &PageInput<'_>) -> Vec<Figure> {
    let (name, heading, _) = measure(input.config.problem);
    let of = |one: &Tested| Figure {
        label: format!("{heading}, {}", one.name.replace('_', " ")),
        value: format!("{:.4}", figure(&one.metrics(input.config.problem), name)),
        detail: String::new(),
        verdict: Verdict::Neutral,
    };
    input.all.iter().map(of).collect()
}

fn results(input: &PageInput<'_>) -> Section {
    let (name, heading, less) = measure(input.config.problem);
    let chance = input
        .summary
        .baselines
        .get("chance")
        .cloned()
        .unwrap_or_default();
    let metrics: Vec<Metrics> = input
        .all
        .iter()
        .map(|one| one.metrics(input.config.problem))
        .collect();
    let values = metrics.iter().map(|one| figure(one, name));
    let best = match less {
        true => values.fold(f64::INFINITY, f64::min),
        false => values.fold(f64::NEG_INFINITY, f64::max),
    };
    let row = |label: &str, figures: &Metrics, parameters: Option<usize>| TableRow {
        label: label.replace('_', " "),
        cells: vec![
            Cell {
                text: format!("{:.5}", figure(figures, name)),
                detail: None,
                best: figure(figures, name) == best,
            },
            Cell {
                text: match figures.get("gradient_kept") {
                    Some(kept) => format!("{kept:.1e}"),
                    None => String::new(),
                },
                ..Cell::default()
            },
            Cell {
                text: parameters.map_or(String::new(), |count| count.to_string()),
                ..Cell::default()
            },
        ],
        emphasis: false,
    };
    let mut rows: Vec<TableRow> = input
        .all
        .iter()
        .zip(&metrics)
        .map(|(one, figures)| row(one.name, figures, Some(one.parameters)))
        .collect();
    rows.push(row("remembers nothing", &chance, None));
    Section {
        title: "What stays".to_string(),
        lead: "All networks have as many hidden units and were trained alike.".to_string(),
        blocks: vec![Block::Table(Table {
            caption:
                "Gradient kept: that of the last state by the first input, for that by the last \
                      input, after training."
                    .to_string(),
            columns: [heading, "gradient kept", "parameters"]
                .map(String::from)
                .to_vec(),
            rows,
        })],
    }
}

/// Gradients were measured; a network that reads both ways has no distance to measure them by.
pub fn has_gradients(all: &[Tested]) -> bool {
    all.iter().any(|one| !one.gradient_after.is_empty())
}

/// How gradients fade with distance, before and after training.
pub fn gradient_charts(all: &[Tested]) -> [Chart; 2] {
    let chart = |title: &str, of: fn(&Tested) -> &[f64]| {
        let curve = |one: &Tested| {
            let norms = of(one);
            let largest = norms.iter().copied().fold(FLOOR, f64::max);
            let share = |norm: &f64| (norm / largest).max(FLOOR).log10();
            Curve {
                name: one.name.replace('_', " "),
                x: (0..norms.len()).map(|at| at as f64).collect(),
                y: norms.iter().map(share).collect(),
            }
        };
        Chart {
            title: title.to_string(),
            caption: String::new(),
            kind: ChartKind::Curves {
                x_label: "steps back from the end".to_string(),
                y_label: "log10 of the norm, largest 0".to_string(),
                curves: all.iter().map(curve).collect(),
                mark_x: None,
            },
        }
    };
    [
        chart("Before training", |one| &one.gradient_before),
        chart("After training", |one| &one.gradient_after),
    ]
}

fn gradients(input: &PageInput<'_>) -> Section {
    Section {
        title: "What vanishes".to_string(),
        lead: "How much the last state depends on what was read so many steps before: the norm of \
               its gradient by the input, a mean over 64 sequences that validate. A straight line down \
               is a gradient that vanishes at one rate; what is less than 1e-12 of the largest is \
               drawn there."
            .to_string(),
        blocks: gradient_charts(input.all).map(Block::Chart).into(),
    }
}

/// Units from top to bottom, steps from left to right.
fn gate_map(trace: &GateTrace, d_hidden: usize) -> HeatMap {
    let steps = trace.values.len() / d_hidden.max(1);
    let units = d_hidden.min(UNITS);
    let cells = (0..units).flat_map(|unit| (0..steps).map(move |step| step * d_hidden + unit));
    HeatMap {
        rows: (1..=units).map(|unit| unit.to_string()).collect(),
        columns: (1..=steps)
            .map(|step| match step == 1 || step % 10 == 0 {
                true => step.to_string(),
                false => String::new(),
            })
            .collect(),
        values: cells.map(|at| f64::from(trace.values[at])).collect(),
    }
}

/// The gates of one network, drawn. Those between 0 and 1: the others are no gates.
pub fn gate_charts(name: &str, traces: &[GateTrace], d_hidden: usize) -> Vec<Chart> {
    let open = ["input", "forget", "output", "reset", "update"];
    let chart = |trace: &GateTrace| Chart {
        title: format!("{}: {} gate", name.replace('_', " "), trace.name),
        caption: format!(
            "First layer, forwards: {} units, down; {} steps, across. Dark is open.",
            d_hidden.min(UNITS),
            trace.values.len() / d_hidden.max(1)
        ),
        kind: ChartKind::HeatMap(gate_map(trace, d_hidden)),
    };
    let gates = traces.iter().filter(|trace| open.contains(&trace.name));
    gates.map(chart).collect()
}

fn gates(input: &PageInput<'_>) -> Section {
    let charts = |one: &Tested| gate_charts(one.name, &one.gates, input.config.d_hidden);
    let blocks = input
        .all
        .iter()
        .flat_map(charts)
        .map(Block::Chart)
        .collect();
    Section {
        title: "Gates over a sequence".to_string(),
        lead: format!(
            "The first test sequence, its first {DRAWN} steps at most. A forget gate that stays dark \
             keeps its cell."
        ),
        blocks,
    }
}

fn training(input: &PageInput<'_>) -> Section {
    let names = input.all.iter().map(|one| one.name.replace('_', " "));
    validation(names.zip(input.histories), "", "loss")
}
