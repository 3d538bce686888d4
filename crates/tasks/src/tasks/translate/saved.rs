//! A trained network that translates, and `predict`.

use super::Translate;
use super::config::{MOST_CHARACTERS, TranslateConfig};
use super::page;
use super::prepare::{pieces, source_pieces};
use crate::error::{Result, TaskError};
use crate::run_dir::RunDir;
use crate::settings::TaskFile;
use crate::task::{Context, PredictInput, Prediction};
use rekindle_data::{Subwords, clean_text, read_texts};
use rekindle_models::Seq2Seq;
use rekindle_models::search::{Hypothesis, Marks, beam_search, sample};
use rekindle_report::{Chart, ChartKind, HeatMap};
use rekindle_train::program;
use serde_json::json;
use std::sync::Arc;

/// File of a run with its pieces.
pub const PIECES: &str = "tokenizer.json";
/// What stands for a space in a piece.
const SPACE: char = '\u{2581}';
/// Texts translated together.
const BATCH: usize = 64;

/// A network that translates texts.
pub struct Translator {
    /// The network.
    pub network: Seq2Seq,
    /// The pieces.
    pub subwords: Arc<Subwords>,
    /// The settings.
    pub config: TranslateConfig,
    /// Of drawn translations.
    pub seed: u64,
}

/// A translated text.
#[derive(Debug, Clone)]
pub struct Translation {
    /// The pieces that were read, in the order of the text, end included.
    pub source: Vec<u32>,
    /// What was found, best first; at least one.
    pub hypotheses: Vec<Hypothesis>,
}

impl Translation {
    /// The best of what was found.
    pub fn best(&self) -> &Hypothesis {
        &self.hypotheses[0]
    }
}

impl Translator {
    /// Translates texts.
    pub fn translate(&self, texts: &[String]) -> Vec<Translation> {
        let pieces = |text: &String| source_pieces(pieces(&self.subwords, text), &self.config);
        let sources: Vec<Vec<u32>> = texts.iter().map(pieces).collect();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&at| sources[at].len());
        let mut found: Vec<Option<Translation>> = vec![None; texts.len()];
        for batch in order.chunks(BATCH) {
            let rows: Vec<&[u32]> = batch.iter().map(|&at| sources[at].as_slice()).collect();
            for (&at, hypotheses) in batch.iter().zip(self.write(&rows)) {
                found[at] = Some(self.in_order(sources[at].clone(), hypotheses));
            }
        }
        found.into_iter().flatten().collect()
    }

    fn write(&self, sources: &[&[u32]]) -> Vec<Vec<Hypothesis>> {
        let marks = Marks {
            pad: Subwords::PAD,
            start: Subwords::START,
            end: Subwords::END,
            unknown: Subwords::UNKNOWN,
        };
        match self.config.sampling(self.seed) {
            None => beam_search(&self.network, sources, marks, &self.config.search()),
            Some(config) => sample(&self.network, sources, marks, &config)
                .into_iter()
                .map(|one| vec![one])
                .collect(),
        }
    }

    /// With source and attention in the order of the text.
    fn in_order(&self, mut source: Vec<u32>, mut hypotheses: Vec<Hypothesis>) -> Translation {
        if self.config.reverse_source {
            let words = source.len() - 1;
            source[..words].reverse();
            for row in hypotheses.iter_mut().flat_map(|one| &mut one.attention) {
                row[..words].reverse();
            }
        }
        Translation { source, hypotheses }
    }

    /// What each piece written looked at; none without attention.
    pub fn alignment(&self, text: &str, translation: &Translation) -> Option<Chart> {
        let best = translation.best();
        if best.attention.is_empty() {
            return None;
        }
        let name = |&piece: &u32| match (piece, self.subwords.token(piece)) {
            (Subwords::END, _) => "(end)".to_string(),
            (_, token) => match token.strip_prefix(SPACE) {
                Some(word) => word.to_string(),
                None => format!("·{token}"),
            },
        };
        let rows = best
            .tokens
            .iter()
            .chain((!best.cut).then_some(&Subwords::END));
        let values = best
            .attention
            .iter()
            .flatten()
            .map(|&weight| f64::from(weight));
        Some(Chart {
            title: format!("{text} → {}", self.text(best)),
            caption:
                "Down: pieces written; across: pieces read. A dot marks a piece inside a word."
                    .to_string(),
            kind: ChartKind::HeatMap(HeatMap {
                rows: rows.map(name).collect(),
                columns: translation.source.iter().map(name).collect(),
                values: values.collect(),
            }),
        })
    }

    /// The text of a hypothesis.
    pub fn text(&self, hypothesis: &Hypothesis) -> String {
        self.subwords.decode(&hypothesis.tokens)
    }
}

