//! Colours and line styles.
//!
//! Every colour is a CSS variable with a fallback: inside a page the variables follow the
//! reader's light or dark preference, and an SVG on its own shows the light palette.

use kuva::prelude::LineStyle;

/// Card background, behind the whole plot.
pub(crate) const CARD: &str = "var(--card,#ffffff)";
/// Text and observed values.
pub(crate) const INK: &str = "var(--ink,#1c2733)";
/// Secondary text.
pub(crate) const MUTED: &str = "var(--muted,#566372)";
/// Grid lines.
pub(crate) const GRID: &str = "var(--grid,#e4e8ed)";
/// Axis lines, zero lines, reference diagonals.
pub(crate) const AXIS: &str = "var(--axis,#8793a1)";
/// Bars that are there for comparison.
pub(crate) const QUIET: &str = "var(--quiet,#a9b5c2)";

/// Distinguishable with the common kinds of colour blindness (after Okabe and Ito, darkened for
/// contrast on white).
const SERIES: [&str; 6] = [
    "var(--s1,#0b65ad)",
    "var(--s2,#c2570c)",
    "var(--s3,#0f7f5f)",
    "var(--s4,#8f4a9c)",
    "var(--s5,#7d6800)",
    "var(--s6,#4f5b68)",
];

/// Colour of the n-th series.
pub(crate) fn series(n: usize) -> &'static str {
    SERIES[n % SERIES.len()]
}

/// Line style of the n-th series, so that lines differ without colour too.
pub(crate) fn dash(n: usize) -> LineStyle {
    match n % 4 {
        0 => LineStyle::Solid,
        1 => LineStyle::Dashed,
        2 => LineStyle::DashDot,
        _ => LineStyle::Dotted,
    }
}
