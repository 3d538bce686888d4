//! A linear classifier of texts: the baseline a network has to beat.

use crate::linear::{self, LinearLoss};
use crate::ngrams::{NgramConfig, Ngrams, SparseRows, Weighting};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Configuration of a [`LinearText`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinearTextConfig {
    /// Its features.
    pub ngrams: NgramConfig,
    /// What it minimizes.
    pub loss: LinearLoss,
    /// Inverse strength of its regularization.
    pub c: f64,
    /// Rows of rare classes cost the more, the rarer they are.
    pub balanced: bool,
    /// Seed of the order in which rows are visited.
    pub seed: u64,
    /// A text may be of several classes or of none: there is a classifier a class even for two.
    #[serde(default)]
    pub several: bool,
}

/// One linear classifier a class, each against the rest; for two classes a single one.
#[derive(Debug, Clone)]
pub struct LinearText {
    config: LinearTextConfig,
    classes: usize,
    ngrams: Ngrams,
    /// Classifier by classifier, a weight a column.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// What a [`LinearText`] is made of, for saving.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearTextParts {
    /// Its configuration.
    pub config: LinearTextConfig,
    /// Classes.
    pub classes: usize,
    /// Hashes of its n-grams.
    pub keys: Vec<u64>,
    /// Their inverse document frequencies.
    pub idf: Vec<f32>,
    /// Classifier by classifier, a weight an n-gram.
    pub weights: Vec<f32>,
    /// One a classifier.
    pub bias: Vec<f32>,
}

impl LinearText {
    /// Fits it to tokenized texts and their classes.
    ///
    /// # Panics
    /// If there is not one label a text, or one is not below `classes`.
    pub fn fit<T, S>(
        documents: &[T],
        labels: &[u32],
        classes: usize,
        config: &LinearTextConfig,
    ) -> Self
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        assert_eq!(documents.len(), labels.len(), "a label for each text");
        assert!(
            labels.iter().all(|&label| (label as usize) < classes),
            "a class too many"
        );
        Self::fit_by(documents, classes, config, |row, class| {
            labels[row] == class
        })
    }

    /// Fits it to tokenized texts that are of several classes each, or of none.
    ///
    /// # Panics
    /// If there is not one set of labels a text, or `config.several` is not set.
    pub fn fit_several<T, S>(
        documents: &[T],
        labels: &[Vec<u32>],
        classes: usize,
        config: &LinearTextConfig,
    ) -> Self
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        assert_eq!(documents.len(), labels.len(), "labels for each text");
        assert!(config.several, "a classifier a class");
        Self::fit_by(documents, classes, config, |row, class| {
            labels[row].contains(&class)
        })
    }

    fn fit_by<T, S>(
        documents: &[T],
        classes: usize,
        config: &LinearTextConfig,
        is: impl Fn(usize, u32) -> bool + Sync,
    ) -> Self
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        let ngrams = Ngrams::fit(documents, config.ngrams);
        let rows = ngrams.rows(documents);
        let single = classes == 2 && !config.several;
        let fitted: Vec<Vec<f64>> = (0..classifiers(classes, config))
            .into_par_iter()
            .map(|at| {
                let class = if single { 1 } else { at as u32 };
                let positive: Vec<bool> = (0..documents.len()).map(|row| is(row, class)).collect();
                one(&rows, ngrams.len(), &positive, config)
            })
            .collect();
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for fitted in fitted {
            weights.extend(fitted[..ngrams.len()].iter().map(|&weight| weight as f32));
            bias.push(fitted[ngrams.len()] as f32);
        }
        Self {
            config: *config,
            classes,
            ngrams,
            weights,
            bias,
        }
    }

    /// Number of n-grams.
    pub fn features(&self) -> usize {
        self.ngrams.len()
    }

    /// Scores of all classes, row by row; of two classes, `-s` and `s`.
    pub fn scores<T, S>(&self, documents: &[T]) -> Vec<f64>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        let rows = documents.par_iter();
        rows.flat_map_iter(|document| self.scores_of(document.as_ref()))
            .collect()
    }

    /// Scores of one text.
    pub fn scores_of<S: AsRef<str>>(&self, document: &[S]) -> Vec<f64> {
        let row = self.ngrams.row(document);
        let columns = self.ngrams.len();
        let score = |at: usize| {
            let weights = &self.weights[at * columns..(at + 1) * columns];
            let products = row.iter();
            let sum: f64 = products
                .map(|&(column, value)| f64::from(weights[column as usize]) * f64::from(value))
                .sum();
            sum + f64::from(self.bias[at])
        };
        match self.classes {
            2 if !self.config.several => vec![-score(0), score(0)],
            classes => (0..classes).map(score).collect(),
        }
    }

    /// What it is made of.
    pub fn to_parts(&self) -> LinearTextParts {
        LinearTextParts {
            config: self.config,
            classes: self.classes,
            keys: self.ngrams.keys().to_vec(),
            idf: self.ngrams.idf().to_vec(),
            weights: self.weights.clone(),
            bias: self.bias.clone(),
        }
    }

    /// Puts it together again; none when the parts do not fit.
    pub fn from_parts(parts: LinearTextParts) -> Option<Self> {
        let classifiers = classifiers(parts.classes, &parts.config);
        let fits = parts.classes > 0
            && parts.idf.len() == parts.keys.len()
            && parts.weights.len() == classifiers * parts.keys.len()
            && parts.bias.len() == classifiers;
        fits.then(|| Self {
            config: parts.config,
            classes: parts.classes,
            ngrams: Ngrams::new(parts.config.ngrams, parts.keys, parts.idf),
            weights: parts.weights,
            bias: parts.bias,
        })
    }
}

