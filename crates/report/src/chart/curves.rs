//! Lines over a number.

use super::Curve;
use super::canvas::Canvas;
use super::frame::{Axis, Frame, Size};
use super::legend::{Key, Look};
use super::marks::{TEXT, fit, line, text, text_width};
use super::palette::{INK, MUTED, dash, series};
use super::scale::{comfortable, extent};
use super::thin::{drawable, stretches};
use kuva::prelude::{LinePlot, LineStyle, ScatterPlot};
use kuva::render::render::TextAnchor;

pub(crate) fn draw(
    size: Size,
    (x_label, y_label): (&str, &str),
    curves: &[Curve],
    mark_x: Option<&(f64, String)>,
) -> Option<Canvas> {
    let points = || {
        curves
            .iter()
            .flat_map(|c| c.x.iter().zip(&c.y))
            .filter(|(x, y)| drawable(**x) && drawable(**y))
    };
    let mark = mark_x.filter(|(x, _)| drawable(*x));
    let (x_lo, x_hi) = extent(points().map(|(x, _)| *x).chain(mark.map(|(x, _)| *x)))?;
    let (y_lo, y_hi) = comfortable(extent(points().map(|(_, y)| *y))?);
    let x = if x_lo == x_hi {
        Axis::Exact(x_lo - 1.0, x_hi + 1.0)
    } else {
        Axis::Exact(x_lo, x_hi)
    };
    let mut frame = Frame::new(size, x, Axis::Rounded(y_lo, y_hi));
    frame.x_label = x_label.into();
    frame.y_label = y_label.into();
    if curves.len() > 1 {
        frame.legend = curves
            .iter()
            .enumerate()
            .map(|(i, c)| key(i, &c.name))
            .collect();
    }
    frame.strip = if mark.is_some() { TEXT + 7.0 } else { 0.0 };
    let mut canvas = Canvas::new(frame);
    if let Some((at, label)) = mark {
        let x = canvas.x(*at);
        let (top, bottom) = (canvas.top(), canvas.bottom());
        canvas.under(line((x, top - 3.0), (x, bottom), MUTED, 1.2, Some("2 3")));
        let label = fit(label, canvas.width() - 8.0, TEXT);
        let half = text_width(&label, TEXT) / 2.0;
        let x = x.clamp(half + 4.0, (canvas.width() - half - 4.0).max(half + 4.0));
        canvas.over(text(&label, x, top - 9.0, TextAnchor::Middle, INK, false));
    }
    for (i, curve) in curves.iter().enumerate() {
        add_line(&mut canvas, &curve.x, &curve.y, (series(i), dash(i), 2.0));
    }
    Some(canvas)
}

fn key(i: usize, name: &str) -> Key {
    Key {
        name: name.into(),
        color: series(i),
        look: Look::Line(dash(i)),
    }
}

/// Adds a line with its gaps; a point between two gaps becomes a dot.
pub(crate) fn add_line(
    canvas: &mut Canvas,
    x: &[f64],
    y: &[f64],
    (color, style, width): (&str, LineStyle, f64),
) {
    for stretch in stretches(x, y, canvas.points()) {
        if stretch.len() == 1 {
            canvas.plot(
                ScatterPlot::new()
                    .with_data(stretch)
                    .with_color(color)
                    .with_size(width + 1.0),
            );
        } else {
            canvas.plot(
                LinePlot::new()
                    .with_data(stretch)
                    .with_color(color)
                    .with_line_style(style.clone())
                    .with_stroke_width(width),
            );
        }
    }
}
