//! A folder's parts, by the names of its files: `train.en`, `dev.fr.gz`, `test.tsv`.

use super::columns::is_named;
use super::languages::language_code;
use super::name;
use super::pairs::PairSpec;
use super::table::{ending, is_table, plain_name};
use crate::error::{DataError, Place, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the names of a part's files begin with.
const PARTS: [&[&str]; 3] = [
    &["train", "training"],
    &["val", "valid", "validation", "dev", "devel"],
    &["test", "testing"],
];
/// File names that a message lists.
const LISTED: usize = 12;

/// Where the pairs of a part are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PartFiles {
    /// Two files that go line by line.
    Lines(PathBuf, PathBuf),
    /// A file with a pair a row.
    Table(PathBuf),
}

/// The parts of a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// Training, validation and test part.
    pub parts: [Option<PartFiles>; 3],
    /// Endings of source and target, where a file has a text a line.
    pub names: Option<[String; 2]>,
    pub notes: Vec<String>,
}

/// Files that go line by line: their endings and paths by what their names begin with.
type Stems = BTreeMap<String, BTreeMap<String, PathBuf>>;

impl Folder {
    /// Finds the parts in a folder.
    pub(super) fn find(path: &Path, spec: &PairSpec) -> Result<Self> {
        let files = list(path)?;
        let (stems, tables) = sort(&files);
        let mut folder = Self {
            parts: [None, None, None],
            names: None,
            notes: Vec::new(),
        };
        if let Some(train) = training(&stems, path)? {
            let names = endings(train, spec, path)?;
            for part in 0..PARTS.len() {
                folder.parts[part] = match part {
                    0 => two(train, &names),
                    _ => folder.lines(&stems, part, &names),
                };
            }
            folder.names = Some(names);
        } else {
            let of = |part: usize| {
                let mut all = tables
                    .iter()
                    .filter(|(stem, _)| part_of(stem) == Some(part));
                all.next().map(|(_, path)| PartFiles::Table(path.clone()))
            };
            folder.parts = [of(0), of(1), of(2)];
            if let (None, [(_, only)]) = (&folder.parts[0], &tables[..]) {
                folder.parts = [Some(PartFiles::Table(only.clone())), None, None];
            }
        }
        match folder.parts[0] {
            Some(_) => Ok(folder),
            None => Err(nothing(&files, path)),
        }
    }

    /// The files of the validation or the test part.
    fn lines(&mut self, stems: &Stems, part: usize, names: &[String; 2]) -> Option<PartFiles> {
        let named = stems.iter().filter(|(stem, _)| part_of(stem) == Some(part));
        let (whole, half): (Vec<_>, Vec<_>) = named
            .filter(|(_, files)| names.iter().any(|name| files.contains_key(name)))
            .partition(|(_, files)| two(files, names).is_some());
        for (stem, _) in half {
            let [source, target] = names;
            let note = format!("{stem}.{source} and {stem}.{target} are not both there: left out");
            self.notes.push(note);
        }
        let is_plain = |stem: &str| PARTS[part].contains(&stem.to_ascii_lowercase().as_str());
        let plain = whole.iter().find(|(stem, _)| is_plain(stem));
        let (chosen, files) = plain.or(whole.first())?;
        if whole.len() > 1 {
            let others = whole.iter().map(|(stem, _)| stem.as_str());
            let others: Vec<&str> = others.filter(|stem| stem != chosen).collect();
            let note = format!("{chosen}.* is taken; there are {} too", others.join(", "));
            self.notes.push(note);
        }
        two(files, names)
    }
}

/// A folder without pairs, and the files it has.
fn nothing(files: &[PathBuf], path: &Path) -> DataError {
    let names: Vec<String> = files.iter().take(LISTED).map(|path| name(path)).collect();
    let others = match files.len() > LISTED {
        true => " and others",
        false => "",
    };
    let holds = match names.is_empty() {
        true => "the folder holds no files".to_string(),
        false => format!("its files are: {}{others}", names.join(", ")),
    };
    DataError::content(
        "there are no pairs of texts in this folder",
        Place::file(path),
        format!(
            "name two files that go line by line train.en and train.fr, by any two languages, or \
             give one table with a pair a row; {holds}"
        ),
    )
}

/// The files of a folder, sorted by name; a plain file goes before its packed twin.
fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |source| DataError::Read {
        place: Place::file(path),
        source,
    };
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let hidden = |path: &PathBuf| name(path).starts_with('.');
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.is_file() && !hidden(path))
        .collect();
    files.sort();
    files.dedup_by_key(|path| plain_name(path));
    Ok(files)
}

