//! `report.json`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name to number.
pub type Metrics = BTreeMap<String, f64>;

/// The numbers of a run or an evaluation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The task.
    pub task: String,
    /// The backend.
    pub backend: String,
    /// The seed.
    pub seed: u64,
    /// What data it was.
    pub data: DataSummary,
    /// How training went.
    pub train: TrainSummary,
    /// The model's figures on the test part.
    pub metrics: Metrics,
    /// 95 % intervals of some of them.
    #[serde(default)]
    pub intervals: BTreeMap<String, (f64, f64)>,
    /// The baselines' figures on the same test part.
    pub baselines: BTreeMap<String, Metrics>,
}

/// What data a run read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DataSummary {
    /// Where they came from.
    pub source: String,
    /// Rows used.
    pub rows: usize,
    /// Series among them.
    pub series: usize,
    /// Windows or items trained on.
    pub train_items: usize,
    /// Windows or items validated on.
    pub valid_items: usize,
    /// Windows or items tested on.
    pub test_items: usize,
    /// First day of the test part.
    pub test_from: String,
    /// Last day of the data.
    pub until: String,
}

/// How training went.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TrainSummary {
    /// Epochs run.
    pub epochs: usize,
    /// The epoch whose model was kept.
    pub best_epoch: usize,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Training items a second.
    pub samples_per_second: f64,
    /// Trained numbers in the model.
    pub parameters: usize,
}

impl Summary {
    /// One without figures.
    pub fn new(task: &str, backend: &str, seed: u64) -> Self {
        Self {
            task: task.to_string(),
            backend: backend.to_string(),
            seed,
            ..Self::default()
        }
    }

    /// A figure of the model, see [`figure`].
    pub fn metric(&self, name: &str) -> f64 {
        figure(&self.metrics, name)
    }

    /// A figure of a baseline, see [`figure`].
    pub fn baseline(&self, baseline: &str, name: &str) -> f64 {
        let figures = self.baselines.get(baseline);
        figures.map_or(f64::NAN, |figures| figure(figures, name))
    }

    /// Leaves out figures that are not numbers: JSON has none.
    pub fn finite(mut self) -> Self {
        self.metrics.retain(|_, value| value.is_finite());
        self.baselines
            .values_mut()
            .for_each(|m| m.retain(|_, value| value.is_finite()));
        self.intervals
            .retain(|_, (low, high)| low.is_finite() && high.is_finite());
        self
    }
}

/// A figure for a page; not a number where there is none, which pages show as such.
pub fn figure(metrics: &Metrics, name: &str) -> f64 {
    metrics.get(name).copied().unwrap_or(f64::NAN)
}
