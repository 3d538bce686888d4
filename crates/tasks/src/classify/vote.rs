//! Networks and linear models of n-grams: what they say together, chosen on validation.

use super::blend::Decision;
use super::classes::Classes;
use super::config::ClassifySettings;
use super::corpus::Corpus;
use super::forward::logits;
use super::parts::{Fold, Parts};
use super::scores::{self, Answers, Thresholds};
use super::truth::Truth;
use super::wide;
use super::words::words_of;
use burn::tensor::Device;
use rayon::prelude::*;
use rekindle_eval::{LinearText, LinearTextConfig};
use rekindle_models::TextClassifier;

/// What voters are fitted on.
pub struct Voters<'a> {
    /// The settings.
    pub config: &'a ClassifySettings,
    /// The texts.
    pub corpus: &'a Corpus,
    /// Their token numbers.
    pub encoded: &'a [Vec<u32>],
    /// The classes.
    pub classes: &'a Classes,
    /// The seed.
    pub seed: u64,
    /// Where networks run.
    pub device: &'a Device,
}

/// What network and n-grams say together, and what the linear baseline says.
pub struct Voted {
    /// How votes become a class.
    pub decision: Decision,
    /// What they say of the test texts together.
    pub answers: Answers,
    /// What network and n-grams say on their own, where both vote.
    pub alone: Vec<(&'static str, Answers)>,
    /// What the linear baseline says of them.
    pub linear: Answers,
    /// The linear models that vote, one a fold.
    pub votes: Vec<LinearText>,
    /// The linear baseline, one a fold.
    pub baseline: Vec<LinearText>,
    /// Thresholds of the baseline.
    pub thresholds: Thresholds,
}

impl Voters<'_> {
    fn words(&self) -> Vec<Vec<String>> {
        let tokens = self.config.tokens;
        let texts = self.corpus.texts.par_iter();
        texts.map(|text| words_of(text, tokens)).collect()
    }

    /// The linear models fitted on all texts: those that vote, and the baseline.
    pub fn on_all(&self) -> (Vec<LinearText>, Vec<LinearText>) {
        let words = self.words();
        let fit = |config| vec![self.linear(&words, &self.corpus.truth(), &config)];
        let votes = match self.config.wide {
            true => fit(wide::vote(self.config, self.seed)),
            false => Vec::new(),
        };
        (votes, fit(self.baseline()))
    }

    fn baseline(&self) -> LinearTextConfig {
        wide::baseline(self.seed, self.config.data.is_many())
    }

    /// A linear model of these texts.
    fn linear<T: AsRef<[String]> + Sync>(
        &self,
        words: &[T],
        truth: &Truth,
        config: &LinearTextConfig,
    ) -> LinearText {
        match truth {
            Truth::One(labels) => LinearText::fit(words, labels, self.classes.len(), config),
            Truth::Many(sets) => LinearText::fit_several(words, sets, self.classes.len(), config),
        }
    }

    /// Fits the linear models, chooses weights and thresholds on validation, and tests.
    pub fn vote(&self, parts: &Parts, members: &[TextClassifier]) -> Voted {
        let (config, classes) = (self.config, self.classes.len());
        let (all, positive) = (self.corpus.truth(), self.classes.positive);
        let words = self.words();
        let linear_fold = |fold: &Fold, config: &LinearTextConfig| {
            let documents: Vec<&[String]> = pick(&words, &fold.train);
            self.linear(&documents, &all.of(&fold.train), config)
        };
        let fit_all = |config: &LinearTextConfig| -> Vec<LinearText> {
            parts
                .folds
                .iter()
                .map(|fold| linear_fold(fold, config))
                .collect()
        };
        let baseline = fit_all(&self.baseline());
        let votes = match wide::vote(config, self.seed) {
            _ if !config.wide => Vec::new(),
            vote if vote == self.baseline() => baseline.clone(),
            vote => fit_all(&vote),
        };

        // On validation every text is judged by the models that did not train on it.
        let validated: Vec<u32> = parts
            .folds
            .iter()
            .flat_map(|fold| fold.valid.clone())
            .collect();
        let truth = all.of(&validated);
        let network = |member: usize, items: &[u32]| {
            let device = self.device;
            logits(
                &members[member],
                self.encoded,
                items,
                classes,
                config.padding,
                device,
            )
        };
        let scored = |model: &LinearText, items: &[u32]| model.scores(&pick(&words, items));
        let folds = || parts.folds.iter().enumerate();
        let concat = |of: &dyn Fn(usize, &[u32]) -> Vec<f64>| -> Vec<f64> {
            folds().flat_map(|(at, fold)| of(at, &fold.valid)).collect()
        };
        let mean = |of: &dyn Fn(usize, &[u32]) -> Vec<f64>| {
            average(folds().map(|(at, _)| of(at, &parts.test)).collect())
        };
        let of_votes = |at: usize, items: &[u32]| scored(&votes[at], items);
        let of_baseline = |at: usize, items: &[u32]| scored(&baseline[at], items);
        let mut valid_votes = vec![concat(&network)];
        let mut test_votes = vec![mean(&network)];
        let decision = |votes: &[Vec<f64>]| Decision::fit(&truth, votes, classes, positive);
        let test_truth = all.of(&parts.test);
        let mut alone = Vec::new();
        if config.wide {
            valid_votes.push(concat(&of_votes));
            test_votes.push(mean(&of_votes));
            for (at, name) in ["network_alone", "ngrams_alone"].into_iter().enumerate() {
                let one = decision(&valid_votes[at..=at]);
                alone.push((name, decide(&one, &test_votes[at..=at], &test_truth)));
            }
        }
        let decision = decision(&valid_votes);
        let thresholds = Thresholds::choose(&concat(&of_baseline), &truth, classes, positive);
        let linear = scores::linear(mean(&of_baseline), &test_truth, classes, &thresholds);
        Voted {
            answers: decide(&decision, &test_votes, &test_truth),
            decision,
            alone,
            linear,
            votes,
            baseline,
            thresholds,
        }
    }
}

/// What a decision makes of votes.
pub fn decide(decision: &Decision, votes: &[Vec<f64>], truth: &Truth) -> Answers {
    let probabilities = decision.probabilities(votes);
    Answers {
        truth: truth.clone(),
        said: decision.classes_of(&probabilities),
        scores: probabilities,
        probable: true,
        classes: decision.classes,
        positive: decision.threshold.map(|(class, _)| class),
        threshold: decision.threshold.map(|(_, threshold)| threshold),
    }
}

/// The mean of several models' votes.
pub fn average(votes: Vec<Vec<f64>>) -> Vec<f64> {
    let count = votes.len().max(1) as f64;
    let mut votes = votes.into_iter();
    let mut sum = votes.next().unwrap_or_default();
    for vote in votes {
        sum.iter_mut()
            .zip(vote)
            .for_each(|(sum, vote)| *sum += vote);
    }
    sum.iter_mut().for_each(|sum| *sum /= count);
    sum
}

fn pick<'a>(words: &'a [Vec<String>], items: &[u32]) -> Vec<&'a [String]> {
    items
        .iter()
        .map(|&item| words[item as usize].as_slice())
        .collect()
}
