//! Text and lines as kuva primitives, and how wide a text will be.

use super::svg;
use kuva::render::render::{Primitive, TextAnchor};

/// Size of all text in a chart.
pub(crate) const TEXT: f64 = 13.0;

/// A line of text.
pub(crate) fn text(
    content: &str,
    x: f64,
    y: f64,
    anchor: TextAnchor,
    color: &str,
    bold: bool,
) -> Primitive {
    Primitive::Text {
        x,
        y,
        content: svg::plain(content),
        size: TEXT as u32,
        anchor,
        rotate: None,
        bold,
        color: Some(color.into()),
    }
}

/// A straight line.
pub(crate) fn line(
    from: (f64, f64),
    to: (f64, f64),
    color: &str,
    width: f64,
    dash: Option<&str>,
) -> Primitive {
    Primitive::Line {
        x1: from.0,
        y1: from.1,
        x2: to.0,
        y2: to.1,
        stroke: color.into(),
        stroke_width: width,
        stroke_dasharray: dash.map(String::from),
    }
}

/// About how wide a text is; errs on the wide side, since the reader's font is unknown.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let width = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | '\'' | '|' | ':' | ';' | '!' => 0.32,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '-' | '/' => 0.42,
        '\u{202f}' | '\u{2009}' => 0.25,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
        'A'..='Z' => 0.70,
        c if (c as u32) >= 0x2e80 => 1.0,
        _ => 0.62,
    };
    text.chars().map(width).sum::<f64>() * size
}

/// A text on one line or, where that is too wide, on two of about the same width.
pub(crate) fn in_two(text: &str, width: f64, size: f64) -> (String, Option<String>) {
    let half = |a: &str, b: &str| text_width(a, size).max(text_width(b, size));
    let spaces = text
        .char_indices()
        .filter(|(_, c)| *c == ' ')
        .map(|(i, _)| i);
    let best = spaces
        .map(|i| (text[..i].trim_end(), text[i..].trim_start()))
        .min_by(|a, b| half(a.0, a.1).total_cmp(&half(b.0, b.1)));
    match best {
        Some((a, b)) if text_width(text, size) > width => {
            (fit(a, width, size), Some(fit(b, width, size)))
        }
        _ => (fit(text, width, size), None),
    }
}

/// A text cut to a width, with an ellipsis.
pub(crate) fn fit(text: &str, width: f64, size: f64) -> String {
    if text_width(text, size) <= width {
        return text.into();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if text_width(&out, size) + size > width {
            out.pop();
            break;
        }
    }
    out.trim_end().to_string() + "…"
}
