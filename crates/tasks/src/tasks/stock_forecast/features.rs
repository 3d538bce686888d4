//! Features that carry volatility, computed from days up to each row alone.

use super::config::Target;
use rekindle_data::SeriesTable;
use std::ops::Range;

/// Names of the features, in order.
pub const FEATURES: [&str; 10] = [
    "return",
    "abs_return",
    "range",
    "gap",
    "volume_change",
    "vol_ratio",
    "vol_long_ratio",
    "log_vol",
    "week_sin",
    "week_cos",
];

/// Rows at the start of a series that only warm the averages up.
pub const WARM_UP: usize = 20;

/// Decay of the fast volatility (RiskMetrics, 1996), of the slow one (a quarter) and of the long one
/// (over a year: what the series is like, which a window cannot show).
const FAST: f64 = 0.94;
const SLOW: f64 = 0.985;
const LONG: f64 = 0.997;
/// Daily volatility is never taken as lower: prices have ticks.
const FLOOR: f64 = 1e-3;
/// Standardized values are cut here: one crash must not swamp a batch.
const CUT: f64 = 8.0;

/// What the model and the baselines read, a row a day.
pub struct Features {
    /// Row-major, `[rows, d_input]`; not yet scaled.
    pub values: Vec<f32>,
    /// Features a row.
    pub d_input: usize,
    /// Log close.
    pub log_close: Vec<f64>,
    /// Volatility of a day's log return, as known at that day's close.
    pub volatility: Vec<f64>,
    /// Rows of each series that windows may use.
    pub usable: Vec<Range<usize>>,
}

/// The state of the running averages; [`Tracker::push`] is the only place features are made, so
/// that a recursive forecast makes them as training did.
#[derive(Debug, Clone)]
pub struct Tracker {
    fast: Average,
    slow: Average,
    long: Average,
    volume: Average,
    last: Option<Day>,
}

/// One day as features need it.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    /// Log close.
    pub log_close: f64,
    /// Log of high over low; NaN when unknown.
    pub log_range: f64,
    /// Log open; NaN when unknown.
    pub log_open: f64,
    /// Shares traded; NaN when unknown.
    pub volume: f64,
    /// Weekday, 0 is Monday.
    pub weekday: i8,
}

/// Exponentially weighted mean, without the bias of its start.
#[derive(Debug, Clone, Copy)]
struct Average {
    decay: f64,
    sum: f64,
    weight: f64,
}

impl Average {
    fn new(decay: f64) -> Self {
        Self {
            decay,
            sum: 0.0,
            weight: 0.0,
        }
    }

    fn push(&mut self, value: f64) {
        self.sum = self.decay * self.sum + (1.0 - self.decay) * value;
        self.weight = self.decay * self.weight + (1.0 - self.decay);
    }

    fn mean(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

impl Default for Tracker {
    fn default() -> Self {
        Self {
            fast: Average::new(FAST),
            slow: Average::new(SLOW),
            long: Average::new(LONG),
            volume: Average::new(FAST),
            last: None,
        }
    }
}

impl Tracker {
    /// Volatility as known now.
    pub fn volatility(&self) -> f64 {
        self.fast.mean().unwrap_or(0.0).sqrt().max(FLOOR)
    }

    /// Takes the next day and gives its features; they say nothing of later days.
    pub fn push(&mut self, day: Day) -> [f32; FEATURES.len()] {
        let previous = self.last.replace(day);
        let before = self.volatility();
        let change = previous.map_or(0.0, |last| day.log_close - last.log_close);
        let gap = previous.map_or(0.0, |last| day.log_open - last.log_close);
        let expected_volume = self.volume.mean();
        if previous.is_some() {
            // Parkinson's range estimator has a fifth of the noise of the squared return.
            let range = day.log_range.powi(2) / (4.0 * std::f64::consts::LN_2);
            let variance = if range.is_finite() {
                0.5 * (change * change + range)
            } else {
                change * change
            };
            self.fast.push(variance);
            self.slow.push(variance);
            self.long.push(variance);
        }
        if day.volume > 0.0 {
            self.volume.push(day.volume);
        }
        let volume_change = match expected_volume {
            Some(expected) if day.volume > 0.0 => (day.volume / expected).ln(),
            _ => 0.0,
        };
        let standard = |value: f64| {
            let value = if value.is_finite() { value } else { 0.0 };
            (value / before).clamp(-CUT, CUT)
        };
        let range = if day.log_range.is_finite() {
            day.log_range
        } else {
            change.abs()
        };
        let fast = self.volatility();
        let root = |average: &Average| average.mean().unwrap_or(0.0).sqrt().max(FLOOR);
        let (slow, long) = (root(&self.slow), root(&self.long));
        let angle = f64::from(day.weekday) * std::f64::consts::TAU / 5.0;
        [
            standard(change),
            standard(change).abs(),
            standard(range),
            standard(gap),
            volume_change.clamp(-CUT, CUT),
            (fast / slow).ln(),
            (fast / long).ln(),
            fast.ln(),
            angle.sin(),
            angle.cos(),
        ]
        .map(|value| value as f32)
    }
}

/// The days of a table's rows.
pub fn day(table: &SeriesTable, row: usize) -> Day {
    let cell = |name: &str| table.column(name).map_or(f64::NAN, |column| column[row]);
    Day {
        log_close: cell("close").ln(),
        log_range: (cell("high") / cell("low")).ln().abs(),
        log_open: cell("open").ln(),
        volume: cell("volume"),
        weekday: table.dates()[row].weekday().to_monday_zero_offset(),
    }
}

/// Computes the features of every row; `level` gives the scaled close when that is the target.
pub fn features(
    table: &SeriesTable,
    target: Target,
    level: impl Fn(usize, f64) -> f64,
) -> Features {
    let d_input = FEATURES.len() + usize::from(target == Target::Level);
    let mut values = Vec::with_capacity(table.len() * d_input);
    let mut log_close = Vec::with_capacity(table.len());
    let mut volatility = Vec::with_capacity(table.len());
    for (series, range) in table.ranges().iter().enumerate() {
        let mut tracker = Tracker::default();
        for row in range.clone() {
            let day = day(table, row);
            values.extend(tracker.push(day));
            if target == Target::Level {
                values.push(level(series, day.log_close.exp()) as f32);
            }
            log_close.push(day.log_close);
            volatility.push(tracker.volatility());
        }
    }
    let usable = table
        .ranges()
        .iter()
        .map(|range| (range.start + WARM_UP).min(range.end)..range.end)
        .collect();
    Features {
        values,
        d_input,
        log_close,
        volatility,
        usable,
    }
}
