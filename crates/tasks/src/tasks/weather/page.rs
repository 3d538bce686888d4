//! `report.html`.

use super::config::{Member, WeatherConfig};
use super::prepare::Days;
use super::scores::Tested;
use crate::fit::History;
use crate::page::{split_spans, validation};
use crate::summary::{Metrics, Summary, figure};
use rekindle_data::Span;
use rekindle_eval::event_reliability;
use rekindle_report::{
    Bar, Block, CalibrationMark, Cell, Chart, ChartKind, Figure, Note, NoteKind, Page, Section,
    Table, TableRow, Verdict,
};

/// What the page is made of.
pub struct PageInput<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// The settings.
    pub config: &'a WeatherConfig,
    /// What was read.
    pub notes: &'a [String],
    /// The split; empty in an evaluation.
    pub spans: &'a [Span],
    /// The observations.
    pub days: &'a Days,
    /// One a network; empty in an evaluation.
    pub histories: &'a [History],
    /// The test.
    pub tested: &'a Tested,
}

/// The page as HTML.
pub fn render(input: &PageInput<'_>) -> String {
    let summary = input.summary;
    let what = match input.histories.is_empty() {
        true => "evaluation of a saved run",
        false => "training run",
    };
    let mut sections = vec![memory(input), reliability(input)];
    if !input.histories.is_empty() {
        sections.push(split(input));
        sections.push(training(input));
    }
    Page {
        title: format!("{}: rain tomorrow", summary.task),
        subtitle: format!(
            "{what}; {} days of history, tested on {} days of {} stations together, from {} to {}",
            input.config.lookback,
            summary.data.test_items,
            summary.data.series,
            summary.data.test_from,
            summary.data.until
        ),
        facts: facts(input),
        headline: headline(input),
        notes: vec![Note {
            kind: NoteKind::Info,
            text: input.notes.join(". "),
        }],
        sections,
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
    }
    .to_html()
}

fn facts(input: &PageInput<'_>) -> Vec<(String, String)> {
    let summary = input.summary;
    let mut facts = vec![
        ("data", summary.data.source.clone()),
        ("backend", summary.backend.clone()),
        ("seed", summary.seed.to_string()),
        ("network", input.config.member.name().to_string()),
    ];
    if summary.train.seconds > 0.0 {
        facts.push((
            "training, all networks",
            format!("{:.1} s", summary.train.seconds),
        ));
        facts.push(("parameters", summary.train.parameters.to_string()));
    }
    let named = facts.into_iter();
    named
        .map(|(name, value)| (name.to_string(), value))
        .collect()
}

fn headline(input: &PageInput<'_>) -> Vec<Figure> {
    let metric = |name: &str| input.summary.metric(name);
    let baseline = |of: &str, name: &str| input.summary.baseline(of, name);
    let range = |name: &str, scale: f64, unit: &str| match input.summary.intervals.get(name) {
        Some((low, high)) if scale == 1.0 => format!("95 %: {low:.3} to {high:.3}"),
        Some((low, high)) => format!("95 %: {:.1} to {:.1}{unit}", low * scale, high * scale),
        None => String::new(),
    };
    let verdict = |name: &str| match input.summary.intervals.get(name) {
        Some((low, _)) if *low > 0.0 => Verdict::Good,
        Some((_, high)) if *high < 0.0 => Verdict::Bad,
        _ => Verdict::Neutral,
    };
    let figure = |label: &str, value: String, detail: String, verdict: Verdict| Figure {
        label: label.to_string(),
        value,
        detail,
        verdict,
    };
    vec![
        figure(
            "Accuracy",
            format!("{:.1} %", metric("accuracy") * 100.0),
            format!(
                "{}; same as today: {:.1} %",
                range("accuracy", 100.0, " %"),
                baseline("persistence", "accuracy") * 100.0
            ),
            Verdict::Neutral,
        ),
        figure(
            "Brier skill over climatology",
            format!("{:+.1} %", metric("brier_skill") * 100.0),
            range("brier_skill", 100.0, " %"),
            verdict("brier_skill"),
        ),
        figure(
            "What memory buys: Brier skill over the memoryless network",
            format!("{:+.1} %", metric("memory_brier_skill") * 100.0),
            range("memory_brier_skill", 100.0, " %"),
            verdict("memory_brier_skill"),
        ),
        figure(
            "F1 of rain",
            format!("{:.3}", metric("f1")),
            range("f1", 1.0, ""),
            Verdict::Neutral,
        ),
    ]
}

/// Columns of the table: name, heading, and whether less is better.
const COLUMNS: [(&str, &str, bool); 7] = [
    ("accuracy", "accuracy", false),
    ("f1", "F1", false),
    ("brier", "Brier score", true),
    ("brier_skill", "Brier skill", false),
    ("memory_brier_skill", "skill over memoryless", false),
    ("roc_auc", "ROC AUC", false),
    ("ece", "calibration error", true),
];

