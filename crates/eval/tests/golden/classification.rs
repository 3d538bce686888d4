//! Classification against scikit-learn and SciPy; see `scripts/golden_classes.py`.

use super::classes::*;
use super::{all_close, close};
use rekindle_eval::*;

const CLASSES: usize = 3;

#[test]
fn confusion() {
    let confusion = Confusion::new(&TRUTH, &SAID, CLASSES);
    close(confusion.accuracy(), ACCURACY, 1e-13);
    close(confusion.macro_f1(), MACRO_F1, 1e-13);
    close(confusion.weighted_f1(), WEIGHTED_F1, 1e-13);
    close(confusion.mcc(), MCC, 1e-13);
    let each = |of: &dyn Fn(usize) -> f64| (0..CLASSES).map(of).collect::<Vec<_>>();
    all_close(
        &each(&|class| confusion.precision(class)),
        &PRECISION,
        1e-13,
    );
    all_close(&each(&|class| confusion.recall(class)), &RECALL, 1e-13);
}

#[test]
fn probabilities() {
    all_close(&softmax(&LOGITS, CLASSES), &PROBABILITIES, 1e-13);
    close(log_loss(&TRUTH, &PROBABILITIES, CLASSES), LOG_LOSS, 1e-13);
    close(
        reliability(&TRUTH, &PROBABILITIES, CLASSES, 10).ece,
        ECE,
        1e-12,
    );
    // Ours has a ridge of 1e-6.
    all_close(
        &fit_blend(&TRUTH, &[&LOGITS, &OTHER], CLASSES),
        &BLEND,
        1e-4,
    );
    all_close(
        &fit_blend(&TRUTH, &[&LOGITS], CLASSES),
        &[TEMPERATURE],
        1e-4,
    );
}

#[test]
fn ranking() {
    close(roc_auc(&POSITIVE, &SCORE), ROC, 1e-13);
    close(pr_auc(&POSITIVE, &SCORE), PR, 1e-13);
    let (threshold, f1) = best_f1_threshold(&POSITIVE, &SCORE);
    close(f1, BEST_F1, 1e-13);
    close(f1_at(&POSITIVE, &SCORE, threshold), BEST_F1, 1e-13);
    let over = |metric| macro_over_classes(&TRUTH, &PROBABILITIES, CLASSES, metric);
    close(over(roc_auc), MACRO_ROC, 1e-13);
    close(over(pr_auc), MACRO_PR, 1e-13);
}

#[test]
fn mcnemar_is_the_exact_binomial_test() {
    let (only_a, only_b, p_value) = MCNEMAR;
    let right = |a: u64, b: u64, first: bool| -> Vec<bool> {
        let all = std::iter::repeat_n(first, a as usize);
        all.chain(std::iter::repeat_n(!first, b as usize))
            .chain([true, false])
            .collect()
    };
    let test = mcnemar(&right(only_a, only_b, true), &right(only_a, only_b, false));
    assert_eq!((test.only_a, test.only_b), (only_a, only_b));
    close(test.p_value, p_value, 1e-10);
}

fn documents() -> Vec<Vec<&'static str>> {
    let tokens = |text: &&'static str| text.split(' ').collect();
    DOCUMENTS.iter().map(tokens).collect()
}

fn ngrams(weighting: Weighting) -> NgramConfig {
    NgramConfig {
        longest: 2,
        min_documents: 2,
        weighting,
    }
}

fn fitted(
    weighting: Weighting,
    loss: LinearLoss,
    c: f64,
    labels: &[u32],
    classes: usize,
) -> Vec<f64> {
    let config = LinearTextConfig {
        ngrams: ngrams(weighting),
        loss,
        c,
        balanced: false,
        seed: 1,
        several: false,
    };
    let model = LinearText::fit(&documents(), labels, classes, &config);
    let scores = model.scores(&documents());
    let again = LinearText::from_parts(model.to_parts()).expect("the parts fit");
    assert_eq!(scores, again.scores(&documents()));
    scores
}

#[test]
fn tf_idf() {
    for (sublinear, golden) in [(false, TFIDF_PLAIN), (true, TFIDF_SUBLINEAR)] {
        let features = Ngrams::fit(&documents(), ngrams(Weighting::TfIdf { sublinear }));
        let two_largest = |document: &Vec<&str>| {
            let mut values: Vec<f64> = features
                .row(document)
                .iter()
                .map(|(_, value)| f64::from(*value))
                .collect();
            values.sort_by(|a, b| b.total_cmp(a));
            values.iter().take(2).sum()
        };
        let ours: Vec<f64> = documents().iter().map(two_largest).collect();
        all_close(&ours, &golden, 1e-6);
    }
}

#[test]
fn linear_classifiers() {
    let tf_idf = Weighting::TfIdf { sublinear: true };
    let ours = fitted(tf_idf, LinearLoss::SquaredHinge, 0.7, &LABELS, CLASSES);
    all_close(&ours, &SVM, 2e-3);

    let two = LABELS.map(|label| u32::from(label == 1));
    let positive = |scores: Vec<f64>| -> Vec<f64> {
        assert!(scores.chunks(2).all(|row| row[0] == -row[1]));
        scores.chunks(2).map(|row| row[1]).collect()
    };
    let ours = fitted(tf_idf, LinearLoss::Logistic, 2.0, &two, 2);
    all_close(&positive(ours), &LOGISTIC, 2e-3);

    let bayes = Weighting::NaiveBayes { alpha: 1.0 };
    let ours = fitted(bayes, LinearLoss::Logistic, 2.0, &two, 2);
    all_close(&positive(ours), &NB_LOGISTIC, 2e-3);
}
