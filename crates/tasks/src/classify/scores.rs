//! The figures of a classifier.

use super::blend::{self, column};
use super::truth::{Hits, Truth};
use crate::summary::{Metrics, Summary};
use rekindle_eval::{
    Confusion, block_bootstrap, log_loss, macro_over_classes, mcnemar, pr_auc, reliability, roc_auc,
};

const RESAMPLES: usize = 1000;
const LEVEL: f64 = 0.95;
/// Bins of the reliability plot and of the calibration error.
pub const BINS: usize = 15;

/// What a classifier said of texts whose class is known.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The true classes.
    pub truth: Truth,
    /// What it said.
    pub said: Truth,
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
    /// Which texts it got right, all of their classes.
    pub fn right(&self) -> Vec<bool> {
        (0..self.truth.len())
            .map(|item| self.truth.at(item) == self.said.at(item))
            .collect()
    }

    /// The confusion matrix, where a text has one class.
    pub fn confusion(&self) -> Option<Confusion> {
        match (&self.truth, &self.said) {
            (Truth::One(truth), Truth::One(said)) => {
                Some(Confusion::new(truth, said, self.classes))
            }
            _ => None,
        }
    }

    /// Which class the F1 and the curves are of: the one looked for, or the second of two.
    fn positive(&self) -> Option<usize> {
        self.positive.or((self.classes == 2).then_some(1))
    }

    /// All figures.
    pub fn metrics(&self) -> Metrics {
        match (&self.truth, self.confusion()) {
            (Truth::One(truth), Some(confusion)) => self.metrics_of_one(truth, &confusion),
            _ => self.metrics_of_several(),
        }
    }

    fn metrics_of_one(&self, truth: &[u32], confusion: &Confusion) -> Metrics {
        let mut metrics = Metrics::new();
        let mut set = |name: &str, value: f64| metrics.insert(name.to_string(), value);
        set("accuracy", confusion.accuracy());
        set("macro_f1", confusion.macro_f1());
        set("weighted_f1", confusion.weighted_f1());
        set("mcc", confusion.mcc());
        match self.positive() {
            Some(class) => {
                let (is, score) = (
                    self.truth.is(class),
                    column(&self.scores, self.classes, class),
                );
                set("f1", confusion.f1(class));
                set("precision", confusion.precision(class));
                set("recall", confusion.recall(class));
                set("roc_auc", roc_auc(&is, &score));
                set("pr_auc", pr_auc(&is, &score));
            }
            None => {
                let mean = |metric| macro_over_classes(truth, &self.scores, self.classes, metric);
                set("f1", confusion.macro_f1());
                set("roc_auc", mean(roc_auc));
                set("pr_auc", mean(pr_auc));
            }
        }
        // None is shown where no score reaches it.
        if let Some(threshold) = self.threshold.filter(|&at| at < f64::MAX) {
            set("threshold", threshold);
        }
        if self.probable {
            set("log_loss", log_loss(truth, &self.scores, self.classes));
            let reliability = reliability(truth, &self.scores, self.classes, BINS);
            set("ece", reliability.ece);
        }
        metrics
    }

    /// Where texts have several classes: `f1`, `precision` and `recall` over all pairs of text and
    /// class, `macro_f1` and the areas as means over the classes that occur, `accuracy` of whole sets.
    fn metrics_of_several(&self) -> Metrics {
        let rows = self.truth.len();
        let all = Hits::of(&self.truth, &self.said, 0..rows);
        let mut metrics = Metrics::new();
        let mut set = |name: &str, value: f64| metrics.insert(name.to_string(), value);
        set("accuracy", share(&self.right()));
        set("f1", all.f1());
        set("precision", all.precision());
        set("recall", all.recall());
        let mut losses = 0.0;
        let (mut occur, mut sums) = (0, [0.0; 3]);
        for class in 0..self.classes {
            let (is, score) = (
                self.truth.is(class),
                column(&self.scores, self.classes, class),
            );
            if is.contains(&true) {
                occur += 1;
                sums[0] += Hits::of_class(&self.truth, &self.said, class).f1();
                sums[1] += roc_auc(&is, &score);
                sums[2] += pr_auc(&is, &score);
            }
            if self.probable {
                let log = |(is, p): (bool, f64)| if is { p } else { 1.0 - p }.max(1e-15).ln();
                let sum: f64 = is.into_iter().zip(score).map(log).sum();
                losses -= sum / rows.max(1) as f64;
            }
        }
        for (name, sum) in ["macro_f1", "roc_auc", "pr_auc"].into_iter().zip(sums) {
            set(name, sum / f64::from(occur.max(1)));
        }
        if self.probable {
            set("log_loss", losses / self.classes.max(1) as f64);
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
            let (Truth::One(truth), Truth::One(said)) = (&self.truth, &self.said) else {
                return Hits::of(&self.truth, &self.said, items.iter().copied()).f1();
            };
            let pick = |from: &[u32]| items.iter().map(|&item| from[item]).collect::<Vec<_>>();
            let confusion = Confusion::new(&pick(truth), &pick(said), self.classes);
            match self.positive() {
                Some(class) => confusion.f1(class),
                None => confusion.macro_f1(),
            }
        };
        vec![("accuracy", over(&accuracy)), ("f1", over(&f1))]
    }
}

