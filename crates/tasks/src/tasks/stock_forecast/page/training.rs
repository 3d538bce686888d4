//! The split on a time axis, and the loss curves.

use super::PageInput;
use crate::page::split_spans;
use crate::tasks::stock_forecast::data::Form;
use jiff::civil::Date;
use rekindle_report::{Block, Chart, ChartKind, Curve, Section};

/// The parts on a time axis.
pub fn split(input: &PageInput<'_>) -> Section {
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
                spans: split_spans(input.spans),
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

/// The loss curves.
pub fn training(input: &PageInput<'_>) -> Section {
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
