//! Linear classifiers by dual coordinate descent.

use crate::ngrams::SparseRows;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What a linear classifier minimizes, beside `½ |w|²`, `C` times the sum over rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinearLoss {
    /// `max(0, 1 - y w·x)²`: a support vector machine.
    SquaredHinge,
    /// `ln(1 + exp(-y w·x))`: logistic regression.
    Logistic,
}

/// Passes over the rows, at most.
const PASSES: usize = 1000;
/// Largest violation of the optimality conditions that is left.
const TOLERANCE: f64 = 1e-3;

/// Weights of the columns, then the bias: one classifier of `positive` rows against the rest.
///
/// Cho-Jui Hsieh et al., "A Dual Coordinate Descent Method for Large-scale Linear SVM", ICML 2008;
/// Hsiang-Fu Yu, Fang-Lan Huang and Chih-Jen Lin, "Dual coordinate descent methods for logistic
/// regression and maximum entropy models", Machine Learning 85, 2011. The bias is a column of ones,
/// regularized like the others, as in LIBLINEAR.
///
/// `costs` is `C` of negative and positive rows.
pub(crate) fn fit(
    rows: &SparseRows,
    columns: usize,
    positive: &[bool],
    loss: LinearLoss,
    costs: [f64; 2],
    seed: u64,
) -> Vec<f64> {
    let solver = Solver {
        rows,
        positive,
        norms: (0..rows.len())
            .map(|row| 1.0 + squares(rows.row(row).1))
            .collect(),
        costs,
        weights: vec![0.0; columns + 1],
    };
    match loss {
        LinearLoss::SquaredHinge => solver.squared_hinge(seed),
        LinearLoss::Logistic => solver.logistic(seed),
    }
}

fn squares(values: &[f32]) -> f64 {
    values
        .iter()
        .map(|&value| f64::from(value) * f64::from(value))
        .sum()
}

struct Solver<'a> {
    rows: &'a SparseRows,
    positive: &'a [bool],
    /// Squared length of each row, with the one for the bias.
    norms: Vec<f64>,
    costs: [f64; 2],
    weights: Vec<f64>,
}

impl Solver<'_> {
    fn sign(&self, row: usize) -> f64 {
        if self.positive[row] { 1.0 } else { -1.0 }
    }

    fn cost(&self, row: usize) -> f64 {
        self.costs[usize::from(self.positive[row])]
    }

    fn score(&self, row: usize) -> f64 {
        let (columns, values) = self.rows.row(row);
        score(&self.weights, columns, values)
    }

    fn add(&mut self, row: usize, factor: f64) {
        let (columns, values) = self.rows.row(row);
        for (&column, &value) in columns.iter().zip(values) {
            self.weights[column as usize] += factor * f64::from(value);
        }
        if let Some(bias) = self.weights.last_mut() {
            *bias += factor;
        }
    }

    /// Goes over all rows in a new order until `step` finds no violation above the tolerance.
    fn descend(&mut self, seed: u64, mut step: impl FnMut(&mut Self, usize) -> f64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        for _ in 0..PASSES {
            order.shuffle(&mut rng);
            let mut worst: f64 = 0.0;
            for &row in &order {
                worst = worst.max(step(self, row));
            }
            if worst < TOLERANCE {
                return;
            }
        }
    }

    fn squared_hinge(mut self, seed: u64) -> Vec<f64> {
        let mut alphas = vec![0.0_f64; self.rows.len()];
        self.descend(seed, |solver, row| {
            let sign = solver.sign(row);
            let diagonal = 0.5 / solver.cost(row);
            let alpha = alphas[row];
            let gradient = sign * solver.score(row) - 1.0 + diagonal * alpha;
            let violation = if alpha == 0.0 {
                gradient.min(0.0)
            } else {
                gradient
            };
            if violation.abs() > 1e-12 {
                let next = (alpha - gradient / (solver.norms[row] + diagonal)).max(0.0);
                alphas[row] = next;
                solver.add(row, (next - alpha) * sign);
            }
            violation.abs()
        });
        self.weights
    }

    fn logistic(mut self, seed: u64) -> Vec<f64> {
        // Of each row: alpha, and cost - alpha; both stay above zero.
        let start = |cost: f64| (0.001 * cost).min(1e-8);
        let mut alphas: Vec<[f64; 2]> = (0..self.rows.len())
            .map(|row| {
                [
                    start(self.cost(row)),
                    self.cost(row) - start(self.cost(row)),
                ]
            })
            .collect();
        for (row, alpha) in alphas.iter().enumerate() {
            let factor = self.sign(row) * alpha[0];
            self.add(row, factor);
        }
        self.descend(seed, |solver, row| {
            let (sign, cost) = (solver.sign(row), solver.cost(row));
            let (a, b) = (solver.norms[row], sign * solver.score(row));
            let [one, other] = alphas[row];
            // The smaller of the two is moved, which keeps digits.
            let flipped = 0.5 * a * (other - one) + b < 0.0;
            let (before, slope) = if flipped { (other, -b) } else { (one, b) };
            let gradient_at = |z: f64| a * (z - before) + slope + (z / (cost - z)).ln();
            let mut z = if cost - before < 0.5 * cost {
                0.1 * before
            } else {
                before
            };
            let violation = gradient_at(before).abs();
            let mut gradient = gradient_at(z);
            for _ in 0..100 {
                if gradient.abs() < 1e-3 * TOLERANCE {
                    break;
                }
                let next = z - gradient / (a + cost / (cost - z) / z);
                z = if next <= 0.0 {
                    0.1 * z
                } else {
                    next.min(cost * (1.0 - 1e-12))
                };
                gradient = gradient_at(z);
            }
            let turn = if flipped { -1.0 } else { 1.0 };
            alphas[row] = if flipped {
                [cost - z, z]
            } else {
                [z, cost - z]
            };
            solver.add(row, turn * (z - before) * sign);
            violation
        });
        self.weights
    }
}

/// `w·x + b`; the bias is the last weight.
pub(crate) fn score(weights: &[f64], columns: &[u32], values: &[f32]) -> f64 {
    let pairs = columns.iter().zip(values);
    let sum: f64 = pairs
        .map(|(&column, &value)| weights[column as usize] * f64::from(value))
        .sum();
    sum + weights.last().copied().unwrap_or(0.0)
}
