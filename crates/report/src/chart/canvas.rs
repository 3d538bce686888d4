//! The frame all plots share: size, margins, grid, ticks, labels and legend.
//!
//! kuva draws the data and writes the SVG. The frame is set here as kuva primitives, because
//! the charts want horizontal axis titles, two-line date ticks and a legend above the plot.

use super::frame::Frame;
use super::legend;
use super::marks::{TEXT, fit, line, text, text_width};
use super::palette::{AXIS, CARD, GRID, INK, MUTED};
use super::scale::Tick;
use super::svg;
use kuva::prelude::{Layout, LinePlot, Plot, ShadedRegion, Theme};
use kuva::render::color::Color;
use kuva::render::layout::ComputedLayout;
use kuva::render::render::{Primitive, TextAnchor, render_multiple};

/// Distance between two lines of text.
const LINE: f64 = 19.0;

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
        // A long legend makes the chart taller, not the plot flatter.
        let height = height + (head.height - 2.0 * LINE - 4.0).max(0.0);
        let top = head.height + frame.strip + 10.0;
        let height = height.max(top + 60.0 + 2.0 * LINE * frame.rows as f64);
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

    /// A whisker between two points that share one coordinate, with caps of some pixels.
    pub(crate) fn whisker(&mut self, from: (f64, f64), to: (f64, f64), cap: f64, color: &str) {
        let view = &self.view;
        let per_pixel = |(lo, hi): (f64, f64), pixels: f64| (hi - lo) / pixels;
        let (x, y) = if from.0 == to.0 {
            (cap * per_pixel(view.x_range, view.plot_width()), 0.0)
        } else {
            (0.0, cap * per_pixel(view.y_range, view.plot_height()))
        };
        let caps = [from, to].map(|end| [(end.0 - x, end.1 - y), (end.0 + x, end.1 + y)]);
        // A halo keeps it readable on top of a bar, where the bar is wide enough for it.
        let halo = (cap >= 4.0).then_some((CARD, 3.0));
        for (color, width) in halo.into_iter().chain([(color, 1.4)]) {
            for ends in [[from, to], caps[0], caps[1]] {
                self.plot(
                    LinePlot::new()
                        .with_data(ends)
                        .with_color(color)
                        .with_stroke_width(width),
                );
            }
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
