//! Probabilities of classes: loss, calibration, and how to get them from scores.
//!
//! Rows of `classes` values each make one slice.

use serde::{Deserialize, Serialize};

/// Smallest probability that a logarithm is taken of.
const LEAST: f64 = 1e-15;
/// How far rounding may bring a probability above one.
const ROUNDING: f64 = 1e-6;
/// Steps of Newton's method.
const STEPS: usize = 100;

/// Mean negative log probability of the true class, in nats; NaN without rows, and when one is no
/// probability.
///
/// # Panics
/// If there are not `classes` probabilities a row.
pub fn log_loss(truth: &[u32], probabilities: &[f64], classes: usize) -> f64 {
    assert_eq!(truth.len() * classes, probabilities.len(), "a row for each");
    let rows = probabilities.chunks(classes).zip(truth);
    // `max` would make the least of NaN.
    let of = |p: f64| match (0.0..=1.0 + ROUNDING).contains(&p) {
        true => -p.max(LEAST).ln(),
        false => f64::NAN,
    };
    let sum: f64 = rows.map(|(row, &truth)| of(row[truth as usize])).sum();
    sum / truth.len() as f64
}

/// Probabilities of scores, row by row: `exp(s_k) / Σ exp(s_j)`.
pub fn softmax(scores: &[f64], classes: usize) -> Vec<f64> {
    let mut all = scores.to_vec();
    for row in all.chunks_mut(classes.max(1)) {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.iter_mut()
            .for_each(|score| *score = (*score - largest).exp());
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|score| *score /= sum);
    }
    all
}

/// Weights `w` with which `softmax(Σ w_i scores_i)` has the least log loss: temperature scaling (Guo
/// et al., "On Calibration of Modern Neural Networks", 2017), for several models at once.
///
/// The loss is convex in the weights; found by Newton's method, kept at 0 or above. All ones when
/// there are no rows.
///
/// # Panics
/// If a model has not `classes` scores a row.
pub fn fit_blend(truth: &[u32], scores: &[&[f64]], classes: usize) -> Vec<f64> {
    for scores in scores {
        assert_eq!(truth.len() * classes, scores.len(), "a row for each");
    }
    let mut active: Vec<usize> = (0..scores.len()).collect();
    let mut weights = vec![1.0; scores.len()];
    if truth.is_empty() {
        return weights;
    }
    // A model that would vote against itself is left out, and the rest is fitted again.
    loop {
        let voters: Vec<&[f64]> = active.iter().map(|&at| scores[at]).collect();
        let fitted = newton(truth, &voters, classes);
        let worst = (0..fitted.len()).min_by(|&a, &b| fitted[a].total_cmp(&fitted[b]));
        match worst.filter(|&at| fitted[at] < 0.0) {
            Some(at) if active.len() > 1 => weights[active.remove(at)] = 0.0,
            _ => {
                for (&at, fitted) in active.iter().zip(fitted) {
                    weights[at] = fitted.max(1e-3);
                }
                return weights;
            }
        }
    }
}

fn newton(truth: &[u32], scores: &[&[f64]], classes: usize) -> Vec<f64> {
    let count = scores.len();
    let mut weights = vec![1.0 / count as f64; count];
    let mut loss = blend_loss(truth, scores, classes, &weights);
    for _ in 0..STEPS {
        let (gradient, hessian) = slopes(truth, scores, classes, &weights);
        let step = hessian.lu().solve(&gradient);
        let Some(step) = step.filter(|step| step.iter().all(|value| value.is_finite())) else {
            break;
        };
        // Halved until the loss falls, as far from the minimum a whole step may overshoot.
        let mut length = 1.0;
        let next = loop {
            let moved: Vec<f64> = weights
                .iter()
                .zip(&step)
                .map(|(w, s)| w - length * s)
                .collect();
            let at = blend_loss(truth, scores, classes, &moved);
            if at <= loss || length < 1e-6 {
                break (moved, at);
            }
            length /= 2.0;
        };
        let gained = loss - next.1;
        if gained < 0.0 {
            break;
        }
        (weights, loss) = next;
        if gained < 1e-12 {
            break;
        }
    }
    weights
}

