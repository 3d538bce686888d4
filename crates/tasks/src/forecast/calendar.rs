//! Places in the day, the week and the year, as sines and cosines.

use rekindle_data::{Frequency, Stamp};
use std::f64::consts::TAU;

const DAY: i64 = 86_400;

/// Which cycles say something at this frequency.
fn cycles(frequency: Frequency) -> (bool, bool, bool) {
    match frequency {
        Frequency::Seconds(step) if step < DAY => (true, true, false),
        Frequency::Seconds(DAY) | Frequency::Weekdays(_) => (false, true, true),
        Frequency::Seconds(_) => (false, false, true),
        Frequency::Months { count, .. } => (false, false, count % 12 != 0),
        Frequency::Steps(_) => (false, false, false),
    }
}

/// Number of features of [`features`].
pub fn width(frequency: Frequency) -> usize {
    let (day, week, year) = cycles(frequency);
    2 * [day, week, year].iter().filter(|there| **there).count()
}

/// Adds the features of a time to `features`.
pub fn features(frequency: Frequency, stamp: Option<Stamp>, features: &mut Vec<f32>) {
    let (day, week, year) = cycles(frequency);
    let second = stamp.map_or(0, |stamp| stamp.0);
    let mut add = |share: f64| {
        features.push((TAU * share).sin() as f32);
        features.push((TAU * share).cos() as f32);
    };
    if day {
        add(second.rem_euclid(DAY) as f64 / DAY as f64);
    }
    if week {
        add((second.div_euclid(DAY) - 4).rem_euclid(7) as f64 / 7.0);
    }
    if year {
        let date = stamp.and_then(Stamp::datetime);
        add(date.map_or(0.0, |date| f64::from(date.date().day_of_year()) / 365.25));
    }
}
