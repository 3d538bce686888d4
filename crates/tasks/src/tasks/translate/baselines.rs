//! What a translation has to beat: the source itself, and the translation of the most similar source.

use rekindle_data::{ParallelTexts, words};
use rekindle_eval::{NgramConfig, Ngrams, Weighting};

/// A translation memory: for a new text, the translation of the training text that is most like it, by
/// the cosine of their words and pairs of words.
pub struct TranslationMemory<'a> {
    texts: &'a ParallelTexts,
    ngrams: Ngrams,
    /// For each n-gram the training texts that hold it, with its weight there.
    postings: Vec<Vec<(u32, f32)>>,
}

impl<'a> TranslationMemory<'a> {
    /// Remembers all pairs.
    pub fn new(texts: &'a ParallelTexts) -> Self {
        let documents: Vec<Vec<String>> = texts.source.iter().map(|t| words(t, true)).collect();
        let config = NgramConfig {
            longest: 2,
            min_documents: 1,
            weighting: Weighting::TfIdf { sublinear: true },
        };
        let ngrams = Ngrams::fit(&documents, config);
        let rows = ngrams.rows(&documents);
        let mut postings = vec![Vec::new(); ngrams.len()];
        for row in 0..rows.len() {
            let (columns, values) = rows.row(row);
            for (&column, &value) in columns.iter().zip(values) {
                postings[column as usize].push((row as u32, value));
            }
        }
        Self {
            texts,
            ngrams,
            postings,
        }
    }

    /// The translation of the most similar text; of the first one where nothing is alike.
    pub fn translate(&self, text: &str) -> String {
        let mut scores = vec![0.0_f32; self.texts.len()];
        for (column, weight) in self.ngrams.row(&words(text, true)) {
            for &(row, value) in &self.postings[column as usize] {
                scores[row as usize] += weight * value;
            }
        }
        let mut best = 0;
        for (row, &score) in scores.iter().enumerate() {
            if score > scores[best] {
                best = row;
            }
        }
        self.texts.target[best].clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_text_answers() {
        let strings = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect();
        let texts = ParallelTexts {
            source: strings(&["a dog runs", "a man sits", "two dogs sleep"]),
            target: strings(&["ein Hund läuft", "ein Mann sitzt", "zwei Hunde schlafen"]),
        };
        let memory = TranslationMemory::new(&texts);
        assert_eq!(memory.translate("A man sits down."), "ein Mann sitzt");
        assert_eq!(memory.translate("Two dogs"), "zwei Hunde schlafen");
        assert_eq!(memory.translate(""), "ein Hund läuft");
    }
}
