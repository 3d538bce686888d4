//! What the pages of several tasks share.

use rekindle_data::{Part, Span};
use rekindle_report::SplitSpan;

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
