//! How often values fall where.

use super::canvas::Canvas;
use super::frame::{Axis, Frame, Size};
use super::marks::line;
use super::palette::{INK, series};
use super::scale::{comfortable, extent};
use super::thin::drawable;
use kuva::prelude::Histogram;

pub(crate) fn draw(size: Size, x_label: &str, values: &[f64], bins: usize) -> Option<Canvas> {
    let (lo, hi) = extent(values.iter().copied())?;
    let (lo, hi) = if lo == hi {
        comfortable((lo, hi))
    } else {
        (lo, hi)
    };
    let count = values.iter().filter(|v| drawable(**v)).count();
    let bins = if bins == 0 {
        ((count as f64).sqrt() as usize).clamp(5, 60)
    } else {
        bins.min(500)
    };
    let width = (hi - lo) / bins as f64;
    let mut counts = vec![0.0; bins];
    for v in values.iter().filter(|v| drawable(**v)) {
        counts[(((v - lo) / width) as usize).min(bins - 1)] += 1.0;
    }
    let most = counts.iter().copied().fold(1.0, f64::max);
    let edges = (0..=bins).map(|i| lo + width * i as f64).collect();
    let pad = (hi - lo) * 0.02;
    let mut frame = Frame::new(
        size,
        Axis::Exact(lo - pad, hi + pad),
        Axis::Rounded(0.0, most),
    );
    frame.x_label = x_label.into();
    frame.y_label = "count".into();
    let mut canvas = Canvas::new(frame);
    canvas.plot(Histogram::from_bins(edges, counts).with_color(series(0)));
    if lo < 0.0 && hi > 0.0 {
        let (x, top, bottom) = (canvas.x(0.0), canvas.top(), canvas.bottom());
        canvas.over(line((x, top), (x, bottom), INK, 1.2, Some("4 3")));
    }
    Some(canvas)
}
