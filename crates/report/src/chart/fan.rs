//! A forecast with its intervals, after some history.

use super::Band;
use super::calendar::days;
use super::canvas::Canvas;
use super::curves::add_line;
use super::frame::{Axis, Frame, Size};
use super::legend::{Key, Look};
use super::marks::line;
use super::palette::{AXIS, INK, series};
use super::scale::{comfortable, extent};
use super::thin::{drawable, ribbons};
use jiff::civil::Date;
use kuva::prelude::{BandPlot, LineStyle};

/// The numbers of a fan chart, borrowed from the chart.
pub(crate) struct Fan<'a> {
    pub(crate) y_label: &'a str,
    pub(crate) history: &'a [(Date, f64)],
    pub(crate) dates: &'a [Date],
    pub(crate) truth: &'a [Option<f64>],
    pub(crate) median: &'a [f64],
    pub(crate) bands: &'a [Band],
    pub(crate) baseline: Option<&'a (String, Vec<f64>)>,
}

pub(crate) fn draw(size: Size, fan: &Fan) -> Option<Canvas> {
    let ahead = days(fan.dates.iter().copied());
    let n = ahead.len();
    // History and truth are one observed line.
    let mut seen_x = days(fan.history.iter().map(|(date, _)| *date));
    let start = seen_x.len();
    seen_x.extend(&ahead);
    let mut seen: Vec<f64> = fan.history.iter().map(|(_, v)| *v).collect();
    seen.extend((0..n).map(|i| fan.truth.get(i).copied().flatten().unwrap_or(f64::NAN)));

    let mut bands: Vec<&Band> = fan.bands.iter().collect();
    bands.sort_by(|a, b| width(b).total_cmp(&width(a)));
    let other = fan.baseline.map_or(&[][..], |(_, v)| v);
    let drawn = fan.median.iter().chain(other).take(2 * n).copied();
    let ends = bands
        .iter()
        .flat_map(|b| b.lower.iter().take(n).chain(b.upper.iter().take(n)));
    let (y_lo, y_hi) = comfortable(extent(
        seen.iter().copied().chain(drawn).chain(ends.copied()),
    )?);
    let (x_lo, x_hi) = extent(seen_x.iter().copied())?;
    let mut frame = Frame::new(size, Axis::of_days(x_lo, x_hi), Axis::Rounded(y_lo, y_hi));
    frame.y_label = fan.y_label.into();
    frame.legend = keys(fan, &bands, &seen);
    let mut canvas = Canvas::new(frame);
    for (i, band) in bands.iter().enumerate() {
        for ribbon in ribbons(&ahead, &band.lower, &band.upper, canvas.points() / 2) {
            canvas.plot(
                BandPlot::new(ribbon.x, ribbon.lower, ribbon.upper)
                    .with_color(series(0))
                    .with_opacity(opacity(i, bands.len())),
            );
        }
    }
    if let (true, Some(from)) = (start > 0, ahead.first()) {
        let (x, top, bottom) = (canvas.x(*from), canvas.top(), canvas.bottom());
        canvas.under(line((x, top), (x, bottom), AXIS, 1.0, Some("2 3")));
    }
    if let Some((_, values)) = fan.baseline {
        add_line(
            &mut canvas,
            &ahead,
            values,
            (series(1), LineStyle::Dashed, 1.8),
        );
    }
    add_line(&mut canvas, &seen_x, &seen, (INK, LineStyle::Solid, 1.6));
    add_line(
        &mut canvas,
        &ahead,
        fan.median,
        (series(0), LineStyle::Solid, 2.4),
    );
    Some(canvas)
}

fn keys(fan: &Fan, bands: &[&Band], seen: &[f64]) -> Vec<Key> {
    let mut out = Vec::new();
    let mut add = |name: &str, color, look| {
        out.push(Key {
            name: name.into(),
            color,
            look,
        })
    };
    if seen.iter().any(|v| drawable(*v)) {
        add("observed", INK, Look::Line(LineStyle::Solid));
    }
    if fan.median.iter().any(|v| drawable(*v)) {
        add("median forecast", series(0), Look::Line(LineStyle::Solid));
    }
    for (i, band) in bands.iter().enumerate().rev() {
        // Wider bands lie under the narrower ones, so opacities add up.
        let light: f64 = (0..=i).map(|j| 1.0 - opacity(j, bands.len())).product();
        add(&band.name, series(0), Look::Area(1.0 - light));
    }
    if let Some((name, _)) = fan.baseline {
        add(name, series(1), Look::Line(LineStyle::Dashed));
    }
    out
}

fn opacity(i: usize, count: usize) -> f64 {
    if count <= 1 {
        0.22
    } else {
        0.16 + 0.1 * i as f64 / (count - 1) as f64
    }
}

/// Mean width of a band, over the days that have one.
fn width(band: &Band) -> f64 {
    let widths: Vec<f64> = (band.upper.iter().zip(&band.lower))
        .map(|(u, l)| u - l)
        .filter(|w| drawable(*w))
        .collect();
    widths.iter().sum::<f64>() / widths.len().max(1) as f64
}