fn sort(files: &[PathBuf]) -> (Stems, Vec<(String, PathBuf)>) {
    let (mut stems, mut tables) = (Stems::new(), Vec::new());
    for path in files {
        let name = plain_name(path);
        let Some((stem, end)) = name.rsplit_once('.') else {
            continue;
        };
        match is_table(path) {
            true if ending(path) == "txt" && part_of(stem).is_none() => {}
            true => tables.push((stem.to_string(), path.clone())),
            false => {
                let of = stems.entry(stem.to_string()).or_default();
                of.insert(end.to_string(), path.clone());
            }
        }
    }
    (stems, tables)
}

/// The part whose name a file's name begins with.
fn part_of(stem: &str) -> Option<usize> {
    let stem = stem.to_ascii_lowercase();
    let begins = |name: &&str| {
        let rest = stem.strip_prefix(*name);
        rest.is_some_and(|rest| !rest.starts_with(|one: char| one.is_alphabetic()))
    };
    PARTS.iter().position(|names| names.iter().any(&begins))
}

/// The files that train: those called so, or the only ones in two languages.
fn training<'a>(stems: &'a Stems, path: &Path) -> Result<Option<&'a BTreeMap<String, PathBuf>>> {
    let several = |files: &BTreeMap<String, PathBuf>| files.len() > 1;
    if let Some(files) = stems.get("train").filter(|files| several(files)) {
        return Ok(Some(files));
    }
    let languages = |files: &BTreeMap<String, PathBuf>| {
        files
            .keys()
            .filter(|end| language_code(end).is_some())
            .count()
            > 1
    };
    let named = |wanted: Option<usize>| -> Vec<(&String, &'a BTreeMap<String, PathBuf>)> {
        let of = stems.iter().filter(|(stem, _)| part_of(stem) == wanted);
        match wanted {
            Some(_) => of.filter(|(_, files)| several(files)).collect(),
            None => of.filter(|(_, files)| languages(files)).collect(),
        }
    };
    let mut found = named(Some(0));
    if found.is_empty() {
        found = named(None);
    }
    match &found[..] {
        [] => Ok(None),
        [(_, files)] => Ok(Some(files)),
        several => {
            let names: Vec<&str> = several.iter().map(|(stem, _)| stem.as_str()).collect();
            Err(DataError::content(
                format!("several files could train: {}", names.join(", ")),
                Place::file(path),
                "give a folder with the wanted ones alone, or call them train",
            ))
        }
    }
}

