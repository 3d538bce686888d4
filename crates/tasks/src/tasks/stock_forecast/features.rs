//! Features that carry volatility, computed from days up to each row alone.

use super::config::Target;
use jiff::civil::Date;
use rekindle_data::SeriesTable;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

/// Names of the features, in order.
pub const FEATURES: [&str; 14] = [
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
    "quarterly_1",
    "quarterly_3",
    "quarterly_5",
    "market_ratio",
];
/// Where `vol_long_ratio` is among them.
const OWN_RATIO: usize = 6;
/// Where `market_ratio` is.
pub const MARKET_RATIO: usize = 13;

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

/// Trading days in a quarter: companies report their earnings that far apart, and move most then.
const QUARTER: usize = 63;
/// Quarters looked back: a year, after which the calendar repeats.
const QUARTERS: usize = 4;
/// Holidays shift a report by a day or two.
const SLACK: usize = 2;
/// Days ahead whose earlier quarters are looked up: with [`SLACK`] they cover a week.
const AHEAD: [usize; 3] = [1, 3, 5];
/// Days of stirs to keep.
const KEPT: usize = QUARTER * QUARTERS + SLACK;
/// Logs of stirs start here: a quiet day must not look like an extreme.
const STIR_FLOOR: f64 = 0.3;
/// What an unknown quarter counts as: the mean over S&P 500 members, 2013 to 2016.
const USUAL: f64 = 0.75;
/// Variance of `vol_long_ratio` between the symbols of a day over that between days (S&P 500
/// members, 2013 to 2016): by it the mean of few symbols is shrunk as an estimate of the market's.
const OWN_NOISE: f64 = 1.6;

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
    /// How much each of the last days stirred the series, oldest first.
    stirs: VecDeque<f64>,
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
            stirs: VecDeque::with_capacity(KEPT),
            last: None,
        }
    }
}

impl Tracker {
    /// Volatility as known now.
    pub fn volatility(&self) -> f64 {
        self.fast.mean().unwrap_or(0.0).sqrt().max(FLOOR)
    }

    /// How much the series stirred around the day `ahead` days from now in each of the last
    /// quarters: the mean log of the largest stir.
    fn quarterly(&self, ahead: usize) -> f64 {
        let (mut sum, mut known) = (0.0, 0.0);
        for quarter in 1..=QUARTERS {
            // Days back from the last one to the oldest looked at.
            let oldest = QUARTER * quarter - ahead + SLACK;
            if let Some(from) = self.stirs.len().checked_sub(oldest + 1) {
                let days = self.stirs.range(from..=from + 2 * SLACK);
                sum += (days.copied().fold(0.0, f64::max) + STIR_FLOOR).ln();
                known += 1.0;
            }
        }
        if known > 0.0 { sum / known } else { USUAL }
    }

    /// Takes the next day and gives its features; they say nothing of later days. Its
    /// `market_ratio` is that of a market of this series alone.
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
        let (moved, gapped) = (standard(change), standard(gap));
        let volume_change = volume_change.clamp(-CUT, CUT);
        // News shows in volume too: e times the usual counts as a move of two deviations, and e³ is
        // as far as splits and index changes may take it.
        let stir = moved.abs().max(gapped.abs()) + 2.0 * volume_change.clamp(0.0, 3.0);
        if self.stirs.len() == KEPT {
            self.stirs.pop_front();
        }
        self.stirs.push_back(stir);
        let [one, three, five] = AHEAD.map(|ahead| self.quarterly(ahead));
        let own_ratio = (fast / long).ln();
        let angle = f64::from(day.weekday) * std::f64::consts::TAU / 5.0;
        [
            moved,
            moved.abs(),
            standard(range),
            gapped,
            volume_change,
            (fast / slow).ln(),
            own_ratio,
            fast.ln(),
            angle.sin(),
            angle.cos(),
            one,
            three,
            five,
            own_ratio / (1.0 + OWN_NOISE),
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
    market_ratio(table.dates(), &mut values, d_input);
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

/// Sets `market_ratio` to the mean `vol_long_ratio` of the day's symbols, shrunk as few must be:
/// what stirs the market stirs each of them in the days ahead.
fn market_ratio(dates: &[Date], values: &mut [f32], d_input: usize) {
    let mut days: BTreeMap<Date, (f64, f64)> = BTreeMap::new();
    for (date, row) in dates.iter().zip(values.chunks(d_input)) {
        let (sum, count) = days.entry(*date).or_default();
        *sum += f64::from(row[OWN_RATIO]);
        *count += 1.0;
    }
    for (date, row) in dates.iter().zip(values.chunks_mut(d_input)) {
        let (sum, count) = days[date];
        row[MARKET_RATIO] = (sum / (count + OWN_NOISE)) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(log_close: f64) -> Day {
        Day {
            log_close,
            log_range: f64::NAN,
            log_open: f64::NAN,
            volume: f64::NAN,
            weekday: 0,
        }
    }

    #[test]
    fn a_jump_is_expected_again_a_quarter_later() {
        let mut tracker = Tracker::default();
        let rows: Vec<_> = (0..140)
            .map(|day| {
                let wave = if day % 2 == 0 { 0.01 } else { 0.0 };
                tracker.push(quiet(wave + if day >= 50 { 0.2 } else { 0.0 }))
            })
            .collect();
        // `quarterly_1` of a day tells of the next one: it is highest on the eve, day 112, give or
        // take the slack, and nothing is known before a quarter has passed. The first days, which
        // come before any volatility is known, are left out.
        let next: Vec<f32> = rows.iter().map(|row| row[10]).collect();
        let high = next[70..].iter().copied().fold(f32::MIN, f32::max);
        let highest: Vec<usize> = (70..140).filter(|&day| next[day] == high).collect();
        assert_eq!(highest, vec![110, 111, 112, 113, 114]);
        assert_eq!(next[60], USUAL as f32);
    }

    #[test]
    fn the_market_is_the_shrunk_mean_of_the_same_day_alone() {
        let day = |day| jiff::civil::date(2020, 1, day);
        let width = FEATURES.len();
        let mut values = vec![0.0; 3 * width];
        for (row, own) in [0.4, 0.2, 7.0].into_iter().enumerate() {
            values[row * width + OWN_RATIO] = own;
        }
        market_ratio(&[day(1), day(1), day(2)], &mut values, width);
        let of = |row: usize| f64::from(values[row * width + MARKET_RATIO]);
        assert!((of(0) - 0.6 / (2.0 + OWN_NOISE)).abs() < 1e-6);
        assert_eq!(of(0), of(1));
        assert!((of(2) - 7.0 / (1.0 + OWN_NOISE)).abs() < 1e-6);
    }
}
