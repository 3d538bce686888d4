//! Observed against nominal coverage.

use super::CalibrationMark;
use super::canvas::Canvas;
use super::curves::add_line;
use super::frame::{Axis, Frame, Size};
use super::legend::{Key, Look};
use super::marks::text;
use super::palette::{AXIS, MUTED, series};
use super::scale::Tick;
use super::thin::drawable;
use kuva::prelude::{LinePlot, LineStyle, ScatterPlot};
use kuva::render::render::TextAnchor;

pub(crate) fn draw(points: &[CalibrationMark], name: &str) -> Option<Canvas> {
    let mut shown: Vec<&CalibrationMark> = points
        .iter()
        .filter(|p| is_share(p.nominal) && is_share(p.observed))
        .collect();
    if shown.is_empty() {
        return None;
    }
    shown.sort_by(|a, b| a.nominal.total_cmp(&b.nominal));
    let ticks: Vec<Tick> = (0..=5)
        .map(|i| Tick {
            at: f64::from(i) / 5.0,
            label: format!("{} %", i * 20),
            below: None,
        })
        .collect();
    let axis = || Axis::Given(0.0, 1.0, ticks.clone());
    let mut frame = Frame::new(Size::Compact, axis(), axis());
    frame.x_label = "promised".into();
    frame.y_label = "observed".into();
    frame.legend = vec![
        Key {
            name: name.into(),
            color: series(0),
            look: Look::Dot,
        },
        Key {
            name: "ideal".into(),
            color: AXIS,
            look: Look::Line(LineStyle::Dashed),
        },
    ];
    frame.legend.retain(|k| !k.name.is_empty());
    frame.x_grid = true;
    frame.square = true;
    frame.right = 24.0;
    let mut canvas = Canvas::new(frame);
    let diagonal = LinePlot::new()
        .with_data([(0.0, 0.0), (1.0, 1.0)])
        .with_color(AXIS);
    canvas.plot(diagonal.with_dashed().with_stroke_width(1.5));
    for p in &shown {
        if drawable(p.lower) && drawable(p.upper) {
            let (lower, upper) = (p.lower.clamp(0.0, 1.0), p.upper.clamp(0.0, 1.0));
            canvas.whisker((p.nominal, lower), (p.nominal, upper), 4.5, series(0));
        }
    }
    let xs: Vec<f64> = shown.iter().map(|p| p.nominal).collect();
    let ys: Vec<f64> = shown.iter().map(|p| p.observed).collect();
    if shown.len() > 1 {
        add_line(&mut canvas, &xs, &ys, (series(0), LineStyle::Solid, 1.2));
    }
    let dots = ScatterPlot::new()
        .with_data(xs.into_iter().zip(ys))
        .with_color(series(0));
    canvas.plot(dots.with_size(4.5));
    let (left, right) = (canvas.left() + 8.0, canvas.right() - 8.0);
    let (top, bottom) = (canvas.top() + 18.0, canvas.bottom() - 10.0);
    canvas.under(text(
        "more often than promised",
        left,
        top,
        TextAnchor::Start,
        MUTED,
        false,
    ));
    canvas.under(text(
        "less often than promised",
        right,
        bottom,
        TextAnchor::End,
        MUTED,
        false,
    ));
    Some(canvas)
}

/// Rounding may carry a share a little past its ends.
fn is_share(v: f64) -> bool {
    (-1e-6..=1.0 + 1e-6).contains(&v)
}
