//! Figures of forecasts of rain.

use super::baselines::{CLIMATE, Forecast};
use crate::summary::{Metrics, Summary};
use rekindle_eval::{
    Confusion, block_bootstrap, brier, event_reliability, log_loss, roc_auc, skill,
};

/// Days drawn together for an interval: two weeks outlast what the weather remembers.
const BLOCK_DAYS: usize = 14;
const REPLICATES: usize = 999;

/// A figure's name, and what it is on some of the windows.
type Statistic<'a> = (&'static str, &'a dyn Fn(&[usize]) -> f64);

/// Forecasts for the same windows, in the order of time, with what happened.
pub struct Tested {
    /// Whether it rained.
    pub happened: Vec<bool>,
    /// Networks first, then baselines.
    pub forecasts: Vec<Forecast>,
    /// Windows a day.
    pub stations: usize,
    /// The forecast that the report is about.
    pub chosen: &'static str,
}

impl Tested {
    /// Probabilities of a forecast.
    pub fn of(&self, name: &str) -> &[f64] {
        let found = self.forecasts.iter().find(|(known, _)| *known == name);
        found.map_or(&[], |(_, probabilities)| probabilities)
    }

    /// All figures of a forecast.
    pub fn metrics(&self, name: &str) -> Metrics {
        let probabilities = self.of(name);
        let reference = brier(&self.happened, self.of(CLIMATE));
        let memoryless = brier(&self.happened, self.of("memoryless"));
        let score = brier(&self.happened, probabilities);
        let counts = confusion(&self.happened, probabilities);
        let truth: Vec<u32> = self.happened.iter().map(|&rain| u32::from(rain)).collect();
        let both: Vec<f64> = probabilities.iter().flat_map(|&p| [1.0 - p, p]).collect();
        let bins = event_reliability(&self.happened, probabilities, 10);
        let n = self.happened.len() as f64;
        let distance = |bin: &rekindle_eval::EventBin| {
            (bin.forecast - bin.observed).abs() * bin.count as f64 / n
        };
        [
            ("accuracy", counts.accuracy()),
            ("f1", counts.f1(1)),
            ("precision", counts.precision(1)),
            ("recall", counts.recall(1)),
            ("brier", score),
            ("brier_skill", skill(score, reference)),
            ("memory_brier_skill", skill(score, memoryless)),
            ("log_loss", log_loss(&truth, &both, 2)),
            ("roc_auc", roc_auc(&self.happened, probabilities)),
            ("ece", bins.iter().map(distance).sum()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into()
    }

    /// 95 % intervals by drawing blocks of days again; `memory_…` is what a network gains on the
    /// memoryless one on the same draws.
    pub fn intervals(&self, name: &str, seed: u64) -> Vec<(&'static str, (f64, f64))> {
        let (own, plain) = (self.of(name), self.of("memoryless"));
        let climate = self.of(CLIMATE);
        let score = |of: &[f64], rows: &[usize]| mean(rows, |i| square(of[i], self.happened[i]));
        let right = |of: &[f64], rows: &[usize]| {
            mean(rows, |i| f64::from((of[i] > 0.5) == self.happened[i]))
        };
        let f1 = |of: &[f64], rows: &[usize]| {
            let happened: Vec<bool> = rows.iter().map(|&i| self.happened[i]).collect();
            let chosen: Vec<f64> = rows.iter().map(|&i| of[i]).collect();
            confusion(&happened, &chosen).f1(1)
        };
        let statistics: [Statistic<'_>; 6] = [
            ("accuracy", &|rows| right(own, rows)),
            ("f1", &|rows| f1(own, rows)),
            ("brier", &|rows| score(own, rows)),
            ("brier_skill", &|rows| {
                skill(score(own, rows), score(climate, rows))
            }),
            ("memory_accuracy", &|rows| {
                right(own, rows) - right(plain, rows)
            }),
            ("memory_brier_skill", &|rows| {
                skill(score(own, rows), score(plain, rows))
            }),
        ];
        let block = BLOCK_DAYS * self.stations.max(1);
        statistics
            .into_iter()
            .map(|(name, statistic)| {
                let n = self.happened.len();
                let interval = block_bootstrap(n, block, REPLICATES, 0.95, seed, statistic);
                (name, (interval.lower, interval.upper))
            })
            .collect()
    }

    /// Writes the figures of the chosen network and of all others.
    pub fn fill(&self, summary: &mut Summary, seed: u64) {
        summary.metrics = self.metrics(self.chosen);
        let gained = summary.metrics["accuracy"] - self.metrics("memoryless")["accuracy"];
        summary
            .metrics
            .insert("memory_accuracy".to_string(), gained);
        let intervals = self.intervals(self.chosen, seed);
        summary.intervals = intervals
            .into_iter()
            .map(|(name, interval)| (name.to_string(), interval))
            .collect();
        summary.baselines = self
            .forecasts
            .iter()
            .filter(|(name, _)| *name != self.chosen)
            .map(|(name, _)| (name.to_string(), self.metrics(name)))
            .collect();
        summary.data.test_items = self.happened.len();
    }
}

fn confusion(happened: &[bool], probabilities: &[f64]) -> Confusion {
    let truth: Vec<u32> = happened.iter().map(|&rain| u32::from(rain)).collect();
    let said: Vec<u32> = probabilities.iter().map(|&p| u32::from(p > 0.5)).collect();
    Confusion::new(&truth, &said, 2)
}

fn square(p: f64, happened: bool) -> f64 {
    (p - f64::from(happened)).powi(2)
}

fn mean(rows: &[usize], of: impl Fn(usize) -> f64) -> f64 {
    rows.iter().map(|&row| of(row)).sum::<f64>() / rows.len() as f64
}
