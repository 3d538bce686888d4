//! What the pages of several tasks share.

use crate::fit::History;
use crate::summary::TrainSummary;
use rekindle_data::{Part, Span};
use rekindle_report::{Block, Chart, ChartKind, Curve, Section, SplitSpan, Verdict};

/// The parts of a split as a chart names them.
pub fn split_spans(spans: &[Span]) -> Vec<SplitSpan> {
    spans
        .iter()
        .map(|span| SplitSpan {
            name: match span.part {
                Some(Part::Train) => "train",
                Some(Part::Valid) => "validation",
                Some(Part::Test) => "test",
                None => "gap",
            }
            .to_string(),
            from: span.from,
            to: span.to,
        })
        .collect()
}

/// How several networks got on, side by side.
pub fn validation<'a>(
    histories: impl Iterator<Item = (String, &'a History)>,
    caption: &str,
    y_label: &str,
) -> Section {
    let curves = histories.map(|(name, history)| Curve {
        name,
        x: history.rows.iter().map(|row| row.epoch as f64).collect(),
        y: history.rows.iter().map(|row| row.valid_loss).collect(),
    });
    Section {
        title: "Training".to_string(),
        lead: "Every network keeps the epoch that was best on validation.".to_string(),
        blocks: vec![Block::Chart(Chart {
            title: "Validation loss".to_string(),
            caption: caption.to_string(),
            kind: ChartKind::Curves {
                x_label: "epoch".to_string(),
                y_label: y_label.to_string(),
                curves: curves.collect(),
                mark_x: None,
            },
        })],
    }
}

/// How training went, in a line.
pub fn training(train: &TrainSummary) -> String {
    format!(
        "{} epochs (best {}), {:.1} s, {:.0} windows/s, {} parameters",
        train.epochs, train.best_epoch, train.seconds, train.samples_per_second, train.parameters
    )
}

/// A share as a signed percentage.
pub fn percent(value: f64) -> String {
    format!("{:+.1} %", value * 100.0)
}

/// An interval wholly on one side of zero is a verdict; else it is open.
pub fn verdict(interval: Option<(f64, f64)>) -> Verdict {
    match interval {
        Some((low, _)) if low > 0.0 => Verdict::Good,
        Some((_, high)) if high < 0.0 => Verdict::Bad,
        _ => Verdict::Neutral,
    }
}
