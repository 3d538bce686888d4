//! Where the pairs come from.

use super::checks;
use super::config::{MOST_CHARACTERS, TranslateConfig};
use super::multi30k;
use crate::data_dirs::DataDirs;
use crate::error::{Result, TaskError};
use rekindle_data::{PairSpec, Pairs, ParallelTexts, language_code, pair_groups};
use std::path::{Path, PathBuf};

/// Endings of compressed files, and of plain ones.
const PACKED: [&str; 4] = ["", ".gz", ".xz", ".zst"];

/// The pairs of a run.
#[derive(Debug, Default)]
pub struct Texts {
    /// What trains.
    pub train: ParallelTexts,
    /// What validates.
    pub valid: ParallelTexts,
    /// What tests.
    pub test: ParallelTexts,
    /// Test pairs of equal texts have the same number.
    pub groups: Vec<u32>,
    /// Where they came from.
    pub source: String,
    /// What was done about them, and what looks wrong.
    pub notes: Vec<String>,
    /// The files they were in.
    pub files: Vec<PathBuf>,
}

/// Finds and reads all parts: of Multi30k, or of the user's own pairs. What is not set of source and
/// target is set to what was found.
pub fn load(
    config: &mut TranslateConfig,
    dirs: &DataDirs,
    limit: Option<usize>,
    seed: u64,
) -> Result<Texts> {
    let own = dirs
        .explicit
        .as_deref()
        .filter(|path| !multi30k::is_in(path));
    let (pairs, source, drawn) = match own {
        None => {
            let (pairs, source) = multi30k::read(config, dirs, limit)?;
            (pairs, source, false)
        }
        Some(path) => (own_pairs(config, path, limit, seed)?, display(path), true),
    };
    (config.data.source, config.data.target) = (pairs.source.clone(), pairs.target.clone());
    if let Some(path) = own {
        let whole = std::path::absolute(path).map_err(TaskError::write(path))?;
        config.data.train = display(&whole);
    }
    let known = pairs.known_tests();
    let mut texts = Texts {
        groups: match drawn {
            true => pair_groups(&pairs.test, true),
            false => (0..pairs.test.len() as u32).collect(),
        },
        train: pairs.train,
        valid: pairs.valid,
        test: pairs.test,
        source,
        notes: pairs.notes,
        files: pairs.files,
    };
    texts.notes.extend(checks::notes(&texts, known));
    Ok(texts)
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

/// Reads a file or a folder of pairs, and splits off the parts that are not there.
fn own_pairs(
    config: &TranslateConfig,
    path: &Path,
    limit: Option<usize>,
    seed: u64,
) -> Result<Pairs> {
    let spec = PairSpec {
        source: config.data.source.clone(),
        target: config.data.target.clone(),
        limit,
    };
    let mut pairs = Pairs::read(path, &spec).map_err(|error| above_multi30k(error.into(), path))?;
    let fits = |most: usize| move |text: &str| text.chars().nth(most).is_none();
    let (short, readable) = (fits(config.longest), fits(MOST_CHARACTERS));
    let mut long = 0;
    for part in [&mut pairs.train, &mut pairs.valid] {
        long += part.retain(|source, target| short(source) && short(target));
    }
    if long > 0 {
        let longest = config.longest;
        let note = format!(
            "{long} pairs have a text of more than {longest} characters, left out; --set longest=N \
             takes longer ones"
        );
        pairs.notes.push(note);
    }
    let long = pairs.test.retain(|source, _| readable(source));
    if long > 0 {
        let note =
            format!("{long} test texts have more than {MOST_CHARACTERS} characters, left out");
        pairs.notes.push(note);
    }
    if pairs.train.is_empty() {
        return Err(TaskError::Usage {
            what: format!(
                "no pair has two texts of at most {} characters",
                config.longest
            ),
            place: Some(display(path)),
            help: "take longer ones with --set longest=N, or give shorter texts".to_string(),
        });
    }
    pairs.hold_out(config.valid, config.test, seed)?;
    Ok(pairs)
}

/// A folder without pairs may have been meant as the one above Multi30k.
fn above_multi30k(error: TaskError, path: &Path) -> TaskError {
    match error.help() {
        Some(help) if path.is_dir() && error.to_string().starts_with("there are no pairs") => {
            TaskError::Usage {
                what: error.to_string(),
                place: error.place(),
                help: format!("{help}; Multi30k would be multi30k/train.en and so on"),
            }
        }
        _ => error,
    }
}

/// Pairs to test a saved run on: the files `PREFIX.en` and `PREFIX.de`, plain or compressed, by the
/// run's endings, or a table with a pair a row. Also says how they were read.
pub fn load_tests(input: &Path, config: &TranslateConfig) -> Result<(ParallelTexts, Vec<String>)> {
    let prefix = prefix(input, &config.data.source);
    let files = [&config.data.source, &config.data.target].map(|name| lines_of(&prefix, name));
    let (mut texts, mut notes) = match &files {
        [Some(source), Some(target)] => {
            let mut texts = ParallelTexts::read(source, target, None)?;
            let lost = texts.clean();
            let note = format!("{lost} pairs have a text without characters, left out");
            (texts, (lost > 0).then_some(note).into_iter().collect())
        }
        _ if input.is_file() && prefix == input => {
            let spec = PairSpec {
                source: config.data.source.clone(),
                target: config.data.target.clone(),
                limit: None,
            };
            let pairs = Pairs::read(input, &spec)?;
            (pairs.train, pairs.notes)
        }
        _ => {
            let missing = usize::from(files[0].is_some());
            let ends = [&config.data.source, &config.data.target];
            let path = format!("{}.{}", prefix.display(), ends[missing]);
            return Err(TaskError::Usage {
                what: format!("there is no file of {} texts", config.names()[missing]),
                place: Some(format!("{path} (or .gz, .xz, .zst)")),
                help: format!(
                    "give what the names of both files begin with, as --input dir/test for \
                     dir/test.{} and dir/test.{}, or a table with a pair a row",
                    ends[0], ends[1]
                ),
            });
        }
    };
    let long = texts.retain(|source, _| source.chars().nth(MOST_CHARACTERS).is_none());
    if long > 0 {
        notes.push(format!(
            "{long} texts have more than {MOST_CHARACTERS} characters, left out"
        ));
    }
    match texts.is_empty() {
        false => Ok((texts, notes)),
        true => Err(TaskError::Usage {
            what: "there is no pair to translate".to_string(),
            place: Some(display(input)),
            help: "give pairs of texts".to_string(),
        }),
    }
}

/// The input without the source's ending, for who names one of the two files.
fn prefix(input: &Path, source: &str) -> PathBuf {
    let name = input.to_string_lossy();
    let plain = |packed: &&str| name.strip_suffix(&format!(".{source}{packed}"));
    match PACKED.iter().find_map(plain) {
        Some(prefix) => PathBuf::from(prefix),
        None => input.to_path_buf(),
    }
}

/// The file of a prefix and an ending, or the ending's language.
fn lines_of(prefix: &Path, name: &str) -> Option<PathBuf> {
    let endings = [Some(name), language_code(name)];
    let named = endings.into_iter().flatten().flat_map(|end| {
        PACKED.map(|packed| {
            let mut path = prefix.as_os_str().to_owned();
            path.push(format!(".{end}{packed}"));
            PathBuf::from(path)
        })
    });
    named.into_iter().find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_pair_names_both() {
        let of = |input: &str| prefix(Path::new(input), "en").display().to_string();
        assert_eq!(of("set/test.en.gz"), "set/test");
        assert_eq!(of("set/test.en"), "set/test");
        assert_eq!(of("set/te st"), "set/te st");
    }
}
