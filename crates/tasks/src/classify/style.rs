//! Whether two sources of texts can be told apart by their style.

use super::config::Tokens;
use super::corpus::Corpus;
use super::wide::baseline;
use super::words::words_of;
use rekindle_eval::{LinearText, roc_auc};

/// Items of each source that are looked at.
const MOST: usize = 4_000;

/// Area under the ROC curve of a linear model that is trained on every other item of both sources
/// and asked of the rest; 0.5 is chance.
pub fn telling_apart(corpus: &Corpus, one: &[u32], other: &[u32], tokens: Tokens) -> f64 {
    let count = one.len().min(other.len()).min(MOST);
    // Evenly spaced, as a file may be sorted.
    let pick = |items: &[u32]| -> Vec<Vec<String>> {
        let at = |index: usize| items[index * items.len() / count.max(1)];
        (0..count)
            .map(|index| words_of(&corpus.texts[at(index) as usize], tokens))
            .collect()
    };
    let (mut train, mut labels) = (Vec::new(), Vec::new());
    let (mut test, mut truth) = (Vec::new(), Vec::new());
    for (label, items) in [pick(one), pick(other)].into_iter().enumerate() {
        for (at, words) in items.into_iter().enumerate() {
            if at % 2 == 0 {
                train.push(words);
                labels.push(label as u32);
            } else {
                test.push(words);
                truth.push(label == 1);
            }
        }
    }
    let scores = LinearText::fit(&train, &labels, 2, &baseline(0, false)).scores(&test);
    let second: Vec<f64> = scores.chunks(2).map(|row| row[1]).collect();
    roc_auc(&truth, &second)
}
