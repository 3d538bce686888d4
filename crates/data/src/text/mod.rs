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
pub use parallel::{ParallelTexts, read_lines};
#[cfg(feature = "subwords")]
pub use subwords::{Segmented, Subwords, Unit};
pub use vocabulary::Vocabulary;
pub use words::{tokenize_all, words};
