//! From files to a corpus.

use super::classes::Classes;
use super::columns;
use super::config::{ClassifySettings, Split};
use super::corpus::Corpus;
use super::source::ClassifyData;
use super::style::telling_apart;
use crate::error::{Result, TaskError};
use crate::summary::DataSummary;
use rekindle_data::{DataError, TextReader, TextTable, profile_with};
use rekindle_train::program::{Loaded, Work};
use rekindle_train::settings::Names;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A corpus with its classes.
pub struct Texts {
    /// The texts and their classes.
    pub corpus: Corpus,
    /// The classes.
    pub classes: Classes,
}

/// Finds and reads the files, and settles what the settings leave open.
pub fn load(work: &mut Work<ClassifySettings>) -> Result<Loaded<Texts>> {
    let name = work.file.name().to_string();
    work.settings.data.settle(work.file, work.context)?;
    let extra = work.settings.extra;
    let files = work.settings.data.files(&name, extra, work.context)?;
    let settings = &mut work.settings;
    let first = files.train.first().cloned().unwrap_or_default();
    let mut corpus = Corpus::default();
    find_columns(&mut settings.data, &first, &mut corpus.notes)?;

    let grouped = matches!(settings.split, Split::Group | Split::Auto);
    let read = |path: &Path, data: &ClassifyData, corpus: &mut Corpus| -> Result<TextTable> {
        let mut spec = data.spec(path);
        spec.group_optional = !grouped;
        let (table, summary) =
            TextTable::read(path, &spec).map_err(|error| without_groups(error, &data.group))?;
        corpus.notes.extend(summary.lines());
        Ok(table)
    };
    let mut tables = Vec::new();
    for path in &files.train {
        tables.push((path, read(path, &settings.data, &mut corpus)?));
    }
    if settings.data.classes.is_empty() {
        let data = &mut settings.data;
        let labels = tables.iter().flat_map(|(_, table)| &table.labels);
        let labels = labels
            .map(|label| label.trim())
            .filter(|label| !label.is_empty());
        let column = data.class_column().to_string();
        if let Some(separator) = separator(labels.clone(), &data.separator) {
            if data.labels.is_empty() {
                corpus.notes.push(format!(
                    "the column {column} holds several classes a text, separated by {separator}"
                ));
                data.labels = std::mem::take(&mut data.label);
            }
            data.separator = separator;
        }
        data.classes = match data.is_many() {
            true => {
                let cells: Vec<Vec<&str>> = labels.map(|cell| data.split(cell)).collect();
                Classes::found_several(cells.into_iter(), &column, &mut corpus.notes)?
            }
            false => Classes::found(labels, &column)?,
        };
    }
    let classes = Classes::listed(&settings.data.classes, &settings.data.positive)?;
    let mut sources: Vec<PathBuf> = files.train.clone();
    for (path, table) in tables {
        corpus.add(table, &settings.data, &classes, path)?;
    }
    let own = |path: &Option<PathBuf>, corpus: &mut Corpus| -> Result<Vec<u32>> {
        let Some(path) = path else {
            return Ok(Vec::new());
        };
        let table = read(path, &settings.data, corpus)?;
        corpus.add(table, &settings.data, &classes, path)
    };
    let raw = corpus.len() as u32;
    corpus.valid = own(&files.valid, &mut corpus)?;
    corpus.test = own(&files.test, &mut corpus)?;
    corpus.extra = own(&files.extra, &mut corpus)?;
    sources.extend(
        [&files.valid, &files.test, &files.extra]
            .into_iter()
            .flatten()
            .cloned(),
    );
    if corpus.len() == 0 {
        return Err(TaskError::Usage {
            what: "no row has a text and a label".to_string(),
            place: Some(first.display().to_string()),
            help: "name the columns with --set text=COLUMN --set label=COLUMN".to_string(),
        });
    }
    if let Some(limit) = work.limit {
        corpus.keep(limit, work.seed);
    }
    if !settings.data.is_many() {
        corpus.refuse_one_class(&classes)?;
    }
    if !corpus.extra.is_empty() {
        let note = style(&corpus, raw, settings);
        corpus.notes.push(note);
    }
    let counts = corpus.counts(&classes);
    corpus.notes.push(counts);
    if settings.split == Split::Auto {
        settings.split = match () {
            () if !corpus.test.is_empty() => Split::File,
            () if !corpus.groups.is_empty() => Split::Group,
            () if !settings.data.time.is_empty() => Split::Time,
            () => Split::Stratified,
        };
    }
    if settings.split == Split::Time {
        if corpus.times.is_empty() || !(corpus.test.is_empty() && corpus.valid.is_empty()) {
            return Err(TaskError::usage(
                "a split by time needs one file with a column of times",
                "name it with --set time=COLUMN, or choose another --set split",
            ));
        }
        corpus.sort_by_time(&settings.data.time)?;
    }
    let source = match settings.data.source.is_empty() {
        true => first
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        false => settings.data.source.clone(),
    };
    Ok(Loaded {
        about: DataSummary {
            source,
            rows: corpus.len(),
            ..DataSummary::default()
        },
        notes: std::mem::take(&mut corpus.notes),
        sources,
        data: Texts { corpus, classes },
    })
}

