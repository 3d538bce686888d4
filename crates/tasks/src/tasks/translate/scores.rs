//! What is measured on the test part.

use super::baselines::TranslationMemory;
use super::config::Language;
use super::saved::{Translation, Translator};
use crate::error::Result;
use crate::files;
use crate::run_dir::RunDir;
use crate::say;
use crate::summary::Summary;
use rekindle_data::ParallelTexts;
use rekindle_models::RecurrentBackend;
use std::time::Instant;

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
}

impl Tested {
    /// Translates all texts.
    pub fn new<B: RecurrentBackend>(
        translator: &Translator<B>,
        texts: &ParallelTexts,
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
        }
    }

    /// Adds the figures to a summary.
    pub fn fill(&self, _summary: &mut Summary, _seed: u64) {}

    /// Leaves the translations as a text file, a line a text.
    pub fn write(&self, run: &RunDir, language: Language) -> Result<()> {
        let path = run.file(&format!("test.{}", language.suffix()));
        let mut text = self.written.join("\n");
        text.push('\n');
        files::write_atomic(&path, text.as_bytes())
    }
}
