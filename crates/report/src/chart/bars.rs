//! One bar a name: upright for short names, lying for long ones.

use super::Bar;
use super::canvas::Canvas;
use super::frame::{Axis, Frame, Size};
use super::marks::{TEXT, fit, in_two, line, text, text_width};
use super::palette::{AXIS, INK, MUTED, QUIET, series};
use super::scale::{Tick, aligned, extent};
use super::thin::drawable;
use kuva::prelude::BarPlot;
use kuva::render::render::TextAnchor;

pub(crate) fn draw(size: Size, y_label: &str, bars: &[Bar], zero_line: bool) -> Option<Canvas> {
    extent(bars.iter().map(|b| b.value))?;
    let ends = bars
        .iter()
        .flat_map(|b| [Some(b.value), b.lower, b.upper])
        .flatten();
    // A bar's length is its value, so zero is always on the axis.
    let (lo, hi) = extent(ends.chain([0.0]))?;
    let range = if lo == hi { (0.0, 1.0) } else { (lo, hi) };
    let slot = (size.pixels().0 - 90.0) / bars.len() as f64;
    let widest = bars
        .iter()
        .map(|b| text_width(&b.name, TEXT))
        .fold(0.0, f64::max);
    let upright = widest + 8.0 <= slot || widest <= 4.0 * TEXT || bars.len() > 24;
    Some(if upright {
        standing(size, y_label, bars, range, slot)
    } else {
        lying(size, y_label, bars, range, zero_line)
    })
    .map(|mut canvas| {
        if zero_line && upright {
            let y = canvas.y(0.0);
            let (left, right) = (canvas.left(), canvas.right());
            canvas.over(line((left, y), (right, y), INK, 1.2, None));
        }
        canvas
    })
}

fn colors(bars: &[Bar]) -> Vec<&'static str> {
    let any = bars.iter().any(|b| b.emphasis);
    bars.iter()
        .map(|b| if b.emphasis || !any { series(0) } else { QUIET })
        .collect()
}

fn height(bar: &Bar) -> f64 {
    if drawable(bar.value) { bar.value } else { 0.0 }
}

fn interval(bar: &Bar) -> Option<(f64, f64)> {
    let (lower, upper) = (bar.lower?, bar.upper?);
    (drawable(bar.value) && drawable(lower) && drawable(upper)).then_some((lower, upper))
}

fn standing(size: Size, y_label: &str, bars: &[Bar], (lo, hi): (f64, f64), slot: f64) -> Canvas {
    // With more bars than labels fit, every n-th is named, counted from the first.
    let widest = bars
        .iter()
        .map(|b| text_width(&b.name, TEXT))
        .fold(0.0, f64::max);
    let every = ((widest + 8.0) / slot).ceil().max(1.0) as usize;
    let ticks = bars
        .iter()
        .enumerate()
        .filter(|(i, _)| i % every == 0)
        .map(|(i, b)| Tick {
            at: i as f64 + 1.0,
            label: fit(&b.name, 120.0, TEXT),
            below: None,
        })
        .collect();
    let x = Axis::Given(0.4, bars.len() as f64 + 0.6, ticks);
    let mut frame = Frame::new(size, x, Axis::Rounded(lo, hi));
    frame.y_label = y_label.into();
    let mut canvas = Canvas::new(frame);
    let mut plot = BarPlot::new().with_width(if bars.len() > 60 { 1.0 } else { 0.68 });
    for (bar, color) in bars.iter().zip(colors(bars)) {
        plot = plot.with_colored_bar(&bar.name, height(bar), color);
    }
    canvas.plot(plot);
    if lo < 0.0 {
        let (y, left, right) = (canvas.y(0.0), canvas.left(), canvas.right());
        canvas.over(line((left, y), (right, y), AXIS, 1.0, None));
    }
    let cap = (0.2 * slot).min(5.0);
    for (i, bar) in bars.iter().enumerate() {
        let at = i as f64 + 1.0;
        match interval(bar) {
            Some((lower, upper)) => canvas.whisker((at, lower), (at, upper), cap, INK),
            None if !drawable(bar.value) => {
                let (x, y) = (canvas.x(at), canvas.y(0.0) - 6.0);
                canvas.over(text("–", x, y, TextAnchor::Middle, MUTED, false));
            }
            None => {}
        }
    }
    canvas
}

fn lying(size: Size, label: &str, bars: &[Bar], range: (f64, f64), zero_line: bool) -> Canvas {
    let n = bars.len();
    let most = size.pixels().0 * 0.34;
    // The first bar goes on top.
    let place = |i: usize| (n - i) as f64;
    let ticks = bars
        .iter()
        .enumerate()
        .map(|(i, b)| {
            let (label, below) = in_two(&b.name, most, TEXT);
            Tick {
                at: place(i),
                label,
                below,
            }
        })
        .collect();
    let y = Axis::Given(0.4, n as f64 + 0.6, ticks);
    let pad = 0.03 * (range.1 - range.0);
    let from = if range.0 < 0.0 { range.0 - pad } else { 0.0 };
    let to = if range.1 > 0.0 { range.1 + pad } else { 0.0 };
    let mut frame = Frame::new(size, Axis::Exact(from, to), y);
    frame.x_label = label.into();
    frame.rows = n;
    frame.y_grid = false;
    frame.x_grid = true;
    let values: Vec<String> = aligned(bars.iter().map(|b| b.value).collect());
    frame.right = 18.0
        + values
            .iter()
            .map(|v| text_width(v, TEXT))
            .fold(0.0, f64::max);
    let mut canvas = Canvas::new(frame);
    let mut plot = BarPlot::new().with_horizontal(true).with_width(0.62);
    for (bar, color) in bars.iter().zip(colors(bars)).rev() {
        plot = plot.with_colored_bar(&bar.name, height(bar), color);
    }
    canvas.plot(plot);
    let x = canvas.x(0.0);
    let (top, bottom) = (canvas.top(), canvas.bottom());
    let color = if zero_line { INK } else { AXIS };
    canvas.over(line(
        (x, top),
        (x, bottom),
        color,
        if zero_line { 1.2 } else { 1.0 },
        None,
    ));
    let edge = canvas.width() - 4.0;
    for (i, (bar, value)) in bars.iter().zip(values).enumerate() {
        let at = place(i);
        if let Some((lower, upper)) = interval(bar) {
            canvas.whisker((lower, at), (upper, at), 5.0, INK);
        }
        let y = canvas.y(at) + TEXT * 0.35;
        canvas.over(text(&value, edge, y, TextAnchor::End, INK, bar.emphasis));
    }
    canvas
}
