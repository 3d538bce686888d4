//! Figures, classes, calibration and mistakes.

use super::PageInput;
use crate::classify::scores::BINS;
use crate::classify::truth::{Hits, Truth};
use rekindle_eval::reliability as measured;
use rekindle_report::{Block, Cell, Chart, ChartKind, Curve, Section, Table, TableRow};

const MISTAKES: usize = 20;
/// Letters of a text shown in a table.
const SHOWN: usize = 200;

/// All figures beside the baselines'.
pub fn figures(input: &PageInput<'_>) -> Section {
    let summary = input.summary;
    let mut columns = vec!["figure".to_string(), "model".to_string()];
    columns.extend(summary.baselines.keys().map(|name| name.replace('_', " ")));
    let rows = summary.metrics.iter().map(|(name, value)| {
        let interval = summary.intervals.get(name);
        let own = Cell {
            text: format!("{value:.4}"),
            detail: interval.map(|(low, high)| format!("{low:.4} to {high:.4}")),
            best: false,
        };
        let others = summary.baselines.values().map(|metrics| Cell {
            text: metrics
                .get(name)
                .map_or(String::new(), |value| format!("{value:.4}")),
            ..Cell::default()
        });
        TableRow {
            label: name.replace('_', " "),
            cells: std::iter::once(own).chain(others).collect(),
            emphasis: false,
        }
    });
    Section {
        title: "Figures".to_string(),
        lead: "On the test part, read once. Intervals are those of 1,000 resamples of its texts. \
               The linear model is a support vector machine on words and their pairs (TF-IDF), \
               trained on the same texts."
            .to_string(),
        blocks: vec![Block::Table(Table {
            caption: String::new(),
            columns,
            rows: rows.collect(),
        })],
    }
}

/// Precision and recall of each class, and what was taken for what.
pub fn classes(input: &PageInput<'_>) -> Section {
    let Some(confusion) = input.answers.confusion() else {
        return several(input);
    };
    let names: Vec<String> = (0..input.classes.len())
        .map(|class| input.classes.name(class).to_string())
        .collect();
    let cell = |text: String| Cell {
        text,
        ..Cell::default()
    };
    let report = names.iter().enumerate().map(|(class, name)| TableRow {
        label: name.clone(),
        cells: vec![
            cell(format!("{:.4}", confusion.precision(class))),
            cell(format!("{:.4}", confusion.recall(class))),
            cell(format!("{:.4}", confusion.f1(class))),
            cell(confusion.support(class).to_string()),
        ],
        emphasis: input.classes.positive == Some(class),
    });
    let taken = names.iter().enumerate().map(|(truth, name)| TableRow {
        label: name.clone(),
        cells: (0..names.len())
            .map(|predicted| Cell {
                text: confusion.count(truth, predicted).to_string(),
                detail: None,
                best: truth == predicted,
            })
            .collect(),
        emphasis: false,
    });
    let heads = ["class", "precision", "recall", "F1", "texts"].map(str::to_string);
    Section {
        title: "Classes".to_string(),
        lead: "In the second table a row is a true class, a column what the model said."
            .to_string(),
        blocks: vec![Block::Row(vec![
            Block::Table(Table {
                caption: "By class".to_string(),
                columns: heads.to_vec(),
                rows: report.collect(),
            }),
            Block::Table(Table {
                caption: "What was taken for what".to_string(),
                columns: std::iter::once("true class".to_string())
                    .chain(names.clone())
                    .collect(),
                rows: taken.collect(),
            }),
        ])],
    }
}

/// Precision and recall of each class, where a text may have several.
fn several(input: &PageInput<'_>) -> Section {
    let answers = input.answers;
    let cell = |text: String| Cell {
        text,
        ..Cell::default()
    };
    let mut rows: Vec<(usize, TableRow)> = (0..input.classes.len())
        .map(|class| {
            let hits = Hits::of_class(&answers.truth, &answers.said, class);
            let row = TableRow {
                label: input.classes.name(class).to_string(),
                cells: vec![
                    cell(format!("{:.4}", hits.precision())),
                    cell(format!("{:.4}", hits.recall())),
                    cell(format!("{:.4}", hits.f1())),
                    cell(hits.truth.to_string()),
                ],
                emphasis: false,
            };
            (hits.truth, row)
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    let heads = ["class", "precision", "recall", "F1", "texts"].map(str::to_string);
    Section {
        title: "Classes".to_string(),
        lead: "A text may have several classes; each has its own threshold, chosen on validation."
            .to_string(),
        blocks: vec![Block::Table(Table {
            caption: "By class".to_string(),
            columns: heads.to_vec(),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        })],
    }
}

/// Confidence against accuracy, where a text has one class.
pub fn reliability(input: &PageInput<'_>) -> Option<Section> {
    let answers = input.answers;
    let Truth::One(truth) = &answers.truth else {
        return None;
    };
    let measured = measured(truth, &answers.scores, answers.classes, BINS);
    let x: Vec<f64> = measured.bins.iter().map(|bin| bin.confidence).collect();
    let y = measured.bins.iter().map(|bin| bin.accuracy).collect();
    let from = x.first().copied().unwrap_or(0.0);
    Some(Section {
        title: "Calibration".to_string(),
        lead: "Of the texts a model is 80 % sure of, four in five should be right. Probabilities \
               are scaled by weights chosen on validation."
            .to_string(),
        blocks: vec![Block::Chart(Chart {
            title: "Accuracy by confidence".to_string(),
            caption: format!("Expected calibration error {:.4}.", measured.ece),
            kind: ChartKind::Curves {
                x_label: "probability of the likeliest class".to_string(),
                y_label: "share that is of it".to_string(),
                curves: vec![
                    Curve {
                        name: "model".to_string(),
                        x: x.clone(),
                        y,
                    },
                    Curve {
                        name: "perfect".to_string(),
                        x: vec![from, 1.0],
                        y: vec![from, 1.0],
                    },
                ],
                mark_x: None,
            },
        })],
    })
}

/// The mistakes the model was surest of.
pub fn mistakes(input: &PageInput<'_>) -> Section {
    let answers = input.answers;
    let sure = |item: usize| {
        let row = &answers.scores[item * answers.classes..(item + 1) * answers.classes];
        let said = answers
            .said
            .at(item)
            .iter()
            .map(|&class| row[class as usize]);
        said.reduce(f64::max).unwrap_or(0.0)
    };
    let mut wrong: Vec<usize> = (0..answers.truth.len())
        .filter(|&item| answers.truth.at(item) != answers.said.at(item))
        .collect();
    wrong.sort_by(|&a, &b| sure(b).total_cmp(&sure(a)));
    let cell = |text: String| Cell {
        text,
        ..Cell::default()
    };
    let rows = wrong.iter().take(MISTAKES).map(|&item| TableRow {
        label: shown(input.texts[item]),
        cells: vec![
            cell(answers.truth.names(item, input.classes)),
            cell(answers.said.names(item, input.classes)),
            cell(format!("{:.3}", sure(item))),
        ],
        emphasis: false,
    });
    Section {
        title: "Most confident mistakes".to_string(),
        lead: format!(
            "{} of {} test texts were taken for another class; labels can be wrong too.",
            wrong.len(),
            answers.truth.len()
        ),
        blocks: vec![Block::Table(Table {
            caption: String::new(),
            columns: ["text", "labelled", "said", "probability"]
                .map(str::to_string)
                .to_vec(),
            rows: rows.collect(),
        })],
    }
}

fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(SHOWN).collect();
    match letters.next() {
        Some(_) => format!("{start} …"),
        None => start,
    }
}
