//! A series over time with its parts shaded and named.

use super::SplitSpan;
use super::calendar::{day, days};
use super::canvas::Canvas;
use super::curves::add_line;
use super::frame::{Axis, Frame, Size};
use super::legend::{Key, Look};
use super::marks::{TEXT, text, text_width};
use super::palette::{INK, MUTED, series};
use super::scale::{comfortable, extent};
use jiff::civil::Date;
use kuva::prelude::LineStyle;
use kuva::render::render::{Primitive, TextAnchor};

const STRIP: f64 = 2.0 * TEXT + 16.0;

pub(crate) fn draw(
    size: Size,
    dates: &[Date],
    values: &[f64],
    y_label: &str,
    spans: &[SplitSpan],
) -> Option<Canvas> {
    let x = days(dates.iter().copied());
    let n = x.len().min(values.len());
    let (y_lo, y_hi) = comfortable(extent(values[..n].iter().copied())?);
    let ends = spans.iter().flat_map(|s| [day(s.from), day(s.to) + 1.0]);
    let (x_lo, x_hi) = extent(x[..n].iter().copied().chain(ends))?;
    let mut frame = Frame::new(size, Axis::of_days(x_lo, x_hi), Axis::Rounded(y_lo, y_hi));
    frame.y_label = y_label.into();
    frame.strip = if spans.is_empty() { 0.0 } else { STRIP };
    frame.legend = unnamed(size, spans, x_lo, x_hi);
    let mut canvas = Canvas::new(frame);
    for (i, span) in spans.iter().enumerate() {
        shade(&mut canvas, span, color(i, spans));
    }
    let width = if n > 600 { 1.0 } else { 1.5 };
    add_line(
        &mut canvas,
        &x,
        &values[..n],
        (INK, LineStyle::Solid, width),
    );
    Some(canvas)
}

fn is_gap(span: &SplitSpan) -> bool {
    span.name.to_lowercase().contains("gap")
}

/// Parts take their colours in order; all gaps share a grey.
fn color(i: usize, spans: &[SplitSpan]) -> &'static str {
    if is_gap(&spans[i]) {
        return MUTED;
    }
    series(spans[..i].iter().filter(|s| !is_gap(s)).count())
}

fn opacity(span: &SplitSpan) -> f64 {
    if is_gap(span) { 0.35 } else { 0.13 }
}

fn shade(canvas: &mut Canvas, span: &SplitSpan, color: &str) {
    let (from, to) = (day(span.from), day(span.to) + 1.0);
    canvas.shade(from, to, color, opacity(span));
    let (left, right) = (canvas.x(from), canvas.x(to));
    if right <= left {
        return;
    }
    let y = canvas.top();
    canvas.under(Primitive::Rect {
        x: left,
        y: y - 5.0,
        width: (right - left).max(0.5),
        height: 5.0,
        fill: color.into(),
        stroke: None,
        stroke_width: None,
        opacity: Some(if is_gap(span) { 0.6 } else { 1.0 }),
    });
    let room = right - left - 4.0;
    let middle = (left + right) / 2.0;
    if text_width(&span.name, TEXT) > room {
        return;
    }
    let until = span.from.strftime("%-d %b %Y").to_string()
        + " – "
        + &span.to.strftime("%-d %b %Y").to_string();
    let dated = text_width(&until, TEXT) <= room;
    let name_y = if dated {
        y - 12.0 - TEXT - 3.0
    } else {
        y - 12.0
    };
    canvas.over(text(
        &span.name,
        middle,
        name_y,
        TextAnchor::Middle,
        INK,
        true,
    ));
    if dated {
        canvas.over(text(
            &until,
            middle,
            y - 12.0,
            TextAnchor::Middle,
            MUTED,
            false,
        ));
    }
}

/// Legend entries for the parts too narrow to carry their names.
fn unnamed(size: Size, spans: &[SplitSpan], lo: f64, hi: f64) -> Vec<Key> {
    let pixels = (size.pixels().0 - 80.0) / (hi - lo).max(1.0);
    let mut keys: Vec<Key> = Vec::new();
    for (i, span) in spans.iter().enumerate() {
        let room = (day(span.to) + 1.0 - day(span.from)) * pixels - 4.0;
        if text_width(&span.name, TEXT) > room && !keys.iter().any(|k| k.name == span.name) {
            let look = Look::Area(if is_gap(span) { 0.6 } else { 1.0 });
            keys.push(Key {
                name: span.name.clone(),
                color: color(i, spans),
                look,
            });
        }
    }
    keys
}