/// The endings of source and target.
fn endings(files: &BTreeMap<String, PathBuf>, spec: &PairSpec, path: &Path) -> Result<[String; 2]> {
    let all: Vec<&String> = files.keys().collect();
    let refuse = |what: String| {
        let listed = all
            .iter()
            .map(|end| end.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let first = [all[0], all[all.len() - 1]];
        let help = format!(
            "the endings are: {listed}; write two of them, as --set source={} --set target={}",
            first[0], first[1]
        );
        DataError::content(what, Place::file(path), help)
    };
    let find = |name: &str| -> Result<Option<String>> {
        let code = language_code(name);
        let exact = all.iter().find(|end| end.eq_ignore_ascii_case(name));
        let alike = || {
            all.iter()
                .find(|end| code.is_some() && language_code(end) == code)
        };
        match (name, exact.or_else(alike)) {
            ("", _) => Ok(None),
            (_, Some(end)) => Ok(Some(end.to_string())),
            _ => Err(refuse(format!(
                "there are no training texts that end in .{name}"
            ))),
        }
    };
    let languages: Vec<&String> = all
        .iter()
        .filter(|end| language_code(end).is_some())
        .copied()
        .collect();
    let two = match (&all[..], &languages[..]) {
        ([one, other], _) | (_, [one, other]) => Some([one.to_string(), other.to_string()]),
        _ => None,
    };
    let beside = |known: &String| {
        let other = two.clone()?.into_iter().find(|end| end != known);
        other.filter(|_| two.as_ref().is_some_and(|two| two.contains(known)))
    };
    let chosen = match (find(&spec.source)?, find(&spec.target)?) {
        (Some(source), Some(target)) => Some([source, target]),
        (Some(source), None) => beside(&source).map(|target| [source, target]),
        (None, Some(target)) => beside(&target).map(|source| [source, target]),
        (None, None) => two.clone().map(direction),
    };
    match chosen {
        Some([source, target]) if source == target => {
            Err(refuse(format!("source and target are the same: {source}")))
        }
        Some(chosen) => Ok(chosen),
        None => Err(refuse(
            "it is not clear which two languages are meant".to_string(),
        )),
    }
}

/// English is read, and so is what is called a source, unless the settings say otherwise.
fn direction([one, other]: [String; 2]) -> [String; 2] {
    let is_source = |end: &str| language_code(end) == Some("en") || is_named(end, 0);
    match is_source(&other) && !is_source(&one) {
        true => [other, one],
        false => [one, other],
    }
}

fn two(files: &BTreeMap<String, PathBuf>, names: &[String; 2]) -> Option<PartFiles> {
    let [source, target] = [files.get(&names[0])?, files.get(&names[1])?];
    Some(PartFiles::Lines(source.clone(), target.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts as the names of their files.
    fn find(files: &[&str], source: &str, target: &str) -> Result<(Vec<String>, Vec<String>)> {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            std::fs::write(folder.path().join(file), "a\n").expect("written");
        }
        let spec = PairSpec {
            source: source.to_string(),
            target: target.to_string(),
            limit: None,
        };
        let found = Folder::find(folder.path(), &spec)?;
        let parts = found.parts.iter().map(|part| match part {
            None => "-".to_string(),
            Some(PartFiles::Lines(a, b)) => format!("{} {}", name(a), name(b)),
            Some(PartFiles::Table(path)) => name(path),
        });
        Ok((parts.collect(), found.notes))
    }

    #[test]
    fn parts_are_found_by_their_names() {
        let cases: [(&[&str], [&str; 2], [&str; 3]); 8] = [
            (
                &[
                    "train.en",
                    "train.fr.gz",
                    "dev.en.xz",
                    "dev.fr",
                    "test.en",
                    "test.fr",
                    "README.md",
                ],
                ["", ""],
                [
                    "train.en train.fr.gz",
                    "dev.en.xz dev.fr",
                    "test.en test.fr",
                ],
            ),
            (
                &["train.de", "train.en"],
                ["", ""],
                ["train.en train.de", "-", "-"],
            ),
            (
                &["train.de", "train.en"],
                ["", "en"],
                ["train.de train.en", "-", "-"],
            ),
            (
                &["train.de", "train.en", "train.fr"],
                ["French", "de"],
                ["train.fr train.de", "-", "-"],
            ),
            (
                &["train.tgt", "train.src"],
                ["", ""],
                ["train.src train.tgt", "-", "-"],
            ),
            (
                &[
                    "train.tok.en",
                    "train.tok.fi",
                    "test_2016.en",
                    "test_2016.fi",
                    "valid.en",
                ],
                ["", ""],
                [
                    "train.tok.en train.tok.fi",
                    "-",
                    "test_2016.en test_2016.fi",
                ],
            ),
            (
                &["Tatoeba.en-fr.en", "Tatoeba.en-fr.fr", "LICENSE"],
                ["fr", ""],
                ["Tatoeba.en-fr.fr Tatoeba.en-fr.en", "-", "-"],
            ),
            (
                &["train.tsv.xz", "dev.tsv", "notes.txt"],
                ["", ""],
                ["train.tsv.xz", "dev.tsv", "-"],
            ),
        ];
        for (files, [source, target], parts) in cases {
            let found = find(files, source, target).expect("parts");
            assert_eq!(found.0, parts, "{files:?}");
        }
        let only = find(&["pairs.csv"], "", "").expect("a table");
        assert_eq!(only.0, ["pairs.csv", "-", "-"]);
        let files = [
            "train.a", "train.b", "test.a", "test.b", "test2.a", "test2.b", "dev.a",
        ];
        let notes = find(&files, "", "").expect("parts").1;
        assert_eq!(notes[0], "dev.a and dev.b are not both there: left out");
        assert_eq!(notes[1], "test.* is taken; there are test2 too");
    }

    #[test]
    fn what_is_unclear_says_what_there_is() {
        let cases: [(&[&str], [&str; 2], &str, &str); 5] = [
            (
                &["train.de", "train.en", "train.fr"],
                ["", "fr"],
                "it is not clear which two languages are meant",
                "the endings are: de, en, fr; write two of them, as --set source=de --set target=fr",
            ),
            (
                &["train.de", "train.en"],
                ["it", ""],
                "there are no training texts that end in .it",
                "the endings are: de, en;",
            ),
            (
                &["train.de", "train.en"],
                ["de", "de"],
                "source and target are the same: de",
                "de, en",
            ),
            (
                &["a.en", "b.en"],
                ["", ""],
                "there are no pairs of texts in this folder",
                "a.en, b.en",
            ),
            (
                &["a.en", "a.fr", "b.en", "b.fr"],
                ["", ""],
                "several files could train: a, b",
                "call them train",
            ),
        ];
        for (files, [source, target], what, help) in cases {
            let error = find(files, source, target).expect_err("unclear");
            assert_eq!(error.to_string(), what, "{files:?}");
            assert!(
                error.help().is_some_and(|said| said.contains(help)),
                "{error:?}"
            );
        }
    }
}
