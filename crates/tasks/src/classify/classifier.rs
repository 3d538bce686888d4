//! A run's model: networks, vocabulary and linear models that vote together.

use super::answer::Answer;
use super::blend::{Decision, largest};
use super::classes::Classes;
use super::config::ClassifySettings;
use super::encode::Encoder;
use super::forward::{logits, read};
use super::model::{Ensemble, classifier};
use super::scores::Thresholds;
use super::truth::Truth;
use super::vote::average;
use super::wide;
use super::words::words_of;
use crate::error::{Result, TaskError};
use crate::files;
use crate::run_dir::RunDir;
use crate::task::Context;
use burn::tensor::Device;
use rayon::prelude::*;
use rekindle_data::{Embeddings, Vocabulary};
use rekindle_eval::LinearText;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const INFERENCE: &str = "inference.json";
const VOTES: &str = "ngrams.safetensors";
const BASELINE: &str = "baseline.safetensors";
const GLOVE: &str = "glove/glove.6B.50d.top40k.txt";
/// Share of the running text that GloVe must know to be worth starting from.
const KNOWN: f64 = 0.5;

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
    /// Its thresholds where texts have several classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baseline_thresholds: Vec<f64>,
}

impl Inference {
    /// What cannot be, if anything.
    fn check(&self) -> Option<&'static str> {
        let decision = &self.decision;
        let sound = decision.weights.iter().all(|weight| weight.is_finite());
        let several = [&decision.thresholds, &self.baseline_thresholds];
        let several = several.into_iter().all(|all| {
            (all.is_empty() || all.len() == decision.classes)
                && all.iter().all(|threshold| !threshold.is_nan())
        });
        let threshold = decision
            .threshold
            .is_none_or(|(class, at)| class < decision.classes && at.is_finite());
        match () {
            () if self.members == 0 || self.members > 1_000 => Some("the number of networks"),
            () if self.rows == 0 || self.d_embedding == 0 || self.d_embedding > 1 << 20 => {
                Some("the size of the embedding")
            }
            () if decision.weights.is_empty() || !sound => Some("the weights of the vote"),
            () if !threshold || !several => Some("the threshold"),
            () => None,
        }
    }
}

