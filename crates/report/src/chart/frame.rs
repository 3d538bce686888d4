//! What a chart asks of its frame: size, axes, labels, legend.

use super::calendar;
use super::legend::Key;
use super::scale::{self, Tick};

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

    /// How many points a line may have.
    pub(crate) fn points(self) -> usize {
        match self {
            Size::Wide => super::thin::LINE_POINTS,
            Size::Compact => super::thin::LINE_POINTS / 2,
        }
    }
}

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
    /// An axis over days; a single one gets some room around it.
    pub(crate) fn of_days(lo: f64, hi: f64) -> Self {
        if lo < hi {
            Axis::Dates(lo, hi)
        } else {
            Axis::Dates(lo - 1.0, hi + 1.0)
        }
    }

    /// The range and its ticks on an axis of this many pixels.
    pub(crate) fn resolve(&self, pixels: f64, apart: f64) -> ((f64, f64), Vec<Tick>) {
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
    /// Named rows in the plot, which make it as tall as their names need.
    pub(crate) rows: usize,
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
            rows: 0,
            x_grid: false,
            y_grid: true,
            square: false,
        }
    }
}
