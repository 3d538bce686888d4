//! From the votes of network and n-grams to probabilities.

use super::truth::Truth;
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
    /// Where a text may be of several classes: the probability of each from which a text is said to
    /// belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<f64>,
}

impl Decision {
    /// Chooses weights, and the threshold where one class is looked for.
    pub fn fit(truth: &Truth, votes: &[Vec<f64>], classes: usize, positive: Option<usize>) -> Self {
        let truth = match truth {
            Truth::One(truth) => truth,
            Truth::Many(_) => return Self::fit_several(truth, votes, classes),
        };
        let parts: Vec<&[f64]> = votes.iter().map(Vec::as_slice).collect();
        let mut decision = Self {
            weights: fit_blend(truth, &parts, classes),
            classes,
            threshold: None,
            thresholds: Vec::new(),
        };
        if let Some(positive) = positive {
            let probabilities = decision.probabilities(votes);
            let is: Vec<bool> = truth
                .iter()
                .map(|&class| class as usize == positive)
                .collect();
            let score = column(&probabilities, classes, positive);
            decision.threshold = Some((positive, threshold(&is, &score)));
        }
        decision
    }

    fn fit_several(truth: &Truth, votes: &[Vec<f64>], classes: usize) -> Self {
        let flags: Vec<Vec<bool>> = (0..classes).map(|class| truth.is(class)).collect();
        let mut decision = Self {
            weights: fit_weights(&flags, votes, classes),
            classes,
            threshold: None,
            thresholds: vec![0.5; classes],
        };
        let probabilities = decision.probabilities(votes);
        decision.thresholds = thresholds(&flags, &probabilities, classes);
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
        match self.thresholds.is_empty() {
            true => softmax(&logits, self.classes),
            false => logits.into_iter().map(sigmoid).collect(),
        }
    }

