//! What is measured on the test part.

use super::baselines::TranslationMemory;
use super::saved::{Translation, Translator};
use crate::say;
use crate::summary::{Metrics, Summary};
use rekindle_data::ParallelTexts;
use rekindle_eval::{
    BleuCounts, ChrfCounts, Interval, bleu_counts, chrf_counts, corpus_interval, paired_bootstrap,
};
use std::collections::BTreeMap;
use std::iter::Sum;
use std::time::Instant;

/// Resamplings of the texts for an interval.
const REPLICATES: usize = 1_000;
/// Of the intervals.
const CONFIDENCE: f64 = 0.95;
/// Stretches of source length.
const STRETCHES: usize = 5;

/// What scores are made of, a text each.
struct Counted {
    bleu: Vec<BleuCounts>,
    chrf: Vec<ChrfCounts>,
}

impl Counted {
    fn new(written: &[String], reference: &[String]) -> Self {
        Self {
            bleu: bleu_counts(written, reference),
            chrf: chrf_counts(written, reference),
        }
    }

    /// The counts of each group as one, for intervals: texts that are alike are not independent.
    fn of_groups(&self, groups: &[u32]) -> Self {
        Self {
            bleu: sums(&self.bleu, groups),
            chrf: sums(&self.chrf, groups),
        }
    }

    fn metrics(&self) -> Metrics {
        let bleu = self.bleu.iter().copied().sum::<BleuCounts>().bleu();
        let ratio = bleu.hypothesis_length as f64 / bleu.reference_length.max(1) as f64;
        let chrf = self.chrf.iter().copied().sum::<ChrfCounts>().chrf();
        let named = [
            ("bleu", bleu.score),
            ("chrf", chrf),
            ("brevity_penalty", bleu.brevity_penalty),
            ("length_ratio", ratio),
        ];
        named.map(|(name, value)| (name.to_string(), value)).into()
    }
}

/// Sums of each group's counts, groups in the order of their numbers.
fn sums<C: Copy + Sum>(counts: &[C], groups: &[u32]) -> Vec<C> {
    let mut members = BTreeMap::<u32, Vec<C>>::new();
    for (&group, &count) in groups.iter().zip(counts) {
        members.entry(group).or_default().push(count);
    }
    let sum = |members: Vec<C>| members.into_iter().sum();
    members.into_values().map(sum).collect()
}

/// A test.
pub struct Tested {
    /// The texts.
    pub source: Vec<String>,
    /// Their translations by people.
    pub reference: Vec<String>,
    /// Their translations.
    pub found: Vec<Translation>,
    /// The same as texts.
    pub written: Vec<String>,
    /// The baselines.
    pub baselines: Vec<(&'static str, Vec<String>)>,
    /// Seconds that translating took.
    pub seconds: f64,
    /// Texts that are alike have the same number.
    groups: Vec<u32>,
}

impl Tested {
    /// Translates all texts.
    pub fn new(
        translator: &Translator,
        texts: &ParallelTexts,
        groups: Vec<u32>,
        memory: Option<&TranslationMemory<'_>>,
    ) -> Self {
        let started = Instant::now();
        let found = translator.translate(&texts.source);
        let seconds = started.elapsed().as_secs_f64();
        let written = found
            .iter()
            .map(|one| translator.text(one.best()))
            .collect();
        let mut baselines = vec![("copy", texts.source.clone())];
        if let Some(memory) = memory {
            let all = texts.source.iter().map(|text| memory.translate(text));
            baselines.push(("translation_memory", all.collect()));
        }
        say!("translated {} texts in {seconds:.1} s", texts.len());
        Self {
            source: texts.source.clone(),
            reference: texts.target.clone(),
            found,
            written,
            baselines,
            seconds,
            groups,
        }
    }

    /// Adds the figures to a summary.
    pub fn fill(&self, summary: &mut Summary, seed: u64) {
        let ours = Counted::new(&self.written, &self.reference);
        summary.data.test_items = self.source.len();
        summary.metrics = ours.metrics();
        let ours = ours.of_groups(&self.groups);
        let interval = |of: Interval| (of.lower, of.upper);
        let bleu = corpus_interval(&ours.bleu, REPLICATES, CONFIDENCE, seed);
        let chrf = corpus_interval(&ours.chrf, REPLICATES, CONFIDENCE, seed);
        summary.intervals = [("bleu", interval(bleu)), ("chrf", interval(chrf))]
            .map(|(name, of)| (name.to_string(), of))
            .into();
        for (name, written) in &self.baselines {
            let theirs = Counted::new(written, &self.reference);
            let metrics = theirs.metrics();
            let theirs = theirs.of_groups(&self.groups);
            let test = paired_bootstrap(&ours.bleu, &theirs.bleu, REPLICATES, CONFIDENCE, seed);
            let over = format!("bleu_over_{name}");
            summary
                .intervals
                .insert(over.clone(), interval(test.difference));
            summary.metrics.insert(over, test.difference.estimate);
            summary.baselines.insert(name.to_string(), metrics);
        }
        let seconds = ("seconds".to_string(), self.seconds);
        summary.metrics.extend([seconds]);
    }

    /// BLEU of the texts whose source has so many words, in a few stretches: how many words at most,
    /// how many texts, and the score.
    pub fn by_length(&self) -> Vec<(usize, usize, f64)> {
        let words = |text: &String| text.split_whitespace().count();
        let mut lengths: Vec<usize> = self.source.iter().map(words).collect();
        lengths.sort_unstable();
        let mut bounds: Vec<usize> = (1..=STRETCHES)
            .filter_map(|at| lengths.get((lengths.len() * at / STRETCHES).saturating_sub(1)))
            .copied()
            .collect();
        bounds.dedup();
        let counts = bleu_counts(&self.written, &self.reference);
        let mut from = 0;
        let stretch = |bound: usize| {
            let within = |text: &String| (from + 1..=bound).contains(&words(text));
            let chosen = self.source.iter().zip(&counts);
            let chosen = chosen
                .filter(|(text, _)| within(text))
                .map(|(_, counts)| *counts);
            let chosen: Vec<_> = chosen.collect();
            let score = chosen.iter().copied().sum::<BleuCounts>().bleu().score;
            from = bound;
            (bound, chosen.len(), score)
        };
        bounds.into_iter().map(stretch).collect()
    }

    /// The translations as a text file, a line a text; it ends as the target's files do.
    pub fn file(&self, target: &str) -> (String, String) {
        let is_ending = target
            .chars()
            .all(|one| one.is_alphanumeric() || one == '-' || one == '_');
        let ending = match is_ending && target.parse::<usize>().is_err() {
            true => target,
            false => "txt",
        };
        let lines = self.written.iter().map(|text| format!("{text}\n"));
        (format!("test.{ending}"), lines.collect())
    }
}
