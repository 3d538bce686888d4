//! What a chart is made of, and the way from there to an SVG.

mod bars;
mod calendar;
mod calibration;
mod canvas;
mod curves;
mod draw;
mod fan;
mod frame;
mod heat_map;
mod histogram;
mod legend;
mod marks;
mod palette;
mod scale;
mod split;
mod svg;
mod thin;

pub(crate) use frame::Size;
pub use heat_map::HeatMap;
use jiff::civil::Date;

/// A plot with its title and caption.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What the plot shows; also the SVG's accessible title.
    pub title: String,
    /// How to read it; also the SVG's accessible description. May be empty.
    pub caption: String,
    /// The kind of plot and its numbers.
    pub kind: ChartKind,
}

/// The kinds of plot, each with its numbers.
///
/// Values that are NaN or infinite leave a gap; vectors of different lengths are read up to the
/// shorter one; a plot without a finite value says that there is nothing to draw.
#[derive(Debug, Clone, PartialEq)]
pub enum ChartKind {
    /// Lines over a number, such as the loss by epoch.
    Curves {
        /// Label of the horizontal axis.
        x_label: String,
        /// Label of the vertical axis.
        y_label: String,
        /// The lines.
        curves: Vec<Curve>,
        /// A vertical line with its label, such as the best epoch.
        mark_x: Option<(f64, String)>,
    },
    /// A series over time with its parts (train, gap, validation, test) shaded and named.
    Split {
        /// Dates of the values, ascending.
        dates: Vec<Date>,
        /// The series.
        values: Vec<f64>,
        /// Label of the vertical axis.
        y_label: String,
        /// The parts.
        spans: Vec<SplitSpan>,
    },
    /// A forecast with its intervals, after some history.
    Fan {
        /// Label of the vertical axis.
        y_label: String,
        /// Observations before the forecast.
        history: Vec<(Date, f64)>,
        /// Dates of the forecast, ascending.
        dates: Vec<Date>,
        /// What was observed in the end, where known.
        truth: Vec<Option<f64>>,
        /// The central forecast.
        median: Vec<f64>,
        /// Intervals around it, in any order.
        bands: Vec<Band>,
        /// Another forecast to compare with.
        baseline: Option<(String, Vec<f64>)>,
    },
    /// Observed against nominal coverage; square, with the diagonal of a perfect forecast.
    Calibration {
        /// The points, with their intervals; all numbers are shares between 0 and 1.
        points: Vec<CalibrationMark>,
        /// What the points belong to.
        name: String,
    },
    /// One bar a name, with an optional interval.
    Bars {
        /// Label of the vertical axis.
        y_label: String,
        /// The bars, left to right.
        bars: Vec<Bar>,
        /// Whether to stress the line at zero, as for a skill score.
        zero_line: bool,
    },
    /// How often values fall where.
    Histogram {
        /// Label of the horizontal axis.
        x_label: String,
        /// The values.
        values: Vec<f64>,
        /// How many bins to use; 0 chooses a number from the values.
        bins: usize,
    },
    /// Shares in rows and columns, such as attention.
    HeatMap(HeatMap),
}

/// One line of [`ChartKind::Curves`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// Horizontal positions, ascending.
    pub x: Vec<f64>,
    /// The values.
    pub y: Vec<f64>,
}

/// One part of [`ChartKind::Split`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitSpan {
    /// Its name: train, gap, validation, test. Parts named "gap" are drawn as such.
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// One interval of [`ChartKind::Fan`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Band {
    /// Its name, such as "80 %".
    pub name: String,
    /// Lower ends, one a date.
    pub lower: Vec<f64>,
    /// Upper ends, one a date.
    pub upper: Vec<f64>,
}

/// One point of [`ChartKind::Calibration`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CalibrationMark {
    /// The coverage that was promised.
    pub nominal: f64,
    /// The coverage that was observed.
    pub observed: f64,
    /// Lower end of the observed coverage's interval.
    pub lower: f64,
    /// Upper end of the observed coverage's interval.
    pub upper: f64,
}

/// One bar of [`ChartKind::Bars`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bar {
    /// Its name under the axis.
    pub name: String,
    /// Its height.
    pub value: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end of its interval.
    pub upper: Option<f64>,
    /// Whether this is the bar the report is about.
    pub emphasis: bool,
}
