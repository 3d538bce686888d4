//! Which classes were taken for which.

use serde::{Deserialize, Serialize};

/// Counts of true against predicted classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    classes: usize,
    /// Row by row, a row a true class.
    counts: Vec<u64>,
}

impl Confusion {
    /// Counts pairs.
    ///
    /// # Panics
    /// If the slices differ in length or a class is not below `classes`.
    pub fn new(truth: &[u32], predicted: &[u32], classes: usize) -> Self {
        assert_eq!(truth.len(), predicted.len(), "a prediction for each truth");
        let mut counts = vec![0; classes * classes];
        for (&truth, &predicted) in truth.iter().zip(predicted) {
            let (truth, predicted) = (truth as usize, predicted as usize);
            assert!(truth < classes && predicted < classes, "a class too many");
            counts[truth * classes + predicted] += 1;
        }
        Self { classes, counts }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How often `truth` was taken for `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts[truth * self.classes + predicted]
    }

    /// Items of a class.
    pub fn support(&self, class: usize) -> u64 {
        (0..self.classes)
            .map(|other| self.count(class, other))
            .sum()
    }

    fn predicted(&self, class: usize) -> u64 {
        (0..self.classes)
            .map(|other| self.count(other, class))
            .sum()
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Share of items whose class was predicted; NaN without items.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes)
            .map(|class| self.count(class, class))
            .sum();
        right as f64 / self.total() as f64
    }

    /// Share of the items predicted as `class` that are of it; 0 when there are none.
    pub fn precision(&self, class: usize) -> f64 {
        share(self.count(class, class), self.predicted(class))
    }

    /// Share of the items of `class` that were predicted as it; 0 when there are none.
    pub fn recall(&self, class: usize) -> f64 {
        share(self.count(class, class), self.support(class))
    }

    /// Harmonic mean of precision and recall; 0 when both are.
    pub fn f1(&self, class: usize) -> f64 {
        share(
            2 * self.count(class, class),
            self.predicted(class) + self.support(class),
        )
    }

    /// Mean F1 of all classes that occur.
    pub fn macro_f1(&self) -> f64 {
        let seen = |&class: &usize| self.support(class) + self.predicted(class) > 0;
        let f1: Vec<f64> = (0..self.classes)
            .filter(seen)
            .map(|class| self.f1(class))
            .collect();
        f1.iter().sum::<f64>() / f1.len() as f64
    }

    /// Mean F1, each class as often as it occurs.
    pub fn weighted_f1(&self) -> f64 {
        let sum: f64 = (0..self.classes)
            .map(|class| self.f1(class) * self.support(class) as f64)
            .sum();
        sum / self.total() as f64
    }

    /// Matthews' correlation coefficient for any number of classes (Gorodkin, 2004); 0 when only one
    /// class is there or predicted.
    pub fn mcc(&self) -> f64 {
        let total = self.total() as f64;
        let each = || 0..self.classes;
        let right: f64 = each().map(|class| self.count(class, class) as f64).sum();
        let supports: Vec<f64> = each().map(|class| self.support(class) as f64).collect();
        let predicted: Vec<f64> = each().map(|class| self.predicted(class) as f64).collect();
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let covariance = right * total - dot(&supports, &predicted);
        let spread = (total * total - dot(&predicted, &predicted))
            * (total * total - dot(&supports, &supports));
        if spread > 0.0 {
            covariance / spread.sqrt()
        } else {
            0.0
        }
    }
}

fn share(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        whole => part as f64 / whole as f64,
    }
}
