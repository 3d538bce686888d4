//! Pieces of words, learned from texts.

use crate::error::{DataError, Result};
use rand::{Rng, RngExt};
use serde::Deserialize;
use std::collections::HashMap;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::wordlevel::{WordLevel, WordLevelTrainer};
use tokenizers::models::{ModelWrapper, TrainerWrapper};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::punctuation::Punctuation;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{
    AddedToken, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
    SplitDelimiterBehavior, Tokenizer,
};

/// What stands for the space before a word.
const SPACE: char = '\u{2581}';
/// The tokens with a meaning of their own, in the order of their numbers.
const MARKS: [&str; 4] = ["<pad>", "<s>", "</s>", "<unk>"];

/// What texts are cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Pieces of words, by byte-pair encoding: Rico Sennrich, Barry Haddow and Alexandra Birch,
    /// "Neural Machine Translation of Rare Words with Subword Units", ACL 2016.
    Bpe,
    /// Words and punctuation marks.
    Word,
}

/// A vocabulary of pieces, learned with the `tokenizers` library, in whose format it is kept.
///
/// Texts are brought to Unicode's composed form (NFC), a space becomes part of the word after it, and
/// a punctuation mark is a piece of its own, so that decoding gives the text back.
#[derive(Debug, Clone)]
pub struct Subwords {
    tokenizer: Tokenizer,
    tokens: Vec<String>,
    /// Rank and number of what two neighbours join to.
    merges: HashMap<(u32, u32), (u32, u32)>,
    characters: HashMap<char, u32>,
}

/// A text cut into words, each as the numbers of its characters or, without merges, as one number.
pub type Segmented = Vec<Vec<u32>>;

/// The part of a saved tokenizer that holds the merges.
#[derive(Deserialize)]
struct Saved {
    model: SavedModel,
}

#[derive(Deserialize)]
struct SavedModel {
    #[serde(default)]
    merges: Vec<(String, String)>,
}

impl Subwords {
    /// Number of padding.
    pub const PAD: u32 = 0;
    /// Number of what a sequence starts with.
    pub const START: u32 = 1;
    /// Number of what a sequence ends with.
    pub const END: u32 = 2;
    /// Number of what is not known.
    pub const UNKNOWN: u32 = 3;