/// Says that another split needs no column of groups, where that is what is missing.
fn without_groups(error: DataError, group: &str) -> TaskError {
    let error = TaskError::from(error);
    let what = error.to_string();
    match error.help() {
        Some(help) if !group.is_empty() && what.ends_with(&format!("named {group}")) => {
            TaskError::Usage {
                what: format!("{what}, which keeps rows together that belong together"),
                place: error.place(),
                help: format!(
                    "{help}; --set split=random does without, and may test on near copies"
                ),
            }
        }
        _ => error,
    }
}

/// What separates the classes of a cell, if cells hold several: some have it, and what it separates
/// is far less varied than the cells, or mostly stands alone in a cell too.
fn separator<'a>(cells: impl Iterator<Item = &'a str> + Clone, given: &str) -> Option<String> {
    let rows = cells.clone().count();
    let whole: BTreeSet<&str> = cells.clone().collect();
    let separates = |separator: &&str| {
        let several = cells
            .clone()
            .filter(|cell| cell.contains(*separator))
            .count();
        let parts = cells
            .clone()
            .flat_map(|cell| cell.split(*separator))
            .map(str::trim);
        let parts: BTreeSet<&str> = parts.collect();
        let alone = parts.iter().filter(|part| whole.contains(*part)).count();
        let few = 2 * parts.len() < whole.len();
        let known = parts.len() < whole.len() && 2 * alone > parts.len();
        several > 0 && 100 * several >= rows && (few || known)
    };
    let candidates: &[&str] = match given {
        "" => &["|", ";", ","],
        given => &[given],
    };
    candidates
        .iter()
        .find(|separator| separates(separator))
        .map(|found| found.to_string())
}

/// How well a linear model tells the two sources apart by the texts of the first class of each:
/// after normalising it must do hardly better than chance, or style would give the label away where
/// the classes are not as frequent in both.
fn style(corpus: &Corpus, raw: u32, config: &ClassifySettings) -> String {
    let first = |item: &u32| corpus.labels[*item as usize] == 0;
    let raw: Vec<u32> = (0..raw).filter(first).collect();
    let extra: Vec<u32> = corpus.extra.iter().copied().filter(first).collect();
    let area = telling_apart(corpus, &raw, &extra, config.tokens);
    format!(
        "a linear model tells the two sources apart, texts of the first class alone, with an area \
         under the ROC curve of {area:.3} (0.5 is chance)"
    )
}

/// Opens a file of texts whose classes are not known.
pub fn reader(data: &ClassifyData, path: &Path) -> Result<TextReader> {
    let mut spec = data.spec(path);
    (spec.label, spec.group, spec.time) = (None, None, None);
    spec.others = true;
    Ok(match path == Path::new("-") {
        true => TextReader::from_reader(Box::new(std::io::stdin()), "standard input", &spec)?,
        false => TextReader::open(path, &spec)?,
    })
}

/// Reads another labelled file of a run's form.
pub fn labelled(data: &ClassifyData, classes: &Classes, path: &Path) -> Result<Corpus> {
    let mut spec = data.spec(path);
    (spec.group, spec.time) = (None, None);
    let (table, summary) = TextTable::read(path, &spec)?;
    let mut corpus = Corpus {
        notes: summary.lines(),
        ..Corpus::default()
    };
    corpus.add(table, data, classes, path)?;
    if corpus.len() == 0 {
        return Err(TaskError::Usage {
            what: "the file has no rows with a label".to_string(),
            place: Some(path.display().to_string()),
            help: "give a file with labelled texts".to_string(),
        });
    }
    Ok(corpus)
}

/// Finds the columns that the settings leave open.
fn find_columns(data: &mut ClassifyData, path: &Path, notes: &mut Vec<String>) -> Result<()> {
    if !data.text.is_empty() && !data.class_column().is_empty() {
        return Ok(());
    }
    let profile = profile_with(path, &data.table(path), LOOKED_AT)?;
    let missing = |what: &str, setting: &str| TaskError::Usage {
        what: format!("which column holds the {what} is not clear"),
        place: Some(path.display().to_string()),
        help: format!(
            "name it with --set {setting}=COLUMN; the columns are: {}",
            profile
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    if data.class_column().is_empty() {
        let texts = ClassifyData::aliases(&data.text);
        let texts = texts.iter().flat_map(|names| Names::parse(names).0);
        let texts: Vec<String> = texts.collect();
        let found = columns::label(&profile, &texts);
        data.label = found.ok_or_else(|| missing("class", "label"))?;
        notes.push(format!("the class is in the column {}", data.label));
    }
    if data.text.is_empty() {
        let found = columns::texts(&profile, data.class_column());
        if found.is_empty() {
            return Err(missing("text", "text"));
        }
        data.text = found.join(",");
        notes.push(match found.len() {
            1 => format!("the text is in the column {}", data.text),
            _ => format!("the text is in the columns {}", found.join(" and ")),
        });
    }
    Ok(())
}

/// Rows by which columns are told apart.
const LOOKED_AT: usize = 2_000;
