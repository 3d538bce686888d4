//! Pairs of texts that say the same: in two languages, or a long text and a short one.
//!
//! [`Pairs::read`] takes a folder with `train.en` and `train.fr`, or a table with two columns, and
//! [`Pairs::hold_out`] splits off the parts that are not there.

mod clean;
mod columns;
mod files;
mod groups;
mod languages;
mod lines;
mod pairs;
mod table;

pub use clean::clean_text;
pub use groups::pair_groups;
pub use languages::{language_code, language_name};
pub use lines::{LONGEST_LINE, read_lines, read_texts};
pub use pairs::{PairSpec, Pairs};

use crate::error::{DataError, Result};
use lines::{lines, place};
use std::path::Path;

/// Texts in two languages; a pair has the same place in both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParallelTexts {
    /// What is read.
    pub source: Vec<String>,
    /// What is to be written.
    pub target: Vec<String>,
}

impl ParallelTexts {
    /// Reads two files (plain, gzip, xz or zstd) of the same number of lines. Lines that are empty in
    /// both are left out.
    ///
    /// # Errors
    /// [`DataError::Content`] with file and line when a line is empty in one file alone, longer than
    /// [`LONGEST_LINE`] or not UTF-8, or one of the files is longer; [`DataError::Missing`] and
    /// [`DataError::Read`].
    pub fn read(source: &Path, target: &Path, limit: Option<usize>) -> Result<Self> {
        let all = [lines(source, limit)?, lines(target, limit)?];
        for (at, (one, other)) in all[0].iter().zip(&all[1]).enumerate() {
            let path = match (one.is_empty(), other.is_empty()) {
                (true, false) => source,
                (false, true) => target,
                _ => continue,
            };
            return Err(DataError::content(
                "the line is empty",
                place(path, at),
                "take it out, and its partner too where two files go line by line",
            ));
        }
        let texts = |lines: &[String]| {
            let blank = |line: &&String| line.is_empty();
            lines.len() - lines.iter().rev().take_while(blank).count()
        };
        let (a, b) = (texts(&all[0]), texts(&all[1]));
        if a != b {
            let (longer, shorter, at) = match a > b {
                true => (source, target, b),
                false => (target, source, a),
            };
            return Err(DataError::content(
                format!("this line has no partner: {} ends before it", name(shorter)),
                place(longer, at),
                "give two files of which line by line says the same",
            ));
        }
        if a == 0 {
            return Err(DataError::content(
                "the file holds no line",
                place(source, 0),
                "give a file with a text a line",
            ));
        }
        let [source, target] = all.map(|lines| lines.into_iter().filter(|line| !line.is_empty()));
        Ok(Self {
            source: source.collect(),
            target: target.collect(),
        })
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// The pairs with these numbers.
    pub fn pick(&self, items: &[u32]) -> Self {
        let of = |texts: &[String]| {
            let all = items.iter().filter_map(|&item| texts.get(item as usize));
            all.cloned().collect()
        };
        Self {
            source: of(&self.source),
            target: of(&self.target),
        }
    }

    /// Keeps the pairs whose two texts are wanted; says how many were left out.
    pub fn retain(&mut self, wanted: impl Fn(&str, &str) -> bool) -> usize {
        let before = self.len();
        let all = std::mem::take(self);
        for (source, target) in all.source.into_iter().zip(all.target) {
            if wanted(&source, &target) {
                self.source.push(source);
                self.target.push(target);
            }
        }
        before - self.len()
    }

    /// Applies [`clean_text`]; says how many pairs were left out since nothing remained of a text.
    pub fn clean(&mut self) -> usize {
        for text in self.source.iter_mut().chain(&mut self.target) {
            *text = clean_text(text);
        }
        self.retain(|source, target| !source.is_empty() && !target.is_empty())
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn pair(source: &[u8], target: &[u8]) -> Result<ParallelTexts> {
        let folder = tempfile::tempdir().expect("a folder");
        let [a, b] = ["a.en", "a.de"].map(|name| folder.path().join(name));
        fs::write(&a, source).expect("written");
        fs::write(&b, target).expect("written");
        ParallelTexts::read(&a, &b, None)
    }

    fn refused(source: &[u8], target: &[u8]) -> (String, String) {
        let error = pair(source, target).expect_err("refused");
        let place = error.place().expect("a place");
        let place = place.rsplit('/').next().unwrap_or_default().to_string();
        (error.to_string(), place)
    }

    #[test]
    fn lines_are_paired_whatever_ends_them() {
        let texts = pair("\u{feff}one\r\ntwo ".as_bytes(), "eins\nzwei\n".as_bytes());
        let texts = texts.expect("two pairs");
        assert_eq!(texts.source, ["one", "two"]);
        assert_eq!(texts.target, ["eins", "zwei"]);
    }

    #[test]
    fn lines_that_are_empty_in_both_files_are_left_out() {
        let texts = pair(b"one\n\ntwo\n\n", b"eins\n \nzwei\n").expect("two pairs");
        assert_eq!(texts.source, ["one", "two"]);
        assert_eq!(texts.target, ["eins", "zwei"]);
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let (what, place) = refused(b"one\ntwo\n", b"eins\n");
        assert_eq!(what, "this line has no partner: a.de ends before it");
        assert_eq!(place, "a.en, row 2");
        let (what, place) = refused(b"one\n", b"eins\nzwei\n");
        assert_eq!(what, "this line has no partner: a.en ends before it");
        assert_eq!(place, "a.de, row 2");
        let (what, place) = refused(b"one\n\nthree\n", b"eins\nzwei\ndrei\n");
        assert_eq!(
            (what.as_str(), place.as_str()),
            ("the line is empty", "a.en, row 2")
        );
        let (what, place) = refused(b"one\n", b"\xc3\x28\n");
        assert_eq!(
            (what.as_str(), place.as_str()),
            ("the line is not UTF-8", "a.de, row 1")
        );
        assert_eq!(refused(b"", b"").0, "the file holds no line");
    }

    #[test]
    fn cleaning_leaves_out_pairs_of_which_nothing_remains() {
        let mut texts = pair("a\u{ad}b\n\u{200b}\n".as_bytes(), b"x\ty\nz\n").expect("pairs");
        assert_eq!(texts.clean(), 1);
        assert_eq!(
            (&texts.source[0], &texts.target[0]),
            (&"ab".into(), &"x y".into())
        );
    }
}
