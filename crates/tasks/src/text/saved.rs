//! A run read back: `evaluate` and `predict`.

use super::blend::Decision;
use super::config::TextConfig;
use super::corpus::Corpus;
use super::encode::Encoder;
use super::forward::{logits, read};
use super::model::{Ensemble, classifier};
use super::page::{self, PageInput};
use super::scores;
use super::task::TextTask;
use super::train::{average, decide, fill};
use super::wide;
use super::words::words_of;
use crate::error::{Result, TaskError};
use crate::files;
use crate::run_dir::RunDir;
use crate::settings;
use crate::summary::{DataSummary, Summary};
use crate::task::{Context, PredictInput, Prediction};
use burn::tensor::Device;
use rayon::prelude::*;
use rekindle_data::{Embeddings, TextTable};
use rekindle_eval::LinearText;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub const INFERENCE: &str = "inference.json";
pub const VOTES: &str = "ngrams.safetensors";
pub const BASELINE: &str = "baseline.safetensors";
const GLOVE: &str = "glove/glove.6B.50d.top40k.txt";

/// What inference needs beside weights and vocabulary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inference {
    /// Of the vocabulary.
    pub fingerprint: String,
    /// Rows of the embedding.
    pub rows: usize,
    /// Size of a token's vector.
    pub d_embedding: usize,
    /// Networks.
    pub members: usize,
    /// How votes become a class.
    pub decision: Decision,
    /// Threshold of the linear baseline.
    pub baseline_threshold: Option<f64>,
}

/// A run ready to answer.
pub struct Saved<T> {
    config: TextConfig,
    inference: Inference,
    ensemble: Ensemble,
    encoder: Encoder,
    votes: Vec<LinearText>,
    task: PhantomData<T>,
}

/// What a run says of a text.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// The class.
    pub class: usize,
    /// Probabilities of all classes.
    pub probabilities: Vec<f64>,
    /// The tokens that were read, with the share of attention each got; empty without attention.
    pub attention: Vec<(String, f64)>,
}

/// Token vectors to start from, if the settings ask for some.
pub fn vectors(
    config: &TextConfig,
    encoder: &Encoder,
    context: &Context,
    seed: u64,
) -> Result<Option<Embeddings>> {
    let path = match config.embeddings.as_str() {
        "none" => return Ok(None),
        "glove" => match context.data.find([GLOVE]) {
            Some([path]) => path,
            None => return Err(context.data.missing("the token vectors", GLOVE)),
        },
        path => PathBuf::from(path),
    };
    let Some(vocabulary) = encoder.vocabulary() else {
        return Err(TaskError::usage(
            "Keras's token numbers have no vectors to start from",
            "add --set tokens=words, or --set embeddings=none",
        ));
    };
    Ok(Some(Embeddings::read(&path, vocabulary, seed)?))
}

impl<T: TextTask> Saved<T> {
    /// A run that has just been fitted.
    pub fn new(
        config: TextConfig,
        inference: Inference,
        ensemble: Ensemble,
        encoder: Encoder,
        votes: Vec<LinearText>,
    ) -> Self {
        Self {
            config,
            inference,
            ensemble,
            encoder,
            votes,
            task: PhantomData,
        }
    }

    fn open(run: &RunDir, device: &Device) -> Result<Self> {
        let config: TextConfig = settings::from_table(run.read_config()?.settings)?;
        let inference: Inference = files::read_json(&run.file(INFERENCE))?;
        let encoder = Encoder::read(run, &config, &inference.fingerprint)?;
        let shape = classifier(
            &config,
            inference.rows,
            inference.d_embedding,
            T::CLASSES.len(),
        );
        let members = (0..inference.members).map(|_| shape.init(device)).collect();
        let ensemble = run.read_model(Ensemble { members })?;
        let votes = wide::read(run, VOTES)?;
        if config.wide && votes.len() != inference.members {
            let what = format!("this is not a complete run: {VOTES} is missing or damaged");
            return Err(TaskError::run(&run.file(VOTES), what));
        }
        Ok(Self::new(config, inference, ensemble, encoder, votes))
    }

