//! The frame all plots share: size, margins, grid, ticks, labels and legend.
//!
//! kuva draws the data and writes the SVG. The frame is set here as kuva primitives, because
//! the charts want horizontal axis titles, two-line date ticks and a legend above the plot.

use super::calendar;
use super::legend::{self, Key};
use super::palette::{AXIS, CARD, GRID, INK, MUTED};
use super::scale::{self, Tick};
use super::svg;
use kuva::prelude::{Layout, LinePlot, Plot, ShadedRegion, Theme};
use kuva::render::color::Color;
use kuva::render::layout::ComputedLayout;
use kuva::render::render::{Primitive, TextAnchor, render_multiple};

/// How much room a chart has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// The full width of the page.
    Wide,
    /// Half the page, or a phone.
    Compact,
}

impl Size {
    pub(crate) fn pixels(self) -> (f64, f64) {
        match self {
            Size::Wide => (1000.0, 340.0),
            Size::Compact => (460.0, 340.0),
        }
    }

    fn points(self) -> usize {
        match self {
            Size::Wide => super::thin::LINE_POINTS,
            Size::Compact => super::thin::LINE_POINTS / 2,
        }
    }
}

/// Size of all text in a chart.
pub(crate) const TEXT: f64 = 13.0;
const LINE: f64 = 19.0;

/// The range of an axis and how to label it.
#[derive(Debug, Clone)]
pub(crate) enum Axis {
    /// Numbers; the range is widened to round ends.
    Rounded(f64, f64),
    /// Numbers; the range is kept.
    Exact(f64, f64),
    /// Days since 1970; the range is kept.
    Dates(f64, f64),
    /// A range with its own ticks.
    Given(f64, f64, Vec<Tick>),
}

impl Axis {
    fn resolve(&self, pixels: f64, apart: f64) -> ((f64, f64), Vec<Tick>) {
        let count = (pixels / apart).floor().max(2.0) as usize;
        match self {
            Axis::Rounded(lo, hi) => scale::rounded((*lo, *hi), count),
            Axis::Exact(lo, hi) => (
                (*lo, *hi),
                scale::ticks((*lo, *hi), scale::step(hi - lo, count)),
            ),
            Axis::Dates(lo, hi) => ((*lo, *hi), calendar::ticks((*lo, *hi), pixels)),
            Axis::Given(lo, hi, ticks) => ((*lo, *hi), ticks.clone()),
        }
    }
}

/// What a chart needs from its frame.
pub(crate) struct Frame {
    pub(crate) size: Size,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) x_label: String,
    pub(crate) y_label: String,
    pub(crate) legend: Vec<Key>,
    /// Room between legend and plot for the chart's own marks.
    pub(crate) strip: f64,
    /// Room to the right of the plot.
    pub(crate) right: f64,
    pub(crate) x_grid: bool,
    pub(crate) y_grid: bool,
    /// Whether the plot area is square, centred in the width.
    pub(crate) square: bool,
}

impl Frame {
    pub(crate) fn new(size: Size, x: Axis, y: Axis) -> Self {
        Self {
            size,
            x,
            y,
            x_label: String::new(),
            y_label: String::new(),
            legend: Vec::new(),
            strip: 0.0,
            right: 14.0,
            x_grid: false,
            y_grid: true,
            square: false,
        }
    }
}

/// A frame with its geometry settled, ready to be drawn on.
pub(crate) struct Canvas {
    layout: Layout,
    view: ComputedLayout,
    plots: Vec<Plot>,
    under: Vec<Primitive>,
    over: Vec<Primitive>,
    points: usize,
}

impl Canvas {
    pub(crate) fn new(frame: Frame) -> Self {
        let (width, height) = frame.size.pixels();
        let y_label = fit(&frame.y_label, width - 20.0, TEXT);
        let head = legend::place(&frame.legend, &y_label, width, LINE);
        let top = head.height + frame.strip + 10.0;
        // How many labels fit depends on the axis' length, and that on the other axis' labels:
        // the vertical axis is settled first, on about the height it will have.
        let under = LINE + 10.0 + if frame.x_label.is_empty() { 0.0 } else { LINE };
        let (y_range, y_ticks) = frame.y.resolve(height - top - under, 46.0);
        let widest = y_ticks.iter().map(Tick::width).fold(0.0, f64::max);
        let (mut left, mut right) = (widest + 16.0, frame.right);
        if frame.square {
            let spare = (width - left - right - (height - top - under)).max(0.0);
            left += spare / 2.0;
            right += spare / 2.0;
        }
        let (x_range, x_ticks) = frame.x.resolve(width - left - right, 78.0);
        let two_lines = x_ticks.iter().any(|t| t.below.is_some());
        let bottom = under + if two_lines { LINE } else { 0.0 };
        let mut layout = Layout::new(x_range, y_range)
            .with_width(width)
            .with_height(height)
            .with_x_axis_min(x_range.0)
            .with_x_axis_max(x_range.1)
            .with_y_axis_min(y_range.0)
            .with_y_axis_max(y_range.1)
            .with_force_margins(left, right)
            .with_force_margins_y(top, bottom)
            .with_show_grid(false)
            .with_theme(theme());
        layout.suppress_x_ticks = true;
        layout.suppress_y_ticks = true;
        let view = ComputedLayout::from_layout(&layout);
        let mut canvas = Self {
            layout,
            view,
            plots: Vec::new(),
            under: head.marks,
            over: Vec::new(),
            points: frame.size.points(),
        };
        canvas.set_y_axis(&y_ticks, frame.y_grid);
        canvas.set_x_axis(&x_ticks, frame.x_grid);
        let label = fit(&frame.x_label, width - 20.0, TEXT);
        let middle = (canvas.left() + canvas.right()) / 2.0;
        let half = text_width(&label, TEXT) / 2.0;
        let middle = middle.clamp(half + 4.0, (width - half - 4.0).max(half + 4.0));
        canvas.under.push(text(
            &label,
            middle,
            height - 8.0,
            TextAnchor::Middle,
            MUTED,
            false,
        ));
        canvas
    }

