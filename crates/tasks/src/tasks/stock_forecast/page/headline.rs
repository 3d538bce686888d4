//! What was run, and the figures at the top of the page.

use super::{PageInput, interval};
use crate::page::{self, percent, verdict};
use crate::tasks::stock_forecast::data::Form;
use rekindle_report::{Figure, Verdict};

/// What was run, in pairs of label and value.
pub fn facts(input: &PageInput<'_>) -> Vec<(String, String)> {
    let (summary, config) = (input.summary, input.config);
    let mut facts = vec![
        ("backend", summary.backend.clone()),
        ("seed", summary.seed.to_string()),
        (
            "rows",
            format!("{} in {} series", summary.data.rows, summary.data.series),
        ),
        (
            "cell",
            format!(
                "{:?}, {} hidden, {} layer(s)",
                config.cell, config.d_hidden, config.num_layers
            ),
        ),
        (
            "target",
            format!("{:?}, {:?} strategy", config.target, config.strategy).to_lowercase(),
        ),
        (
            "unit",
            match input.form {
                Form::Single => "price".to_string(),
                Form::Panel => "log return from the origin".to_string(),
            },
        ),
    ];
    if !input.histories.is_empty() {
        facts.push((
            "windows",
            format!(
                "{} train, {} validation, {} test",
                summary.data.train_items, summary.data.valid_items, summary.data.test_items
            ),
        ));
        facts.push(("training", page::training(&summary.train)));
    }
    facts
        .into_iter()
        .map(|(label, value)| (label.to_string(), value))
        .collect()
}

/// The figures at the top.
pub fn headline(input: &PageInput<'_>) -> Vec<Figure> {
    let range = |name: &str| match interval(input, name) {
        Some((low, high)) => format!("95 % interval {} to {}", percent(low), percent(high)),
        None => "too few days for an interval".to_string(),
    };
    let coverage = input.summary.metric("coverage_80");
    let mut figures = vec![
        Figure {
            label: "Pinball skill".to_string(),
            value: percent(input.summary.metric("pinball_skill")),
            detail: format!(
                "over each symbol's own past quantiles; {}",
                range("pinball_skill")
            ),
            verdict: verdict(interval(input, "pinball_skill")),
        },
        Figure {
            label: "RMSE skill".to_string(),
            value: percent(input.summary.metric("rmse_skill")),
            detail: format!("over \"tomorrow equals today\"; {}", range("rmse_skill")),
            verdict: verdict(interval(input, "rmse_skill")),
        },
        Figure {
            label: "80 % interval covers".to_string(),
            value: format!("{:.1} %", coverage * 100.0),
            detail: match interval(input, "coverage_80") {
                Some((low, high)) => {
                    format!("95 % interval {:.1} to {:.1} %", low * 100.0, high * 100.0)
                }
                None => "of the observed closes".to_string(),
            },
            verdict: match interval(input, "coverage_80") {
                Some((low, high)) if low <= 0.8 && 0.8 <= high => Verdict::Good,
                Some(_) if (coverage - 0.8).abs() > 0.05 => Verdict::Bad,
                _ => Verdict::Neutral,
            },
        },
    ];
    let pair = |label: &str, name: &str, digits: usize| {
        let (ours, theirs) = (
            input.summary.metric(name),
            input.summary.baseline("persistence", name),
        );
        Figure {
            label: label.to_string(),
            value: format!("{ours:.digits$}"),
            detail: format!("persistence {theirs:.digits$}"),
            verdict: match ours / theirs {
                ratio if ratio < 0.97 => Verdict::Good,
                ratio if ratio > 1.03 => Verdict::Bad,
                _ => Verdict::Neutral,
            },
        }
    };
    let digits = if input.form == Form::Panel { 5 } else { 2 };
    figures.push(pair("RMSE, one day ahead", "one_step_rmse", digits));
    if input.tested.ahead.is_some() {
        figures.push(pair("RMSE, all days in one go", "ahead_rmse", digits));
    }
    figures
}
