//! `report.html`.

mod accuracy;
mod forecasts;
mod headline;
mod training;

use super::config::{StockConfig, Target};
use super::data::Form;
use super::prepare::Series;
use super::scoring::Tested;
use crate::fit::History;
use crate::summary::{Metrics, Summary};
use accuracy::{accuracy, calibration};
use forecasts::forecasts;
use headline::{facts, headline};
use rekindle_data::Span;
use rekindle_report::{Note, NoteKind, Page};
use training::{split, training};

/// What the page is made of.
pub struct PageInput<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// The settings.
    pub config: &'a StockConfig,
    /// What was read.
    pub notes: &'a [String],
    /// One series or a panel.
    pub form: Form,
    /// Prices.
    pub series: &'a Series,
    /// The split; empty in an evaluation.
    pub spans: &'a [Span],
    /// One a fold; empty in an evaluation.
    pub histories: &'a [History],
    /// The folds' figures.
    pub per_fold: &'a [Metrics],
    /// The test.
    pub tested: &'a Tested,
}

/// The page as HTML.
pub fn render(input: &PageInput<'_>) -> String {
    let summary = input.summary;
    let what = if input.histories.is_empty() {
        "evaluation of a saved run"
    } else {
        "training run"
    };
    let mut sections = vec![forecasts(input), accuracy(input), calibration(input)];
    if !input.spans.is_empty() {
        sections.push(split(input));
    }
    if !input.histories.is_empty() {
        sections.push(training(input));
    }
    Page {
        title: format!("{}: {}", summary.task, summary.data.source),
        subtitle: format!(
            "{what}; {} days ahead from {} days of history, tested on {} windows from {} to {}",
            input.config.horizon,
            input.config.lookback,
            summary.data.test_items,
            summary.data.test_from,
            summary.data.until
        ),
        facts: facts(input),
        headline: headline(input),
        notes: input
            .notes
            .iter()
            .map(|text| Note {
                kind: NoteKind::Info,
                text: text.clone(),
            })
            .chain(level_warning(input.config))
            .collect(),
        sections,
        footer: format!("rekindle {}", env!("CARGO_PKG_VERSION")),
    }
    .to_html()
}

fn level_warning(config: &StockConfig) -> Option<Note> {
    (config.target == Target::Level).then(|| Note {
        kind: NoteKind::Warning,
        text: "The target is the level, scaled on the training part. A series that leaves the \
               range it was trained on leaves the model behind; the default target=return does not \
               have this flaw."
            .to_string(),
    })
}

fn interval(input: &PageInput<'_>, name: &str) -> Option<(f64, f64)> {
    input.summary.intervals.get(name).copied()
}

/// Four significant digits are enough to compare.
fn short(value: f64) -> String {
    match value.abs() {
        size if !value.is_finite() || size == 0.0 => format!("{value}"),
        size if size >= 1000.0 => format!("{value:.0}"),
        size => {
            let digits = (3 - size.log10().floor() as i64).clamp(0, 7) as usize;
            format!("{value:.digits$}")
        }
    }
}