/// See [`crate::Task::predict`].
pub fn predict(
    context: &Context,
    file: &TaskFile,
    directory: &RunDir,
    input: &PredictInput,
) -> Result<Prediction> {
    let (run, translator) = program::open(&Translate, context, file, directory)?;
    let texts = texts(input)?;
    let clean: Vec<String> = texts.iter().map(|text| clean_text(text)).collect();
    // An empty line of a file has an empty translation.
    let full = clean.iter().filter(|text| !text.is_empty()).cloned();
    let full: Vec<String> = full.collect();
    let found = translator.translate(&full);
    let mut next = found.iter();
    let each = clean
        .iter()
        .map(|text| (!text.is_empty()).then(|| next.next()).flatten());
    let each: Vec<Option<&Translation>> = each.collect();
    let line = |one: &Option<&Translation>| match one {
        Some(one) => translator.text(one.best()),
        None => String::new(),
    };
    let lines: Vec<String> = each.iter().map(line).collect();
    let list = texts.iter().zip(&each).map(|(text, one)| {
        let pieces = |numbers: &[u32]| -> Vec<String> {
            let token = |&number: &u32| translator.subwords.token(number).to_string();
            numbers.iter().map(token).collect()
        };
        let hypotheses = one
            .iter()
            .flat_map(|one| &one.hypotheses)
            .map(|hypothesis| {
                json!({
                    "text": translator.text(hypothesis),
                    "score": hypothesis.score,
                    "log_probability": hypothesis.log_probability,
                    "pieces": pieces(&hypothesis.tokens),
                    "attention": hypothesis.attention,
                    "cut": hypothesis.cut,
                })
            });
        json!({
            "source": text,
            "translation": line(one),
            "pieces": one.map_or_else(Vec::new, |one| pieces(&one.source)),
            "hypotheses": hypotheses.collect::<Vec<_>>(),
        })
    });
    let list: Vec<serde_json::Value> = list.collect();
    Ok(Prediction {
        text: lines.join("\n"),
        json: json!({"task": run.task, "translations": list}),
        html: Some(page::translations(&translator, &full, &found)),
        figures: match input {
            PredictInput::Texts(_) => {
                let pairs = full.iter().zip(&found);
                pairs
                    .filter_map(|(text, one)| translator.alignment(text, one))
                    .collect()
            }
            PredictInput::File(_) => Vec::new(),
        },
    })
}

/// The texts to translate: some of a file's may be empty, of those on the command line none.
fn texts(input: &PredictInput) -> Result<Vec<String>> {
    let (texts, place) = match input {
        PredictInput::Texts(texts) => (texts.clone(), None),
        PredictInput::File(path) => (read_texts(path, None)?, Some(path.display().to_string())),
    };
    let is_empty = |text: &String| place.is_none() && clean_text(text).is_empty();
    if let Some(at) = texts.iter().position(is_empty) {
        return Err(TaskError::usage(
            format!("text {} is empty", at + 1),
            "give a text to translate",
        ));
    }
    let is_long = |text: &String| text.chars().nth(MOST_CHARACTERS).is_some();
    match texts.iter().position(is_long) {
        None => Ok(texts),
        Some(at) => Err(TaskError::Usage {
            what: format!("text {} has more than {MOST_CHARACTERS} characters", at + 1),
            place: place.map(|place| format!("{place}, row {}", at + 1)),
            help: "give a sentence a line".to_string(),
        }),
    }
}
