//! `report.html`.

use super::saved::{Translation, Translator};
use super::scores::Tested;
use crate::fit::History;
use crate::summary::{Summary, figure};
use rekindle_eval::{BLEU_SIGNATURE, CHRF_SIGNATURE};
use rekindle_models::search::Hypothesis;
use rekindle_report::{
    Bar, Block, Cell, Chart, ChartKind, Curve, Figure, Note, Page, Section, Table, TableRow,
    Verdict,
};

/// Translations shown in full.
const EXAMPLES: usize = 12;

/// Alignments drawn.
const DRAWN: usize = 4;

/// What the page is made of.
pub struct PageInput<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// The network.
    pub translator: &'a Translator,
    /// Absent in an evaluation.
    pub history: Option<&'a History>,
    /// The test.
    pub tested: &'a Tested,
    /// What was done about the data, and what looks wrong.
    pub notes: &'a [String],
}

/// The page as HTML.
pub fn render(input: &PageInput<'_>) -> String {
    let summary = input.summary;
    let what = match input.history {
        None => "evaluation of a saved run",
        Some(_) => "training run",
    };
    let mut sections = vec![quality(input), examples(input)];
    let pairs = input.tested.source.iter().zip(&input.tested.found);
    sections.extend(attention(input.translator, pairs.take(DRAWN)));
    sections.extend(input.history.map(training));
    let [from, to] = input.translator.config.names();
    let notes = input.notes.iter().map(|text| Note {
        text: text.clone(),
        ..Note::default()
    });
    Page {
        title: format!("{}: {from} to {to}", summary.task),
        subtitle: format!("{what}; tested on {} texts", summary.data.test_items),
        facts: facts(input),
        headline: headline(input),
        notes: notes.collect(),
        sections,
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
    }
    .to_html()
}

/// A page of translated texts as HTML.
pub fn translations(translator: &Translator, texts: &[String], found: &[Translation]) -> String {
    let [from, to] = translator.config.names();
    let row = |(text, one): (&String, &Translation)| {
        let hypothesis = |hypothesis: &Hypothesis| {
            vec![
                Cell {
                    text: translator.text(hypothesis),
                    ..Cell::default()
                },
                Cell {
                    text: format!("{:.3}", hypothesis.score),
                    ..Cell::default()
                },
            ]
        };
        let hypotheses = one.hypotheses.iter().enumerate();
        let rows = hypotheses.map(|(rank, one)| TableRow {
            label: format!("{}", rank + 1),
            cells: hypothesis(one),
            emphasis: rank == 0,
        });
        Block::Table(Table {
            caption: text.clone(),
            columns: ["", "translation", "score"].map(String::from).to_vec(),
            rows: rows.collect(),
        })
    };
    let mut sections = vec![Section {
        title: "Translations".to_string(),
        lead: "All hypotheses of the search, best first.".to_string(),
        blocks: texts.iter().zip(found).map(row).collect(),
    }];
    sections.extend(attention(translator, texts.iter().zip(found)));
    Page {
        title: format!("translate: {from} to {to}"),
        sections,
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
        ..Page::default()
    }
    .to_html()
}

/// Heat maps of what was looked at; none without attention.
fn attention<'a>(
    translator: &Translator,
    pairs: impl Iterator<Item = (&'a String, &'a Translation)>,
) -> Option<Section> {
    let charts = pairs.filter_map(|(text, one)| translator.alignment(text, one));
    let blocks: Vec<Block> = charts.map(Block::Chart).collect();
    (!blocks.is_empty()).then(|| Section {
        title: "Attention".to_string(),
        lead: "What the network looked at while it wrote: the weights of its last attention."
            .into(),
        blocks,
    })
}

fn facts(input: &PageInput<'_>) -> Vec<(String, String)> {
    let (summary, config) = (input.summary, &input.translator.config);
    let search = match config.temperature > 0.0 {
        true => format!("drawn, temperature {}", config.temperature),
        false => format!("beam {}", config.beam),
    };
    let mut facts = vec![
        ("data", summary.data.source.clone()),
        ("backend", summary.backend.clone()),
        ("seed", summary.seed.to_string()),
        ("search", search),
        ("BLEU", BLEU_SIGNATURE.to_string()),
        ("chrF", CHRF_SIGNATURE.to_string()),
    ];
    if summary.train.seconds > 0.0 {
        facts.push(("training", format!("{:.0} s", summary.train.seconds)));
        facts.push(("parameters", summary.train.parameters.to_string()));
    }
    let named = facts.into_iter();
    named
        .map(|(name, value)| (name.to_string(), value))
        .collect()
}

fn range(summary: &Summary, name: &str) -> String {
    match summary.intervals.get(name) {
        Some((low, high)) => format!("95 %: {low:.1} to {high:.1}"),
        None => String::new(),
    }
}

