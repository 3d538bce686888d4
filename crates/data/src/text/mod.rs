//! Texts: labelled files, tokenizers, vocabularies and token vectors.

mod clean;
mod counter;
mod embeddings;
mod keras;
mod labelled;
mod parallel;
mod reader;
mod rows;
mod spec;
#[cfg(feature = "subwords")]
mod subwords;
mod swallowed;
mod vocabulary;
mod words;

pub use clean::{clean, decode_entities, plain_blanks};
pub use counter::TokenCounter;
pub use embeddings::{Coverage, Embeddings};
pub use keras::{KerasTokenizer, KerasTokenizerConfig, Side, pad_sequences};
pub use labelled::{TextSummary, TextTable};
pub use parallel::{
    LONGEST_LINE, PairSpec, Pairs, ParallelTexts, clean_text, language_code, language_name,
    pair_groups, read_lines, read_texts,
};
pub use reader::TextReader;
pub use spec::{Encoding, Quoting, TextForm, TextSpec};
#[cfg(feature = "subwords")]
pub use subwords::{Segmented, Subwords, Unit};
pub use vocabulary::Vocabulary;
pub use words::{tokenize_all, words};
