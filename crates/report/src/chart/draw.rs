//! From a [`Chart`] to its SVG.

use super::canvas::Canvas;
use super::fan::{self, Fan};
use super::frame::Size;
use super::{Chart, ChartKind, bars, calibration, curves, histogram, scale, split, svg};
use std::fmt::Write;

impl Chart {
    /// The plot as a stand-alone SVG, 1000 pixels wide (a calibration plot: 440).
    ///
    /// Its colours are CSS variables with light fallbacks: a page may set `--ink`, `--muted`,
    /// `--grid`, `--axis`, `--quiet`, `--card` and `--s1` to `--s6`.
    pub fn to_svg(&self) -> String {
        // FNV-1a over the chart: the same chart gets the same id, others do not share it.
        let hash = format!("{self:?}")
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
                (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
            });
        self.svg(Size::Wide, &format!("c{:08x}", hash as u32))
    }

    /// Whether the plot can use the full width of a page.
    pub(crate) fn is_wide(&self) -> bool {
        !matches!(
            self.kind,
            ChartKind::Calibration { .. } | ChartKind::HeatMap(_)
        )
    }

    /// The plot at a size, with an id that the caller keeps unique.
    pub(crate) fn svg(&self, size: Size, id: &str) -> String {
        if let ChartKind::HeatMap(map) = &self.kind
            && let Some(drawn) = map.svg(id, &self.title, &self.description())
        {
            return drawn;
        }
        match self.canvas(size) {
            Some(canvas) => canvas.finish(id, &self.title, &self.description()),
            None => {
                let size = (size.pixels().0, 110.0);
                svg::message(size, id, &self.title, &self.caption, "nothing to draw")
            }
        }
    }

    fn canvas(&self, size: Size) -> Option<Canvas> {
        match &self.kind {
            ChartKind::Curves {
                x_label,
                y_label,
                curves,
                mark_x,
            } => curves::draw(size, (x_label, y_label), curves, mark_x.as_ref()),
            ChartKind::Split {
                dates,
                values,
                y_label,
                spans,
            } => split::draw(size, dates, values, y_label, spans),
            ChartKind::Fan {
                y_label,
                history,
                dates,
                truth,
                median,
                bands,
                baseline,
            } => {
                let baseline = baseline.as_ref();
                fan::draw(
                    size,
                    &Fan {
                        y_label,
                        history,
                        dates,
                        truth,
                        median,
                        bands,
                        baseline,
                    },
                )
            }
            ChartKind::Calibration { points, name } => calibration::draw(points, name),
            ChartKind::Bars {
                y_label,
                bars,
                zero_line,
            } => bars::draw(size, y_label, bars, *zero_line),
            ChartKind::Histogram {
                x_label,
                values,
                bins,
            } => histogram::draw(size, x_label, values, *bins),
            ChartKind::HeatMap(_) => None,
        }
    }

    /// The caption, and the numbers in words for those who cannot see the plot.
    fn description(&self) -> String {
        let mut out = self.caption.clone();
        if !out.is_empty() {
            out.push(' ');
        }
        let short = scale::short;
        // Writing to a string cannot fail.
        let _ = match &self.kind {
            ChartKind::Curves { curves, .. } => curves.iter().try_for_each(|c| {
                let finite = || c.y.iter().copied().filter(|v| v.is_finite());
                let (Some(first), Some(last)) = (finite().next(), finite().next_back()) else {
                    return Ok(());
                };
                let (lo, hi) = scale::extent(finite()).unwrap_or((first, first));
                let [a, b, lo, hi] = [first, last, lo, hi].map(short);
                write!(
                    out,
                    "{}: starts at {a}, ends at {b}, between {lo} and {hi}. ",
                    c.name
                )
            }),
            ChartKind::Split { spans, .. } => spans
                .iter()
                .try_for_each(|s| write!(out, "{}: {} to {}. ", s.name, s.from, s.to)),
            ChartKind::Fan { dates, .. } => match (dates.first(), dates.last()) {
                (Some(a), Some(b)) => write!(out, "Forecast from {a} to {b}."),
                _ => Ok(()),
            },
            ChartKind::Calibration { points, .. } => points.iter().try_for_each(|p| {
                let [a, b] = [p.nominal, p.observed].map(|v| short(v * 100.0));
                write!(out, "Promised {a} %, observed {b} %. ")
            }),
            ChartKind::Bars { bars, .. } => bars
                .iter()
                .take(40)
                .try_for_each(|b| write!(out, "{}: {}. ", b.name, short(b.value))),
            ChartKind::Histogram { values, .. } => match scale::extent(values.iter().copied()) {
                Some((lo, hi)) => {
                    let [lo, hi] = [lo, hi].map(short);
                    write!(out, "{} values between {lo} and {hi}.", values.len())
                }
                None => Ok(()),
            },
            ChartKind::HeatMap(map) => map
                .strongest()
                .into_iter()
                .try_for_each(|(row, column)| write!(out, "{row}: {column}. ")),
        };
        out.trim_end().into()
    }
}
