//! What needs no network: "same as today", and the climate.

use super::prepare::Days;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Frequencies of rain in the training part.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Baselines {
    /// By station, a share a month; NaN never.
    climate: BTreeMap<String, Vec<f64>>,
    /// Over all stations, for a station that training did not see.
    any: Vec<f64>,
    /// After a dry and after a wet day.
    after: [f64; 2],
}

/// A baseline's name, and its probability of rain for each window.
pub type Forecast = (&'static str, Vec<f64>);

/// Climatology: what skill is measured against.
pub const CLIMATE: &str = "climatology";

impl Baselines {
    /// Counts.
    pub fn fit(days: &Days, train: &[u32]) -> Self {
        let mut stations: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        let (mut any, mut after) = (vec![(0.0, 0.0); 12], [(0.0, 0.0); 2]);
        for &row in train {
            let row = row as usize;
            let rain = f64::from(days.rains_tomorrow(row) == Some(true));
            let month = month(days, row);
            let station = days.table.series(days.table.series_of_row(row));
            let counts = stations
                .entry(station.to_string())
                .or_insert_with(|| vec![(0.0, 0.0); 12]);
            for (hits, n) in [&mut counts[month], &mut any[month]] {
                (*hits, *n) = (*hits + rain, *n + 1.0);
            }
            if let Some(today) = days.rains_today(row) {
                let (hits, n) = &mut after[usize::from(today)];
                (*hits, *n) = (*hits + rain, *n + 1.0);
            }
        }
        // One day more of each kind: no frequency is 0 or 1, or missing.
        let share = |(hits, n): (f64, f64)| (hits + 1.0) / (n + 2.0);
        let shares = |counts: Vec<(f64, f64)>| counts.into_iter().map(share).collect();
        Self {
            climate: stations
                .into_iter()
                .map(|(station, counts)| (station, shares(counts)))
                .collect(),
            any: shares(any),
            after: after.map(share),
        }
    }

    /// Whether there is a share for each month.
    pub fn is_sound(&self) -> bool {
        let is_share = |share: &f64| (0.0..=1.0).contains(share);
        let mut years = self.climate.values().chain([&self.any]);
        years.all(|year| year.len() == 12 && year.iter().all(is_share))
            && self.after.iter().all(is_share)
    }

    /// All baselines' probabilities of rain after the days `rows`.
    pub fn forecast(&self, days: &Days, rows: &[u32]) -> [Forecast; 3] {
        let each = |of: &dyn Fn(usize) -> f64| rows.iter().map(|&row| of(row as usize)).collect();
        let climate = |row: usize| {
            let station = days.table.series(days.table.series_of_row(row));
            self.climate.get(station).unwrap_or(&self.any)[month(days, row)]
        };
        let today = |row: usize| days.rains_today(row).unwrap_or(false);
        [
            ("persistence", each(&|row| f64::from(today(row)))),
            (
                "persistence_frequency",
                each(&|row| self.after[usize::from(today(row))]),
            ),
            (CLIMATE, each(&climate)),
        ]
    }
}

/// Month of the day that is forecast, from 0.
fn month(days: &Days, row: usize) -> usize {
    let date = days.table.dates()[row];
    let next = date.tomorrow().unwrap_or(date);
    next.month() as usize - 1
}