    /// The class of each row.
    pub fn classes_of(&self, probabilities: &[f64]) -> Truth {
        if !self.thresholds.is_empty() {
            return above(probabilities, &self.thresholds);
        }
        let class = |row: &[f64]| match self.threshold {
            Some((positive, threshold)) if self.classes == 2 => match row[positive] >= threshold {
                true => positive,
                false => 1 - positive,
            },
            _ => largest(row),
        };
        let rows = probabilities.chunks(self.classes);
        Truth::One(rows.map(|row| class(row) as u32).collect())
    }
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// The classes of each row whose score reaches their threshold.
pub fn above(scores: &[f64], thresholds: &[f64]) -> Truth {
    let set = |row: &[f64]| -> Vec<u32> {
        let pairs = row.iter().zip(thresholds).enumerate();
        pairs
            .filter(|(_, (score, threshold))| score >= threshold)
            .map(|(class, _)| class as u32)
            .collect()
    };
    Truth::Many(scores.chunks(thresholds.len().max(1)).map(set).collect())
}

/// The threshold with the best F1; where nothing is to be found one that no score reaches, which a file
/// can hold as it could not hold infinity.
pub fn threshold(is: &[bool], scores: &[f64]) -> f64 {
    best_f1_threshold(is, scores).0.min(f64::MAX)
}

/// Positive validation rows below which a class has no threshold of its own.
const ENOUGH: usize = 8;

/// The threshold of each class with the best F1 on validation; rare classes share one.
pub fn thresholds(flags: &[Vec<bool>], scores: &[f64], classes: usize) -> Vec<f64> {
    let all: Vec<bool> = (0..scores.len())
        .map(|at| flags[at % classes][at / classes])
        .collect();
    let shared = threshold(&all, scores);
    let of = |(class, is): (usize, &Vec<bool>)| match is.iter().filter(|&&is| is).count() >= ENOUGH
    {
        true => threshold(is, &column(scores, classes, class)),
        false => shared,
    };
    flags.iter().enumerate().map(of).collect()
}

/// What each voter's logits are multiplied with so that the log loss over all classes is least:
/// Newton's method.
fn fit_weights(flags: &[Vec<bool>], votes: &[Vec<f64>], classes: usize) -> Vec<f64> {
    let count = votes.len();
    let mut weights = vec![1.0 / count.max(1) as f64; count];
    for _ in 0..30 {
        let mut gradient = vec![0.0; count];
        let mut hessian = vec![vec![0.0; count]; count];
        for at in 0..votes.first().map_or(0, Vec::len) {
            let logit: f64 = votes.iter().zip(&weights).map(|(v, w)| v[at] * w).sum();
            let probability = sigmoid(logit);
            let error = probability - f64::from(u8::from(flags[at % classes][at / classes]));
            for (a, one) in votes.iter().enumerate() {
                gradient[a] += error * one[at];
                for (b, other) in votes.iter().enumerate() {
                    hessian[a][b] += probability * (1.0 - probability) * one[at] * other[at];
                }
            }
        }
        let Some(step) = solve(hessian, gradient) else {
            break;
        };
        let largest = step.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
        // A voter that only harms has no say.
        weights
            .iter_mut()
            .zip(step)
            .for_each(|(weight, step)| *weight = (*weight - step).clamp(0.0, 100.0));
        if largest < 1e-6 {
            break;
        }
    }
    match weights.iter().any(|&weight| weight > 0.0) {
        true => weights,
        false => vec![1.0 / count.max(1) as f64; count],
    }
}

/// Solves one or two equations; a little is added to the diagonal.
fn solve(matrix: Vec<Vec<f64>>, right: Vec<f64>) -> Option<Vec<f64>> {
    const RIDGE: f64 = 1e-6;
    let step = match right.as_slice() {
        [only] => vec![only / (matrix[0][0] + RIDGE)],
        [one, other] => {
            let (a, b, d) = (matrix[0][0] + RIDGE, matrix[0][1], matrix[1][1] + RIDGE);
            let determinant = a * d - b * b;
            vec![
                (d * one - b * other) / determinant,
                (a * other - b * one) / determinant,
            ]
        }
        _ => return None,
    };
    step.iter().all(|step| step.is_finite()).then_some(step)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_validation_lacks_has_a_threshold_that_a_file_can_hold() {
        let truth = Truth::One(vec![0, 0, 0]);
        let votes = [vec![0.3, 0.1, 0.2, 0.4, 0.5, 0.1]];
        let decision = Decision::fit(&truth, &votes, 2, Some(1));
        let text = serde_json::to_string(&decision).expect("JSON");
        let read: Decision = serde_json::from_str(&text).expect("it can be read");
        assert_eq!(read.threshold, decision.threshold);
        assert_eq!(read.classes_of(&read.probabilities(&votes)), truth);
    }

    #[test]
    fn several_classes_have_their_own_thresholds_and_the_better_voter_more_weight() {
        // The first voter knows, the second one tosses coins.
        let rows = 200;
        let truth: Vec<Vec<u32>> = (0..rows)
            .map(|row| (0..2).filter(|class| (row >> class) % 2 == 0).collect())
            .collect();
        let truth = Truth::Many(truth);
        let sign = |is: bool| if is { 2.0 } else { -2.0 };
        let knows: Vec<f64> = (0..rows as usize)
            .flat_map(|row| [0, 1].map(|class| sign(truth.at(row).contains(&class))))
            .collect();
        let tosses: Vec<f64> = (0..2 * rows as usize).map(|at| sign(at % 7 < 3)).collect();
        let votes = [knows, tosses];
        let decision = Decision::fit(&truth, &votes, 2, None);
        assert!(
            decision.weights[0] > 5.0 * decision.weights[1],
            "{:?}",
            decision.weights
        );
        assert_eq!(decision.thresholds.len(), 2);
        assert_eq!(decision.classes_of(&decision.probabilities(&votes)), truth);
    }
}