    /// The settings.
    pub fn config(&self) -> &TextConfig {
        &self.config
    }

    /// The class of one text, and what it was read off.
    pub fn answer(&self, text: &str, device: &Device) -> Answer {
        let ids = self.encoder.encode(text);
        let said: Vec<_> = self
            .ensemble
            .members
            .iter()
            .map(|member| read(member, &[&ids], self.config.padding, device))
            .collect();
        let (networks, attention): (Vec<_>, Vec<_>) = said.into_iter().unzip();
        let attention: Vec<Vec<f64>> = attention.into_iter().flatten().collect();
        let mut votes = vec![average(networks)];
        if !self.votes.is_empty() {
            let words = words_of(text, self.config.tokens);
            let scores = self.votes.iter().map(|model| model.scores_of(&words));
            votes.push(average(scores.collect()));
        }
        let probabilities = self.inference.decision.probabilities(&votes);
        let class = self.inference.decision.classes_of(&probabilities);
        let tokens = self.encoder.tokens_of(text);
        Answer {
            text: text.to_string(),
            class: class.first().map_or(0, |&class| class as usize),
            probabilities,
            attention: tokens.into_iter().zip(average(attention)).collect(),
        }
    }

    /// Votes on many texts.
    fn votes(&self, texts: &[String], device: &Device) -> Vec<Vec<f64>> {
        let encoded = self.encoder.encode_all(texts);
        let items: Vec<u32> = (0..texts.len() as u32).collect();
        let (classes, padding) = (T::CLASSES.len(), self.config.padding);
        let network = |member| logits(member, &encoded, &items, classes, padding, device);
        let mut votes = vec![average(self.ensemble.members.iter().map(network).collect())];
        if !self.votes.is_empty() {
            votes.push(self.scores(&self.votes, texts));
        }
        votes
    }

    fn scores(&self, models: &[LinearText], texts: &[String]) -> Vec<f64> {
        let tokens = self.config.tokens;
        let words: Vec<Vec<String>> = texts
            .par_iter()
            .map(|text| words_of(text, tokens))
            .collect();
        average(models.iter().map(|model| model.scores(&words)).collect())
    }
}

/// See [`crate::Task::evaluate`].
pub fn evaluate<T: TextTask>(
    context: &Context,
    directory: &RunDir,
    input: &Path,
    out: Option<&Path>,
) -> Result<Summary> {
    let run = directory.read_config()?;
    let saved = Saved::<T>::open(directory, &context.device)?;
    let mut corpus = Corpus::default();
    corpus.add(input, &T::SOURCE, T::CLASSES, None)?;
    if corpus.len() == 0 {
        return Err(TaskError::Usage {
            what: "the file has no rows".to_string(),
            place: Some(input.display().to_string()),
            help: "give a file with labelled texts".to_string(),
        });
    }
    let out = out.map(|path| RunDir::create(path, false)).transpose()?;
    let votes = saved.votes(&corpus.texts, &context.device);
    let answers = decide(&saved.inference.decision, &votes, &corpus.labels);
    let baseline = wide::read(directory, BASELINE)?;
    let threshold = saved.inference.baseline_threshold;
    let linear = scores::linear(
        saved.scores(&baseline, &corpus.texts),
        &corpus.labels,
        T::CLASSES.len(),
        T::POSITIVE,
        threshold,
    );
    let source = input.file_name().unwrap_or_default().to_string_lossy();
    let mut summary = Summary {
        data: DataSummary {
            source: source.into_owned(),
            rows: corpus.len(),
            test_items: corpus.len(),
            ..DataSummary::default()
        },
        ..Summary::new(&run.task, context.backend, run.seed)
    };
    fill(&mut summary, &answers, &linear, run.seed);
    let summary = summary.finite();
    if let Some(out) = out {
        let texts: Vec<&str> = corpus.texts.iter().map(String::as_str).collect();
        let page = page::render::<T>(&PageInput {
            summary: &summary,
            config: &saved.config,
            notes: &corpus.notes,
            histories: &[],
            answers: &answers,
            texts: &texts,
            example: None,
        });
        out.write_report(&page, &summary)?;
    }
    Ok(summary)
}