/// Token vectors to start from, if the settings ask for some.
pub fn vectors(
    config: &ClassifySettings,
    encoder: &Encoder,
    context: &Context,
    seed: u64,
) -> Result<Option<Embeddings>> {
    let path = match config.embeddings.as_str() {
        "none" => return Ok(None),
        "auto" => return found(config, encoder, context, seed),
        "glove" => match context.data.find_common(GLOVE) {
            Some(path) => path,
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

/// GloVe's vectors, where they are there and know most of the texts.
fn found(
    config: &ClassifySettings,
    encoder: &Encoder,
    context: &Context,
    seed: u64,
) -> Result<Option<Embeddings>> {
    let (Some(path), Some(vocabulary)) = (context.data.find_common(GLOVE), encoder.vocabulary())
    else {
        return Ok(None);
    };
    debug_assert_eq!(config.embeddings, "auto");
    let vectors = Embeddings::read(&path, vocabulary, seed)?;
    Ok((vectors.coverage.tokens_covered >= KNOWN).then_some(vectors))
}

/// A run ready to answer.
pub struct Classifier {
    /// Name of the task.
    pub name: String,
    /// An input whose answer the report shows.
    pub example: String,
    /// The settings.
    pub config: ClassifySettings,
    /// The classes.
    pub classes: Classes,
    /// What inference needs beside weights and vocabulary.
    pub inference: Inference,
    /// The networks.
    pub ensemble: Ensemble,
    /// From texts to token numbers.
    pub encoder: Encoder,
    /// Linear models that vote beside the networks.
    pub votes: Vec<LinearText>,
    /// The linear baseline.
    pub baseline: Vec<LinearText>,
}

impl Classifier {
    /// Reads the files of a run.
    pub fn open(run: &RunDir, config: ClassifySettings, device: &Device) -> Result<Self> {
        let classes = Classes::listed(&config.data.classes, &config.data.positive)?;
        let path = run.file(INFERENCE);
        let inference: Inference = files::read_json(&path)?;
        let damaged = |what: &str| {
            Err(TaskError::run(
                &path,
                format!("the file is damaged: {what}"),
            ))
        };
        if classes.len() < 2 || inference.decision.classes != classes.len() {
            return damaged("it has another number of classes than config.toml");
        }
        if let Some(what) = inference.check() {
            return damaged(what);
        }
        let encoder = Encoder::read(run, &config, &inference.fingerprint)?;
        if encoder.rows(&config) != inference.rows {
            return damaged("the vocabulary has another size");
        }
        let shape = classifier(
            &config,
            inference.rows,
            inference.d_embedding,
            classes.len(),
        );
        let members = (0..inference.members).map(|_| shape.init(device)).collect();
        let ensemble = run.read_model(Ensemble { members })?;
        let votes = wide::read(run, VOTES)?;
        if config.wide && votes.len() != inference.members {
            let what = format!("this is not a complete run: {VOTES} is missing or damaged");
            return Err(TaskError::run(&run.file(VOTES), what));
        }
        let run_config = run.read_config()?;
        Ok(Self {
            name: run_config.task,
            example: String::new(),
            baseline: wide::read(run, BASELINE)?,
            config,
            classes,
            inference,
            ensemble,
            encoder,
            votes,
        })
    }

    /// Writes all files but `config.toml`.
    pub fn write(&self, run: &RunDir) -> Result<()> {
        run.write_model(&self.ensemble)?;
        self.encoder.write(run)?;
        wide::write(run, VOTES, &self.votes)?;
        wide::write(run, BASELINE, &self.baseline)?;
        files::write_json(&run.file(INFERENCE), &self.inference)
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
        let said = self.inference.decision.classes_of(&probabilities);
        let tokens = self.encoder.tokens_of(text);
        let remarks = self.remarks(text, &ids);
        Answer {
            text: text.to_string(),
            class: match &said {
                Truth::One(classes) => classes.first().map_or(0, |&class| class as usize),
                Truth::Many(_) => largest(&probabilities),
            },
            several: match said {
                Truth::One(_) => None,
                Truth::Many(mut sets) => Some(sets.pop().unwrap_or_default()),
            },
            probabilities,
            attention: tokens.into_iter().zip(average(attention)).collect(),
            remarks,
        }
    }

    /// Thresholds of the baseline.
    pub fn thresholds(&self) -> Thresholds {
        let one = self.classes.positive.zip(self.inference.baseline_threshold);
        Thresholds {
            one,
            several: self.inference.baseline_thresholds.clone(),
        }
    }

    /// What makes an answer doubtful.
    fn remarks(&self, text: &str, ids: &[u32]) -> Vec<String> {
        let mut remarks = Vec::new();
        let words = words_of(text, self.config.tokens).len();
        if words == 0 {
            remarks.push("there is no word in it: the answer says nothing".to_string());
        } else if ids
            .iter()
            .all(|&id| id == Vocabulary::UNKNOWN || id == Vocabulary::PAD)
        {
            remarks.push("none of its words was seen in training".to_string());
        }
        if words > self.config.max_length {
            let most = self.config.max_length;
            remarks.push(format!("{words} words, of which the network read {most}"));
        }
        remarks
    }

    /// Votes on many texts.
    pub fn votes(&self, texts: &[String], device: &Device) -> Vec<Vec<f64>> {
        let encoded = self.encoder.encode_all(texts);
        let items: Vec<u32> = (0..texts.len() as u32).collect();
        let (classes, padding) = (self.classes.len(), self.config.padding);
        let network = |member| logits(member, &encoded, &items, classes, padding, device);
        let mut votes = vec![average(self.ensemble.members.iter().map(network).collect())];
        if !self.votes.is_empty() {
            votes.push(self.scores(&self.votes, texts));
        }
        votes
    }

    pub fn scores(&self, models: &[LinearText], texts: &[String]) -> Vec<f64> {
        let tokens = self.config.tokens;
        let words: Vec<Vec<String>> = texts
            .par_iter()
            .map(|text| words_of(text, tokens))
            .collect();
        average(models.iter().map(|model| model.scores(&words)).collect())
    }
}
