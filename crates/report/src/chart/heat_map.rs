//! Shares in rows and columns: which source words a translated word looked at.

use super::marks::{TEXT, fit, text_width};
use super::palette::{AXIS, CARD, INK, MUTED, series};
use super::svg::{escape, opening};
use super::thin::drawable;
use std::fmt::Write;

/// Widest label, in pixels; longer ones end in an ellipsis and are whole in the tooltip.
const LABEL: f64 = 150.0;
/// Smallest and largest side of a cell.
const CELL: (f64, f64) = (13.0, 30.0);
/// Width that a map tries to keep to.
const WIDTH: f64 = 900.0;
/// Shares below this are left white: a map of long texts would be large for nothing.
const FAINT: f64 = 0.004;
/// How far column labels are turned, in degrees.
const TURN: f64 = 50.0;

/// A table of shares from 0 to 1 with its names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatMap {
    /// Names of the rows, top to bottom: what was written.
    pub rows: Vec<String>,
    /// Names of the columns, left to right: what was looked at.
    pub columns: Vec<String>,
    /// `[rows, columns]`, row by row; what is missing or not a number is left white.
    pub values: Vec<f64>,
}

impl HeatMap {
    /// The share of a cell, 0 where there is none.
    pub fn share(&self, row: usize, column: usize) -> f64 {
        let value = self.values.get(row * self.columns.len() + column);
        let value = value.copied().filter(|&value| drawable(value));
        value.unwrap_or(0.0).clamp(0.0, 1.0)
    }

    /// For each row the column with the largest share.
    pub(crate) fn strongest(&self) -> Vec<(&str, &str)> {
        let best = |row: usize| {
            let columns = 0..self.columns.len();
            columns.max_by(|&a, &b| self.share(row, a).total_cmp(&self.share(row, b)))
        };
        let named = self.rows.iter().enumerate().filter_map(|(row, name)| {
            best(row).map(|column| (name.as_str(), self.columns[column].as_str()))
        });
        named.collect()
    }

    /// The drawing; none without a number.
    pub(crate) fn svg(&self, id: &str, title: &str, description: &str) -> Option<String> {
        let some = self.values.iter().any(|&value| drawable(value));
        if self.rows.is_empty() || self.columns.is_empty() || !some {
            return None;
        }
        let widest = |names: &[String]| {
            let widths = names.iter().map(|name| text_width(name, TEXT));
            widths.fold(0.0, f64::max).min(LABEL)
        };
        let left = widest(&self.rows) + 14.0;
        let (sin, cos) = TURN.to_radians().sin_cos();
        let turned = widest(&self.columns);
        let top = turned * sin + 16.0;
        let count = self.columns.len() as f64;
        let cell = ((WIDTH - left - turned * cos) / count).clamp(CELL.0, CELL.1);
        let width = left + count * cell + (turned * cos).max(20.0) + 6.0;
        let height = top + self.rows.len() as f64 * cell + 44.0;
        let mut out = opening(id, width.ceil(), height.ceil(), title, description);
        let _ = write!(
            out,
            "<rect width=\"100%\" height=\"100%\" fill=\"{CARD}\"/><g font-size=\"{TEXT}\">"
        );
        for (at, name) in self.columns.iter().enumerate() {
            let (x, y) = (left + (at as f64 + 0.5) * cell, top - 7.0);
            let _ = write!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{MUTED}\" \
                 transform=\"rotate(-{TURN} {x:.1} {y:.1})\">{}</text>",
                label(name)
            );
        }
        for (row, name) in self.rows.iter().enumerate() {
            let y = top + (row as f64 + 0.5) * cell + TEXT * 0.35;
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\" fill=\"{INK}\">{}</text>",
                left - 7.0,
                label(name)
            );
        }
        self.cells(&mut out, left, top, cell);
        out += "</g>";
        legend(&mut out, left, height - 26.0);
        Some(out + "</svg>")
    }

    fn cells(&self, out: &mut String, left: f64, top: f64, cell: f64) {
        let color = series(0);
        for (row, to) in self.rows.iter().enumerate() {
            for (column, from) in self.columns.iter().enumerate() {
                let share = self.share(row, column);
                if share < FAINT {
                    continue;
                }
                let (x, y) = (left + column as f64 * cell, top + row as f64 * cell);
                let _ = write!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{cell:.1}\" height=\"{cell:.1}\" \
                     fill=\"{color}\" fill-opacity=\"{share:.2}\"><title>{} ← {}: {share:.2}</title>\
                     </rect>",
                    escape(to),
                    escape(from)
                );
            }
        }
        let _ = write!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" \
             stroke=\"{AXIS}\"/>",
            cell * self.columns.len() as f64,
            cell * self.rows.len() as f64
        );
    }
}

/// A name cut to the room there is, whole in its tooltip.
fn label(name: &str) -> String {
    let short = fit(name, LABEL, TEXT);
    match short == name {
        true => escape(name),
        false => format!("{}<title>{}</title>", escape(&short), escape(name)),
    }
}

/// The scale of the shading.
fn legend(out: &mut String, left: f64, top: f64) {
    let color = series(0);
    for step in 0..=4 {
        let (x, share) = (left + f64::from(step) * 22.0, f64::from(step) / 4.0);
        let _ = write!(
            out,
            "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"22\" height=\"10\" fill=\"{color}\" \
             fill-opacity=\"{share}\" stroke=\"{AXIS}\" stroke-width=\"0.5\"/>"
        );
    }
    for (x, words) in [(left - 5.0, "0"), (left + 123.0, "1")] {
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"12\" text-anchor=\"end\" \
             fill=\"{MUTED}\">{words}</text>",
            top + 9.5
        );
    }
}
