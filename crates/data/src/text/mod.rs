//! Texts: labelled files, tokenizers, vocabularies and token vectors.

mod embeddings;
mod keras;
mod labelled;
mod vocabulary;
mod words;

pub use embeddings::{Coverage, Embeddings};
pub use keras::{KerasTokenizer, KerasTokenizerConfig, Side, pad_sequences};
pub use labelled::{Encoding, Quoting, TextSpec, TextSummary, TextTable};
pub use vocabulary::Vocabulary;
pub use words::{tokenize_all, words};
