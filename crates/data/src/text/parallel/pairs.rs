//! Training, validation and test pairs, from a folder or one file.

use super::files::{Folder, PartFiles};
use super::groups::{key, pair_groups};
use super::table::Table;
use super::{ParallelTexts, name};
use crate::error::{DataError, Result};
use crate::sampling::{TextSplit, group_split};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Which texts are meant.
#[derive(Debug, Clone, Default)]
pub struct PairSpec {
    /// Ending of the files, or name or number of the column, that is read; empty where only one can
    /// be meant.
    pub source: String,
    /// The same of what is written.
    pub target: String,
    /// Pairs to read of each file.
    pub limit: Option<usize>,
}

/// Pairs in three parts; a part that the files lack is empty until [`Self::hold_out`].
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    /// What trains.
    pub train: ParallelTexts,
    /// What validates.
    pub valid: ParallelTexts,
    /// What tests.
    pub test: ParallelTexts,
    /// What the source is called: an ending, or a column.
    pub source: String,
    /// What the target is called.
    pub target: String,
    /// What was done about the files, for people.
    pub notes: Vec<String>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

impl Pairs {
    /// Reads a table of pairs, or a folder with `train.en` and `train.fr`, by any two endings, or
    /// `train.tsv`; `val`, `valid` or `dev` and `test` beside them are the other parts. Files may be
    /// compressed. Texts are cleaned ([`clean_text`](super::clean_text)).
    ///
    /// # Errors
    /// [`DataError::Content`] when no pairs are there, it is not clear which are meant, or a file is
    /// not as it should be; see [`ParallelTexts::read`].
    pub fn read(path: &Path, spec: &PairSpec) -> Result<Self> {
        if !path.is_dir() {
            return Self::from_table(path, spec);
        }
        let folder = Folder::find(path, spec)?;
        let [train, valid, test] = &folder.parts;
        let mut pairs = match train {
            Some(PartFiles::Table(path)) => Self::from_table(path, spec)?,
            _ => Self::default(),
        };
        pairs.notes.extend(folder.notes);
        if let Some([source, target]) = folder.names {
            (pairs.source, pairs.target) = (source, target);
        }
        if let Some(PartFiles::Lines(source, target)) = train {
            pairs.train = pairs.lines([source, target], spec.limit)?;
        }
        for (part, files) in [(1, valid), (2, test)] {
            let texts = match files {
                None => continue,
                Some(PartFiles::Lines(source, target)) => {
                    pairs.lines([source, target], spec.limit)?
                }
                Some(PartFiles::Table(path)) => {
                    let mut other = Self::from_table(path, spec)?;
                    pairs.notes.append(&mut other.notes);
                    pairs.files.append(&mut other.files);
                    other.train
                }
            };
            match part {
                1 => pairs.valid = texts,
                _ => pairs.test = texts,
            }
        }
        Ok(pairs)
    }

    /// All pairs of a table as the training part.
    fn from_table(path: &Path, spec: &PairSpec) -> Result<Self> {
        let table = Table::read(path, spec)?;
        let [source, target] = table.names;
        let mut pairs = Self {
            source,
            target,
            notes: table.notes,
            files: vec![path.to_path_buf()],
            ..Self::default()
        };
        pairs.train = pairs.cleaned(table.texts, path);
        Ok(pairs)
    }

    /// A part of two files of lines.
    fn lines(&mut self, files: [&PathBuf; 2], limit: Option<usize>) -> Result<ParallelTexts> {
        let texts = ParallelTexts::read(files[0], files[1], limit)?;
        self.files.extend(files.map(PathBuf::clone));
        Ok(self.cleaned(texts, files[0]))
    }

    fn cleaned(&mut self, mut texts: ParallelTexts, path: &Path) -> ParallelTexts {
        let lost = texts.clean();
        if lost > 0 {
            let file = name(path);
            let note = format!("{file}: {lost} pairs have a text without characters, left out");
            self.notes.push(note);
        }
        texts
    }

