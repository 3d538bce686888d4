//! What must hold for any data.

use crate::support::{panel, read, with_policy};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rekindle_data::{
    MissingPolicy, Part, Scaler, ScalerKind, SeriesTable, SplitConfig, TimeSplit, Window, Windows,
};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Calendar days of some series, each with holes: `(series, day)` pairs in any order.
fn calendar() -> impl Strategy<Value = Vec<(usize, i64)>> {
    let series = prop::collection::vec(prop::bool::weighted(0.85), 30..120);
    prop::collection::vec(series, 1..4)
        .prop_map(|series| {
            let rows = series.iter().enumerate().flat_map(|(index, days)| {
                let there = days.iter().enumerate().filter(|(_, there)| **there);
                there.map(move |(day, _)| (index, day as i64))
            });
            rows.collect::<Vec<_>>()
        })
        .prop_shuffle()
}

fn day(at: i64) -> Date {
    date(2020, 1, 1) + at.days()
}

/// Reads the rows; the close is `1000 * series + day`, so that a value tells where it is from.
fn table(rows: &[(usize, i64)]) -> SeriesTable {
    let mut text = "date,symbol,close\n".to_string();
    for &(series, at) in rows {
        text += &format!(
            "{},S{series},{}\n",
            day(at),
            1000 * (series + 1) + at as usize
        );
    }
    read(&text, &panel()).expect("good rows").0
}

fn values(table: &SeriesTable) -> Vec<f32> {
    let close = table.column("close").expect("there is a close");
    close.iter().map(|&close| close as f32).collect()
}