fn memory(input: &PageInput<'_>) -> Section {
    let tested = input.tested;
    let all: Vec<(&str, &Metrics)> = tested
        .forecasts
        .iter()
        .filter_map(|(name, _)| match *name == tested.chosen {
            true => Some((*name, &input.summary.metrics)),
            false => Some((*name, input.summary.baselines.get(*name)?)),
        })
        .collect();
    let best = |column: &str, less: bool| {
        let values = all.iter().map(|(_, figures)| figure(figures, column));
        let values = values.filter(|value| value.is_finite());
        match less {
            true => values.fold(f64::INFINITY, f64::min),
            false => values.fold(f64::NEG_INFINITY, f64::max),
        }
    };
    let intervals = |name: &str| tested.intervals(name, input.summary.seed);
    let mut bars = Vec::new();
    let rows = all.iter().map(|(name, figures)| {
        let network = Member::ALL.iter().any(|member| member.name() == *name);
        let intervals = match network {
            true => intervals(name),
            false => Vec::new(),
        };
        let interval = |column: &str| {
            intervals
                .iter()
                .find(|(of, _)| *of == column)
                .map(|(_, i)| *i)
        };
        if network {
            let skill = interval("brier_skill");
            bars.push(Bar {
                name: name.to_string(),
                value: figure(figures, "brier_skill"),
                lower: skill.map(|(low, _)| low),
                upper: skill.map(|(_, high)| high),
                emphasis: *name == tested.chosen,
            });
        }
        TableRow {
            label: name.replace('_', " "),
            cells: COLUMNS
                .iter()
                .map(|(column, _, less)| Cell {
                    text: format!("{:.4}", figure(figures, column)),
                    detail: interval(column).map(|(low, high)| format!("{low:.3} to {high:.3}")),
                    best: figure(figures, column) == best(column, *less),
                })
                .collect(),
            emphasis: *name == tested.chosen,
        }
    });
    let table = Table {
        caption:
            "Networks, then baselines, on the same test days; 95 % intervals from drawing blocks \
                  of 14 days again."
                .to_string(),
        columns: COLUMNS
            .iter()
            .map(|(_, heading, _)| heading.to_string())
            .collect(),
        rows: rows.collect(),
    };
    Section {
        title: "What memory buys".to_string(),
        lead: format!(
            "The memoryless network sees today; the others read {} days. All have {} units and were \
             trained alike, {} of each kind, whose probabilities are averaged. Skill is \
             1 - score / score of climatology, the share of wet days of the month at the station in \
             the training part.",
            input.config.lookback, input.config.d_hidden, input.config.repeats
        ),
        blocks: vec![
            Block::Table(table),
            Block::Chart(Chart {
                title: "Brier skill over climatology".to_string(),
                caption: "With 95 % intervals. All networks meet the same days, so their differences are \
                          surer than these intervals: the table has skill over memoryless."
                    .to_string(),
                kind: ChartKind::Bars {
                    y_label: "Brier skill".to_string(),
                    bars,
                    zero_line: true,
                },
            }),
        ],
    }
}

fn reliability(input: &PageInput<'_>) -> Section {
    let plot = |name: &str| {
        let bins = event_reliability(&input.tested.happened, input.tested.of(name), 10);
        let points = bins.iter().map(|bin| CalibrationMark {
            nominal: bin.forecast,
            observed: bin.observed,
            lower: bin.interval.0,
            upper: bin.interval.1,
        });
        Block::Chart(Chart {
            title: format!("Reliability of {name}"),
            caption: "Across: the probability of rain that was said; up: how often it rained then."
                .to_string(),
            kind: ChartKind::Calibration {
                points: points.collect(),
                name: name.to_string(),
            },
        })
    };
    let mut names = vec![input.tested.chosen];
    names.extend((input.tested.chosen != "memoryless").then_some("memoryless"));
    Section {
        title: "Reliability".to_string(),
        lead: "On the diagonal, a probability is what it says.".to_string(),
        blocks: vec![Block::Row(names.into_iter().map(plot).collect())],
    }
}

fn split(input: &PageInput<'_>) -> Section {
    let table = &input.days.table;
    let range = table.range(0);
    let values = table.column("MaxTemp").unwrap_or_default();
    Section {
        title: "Data and split".to_string(),
        lead: "Split by time, with a gap of the days a window reads between the parts. Scaler and \
               baselines are fitted on the training part alone."
            .to_string(),
        blocks: vec![Block::Chart(Chart {
            title: format!("Highest temperature of a day, {}", table.series(0)),
            caption: String::new(),
            kind: ChartKind::Split {
                dates: table.dates()[range.clone()].to_vec(),
                values: values.get(range).unwrap_or_default().to_vec(),
                y_label: "°C".to_string(),
                spans: split_spans(input.spans),
            },
        })],
    }
}

fn training(input: &PageInput<'_>) -> Section {
    let first = input.histories.iter().step_by(input.config.repeats.max(1));
    let named = Member::ALL.iter().map(|member| member.name().to_string());
    validation(
        named.zip(first),
        "Mean cross-entropy of the first network of each kind.",
        "cross-entropy",
    )
}