fn headline(input: &PageInput<'_>) -> Vec<Figure> {
    let summary = input.summary;
    let figure = |label: &str, name: &str| Figure {
        label: label.to_string(),
        value: format!("{:.2}", summary.metric(name)),
        detail: range(summary, name),
        verdict: Verdict::Neutral,
    };
    let mut figures = vec![figure("BLEU", "bleu"), figure("chrF", "chrf")];
    let over = "bleu_over_translation_memory";
    if let Some((low, high)) = summary.intervals.get(over) {
        figures.push(Figure {
            label: "BLEU over the translation memory".to_string(),
            value: format!("{:+.2}", summary.metric(over)),
            detail: range(summary, over),
            verdict: match (*low > 0.0, *high < 0.0) {
                (true, _) => Verdict::Good,
                (_, true) => Verdict::Bad,
                _ => Verdict::Neutral,
            },
        });
    }
    figures
}

fn quality(input: &PageInput<'_>) -> Section {
    let summary = input.summary;
    let cells = |of: &dyn Fn(&str) -> f64, ours: bool| -> Vec<Cell> {
        let cell = |name: &str| Cell {
            text: format!("{:.2}", of(name)),
            detail: ours
                .then(|| range(summary, name))
                .filter(|text| !text.is_empty()),
            best: false,
        };
        ["bleu", "chrf", "length_ratio"].map(cell).to_vec()
    };
    let mut rows = vec![TableRow {
        label: "network".to_string(),
        cells: cells(&|name| summary.metric(name), true),
        emphasis: true,
    }];
    rows.extend(summary.baselines.iter().map(|(name, figures)| TableRow {
        label: name.replace('_', " "),
        cells: cells(&|of| figure(figures, of), false),
        emphasis: false,
    }));
    let table = Table {
        caption: "Length is words written for words of the reference; 95 % intervals from drawing \
                  texts again, pairs with an equal text together."
            .to_string(),
        columns: ["BLEU", "chrF", "length"].map(String::from).to_vec(),
        rows,
    };
    let bars = input
        .tested
        .by_length()
        .into_iter()
        .map(|(bound, texts, bleu)| Bar {
            name: format!("≤ {bound} ({texts})"),
            value: bleu,
            ..Bar::default()
        });
    Section {
        title: "Quality".to_string(),
        lead: "Copy gives the source back. The translation memory gives the translation of the \
               training text that is most like the source."
            .to_string(),
        blocks: vec![
            Block::Table(table),
            Block::Chart(Chart {
                title: "BLEU by length of the source".to_string(),
                caption: "Words of the source at most, and texts of that length.".to_string(),
                kind: ChartKind::Bars {
                    y_label: "BLEU".to_string(),
                    bars: bars.collect(),
                    zero_line: false,
                },
            }),
        ],
    }
}

fn examples(input: &PageInput<'_>) -> Section {
    let tested = input.tested;
    let step = (tested.source.len() / EXAMPLES).max(1);
    let shown = (0..tested.source.len()).step_by(step).take(EXAMPLES);
    let rows = shown.map(|at| {
        let texts = [&tested.written[at], &tested.reference[at]];
        let cell = |text: &String| Cell {
            text: text.clone(),
            ..Cell::default()
        };
        TableRow {
            label: tested.source[at].clone(),
            cells: texts.map(cell).to_vec(),
            emphasis: false,
        }
    });
    Section {
        title: "Translations".to_string(),
        lead: "Texts at even distances through the file, good or not.".to_string(),
        blocks: vec![Block::Table(Table {
            caption: String::new(),
            columns: ["source", "network", "reference"]
                .map(String::from)
                .to_vec(),
            rows: rows.collect(),
        })],
    }
}

fn training(history: &History) -> Section {
    let x: Vec<f64> = history.rows.iter().map(|row| row.epoch as f64).collect();
    let curve = |name: &str, y: Vec<f64>| Curve {
        name: name.to_string(),
        x: x.clone(),
        y,
    };
    let losses = history
        .rows
        .iter()
        .map(|row| (row.train_loss, row.valid_loss));
    let (train, valid) = losses.unzip();
    Section {
        title: "Training".to_string(),
        lead: "Training loss is with dropout and smoothed targets, validation without; what is \
               validated is the running mean of the weights. The epoch with the least loss on \
               validation is kept."
            .to_string(),
        blocks: vec![Block::Chart(Chart {
            title: "Cross-entropy of a piece".to_string(),
            caption: String::new(),
            kind: ChartKind::Curves {
                x_label: "epoch".to_string(),
                y_label: "cross-entropy".to_string(),
                curves: vec![curve("training", train), curve("validation", valid)],
                mark_x: history
                    .best()
                    .map(|row| (row.epoch as f64, "kept".to_string())),
            },
        })],
    }
}