fn input_rows(window: &Window, lookback: usize) -> Range<usize> {
    window.origin + 1 - lookback..window.origin + 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_window_is_of_one_series_and_sees_nothing_past_its_origin(
        rows in calendar(),
        lookback in 1_usize..12,
        horizon in 1_usize..6,
    ) {
        let table = table(&rows);
        let values = values(&table);
        let Ok(windows) = Windows::new(&values, 1, table.ranges(), lookback, horizon) else {
            return Ok(());
        };
        let wanted: usize = table
            .ranges()
            .iter()
            .map(|range| (range.len() + 1).saturating_sub(lookback + horizon))
            .sum();
        prop_assert_eq!(windows.len(), wanted);
        for window in windows.iter() {
            let series = table.series_of_row(window.origin);
            prop_assert_eq!(window.targets.clone(), window.origin + 1..window.origin + 1 + horizon);
            prop_assert_eq!(table.series_of_row(window.targets.end - 1), series);
            prop_assert_eq!(window.input.len(), lookback);
            prop_assert_eq!(window.input[lookback - 1], values[window.origin]);
            let until = table.dates()[window.origin];
            let number: usize = table.series(series)[1..].parse().expect("S0, S1, …");
            for &value in window.input {
                let (of, at) = (value as usize / 1000 - 1, value as i64 % 1000);
                prop_assert_eq!(of, number);
                prop_assert!(day(at) <= until);
            }
        }
    }

    #[test]
    fn no_target_day_of_a_part_is_read_or_forecast_by_a_later_part(
        rows in calendar(),
        lookback in 1_usize..10,
        horizon in 1_usize..5,
        valid in 0.1_f64..0.4,
        test in 0.1_f64..0.4,
    ) {
        let table = table(&rows);
        let config = SplitConfig { valid, test, lookback, horizon };
        let Ok(split) = TimeSplit::new(table.dates(), config) else {
            return Ok(());
        };
        let values = values(&table);
        let windows = Windows::new(&values, 1, table.ranges(), lookback, horizon);
        let dates = table.dates();
        let mut targets: HashMap<Part, BTreeSet<Date>> = HashMap::new();
        let mut touched: HashMap<Part, BTreeSet<Date>> = HashMap::new();
        for window in windows.iter().flat_map(Windows::iter) {
            let input = input_rows(&window, lookback);
            let ends = (dates[window.targets.start], dates[window.targets.end - 1]);
            let Some(part) = split.part_of_window(dates[input.start], ends.0, ends.1) else {
                continue;
            };
            prop_assert_eq!(split.part(ends.0, ends.1), Some(part));
            let target = dates[window.targets].iter().copied();
            targets.entry(part).or_default().extend(target.clone());
            touched.entry(part).or_default().extend(target.chain(dates[input].iter().copied()));
        }
        for (early, late) in [(Part::Train, Part::Valid), (Part::Train, Part::Test), (Part::Valid, Part::Test)] {
            let early = targets.get(&early).cloned().unwrap_or_default();
            let late = touched.get(&late).cloned().unwrap_or_default();
            prop_assert!(early.is_disjoint(&late));
        }
    }

    /// Where no series skips a day that another has, target days alone decide.
    #[test]
    fn without_holes_every_window_is_purged_by_its_targets_alone(
        count in 40_usize..150,
        lookback in 1_usize..10,
        horizon in 1_usize..5,
        valid in 0.1_f64..0.4,
        test in 0.1_f64..0.4,
    ) {
        let days: Vec<Date> = (0..count as i64).map(day).collect();
        let config = SplitConfig { valid, test, lookback, horizon };
        let Ok(split) = TimeSplit::new(&days, config) else {
            return Ok(());
        };
        let mut last: Option<(Part, usize)> = None;
        for origin in lookback - 1..count - horizon {
            let (first, end) = (days[origin + 1], days[origin + horizon]);
            let part = split.part(first, end);
            prop_assert_eq!(split.part_of_window(days[origin + 1 - lookback], first, end), part);
            let Some(part) = part else { continue };
            if let Some((before, at)) = last && before != part {
                prop_assert!(origin - at >= lookback + horizon);
            }
            last = Some((part, origin));
        }
        let spans: usize = split.spans().iter().map(|span| span.days).sum();
        prop_assert_eq!(spans, count);
    }

    #[test]
    fn a_scaler_goes_there_and_back(
        values in prop::collection::vec(-1e6_f32..1e6, 3..90),
        kind in prop::sample::select(vec![ScalerKind::Standard, ScalerKind::MinMax, ScalerKind::Robust]),
    ) {
        let values = &values[..values.len() / 3 * 3];
        let scaler = Scaler::fit(kind, values, 3, 0..values.len() / 3).expect("finite values");
        let mut there = values.to_vec();
        scaler.transform(&mut there);
        prop_assert!(there.iter().all(|value| value.is_finite()));
        let mut back = there.clone();
        scaler.inverse(&mut back);
        for (at, (&value, &back)) in values.iter().zip(&back).enumerate() {
            let (feature, value) = (at % 3, f64::from(value));
            let size = value.abs() + scaler.center[feature].abs() + scaler.scale[feature];
            prop_assert!((value - f64::from(back)).abs() <= 1e-6 * size, "{} {}", value, back);
            let exact = scaler.inverse_value(feature, scaler.transform_value(feature, value));
            prop_assert!((value - exact).abs() <= 1e-12 * size);
        }
    }

    #[test]
    fn the_order_of_rows_in_the_file_does_not_matter(rows in calendar()) {
        let mut sorted = rows.clone();
        sorted.sort();
        let (one, other) = (table(&rows), table(&sorted));
        prop_assert_eq!(one.ranges(), other.ranges());
        prop_assert_eq!(one.dates(), other.dates());
        prop_assert_eq!(one.column("close"), other.column("close"));
        for range in one.ranges() {
            prop_assert!(one.dates()[range.clone()].is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn whatever_the_bytes_reading_never_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        rows in prop::collection::vec("[0-9,a\"\r\n-]{0,30}", 0..6),
    ) {
        let keep = with_policy(panel(), MissingPolicy::Keep);
        for text in [b"date,symbol,close,volume\n".to_vec(), Vec::new()] {
            let tail = [bytes.as_slice(), rows.join("\n2018-01-01,A,").as_bytes()].concat();
            let _ = crate::support::read_bytes(&[text, tail].concat(), &keep);
        }
    }
}