/// See [`crate::Task::predict`].
pub fn predict<T: TextTask>(
    context: &Context,
    directory: &RunDir,
    input: &PredictInput,
) -> Result<Prediction> {
    let saved = Saved::<T>::open(directory, &context.device)?;
    let texts = match input {
        PredictInput::Texts(texts) => texts.clone(),
        PredictInput::File(path) => {
            let mut spec = T::SOURCE.spec(path, None);
            (spec.label, spec.group) = (None, None);
            TextTable::read(path, &spec)?.0.texts
        }
    };
    let mut times = Vec::with_capacity(texts.len());
    let answers: Vec<Answer> = texts
        .iter()
        .map(|text| {
            let start = Instant::now();
            let answer = saved.answer(text, &context.device);
            times.push(start.elapsed());
            answer
        })
        .collect();
    times.sort_unstable();
    if let (Some(median), Some(slowest)) = (times.get(times.len() / 2), times.last()) {
        tracing::info!("a text took {median:.0?} in the median, {slowest:.0?} at most");
    }
    let list: Vec<_> = answers.iter().map(|answer| as_json::<T>(answer)).collect();
    let text: Vec<String> = answers.iter().map(|answer| as_text::<T>(answer)).collect();
    Ok(Prediction {
        text: text.join("\n"),
        json: json!({"task": T::ABOUT.name, "predictions": list}),
        html: Some(page::answers::<T>(&answers)),
        figures: Vec::new(),
    })
}

fn as_json<T: TextTask>(answer: &Answer) -> serde_json::Value {
    let probabilities: serde_json::Map<String, serde_json::Value> = T::CLASSES
        .iter()
        .zip(&answer.probabilities)
        .map(|(class, probability)| (class.name.to_string(), json!(probability)))
        .collect();
    let attention: Vec<_> = answer
        .attention
        .iter()
        .map(|(token, weight)| json!({"token": token, "weight": weight}))
        .collect();
    json!({
        "text": answer.text,
        "label": T::CLASSES[answer.class].name,
        "class": T::CLASSES[answer.class].label,
        "probability": answer.probabilities[answer.class],
        "probabilities": probabilities,
        "attention": attention,
    })
}

/// Label, probabilities, and the words that got half as much again as their even share of attention.
fn as_text<T: TextTask>(answer: &Answer) -> String {
    let mut order: Vec<usize> = (0..T::CLASSES.len()).collect();
    order.sort_by(|&a, &b| answer.probabilities[b].total_cmp(&answer.probabilities[a]));
    let others: Vec<String> = order
        .iter()
        .map(|&class| {
            format!(
                "{} {:.3}",
                T::CLASSES[class].name,
                answer.probabilities[class]
            )
        })
        .collect();
    let mut text = format!(
        "{}  ({})\n",
        T::CLASSES[answer.class].name,
        others.join(", ")
    );
    let even = 1.0 / answer.attention.len().max(1) as f64;
    let mut carried: Vec<&(String, f64)> = answer
        .attention
        .iter()
        .filter(|(_, weight)| *weight > 1.5 * even)
        .collect();
    carried.sort_by(|a, b| b.1.total_cmp(&a.1));
    carried.truncate(8);
    if !carried.is_empty() {
        let words: Vec<String> = carried
            .iter()
            .map(|(token, weight)| format!("{token} {:.0} %", weight * 100.0))
            .collect();
        text += &format!("  carried by: {}\n", words.join(", "));
    }
    let shown: String = answer.text.chars().take(100).collect();
    text += &format!("  {shown}\n");
    text
}