fn mixed(scores: &[&[f64]], weights: &[f64], row: usize, classes: usize) -> Vec<f64> {
    let sum = |class: usize| {
        let at = row * classes + class;
        scores.iter().zip(weights).map(|(s, w)| s[at] * w).sum()
    };
    let logits: Vec<f64> = (0..classes).map(sum).collect();
    softmax(&logits, classes)
}

/// A little ridge keeps weights finite where classes are separable.
fn blend_loss(truth: &[u32], scores: &[&[f64]], classes: usize, weights: &[f64]) -> f64 {
    let rows = truth.iter().enumerate();
    let sum: f64 = rows
        .map(|(row, &t)| {
            -mixed(scores, weights, row, classes)[t as usize]
                .max(LEAST)
                .ln()
        })
        .sum();
    sum / truth.len() as f64 + RIDGE * weights.iter().map(|w| w * w).sum::<f64>()
}

const RIDGE: f64 = 1e-6;

fn slopes(
    truth: &[u32],
    scores: &[&[f64]],
    classes: usize,
    weights: &[f64],
) -> (nalgebra::DVector<f64>, nalgebra::DMatrix<f64>) {
    let count = scores.len();
    let mut gradient = nalgebra::DVector::zeros(count);
    let mut hessian = nalgebra::DMatrix::zeros(count, count);
    for (row, &truth_class) in truth.iter().enumerate() {
        let p = mixed(scores, weights, row, classes);
        let of = |part: usize, class: usize| scores[part][row * classes + class];
        let mean = |part: usize| -> f64 { (0..classes).map(|k| p[k] * of(part, k)).sum() };
        let means: Vec<f64> = (0..count).map(mean).collect();
        for a in 0..count {
            gradient[a] += means[a] - of(a, truth_class as usize);
            for b in 0..count {
                let both: f64 = (0..classes).map(|k| p[k] * of(a, k) * of(b, k)).sum();
                hessian[(a, b)] += both - means[a] * means[b];
            }
        }
    }
    let n = truth.len() as f64;
    gradient /= n;
    hessian /= n;
    for a in 0..count {
        gradient[a] += 2.0 * RIDGE * weights[a];
        hessian[(a, a)] += 2.0 * RIDGE;
    }
    (gradient, hessian)
}

/// Items whose confidence lies in one stretch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Their mean confidence.
    pub confidence: f64,
    /// Share of them that was right.
    pub accuracy: f64,
    /// How many they are.
    pub count: usize,
}

/// Whether confidence is deserved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Stretches of equal width from 0 to 1; empty ones are left out.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error: mean distance of confidence and accuracy (Naeini et al., 2015);
    /// NaN without rows, and when a probability is.
    pub ece: f64,
}

/// Compares the largest probability of each row with how often that class was right.
///
/// # Panics
/// If there are not `classes` probabilities a row.
pub fn reliability(
    truth: &[u32],
    probabilities: &[f64],
    classes: usize,
    bins: usize,
) -> Reliability {
    assert_eq!(truth.len() * classes, probabilities.len(), "a row for each");
    let bins = bins.max(1);
    let mut sums = vec![(0.0, 0.0, 0_usize); bins];
    for (row, &truth) in probabilities.chunks(classes).zip(truth) {
        let mut best = 0;
        (1..classes).for_each(|k| best = if row[k] > row[best] { k } else { best });
        let bin = ((row[best] * bins as f64) as usize).min(bins - 1);
        sums[bin].0 += row[best];
        sums[bin].1 += f64::from(best == truth as usize);
        sums[bin].2 += 1;
    }
    let n = truth.len() as f64;
    let ece = sums
        .iter()
        .map(|(sure, right, _)| (sure - right).abs() / n)
        .sum::<f64>();
    let bins = sums
        .iter()
        .filter(|bin| bin.2 > 0)
        .map(|&(sure, right, count)| ReliabilityBin {
            confidence: sure / count as f64,
            accuracy: right / count as f64,
            count,
        })
        .collect();
    Reliability {
        bins,
        ece: match truth.is_empty() || probabilities.iter().any(|p| p.is_nan()) {
            true => f64::NAN,
            false => ece,
        },
    }
}
