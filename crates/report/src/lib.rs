//! One self-contained HTML page with SVG plots, from plain numbers.
//!
//! The crate knows nothing about models or training: it takes labels and numbers, and returns a
//! `String`. The page needs no network, no web fonts and no scripts, follows the reader's light
//! or dark preference, prints, and shrinks to a phone.
//!
//! ```
//! use rekindle_report::{Block, Chart, ChartKind, Curve, Figure, Page, Section, Verdict};
//!
//! let epochs: Vec<f64> = (1..=20).map(f64::from).collect();
//! let loss = epochs.iter().map(|e| 0.4 + 1.0 / e).collect();
//! let curve = Curve { name: "training".into(), x: epochs, y: loss };
//! let page = Page {
//!     title: "Power demand".into(),
//!     headline: vec![Figure {
//!         label: "Skill".into(),
//!         value: "+12.4 %".into(),
//!         detail: "against last week's value".into(),
//!         verdict: Verdict::Good,
//!     }],
//!     sections: vec![Section {
//!         title: "Training".into(),
//!         lead: "Lower is better.".into(),
//!         blocks: vec![Block::Chart(Chart {
//!             title: "Loss by epoch".into(),
//!             caption: String::new(),
//!             kind: ChartKind::Curves {
//!                 x_label: "epoch".into(),
//!                 y_label: "loss".into(),
//!                 curves: vec![curve],
//!                 mark_x: Some((20.0, "best".into())),
//!             },
//!         })],
//!     }],
//!     ..Page::default()
//! };
//! let html = page.to_html();
//! assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<svg"));
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod chart;
mod html;
mod page;
mod png;
mod terminal;

pub use chart::{Band, Bar, CalibrationMark, Chart, ChartKind, Curve, HeatMap, SplitSpan};
pub use page::{
    Block, Cell, Figure, Note, NoteKind, Page, Section, Table, TableRow, Token, Verdict,
};
pub use png::PngError;

/// Runs the snippet of the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
