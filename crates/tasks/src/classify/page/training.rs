//! The curves of loss and accuracy.

use super::PageInput;
use crate::fit::{EpochRow, History};
use rekindle_report::{Block, Chart, ChartKind, Curve, Section};

/// Loss and accuracy by epoch, on training and validation part.
pub fn training(input: &PageInput<'_>) -> Section {
    let several = input.histories.len() > 1;
    let row = |(fold, history): (usize, &History)| {
        let prefix = match several {
            true => format!("Fold {}: ", fold + 1),
            false => String::new(),
        };
        let loss = chart(history, format!("{prefix}loss by epoch"), "loss", |row| {
            (row.train_loss, row.valid_loss)
        });
        let accuracy = chart(
            history,
            format!("{prefix}accuracy by epoch"),
            "accuracy",
            |row| (row.train_accuracy, row.valid_accuracy),
        );
        Block::Row(vec![loss, accuracy])
    };
    Section {
        title: "Training".to_string(),
        lead: "Training figures are means over the epoch, with dropout. The network of the epoch \
               with the least loss on validation is kept."
            .to_string(),
        blocks: input.histories.iter().enumerate().map(row).collect(),
    }
}

fn chart(
    history: &History,
    title: String,
    y_label: &str,
    of: impl Fn(&EpochRow) -> (f64, f64),
) -> Block {
    let x: Vec<f64> = history.rows.iter().map(|row| row.epoch as f64).collect();
    let (train, valid) = history.rows.iter().map(of).unzip();
    let curve = |name: &str, y: Vec<f64>| Curve {
        name: name.to_string(),
        x: x.clone(),
        y,
    };
    Block::Chart(Chart {
        title,
        caption: String::new(),
        kind: ChartKind::Curves {
            x_label: "epoch".to_string(),
            y_label: y_label.to_string(),
            curves: vec![curve("training", train), curve("validation", valid)],
            mark_x: history
                .best()
                .map(|row| (row.epoch as f64, "kept".to_string())),
        },
    })
}
