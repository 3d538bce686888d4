//! Texts: labelled files, tokenizers, vocabularies and token vectors.

mod counter;
mod embeddings;
mod keras;
mod labelled;
mod parallel;
#[cfg(feature = "subwords")]
mod subwords;
mod vocabulary;
mod words;

pub use counter::TokenCounter;
pub use embeddings::{Coverage, Embeddings};
pub use keras::{KerasTokenizer, KerasTokenizerConfig, Side, pad_sequences};
pub use labelled::{Encoding, Quoting, TextReader, TextSpec, TextSummary, TextTable};
pub use parallel::{
    LONGEST_LINE, PairSpec, Pairs, ParallelTexts, clean_text, language_code, language_name,
    pair_groups, read_lines, read_texts,
};
#[cfg(feature = "subwords")]
pub use subwords::{Segmented, Subwords, Unit};
pub use vocabulary::Vocabulary;
pub use words::{tokenize_all, words};
