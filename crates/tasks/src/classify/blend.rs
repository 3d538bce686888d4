//! From the votes of network and n-grams to probabilities.

use rekindle_eval::{best_f1_threshold, fit_blend, softmax};
use serde::{Deserialize, Serialize};

/// How votes become probabilities and a class; all of it chosen on validation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decision {
    /// What each voter's logits are multiplied with: the network, then the n-grams, if they vote.
    /// With the network alone it is the inverse of the temperature.
    pub weights: Vec<f64>,
    /// Classes.
    pub classes: usize,
    /// The class looked for, and the probability from which a text is said to belong to it.
    pub threshold: Option<(usize, f64)>,
}

impl Decision {
    /// Chooses weights, and the threshold where one class is looked for.
    pub fn fit(truth: &[u32], votes: &[Vec<f64>], classes: usize, positive: Option<usize>) -> Self {
        let parts: Vec<&[f64]> = votes.iter().map(Vec::as_slice).collect();
        let mut decision = Self {
            weights: fit_blend(truth, &parts, classes),
            classes,
            threshold: None,
        };
        if let Some(positive) = positive {
            let probabilities = decision.probabilities(votes);
            let is: Vec<bool> = truth
                .iter()
                .map(|&class| class as usize == positive)
                .collect();
            let score = column(&probabilities, classes, positive);
            decision.threshold = Some((positive, best_f1_threshold(&is, &score).0));
        }
        decision
    }

    /// Probabilities, row by row.
    pub fn probabilities(&self, votes: &[Vec<f64>]) -> Vec<f64> {
        let length = votes.first().map_or(0, Vec::len);
        let sum = |at: usize| {
            votes
                .iter()
                .zip(&self.weights)
                .map(|(v, w)| v[at] * w)
                .sum()
        };
        let logits: Vec<f64> = (0..length).map(sum).collect();
        softmax(&logits, self.classes)
    }

    /// The class of each row.
    pub fn classes_of(&self, probabilities: &[f64]) -> Vec<u32> {
        let class = |row: &[f64]| match self.threshold {
            Some((positive, threshold)) if self.classes == 2 => match row[positive] >= threshold {
                true => positive,
                false => 1 - positive,
            },
            _ => largest(row),
        };
        probabilities
            .chunks(self.classes)
            .map(|row| class(row) as u32)
            .collect()
    }
}

/// Place of the largest value, the first of equals.
pub fn largest(row: &[f64]) -> usize {
    let mut best = 0;
    for (at, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = at;
        }
    }
    best
}

/// One column of rows.
pub fn column(rows: &[f64], classes: usize, class: usize) -> Vec<f64> {
    rows.chunks(classes).map(|row| row[class]).collect()
}
