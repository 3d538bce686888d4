//! `report.html`.

mod answers;
mod results;
mod training;

use super::answer::Answer;
use super::classes::Classes;
use super::config::ClassifySettings;
use super::scores::Answers;
use crate::fit::History;
use crate::summary::Summary;
use rekindle_report::{Figure, Note, NoteKind, Page, Section, Verdict};

pub use answers::answers;

/// What the page is made of.
pub struct PageInput<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// The settings.
    pub config: &'a ClassifySettings,
    /// The classes.
    pub classes: &'a Classes,
    /// What was read.
    pub notes: &'a [String],
    /// One a fold; empty in an evaluation.
    pub histories: &'a [History],
    /// What the model said of the test texts.
    pub answers: &'a Answers,
    /// The test texts.
    pub texts: &'a [&'a str],
    /// A text to show the model on.
    pub example: Option<&'a Answer>,
}

/// The page as HTML.
pub fn render(input: &PageInput<'_>) -> String {
    let summary = input.summary;
    let mut sections: Vec<Section> = Vec::new();
    if let Some(example) = input.example {
        sections.push(answers::section(
            input.classes,
            std::slice::from_ref(example),
        ));
    }
    sections.push(results::figures(input));
    sections.push(results::classes(input));
    sections.extend(results::reliability(input));
    sections.push(results::mistakes(input));
    if !input.histories.is_empty() {
        sections.push(training::training(input));
    }
    let what = match input.histories.is_empty() {
        true => "evaluation of a saved run",
        false => "training run",
    };
    Page {
        title: format!("{}: {}", summary.task, summary.data.source),
        subtitle: format!("{what}, tested on {} texts", summary.data.test_items),
        facts: facts(input),
        headline: headline(input),
        notes: input
            .notes
            .iter()
            .map(|text| Note {
                kind: NoteKind::Info,
                text: text.clone(),
            })
            .collect(),
        sections,
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
    }
    .to_html()
}

fn facts(input: &PageInput<'_>) -> Vec<(String, String)> {
    let (summary, config) = (input.summary, input.config);
    let mut facts = vec![
        ("task".to_string(), summary.task.clone()),
        ("backend".to_string(), summary.backend.clone()),
        ("seed".to_string(), summary.seed.to_string()),
        ("rows".to_string(), summary.data.rows.to_string()),
    ];
    if !input.histories.is_empty() {
        let train = &summary.train;
        let directions = if config.bidirectional {
            "both ways"
        } else {
            "forwards"
        };
        facts.extend([
            (
                "trained on".to_string(),
                summary.data.train_items.to_string(),
            ),
            (
                "validated on".to_string(),
                summary.data.valid_items.to_string(),
            ),
            ("tested on".to_string(), summary.data.test_items.to_string()),
            (
                "network".to_string(),
                format!(
                    "{} x {:?} {}, {directions}",
                    config.num_layers, config.cell, config.d_hidden
                ),
            ),
            ("parameters".to_string(), train.parameters.to_string()),
            (
                "epochs".to_string(),
                format!("{} (best {})", train.epochs, train.best_epoch),
            ),
            ("training".to_string(), format!("{:.1} s", train.seconds)),
        ]);
    }
    facts
}

fn headline(input: &PageInput<'_>) -> Vec<Figure> {
    let summary = input.summary;
    let of = |name: &str| summary.metric(name);
    let linear = |name: &str| summary.baseline("linear", name);
    let compared = |label: &str, name: &str| {
        let interval = summary.intervals.get(name);
        let interval = interval.map_or(String::new(), |(low, high)| {
            format!("95 %: {:.2} to {:.2}; ", 100.0 * low, 100.0 * high)
        });
        Figure {
            label: label.to_string(),
            value: format!("{:.2} %", 100.0 * of(name)),
            detail: format!("{interval}linear {:.2} %", 100.0 * linear(name)),
            verdict: match of(name) - linear(name) {
                gain if gain > 0.0 => Verdict::Good,
                loss if loss < 0.0 => Verdict::Bad,
                _ => Verdict::Neutral,
            },
        }
    };
    let p = of("mcnemar_p_linear");
    let mut figures = match input.classes.positive {
        Some(_) => vec![
            compared("F1", "f1"),
            compared("Average precision", "pr_auc"),
        ],
        None => vec![
            compared("Accuracy", "accuracy"),
            compared("Macro F1", "macro_f1"),
        ],
    };
    figures.push(Figure {
        label: "Difference to the linear model".to_string(),
        value: if p < 1e-4 {
            "p < 0.0001".to_string()
        } else {
            format!("p = {p:.4}")
        },
        detail: "McNemar's exact test on the same texts".to_string(),
        verdict: Verdict::Neutral,
    });
    let Some(_) = summary.metrics.get("ece") else {
        return figures;
    };
    figures.push(Figure {
        label: "Calibration error".to_string(),
        value: format!("{:.2} %", 100.0 * of("ece")),
        detail: "mean distance of confidence and accuracy".to_string(),
        verdict: Verdict::Neutral,
    });
    figures
}
