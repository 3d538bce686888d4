//! The head of a chart: the vertical axis' title and the legend.

use super::marks::{TEXT, fit, line, text, text_width};
use super::palette::{CARD, INK, MUTED};
use kuva::prelude::LineStyle;
use kuva::render::render::{Primitive, TextAnchor};

/// One entry of a legend.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) color: &'static str,
    pub(crate) look: Look,
}

/// What the sample beside a legend entry looks like.
#[derive(Debug, Clone)]
pub(crate) enum Look {
    Line(LineStyle),
    Area(f64),
    Dot,
}

/// The head's marks and the height that they take.
pub(crate) struct Head {
    pub(crate) marks: Vec<Primitive>,
    pub(crate) height: f64,
}

const SAMPLE: f64 = 24.0;
const GAP: f64 = 20.0;
const LEFT: f64 = 4.0;

/// Sets the axis title at the left; the legend goes to the right of it where there is room, and
/// into lines of its own where there is not.
pub(crate) fn place(keys: &[Key], y_label: &str, width: f64, row: f64) -> Head {
    let mut marks = Vec::new();
    if !y_label.is_empty() {
        marks.push(text(y_label, LEFT, 16.0, TextAnchor::Start, MUTED, false));
    }
    let names: Vec<String> = keys
        .iter()
        .map(|k| fit(&k.name, width - SAMPLE - 2.0 * GAP, TEXT))
        .collect();
    let sizes: Vec<f64> = names
        .iter()
        .map(|n| SAMPLE + 6.0 + text_width(n, TEXT))
        .collect();
    let total = sizes.iter().sum::<f64>() + GAP * keys.len().saturating_sub(1) as f64;
    let beside = text_width(y_label, TEXT) + 2.0 * GAP + total <= width - LEFT;
    let titled = !y_label.is_empty();
    let start = if beside && titled {
        width - total - LEFT
    } else {
        LEFT
    };
    let (mut x, mut y) = (start, if titled && !beside { 16.0 + row } else { 16.0 });
    for ((key, name), size) in keys.iter().zip(&names).zip(sizes) {
        if x > start && x + size > width - LEFT + 0.5 {
            x = start;
            y += row;
        }
        marks.extend(sample(key, x, y - TEXT * 0.34));
        marks.push(text(
            name,
            x + SAMPLE + 6.0,
            y,
            TextAnchor::Start,
            INK,
            false,
        ));
        x += size + GAP;
    }
    let height = if titled || !keys.is_empty() {
        y + 4.0
    } else {
        0.0
    };
    Head { marks, height }
}

fn sample(key: &Key, x: f64, y: f64) -> Vec<Primitive> {
    match &key.look {
        Look::Line(style) => {
            let dash = style.dasharray();
            vec![line(
                (x, y),
                (x + SAMPLE, y),
                key.color,
                2.2,
                dash.as_deref(),
            )]
        }
        Look::Area(opacity) => {
            let block = |opacity: f64, fill: &str| Primitive::Rect {
                x,
                y: y - 5.5,
                width: SAMPLE,
                height: 11.0,
                fill: fill.into(),
                stroke: None,
                stroke_width: None,
                opacity: Some(opacity),
            };
            vec![block(1.0, CARD), block(*opacity, key.color)]
        }
        Look::Dot => vec![Primitive::Circle {
            cx: x + SAMPLE / 2.0,
            cy: y,
            r: 4.5,
            fill: key.color.into(),
            fill_opacity: None,
            stroke: None,
            stroke_width: None,
        }],
    }
}