    /// Learns at most `vocabulary` pieces, marks among them, from texts; a piece that was seen once
    /// is none.
    ///
    /// # Errors
    /// [`DataError::Unfit`] when the texts hold nothing to learn from.
    pub fn learn<S: AsRef<str> + Sync>(texts: &[S], unit: Unit, vocabulary: usize) -> Result<Self> {
        let marks = || MARKS.map(|mark| AddedToken::from(mark, true)).to_vec();
        let (model, mut trainer) = match unit {
            Unit::Bpe => {
                let model = BPE::builder().unk_token(MARKS[3].to_string()).build();
                let trainer = BpeTrainer::builder()
                    .show_progress(false)
                    .vocab_size(vocabulary)
                    .min_frequency(2)
                    .special_tokens(marks())
                    .build();
                (
                    ModelWrapper::BPE(model.map_err(damaged)?),
                    TrainerWrapper::BpeTrainer(trainer),
                )
            }
            Unit::Word => {
                let model = WordLevel::builder().unk_token(MARKS[3].to_string()).build();
                let trainer = WordLevelTrainer::builder()
                    .show_progress(false)
                    .vocab_size(vocabulary)
                    .min_frequency(2)
                    .special_tokens(marks())
                    .build()
                    .map_err(|error| damaged(error.to_string().into()))?;
                (
                    ModelWrapper::WordLevel(model.map_err(damaged)?),
                    TrainerWrapper::WordLevelTrainer(trainer),
                )
            }
        };
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_normalizer(Some(NFC)).map_err(damaged)?;
        tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![
            PreTokenizerWrapper::Metaspace(Metaspace::new(SPACE, PrependScheme::Always, true)),
            PreTokenizerWrapper::Punctuation(Punctuation::new(SplitDelimiterBehavior::Isolated)),
        ])));
        let texts = texts.iter().map(|text| text.as_ref().trim());
        tokenizer.train(&mut trainer, texts).map_err(damaged)?;
        let learned = Self::new(tokenizer)?;
        if learned.tokens.len() <= MARKS.len() {
            return Err(DataError::unfit(
                "the texts hold no words to learn from",
                "give more text",
            ));
        }
        Ok(learned)
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// [`DataError::Unfit`] when it is no vocabulary with the marks this program needs.
    pub fn from_json(json: &str) -> Result<Self> {
        Self::new(json.parse::<Tokenizer>().map_err(damaged)?)
    }

    /// As the `tokenizers` library keeps it (`tokenizer.json`).
    ///
    /// # Errors
    /// Never for what was learned or read.
    pub fn to_json(&self) -> Result<String> {
        self.tokenizer.to_string(false).map_err(damaged)
    }

    fn new(mut tokenizer: Tokenizer) -> Result<Self> {
        // `</s>` in a text is text, not the end.
        tokenizer.set_encode_special_tokens(true);
        let numbers = tokenizer.get_vocab(true);
        let mut tokens = vec![String::new(); numbers.len()];
        for (token, &number) in &numbers {
            match tokens.get_mut(number as usize) {
                Some(place) => place.clone_from(token),
                None => return Err(damaged("numbers of tokens have gaps".into())),
            }
        }
        if tokens.len() < MARKS.len() || tokens[..MARKS.len()] != MARKS {
            return Err(damaged(
                "it does not start with this program's marks".into(),
            ));
        }
        let json = tokenizer.to_string(false).map_err(damaged)?;
        let saved: Saved = serde_json::from_str(&json).map_err(|error| damaged(error.into()))?;
        let mut merges = HashMap::new();
        for (rank, (left, right)) in saved.model.merges.iter().enumerate() {
            let joined = format!("{left}{right}");
            if let (Some(&a), Some(&b), Some(&to)) =
                (numbers.get(left), numbers.get(right), numbers.get(&joined))
            {
                merges.insert((a, b), (rank as u32, to));
            }
        }
        let mut characters = HashMap::new();
        for (token, &number) in &numbers {
            let mut all = token.chars();
            if let (Some(one), None) = (all.next(), all.next()) {
                characters.insert(one, number);
            }
        }
        Ok(Self {
            tokenizer,
            tokens,
            merges,
            characters,
        })
    }

    /// Number of pieces, marks among them.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// A piece by its number; the unknown one for a number there is not.
    pub fn token(&self, number: u32) -> &str {
        self.tokens
            .get(number as usize)
            .map_or(MARKS[3], |token| token)
    }

    /// Numbers of a text's pieces.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        match self.tokenizer.encode_fast(text.trim(), false) {
            Ok(encoding) => encoding.get_ids().to_vec(),
            Err(error) => {
                tracing::debug!("a text was not cut: {error}");
                vec![Self::UNKNOWN]
            }
        }
    }

    /// A text's words before any merge, for [`Self::merge`].
    pub fn segment(&self, text: &str) -> Segmented {
        let mut cut = PreTokenizedString::from(text.trim());
        let normalized = cut.normalize(|part| tokenizers::Normalizer::normalize(&NFC, part));
        let splits = normalized.and_then(|()| match self.tokenizer.get_pre_tokenizer() {
            Some(one) => one.pre_tokenize(&mut cut),
            None => Ok(()),
        });
        if splits.is_err() {
            return vec![vec![Self::UNKNOWN]];
        }
        let words = cut.get_splits(OffsetReferential::Original, OffsetType::None);
        let numbers = |word: &str| match self.merges.is_empty() {
            true => vec![self.tokenizer.token_to_id(word).unwrap_or(Self::UNKNOWN)],
            false => word
                .chars()
                .map(|c| self.characters.get(&c).copied().unwrap_or(Self::UNKNOWN))
                .collect(),
        };
        words
            .into_iter()
            .map(|(word, _, _)| numbers(word))
            .collect()
    }

    /// Joins the characters of every word into pieces; each time two neighbours could be joined that
    /// is left undone with probability `dropout`, so that a model sees words cut in many ways.
    ///
    /// Ivan Provilkov, Dmitrii Emelianenko and Elena Voita, "BPE-Dropout: Simple and Effective Subword
    /// Regularization", ACL 2020.
    pub fn merge(&self, words: &Segmented, dropout: f64, rng: &mut impl Rng) -> Vec<u32> {
        let mut pieces = Vec::new();
        let mut word = Vec::new();
        for characters in words {
            word.clear();
            word.extend_from_slice(characters);
            loop {
                let mut best: Option<(u32, usize, u32)> = None;
                for at in 1..word.len() {
                    let Some(&(rank, to)) = self.merges.get(&(word[at - 1], word[at])) else {
                        continue;
                    };
                    if best.is_none_or(|(lowest, _, _)| rank < lowest)
                        && (dropout == 0.0 || rng.random::<f64>() >= dropout)
                    {
                        best = Some((rank, at, to));
                    }
                }
                let Some((_, at, to)) = best else { break };
                word[at - 1] = to;
                word.remove(at);
            }
            pieces.extend_from_slice(&word);
        }
        pieces
    }

    /// The text of pieces; marks are left out, but for what is not known.
    pub fn decode(&self, numbers: &[u32]) -> String {
        let mark = |&number: &u32| number < Self::UNKNOWN;
        let pieces = numbers.iter().filter(|number| !mark(number));
        let text: String = pieces.map(|&number| self.token(number)).collect();
        text.replace(SPACE, " ").trim_start().to_string()
    }
}