fn share(flags: &[bool]) -> f64 {
    flags.iter().filter(|&&is| is).count() as f64 / flags.len().max(1) as f64
}

/// Thresholds of a linear model, chosen on validation.
#[derive(Debug, Clone, Default)]
pub struct Thresholds {
    /// The class that is looked for, and the score from which a text is said to belong to it.
    pub one: Option<(usize, f64)>,
    /// Where texts have several classes, the score of each.
    pub several: Vec<f64>,
}

impl Thresholds {
    /// Chooses them by these scores of validation texts.
    pub fn choose(scores: &[f64], truth: &Truth, classes: usize, positive: Option<usize>) -> Self {
        match (truth, positive) {
            (Truth::Many(_), _) => {
                let flags: Vec<Vec<bool>> = (0..classes).map(|class| truth.is(class)).collect();
                Self {
                    one: None,
                    several: blend::thresholds(&flags, scores, classes),
                }
            }
            (Truth::One(_), Some(class)) => {
                let score = column(scores, classes, class);
                let threshold = blend::threshold(&truth.is(class), &score);
                Self {
                    one: Some((class, threshold)),
                    several: Vec::new(),
                }
            }
            (Truth::One(_), None) => Self::default(),
        }
    }
}

/// What a linear model's scores say.
pub fn linear(scores: Vec<f64>, truth: &Truth, classes: usize, thresholds: &Thresholds) -> Answers {
    let said = match thresholds.several.is_empty() {
        false => blend::above(&scores, &thresholds.several),
        true => Truth::One(
            scores
                .chunks(classes)
                .map(|row| match thresholds.one {
                    Some((class, threshold)) if classes == 2 => {
                        let is = row[class] >= threshold;
                        (if is { class } else { 1 - class }) as u32
                    }
                    _ => blend::largest(row) as u32,
                })
                .collect(),
        ),
    };
    Answers {
        truth: truth.clone(),
        said,
        scores,
        probable: false,
        classes,
        positive: thresholds.one.map(|(class, _)| class),
        threshold: thresholds.one.map(|(_, threshold)| threshold),
    }
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
    for item in 0..answers.truth.len() {
        answers
            .truth
            .at(item)
            .iter()
            .for_each(|&class| counts[class as usize] += 1);
    }
    let most = (0..answers.classes)
        .max_by_key(|&class| counts[class])
        .unwrap_or(0);
    let constant = match answers.truth {
        Truth::One(_) => Truth::One(vec![most as u32; answers.truth.len()]),
        Truth::Many(_) => Truth::Many(vec![vec![most as u32]; answers.truth.len()]),
    };
    let right = (0..answers.truth.len()).map(|item| answers.truth.at(item) == constant.at(item));
    let right: Vec<bool> = right.collect();
    let largest = [("accuracy".to_string(), share(&right))];
    summary
        .baselines
        .insert("largest_class".into(), largest.into_iter().collect());
}