    /// Splits off the validation and the test part where they are empty, as shares of all pairs.
    /// Equal sentences of either side stay in one part.
    ///
    /// # Errors
    /// [`DataError::Unfit`] when the pairs are too few.
    pub fn hold_out(&mut self, valid: f64, test: f64, seed: u64) -> Result<()> {
        let wanted = [(&self.valid, valid), (&self.test, test)]
            .map(|(part, share)| if part.is_empty() { share } else { 0.0 });
        if wanted == [0.0, 0.0] {
            return Ok(());
        }
        let whole = |split: &TextSplit| {
            let parts = [&split.valid, &split.test];
            let mut parts = parts.iter().zip(wanted);
            !split.train.is_empty() && parts.all(|(part, share)| share == 0.0 || !part.is_empty())
        };
        let split = |by_target: bool| {
            let groups = pair_groups(&self.train, by_target);
            Some(group_split(&groups, wanted[0], wanted[1], seed)).filter(whole)
        };
        let (split, sides) = match split(true) {
            Some(split) => (split, "source and target"),
            None => (split(false).ok_or_else(|| self.too_few())?, "source"),
        };
        let mut said = Vec::new();
        if wanted[0] > 0.0 {
            self.valid = self.train.pick(&split.valid);
            said.push(format!("{} validate", split.valid.len()));
        }
        if wanted[1] > 0.0 {
            self.test = self.train.pick(&split.test);
            said.push(format!("{} test", split.test.len()));
        }
        self.notes.push(format!(
            "of {} pairs, drawn with seed {seed}, {}; pairs of the same {sides} are on one side",
            self.train.len(),
            said.join(", ")
        ));
        self.train = self.train.pick(&split.train);
        Ok(())
    }

    fn too_few(&self) -> DataError {
        DataError::unfit(
            format!(
                "{} pairs with so many equal texts are too few to split off pairs that validate and test",
                self.train.len()
            ),
            "give more pairs, larger shares (--set valid=0.2 --set test=0.2), or files of your own for \
             these parts",
        )
    }

    /// Texts of the test part that are sources of the training part too, but for case and punctuation
    /// marks.
    pub fn known_tests(&self) -> usize {
        let train: HashSet<String> = self.train.source.iter().map(|text| key(text)).collect();
        let tests = self.test.source.iter();
        tests.filter(|text| train.contains(&key(text))).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(count: usize) -> ParallelTexts {
        // Every source has two translations, and every third target two sources.
        ParallelTexts {
            source: (0..count).map(|at| format!("Source {}.", at / 2)).collect(),
            target: (0..count)
                .map(|at| format!("Ziel {}!", at - usize::from(at % 6 == 4)))
                .collect(),
        }
    }

    #[test]
    fn parts_that_are_there_stay() {
        let mut pairs = Pairs {
            train: many(200),
            valid: many(3),
            ..Pairs::default()
        };
        pairs.hold_out(0.1, 0.1, 1).expect("enough");
        assert_eq!(pairs.valid, many(3));
        assert_eq!(pairs.train.len() + pairs.test.len(), 200);
        assert!(
            (14..=26).contains(&pairs.test.len()),
            "{}",
            pairs.test.len()
        );
        assert_eq!(pairs.known_tests(), 0);
        let before = pairs.clone();
        pairs.hold_out(0.1, 0.1, 2).expect("nothing to do");
        assert_eq!(before.train, pairs.train);
    }

    #[test]
    fn the_seed_draws_the_parts() {
        let drawn = |seed: u64| {
            let mut pairs = Pairs {
                train: many(300),
                ..Pairs::default()
            };
            pairs.hold_out(0.1, 0.2, seed).expect("enough");
            (pairs.valid, pairs.test)
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }

    #[test]
    fn one_target_for_all_leaves_sources_apart() {
        let mut texts = many(100);
        texts
            .target
            .iter_mut()
            .for_each(|text| *text = "yes".to_string());
        let mut pairs = Pairs {
            train: texts,
            ..Pairs::default()
        };
        pairs.hold_out(0.1, 0.1, 1).expect("sources differ");
        assert_eq!(pairs.known_tests(), 0);
        assert!(pairs.notes[0].ends_with("pairs of the same source are on one side"));
    }

    #[test]
    fn too_few_pairs_are_refused() {
        let mut pairs = Pairs {
            train: many(4),
            ..Pairs::default()
        };
        let error = pairs.hold_out(0.05, 0.05, 1).expect_err("too few");
        assert!(error.to_string().starts_with("4 pairs"), "{error}");
    }
}
