//! What a model says of single texts, and which words carried it.

use crate::classify::answer::Answer;
use crate::classify::classes::Classes;
use rekindle_report::{Block, Cell, Page, Section, Table, TableRow, Token};

/// A page of answers.
pub fn answers(name: &str, classes: &Classes, answers: &[Answer]) -> String {
    Page {
        title: format!("{}: predictions", name),
        subtitle: format!("{} texts", answers.len()),
        sections: vec![section(classes, answers)],
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
        ..Page::default()
    }
    .to_html()
}

/// A section of answers.
pub fn section(classes: &Classes, answers: &[Answer]) -> Section {
    let attended = answers.iter().any(|answer| !answer.attention.is_empty());
    let lead = match attended {
        true => "The darker a word, the more of the network's attention it got.",
        false => "",
    };
    Section {
        title: "What the model says".to_string(),
        lead: lead.to_string(),
        blocks: answers
            .iter()
            .flat_map(|answer| blocks(classes, answer))
            .collect(),
    }
}

fn blocks(classes: &Classes, answer: &Answer) -> Vec<Block> {
    let largest = answer
        .attention
        .iter()
        .map(|(_, weight)| *weight)
        .fold(0.0, f64::max);
    let text = match answer.attention.is_empty() {
        true => Block::Text(answer.text.clone()),
        false => Block::Tokens(
            answer
                .attention
                .iter()
                .map(|(token, weight)| Token {
                    text: token.clone(),
                    strength: weight / largest.max(1e-12),
                })
                .collect(),
        ),
    };
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by(|&a, &b| answer.probabilities[b].total_cmp(&answer.probabilities[a]));
    let rows = order.into_iter().map(|class| TableRow {
        label: classes.name(class).to_string(),
        cells: vec![Cell {
            text: format!("{:.4}", answer.probabilities[class]),
            ..Cell::default()
        }],
        emphasis: class == answer.class,
    });
    let table = Table {
        caption: String::new(),
        columns: ["class", "probability"].map(str::to_string).to_vec(),
        rows: rows.collect(),
    };
    vec![text, Block::Table(table)]
}