    fn set_y_axis(&mut self, ticks: &[Tick], grid: bool) {
        for tick in ticks {
            let y = self.y(tick.at);
            if grid {
                self.under
                    .push(line((self.left(), y), (self.right(), y), GRID, 1.0, None));
            }
            let x = self.left() - 8.0;
            let first = y + TEXT * if tick.below.is_some() { -0.25 } else { 0.35 };
            for (row, label) in tick.lines().enumerate() {
                let y = first + row as f64 * (LINE - 3.0);
                self.under
                    .push(text(label, x, y, TextAnchor::End, MUTED, false));
            }
        }
    }

    fn set_x_axis(&mut self, ticks: &[Tick], grid: bool) {
        let bottom = self.bottom();
        for tick in ticks {
            let x = self.x(tick.at);
            if grid {
                self.under
                    .push(line((x, self.top()), (x, bottom), GRID, 1.0, None));
            }
            if !tick.label.is_empty() {
                self.under
                    .push(line((x, bottom), (x, bottom + 5.0), AXIS, 1.0, None));
            }
            for (row, label) in tick.lines().enumerate() {
                // A label at the very end of the axis moves inwards rather than off the chart.
                let half = text_width(label, TEXT) / 2.0;
                let x = x.clamp(half + 2.0, (self.view.width - half - 2.0).max(half + 2.0));
                let y = bottom + 20.0 + row as f64 * (LINE - 2.0);
                self.under
                    .push(text(label, x, y, TextAnchor::Middle, MUTED, false));
            }
        }
        self.under.push(line(
            (self.left(), bottom),
            (self.right(), bottom),
            AXIS,
            1.0,
            None,
        ));
    }

    /// Horizontal position of a value, in pixels.
    pub(crate) fn x(&self, value: f64) -> f64 {
        self.view.map_x(value)
    }

    /// Vertical position of a value, in pixels.
    pub(crate) fn y(&self, value: f64) -> f64 {
        self.view.map_y(value)
    }

    pub(crate) fn left(&self) -> f64 {
        self.view.margin_left
    }

    pub(crate) fn right(&self) -> f64 {
        self.view.width - self.view.margin_right
    }

    pub(crate) fn top(&self) -> f64 {
        self.view.margin_top
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.view.height - self.view.margin_bottom
    }

    pub(crate) fn width(&self) -> f64 {
        self.view.width
    }

    /// How many points a line may have at this size.
    pub(crate) fn points(&self) -> usize {
        self.points
    }

    /// Adds data for kuva to draw, clipped to the plot area.
    pub(crate) fn plot(&mut self, plot: impl Into<Plot>) {
        self.plots.push(plot.into());
    }

    /// Shades a range of the horizontal axis, behind the data.
    pub(crate) fn shade(&mut self, from: f64, to: f64, color: &str, opacity: f64) {
        self.layout.shaded_regions.push(
            ShadedRegion::vertical(from, to)
                .with_color(color)
                .with_opacity(opacity),
        );
    }

    /// A whisker with caps between two points that share one coordinate.
    pub(crate) fn whisker(&mut self, from: (f64, f64), to: (f64, f64), cap: f64, color: &str) {
        let (x, y) = if from.0 == to.0 {
            (cap, 0.0)
        } else {
            (0.0, cap)
        };
        let mut stroke = |a: (f64, f64), b: (f64, f64)| {
            self.plot(
                LinePlot::new()
                    .with_data([a, b])
                    .with_color(color)
                    .with_stroke_width(1.4),
            );
        };
        stroke(from, to);
        for end in [from, to] {
            stroke((end.0 - x, end.1 - y), (end.0 + x, end.1 + y));
        }
    }

    /// Adds a mark under the data.
    pub(crate) fn under(&mut self, mark: Primitive) {
        self.under.push(mark);
    }

    /// Adds a mark over the data, not clipped.
    pub(crate) fn over(&mut self, mark: Primitive) {
        self.over.push(mark);
    }

    /// The finished SVG.
    pub(crate) fn finish(self, id: &str, title: &str, description: &str) -> String {
        let mut scene = render_multiple(self.plots, self.layout);
        scene.elements.retain(|p| {
            !matches!(
                p,
                Primitive::Line {
                    stroke: Color::None,
                    ..
                }
            )
        });
        scene.elements.splice(0..0, self.under);
        scene.elements.extend(self.over);
        svg::write(scene, id, title, description)
    }
}

fn theme() -> Theme {
    Theme {
        background: CARD.into(),
        axis_color: "none".into(),
        tick_color: "none".into(),
        grid_color: GRID.into(),
        text_color: INK.into(),
        show_grid: false,
        ..Theme::light()
    }
}

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
