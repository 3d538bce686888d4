//! The figures of a classifier.

use super::blend::column;
use crate::summary::{Metrics, Summary};
use rekindle_eval::{
    Confusion, best_f1_threshold, block_bootstrap, f1_at, log_loss, macro_over_classes, mcnemar,
    pr_auc,
    reliability, roc_auc,
};

const RESAMPLES: usize = 1000;
const LEVEL: f64 = 0.95;
/// Bins of the reliability plot and of the calibration error.
pub const BINS: usize = 15;

/// What a classifier said of texts whose class is known.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The true classes.
    pub truth: Vec<u32>,
    /// What it said.
    pub said: Vec<u32>,
    /// Its probabilities, or scores where it has no probabilities, row by row.
    pub scores: Vec<f64>,
    /// Whether they are probabilities.
    pub probable: bool,
    /// Classes.
    pub classes: usize,
    /// The class looked for.
    pub positive: Option<usize>,
    /// The score from which a text is said to belong to it.
    pub threshold: Option<f64>,
}

impl Answers {
    /// Which texts it got right.
    pub fn right(&self) -> Vec<bool> {
        self.truth
            .iter()
            .zip(&self.said)
            .map(|(a, b)| a == b)
            .collect()
    }

    /// The confusion matrix.
    pub fn confusion(&self) -> Confusion {
        Confusion::new(&self.truth, &self.said, self.classes)
    }

    /// Which class the F1 and the curves are of: the one looked for, or the second of two.
    fn positive(&self) -> Option<usize> {
        self.positive.or((self.classes == 2).then_some(1))
    }

    fn is(&self, class: usize) -> Vec<bool> {
        self.truth
            .iter()
            .map(|&truth| truth as usize == class)
            .collect()
    }

    /// All figures.
    pub fn metrics(&self) -> Metrics {
        let confusion = self.confusion();
        let mut metrics = Metrics::new();
        let mut set = |name: &str, value: f64| metrics.insert(name.to_string(), value);
        set("accuracy", confusion.accuracy());
        set("macro_f1", confusion.macro_f1());
        set("weighted_f1", confusion.weighted_f1());
        set("mcc", confusion.mcc());
        match self.positive() {
            Some(class) => {
                let (is, score) = (self.is(class), column(&self.scores, self.classes, class));
                set("f1", confusion.f1(class));
                set("precision", confusion.precision(class));
                set("recall", confusion.recall(class));
                set("roc_auc", roc_auc(&is, &score));
                set("pr_auc", pr_auc(&is, &score));
            }
            None => {
                let mean =
                    |metric| macro_over_classes(&self.truth, &self.scores, self.classes, metric);
                set("f1", confusion.macro_f1());
                set("roc_auc", mean(roc_auc));
                set("pr_auc", mean(pr_auc));
            }
        }
        if let Some(threshold) = self.threshold {
            set("threshold", threshold);
        }
        if self.probable {
            set(
                "log_loss",
                log_loss(&self.truth, &self.scores, self.classes),
            );
            let reliability = reliability(&self.truth, &self.scores, self.classes, BINS);
            set("ece", reliability.ece);
        }
        metrics
    }

    /// 95 % intervals of the figures that readers compare, over resampled texts.
    pub fn intervals(&self, seed: u64) -> Vec<(&'static str, (f64, f64))> {
        let rows = self.truth.len();
        let over = |statistic: &dyn Fn(&[usize]) -> f64| {
            let interval = block_bootstrap(rows, 1, RESAMPLES, LEVEL, seed, statistic);
            (interval.lower, interval.upper)
        };
        let right = self.right();
        let accuracy = |items: &[usize]| {
            items.iter().filter(|&&item| right[item]).count() as f64 / items.len().max(1) as f64
        };
        let f1 = |items: &[usize]| {
            let pick = |from: &[u32]| items.iter().map(|&item| from[item]).collect::<Vec<_>>();
            let confusion = Confusion::new(&pick(&self.truth), &pick(&self.said), self.classes);
            match self.positive() {
                Some(class) => confusion.f1(class),
                None => confusion.macro_f1(),
            }
        };
        vec![("accuracy", over(&accuracy)), ("f1", over(&f1))]
    }
}

/// What a linear model's scores say; where a class is looked for, with a threshold chosen on
/// validation.
pub fn linear(
    scores: Vec<f64>,
    truth: &[u32],
    classes: usize,
    positive: Option<usize>,
    threshold: Option<f64>,
) -> Answers {
    let said = scores
        .chunks(classes)
        .map(|row| match (positive, threshold) {
            (Some(class), Some(threshold)) if classes == 2 => {
                let is = row[class] >= threshold;
                (if is { class } else { 1 - class }) as u32
            }
            _ => super::blend::largest(row) as u32,
        })
        .collect();
    Answers {
        truth: truth.to_vec(),
        said,
        scores,
        probable: false,
        classes,
        positive,
        threshold,
    }
}

/// The threshold of a linear model, chosen on validation.
pub fn threshold(
    scores: &[f64],
    truth: &[u32],
    classes: usize,
    positive: Option<usize>,
) -> Option<f64> {
    let class = positive?;
    let is: Vec<bool> = truth.iter().map(|&t| t as usize == class).collect();
    let score = column(scores, classes, class);
    let (threshold, best) = best_f1_threshold(&is, &score);
    debug_assert!((f1_at(&is, &score, threshold) - best).abs() < 1e-9);
    Some(threshold)
}

/// The model's figures, the linear baseline's, and whether they differ by more than luck.
pub fn fill(summary: &mut Summary, answers: &Answers, linear: &Answers, seed: u64) {
    summary.metrics = answers.metrics();
    for (name, interval) in answers.intervals(seed) {
        summary.intervals.insert(name.to_string(), interval);
    }
    let test = mcnemar(&answers.right(), &linear.right());
    summary
        .metrics
        .insert("mcnemar_p_linear".into(), test.p_value);
    summary.baselines.insert("linear".into(), linear.metrics());
    let mut counts = vec![0usize; answers.classes];
    answers
        .truth
        .iter()
        .for_each(|&class| counts[class as usize] += 1);
    let most = counts.iter().max().copied().unwrap_or(0);
    let share = most as f64 / answers.truth.len().max(1) as f64;
    let majority = [("accuracy".to_string(), share)].into_iter().collect();
    summary.baselines.insert("largest_class".into(), majority);
}