fn classifiers(classes: usize, config: &LinearTextConfig) -> usize {
    if classes == 2 && !config.several {
        1
    } else {
        classes
    }
}

/// One classifier; what a naive Bayes weighting scales the columns by ends up in its weights.
fn one(
    rows: &SparseRows,
    columns: usize,
    positive: &[bool],
    config: &LinearTextConfig,
) -> Vec<f64> {
    let count = positive.iter().filter(|&&is| is).count();
    let costs = [positive.len() - count, count].map(|rows| match config.balanced && rows > 0 {
        true => config.c * positive.len() as f64 / (2 * rows) as f64,
        false => config.c,
    });
    let fit =
        |rows: &SparseRows| linear::fit(rows, columns, positive, config.loss, costs, config.seed);
    let Weighting::NaiveBayes { alpha } = config.ngrams.weighting else {
        return fit(rows);
    };
    let ratios = ratios(rows, columns, positive, alpha);
    let scaled = SparseRows {
        values: rows
            .columns
            .iter()
            .map(|&column| ratios[column as usize])
            .collect(),
        ..rows.clone()
    };
    let mut weights = fit(&scaled);
    for (weight, ratio) in weights.iter_mut().zip(&ratios) {
        *weight *= f64::from(*ratio);
    }
    weights
}

/// `ln` of how common each column is within the class, over how common it is without.
fn ratios(rows: &SparseRows, columns: usize, positive: &[bool], alpha: f64) -> Vec<f32> {
    let mut counts = [vec![alpha; columns], vec![alpha; columns]];
    for (row, &is) in positive.iter().enumerate() {
        for &column in rows.row(row).0 {
            counts[usize::from(is)][column as usize] += 1.0;
        }
    }
    let [without, within] = &counts;
    let sum = |counts: &[f64]| counts.iter().sum::<f64>();
    let shift = (sum(without) / sum(within)).ln();
    let pairs = within.iter().zip(without);
    pairs
        .map(|(within, without)| ((within / without).ln() + shift) as f32)
        .collect()
}