fn damaged(error: tokenizers::Error) -> DataError {
    DataError::unfit(
        format!("the vocabulary of pieces cannot be used: {error}"),
        "give the tokenizer.json that a run wrote",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const TEXTS: [&str; 6] = [
        "Ein Mann in einem blauen Hemd steht auf einer Leiter.",
        "Zwei Männer stehen am Herd, und bereiten Essen zu.",
        "A man in a blue shirt is standing on a ladder.",
        "Two men are at the stove preparing food; they're laughing.",
        "Ein kleines Mädchen klettert in ein Spielhaus aus Holz.",
        "A little girl climbing into a wooden playhouse.",
    ];

    fn learned(unit: Unit) -> Subwords {
        let all: Vec<&str> = TEXTS.iter().cycle().take(30).copied().collect();
        Subwords::learn(&all, unit, 200).expect("there are words")
    }

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(1)
    }

    #[test]
    fn texts_come_back_as_they_were() {
        for unit in [Unit::Bpe, Unit::Word] {
            let subwords = learned(unit);
            for text in TEXTS {
                assert_eq!(subwords.decode(&subwords.encode(text)), text, "{unit:?}");
            }
        }
    }

    #[test]
    fn our_merges_are_those_of_the_library() {
        let subwords = learned(Unit::Bpe);
        let others = [
            "Der Hund läuft!",
            "unseen wörds, (really)",
            "",
            "  two  spaces ",
        ];
        for text in TEXTS.iter().chain(&others) {
            let ours = subwords.merge(&subwords.segment(text), 0.0, &mut rng());
            assert_eq!(ours, subwords.encode(text), "{text}");
        }
    }

    #[test]
    fn dropout_cuts_finer_and_loses_nothing() {
        let subwords = learned(Unit::Bpe);
        for text in TEXTS {
            let words = subwords.segment(text);
            let whole = subwords.encode(text).len();
            let cut = subwords.merge(&words, 0.3, &mut rng());
            assert!(cut.len() > whole);
            assert_eq!(subwords.decode(&cut), text);
            assert_eq!(cut, subwords.merge(&words, 0.3, &mut rng()));
            let characters = subwords.merge(&words, 1.0, &mut rng());
            assert_eq!(characters.len(), words.concat().len());
        }
    }

    #[test]
    fn what_is_saved_is_read_back() {
        for unit in [Unit::Bpe, Unit::Word] {
            let subwords = learned(unit);
            let read = Subwords::from_json(&subwords.to_json().expect("json")).expect("whole");
            assert_eq!(read.len(), subwords.len());
            assert_eq!(read.encode(TEXTS[1]), subwords.encode(TEXTS[1]));
        }
        assert!(Subwords::from_json("{}").is_err());
        assert!(Subwords::learn(&[""], Unit::Bpe, 100).is_err());
    }

    #[test]
    fn composed_and_decomposed_letters_are_one() {
        let subwords = learned(Unit::Bpe);
        assert_eq!(subwords.encode("Ma\u{308}nner"), subwords.encode("Männer"));
    }

    #[test]
    fn a_mark_in_a_text_is_text() {
        for unit in [Unit::Bpe, Unit::Word] {
            let pieces = learned(unit);
            let read =
                Subwords::from_json(&pieces.to_json().expect("it can be kept")).expect("read");
            for pieces in [&pieces, &read] {
                for mark in ["a </s> man", "<s>", "a <unk> man", "<pad><pad>"] {
                    let numbers = pieces.encode(mark);
                    assert!(
                        !numbers.iter().any(|&number| number < Subwords::UNKNOWN),
                        "{mark}: {numbers:?}"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_by_both_alike(text in "\\PC{0,40}") {
            let subwords = learned(Unit::Bpe);
            let ours = subwords.merge(&subwords.segment(&text), 0.0, &mut rng());
            prop_assert_eq!(ours, subwords.encode(&text));
        }
    }
}
