//! Tokenizers on the headlines of the UCI news aggregator.

use super::{Entry, Peer, Size};
use rekindle_data::{
    Encoding, KerasTokenizer, KerasTokenizerConfig, TextSpec, TextTable, Vocabulary, tokenize_all,
};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// The rows.
pub const NAMES: [&str; 2] = [
    "tokenizer of Keras, fit and encode",
    "words beside Hugging Face's",
];
/// Words kept, on both sides.
const VOCABULARY: usize = 60_000;

/// Reads the headlines.
pub fn headlines(data: &Path) -> Result<Vec<String>, String> {
    let spec = TextSpec {
        text: vec!["title".to_string()],
        encoding: Encoding::Replace,
        ..TextSpec::default()
    };
    let path = data.join("news/uci-news-aggregator.csv.xz");
    let (table, _) = TextTable::read(&path, &spec).map_err(|error| error.to_string())?;
    Ok(table.texts)
}

/// From texts to numbers: words counted, ranked, and looked up.
pub fn table(texts: Arc<Vec<String>>) -> Vec<Entry> {
    let count = texts.len();
    let keras = texts.clone();
    vec![
        (
            NAMES[0],
            Size::Headlines(count),
            Box::new(move || {
                let texts = keras.clone();
                Box::new(move || {
                    let config = KerasTokenizerConfig::default();
                    let tokenizer = KerasTokenizer::fit(config, &texts);
                    black_box(tokenizer.sequences(&texts));
                })
            }),
            Box::new(|| Peer::Python("keras", Vec::new())),
        ),
        (
            NAMES[1],
            Size::Headlines(count),
            Box::new(move || {
                let texts = texts.clone();
                Box::new(move || {
                    let documents = tokenize_all(&texts, true);
                    let vocabulary = Vocabulary::build(&documents, 1, Some(VOCABULARY));
                    black_box(vocabulary.encode_all(&documents));
                })
            }),
            Box::new(|| Peer::Python("tokenizers", Vec::new())),
        ),
    ]
}
