//! `rekindle new`: a task file for a table, with a comment on every line.

use crate::classify::{guess_label, guess_texts};
use crate::error::{Result, TaskError};
use rekindle_data::{ColumnKind, ColumnProfile, DateKind, Profile, profile};
use std::path::Path;

/// Names that a column of values often has.
const VALUES: &[&str] = &[
    "value", "target", "y", "close", "load", "sales", "demand", "price",
];
/// Names that a column of series often has.
const SERIES: &[&str] = &[
    "series", "id", "symbol", "ticker", "name", "region", "store", "location",
];
/// Values of a column that are listed.
const LISTED: usize = 12;

/// The kinds that files are written for.
const KINDS: [&str; 3] = ["classify", "forecast", "translate"];

/// A task file of this kind for the table at `path`.
///
/// # Errors
/// When there is no such kind, the file is no table, or no column fits.
pub fn task_file(kind: &str, path: &Path) -> Result<String> {
    if !KINDS.contains(&kind) {
        return Err(TaskError::usage(
            format!("there is no kind named {kind}"),
            format!("the kinds are: {}", KINDS.join(", ")),
        ));
    }
    let profile = profile(path)?;
    let mut file = File::new(kind, path, &profile)?;
    match kind {
        "classify" => file.classify(&profile)?,
        "forecast" => file.forecast(&profile)?,
        _ => file.translate(&profile)?,
    }
    Ok(file.text)
}

/// A task file as it is written.
struct File {
    text: String,
    /// Of the data, for errors.
    place: String,
}

impl File {
    fn new(kind: &str, path: &Path, profile: &Profile) -> Result<Self> {
        let whole = std::path::absolute(path).map_err(TaskError::write(path))?;
        let mut file = Self {
            text: String::new(),
            place: path.display().to_string(),
        };
        let rows = match profile.whole {
            true => format!("{} rows", profile.rows),
            false => format!("more than {} rows", profile.rows),
        };
        file.comment(&format!("{}: {rows}. Its columns:", profile.file));
        for column in &profile.columns {
            let missing = match column.missing {
                0 => String::new(),
                count => format!(", {count} missing"),
            };
            file.comment(&format!(
                "  {}: {}, {} different{missing}",
                column.name, column.kind, column.distinct
            ));
        }
        for note in &profile.notes {
            file.comment(note);
        }
        file.comment("Train with `rekindle run` and the name of this file.");
        file.text.push('\n');
        file.line(
            "kind",
            kind,
            "what is learned; `rekindle tasks` lists the kinds",
        );
        let stem = profile.file.split('.').next().unwrap_or(kind);
        file.line("name", stem, "what runs and reports call it");
        file.text += "\n[data]\n";
        file.line(
            "train",
            &whole.display().to_string(),
            "the table; a path without / at its start is looked for beside this file",
        );
        if profile.headless {
            let names: Vec<&str> = profile.columns.iter().map(|c| c.name.as_str()).collect();
            file.line(
                "header",
                &names.join(","),
                "the table has no names of columns: change these",
            );
        }
        Ok(file)
    }

    fn comment(&mut self, text: &str) {
        let text: String = text
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        self.text += &format!("# {text}\n");
    }

    fn line(&mut self, key: &str, value: &str, why: &str) {
        let value = toml::Value::String(value.to_string());
        self.comment(why);
        self.text += &format!("{key} = {value}\n");
    }

    /// A line that the user may turn on.
    fn choice(&mut self, key: &str, value: &str, why: &str) {
        self.text += &format!("# {key} = {value}    # {why}\n");
    }

    fn unclear(&self, what: &str, profile: &Profile) -> TaskError {
        let names: Vec<&str> = profile.columns.iter().map(|c| c.name.as_str()).collect();
        TaskError::Usage {
            what: format!("no column of the table looks like {what}"),
            place: Some(self.place.clone()),
            help: format!(
                "name it with --set when you run; the columns are: {}",
                names.join(", ")
            ),
        }
    }

    fn classify(&mut self, profile: &Profile) -> Result<()> {
        let label = guess_label(profile, &[]);
        let texts = guess_texts(profile, label.as_deref().unwrap_or_default());
        if texts.is_empty() {
            return Err(self.unclear("texts", profile));
        }
        let Some(label) = label else {
            return Err(self.unclear("classes", profile));
        };
        self.line(
            "text",
            &texts.join(","),
            "the column of the text; several are joined",
        );
        self.line("label", &label, &classes(profile, &label));
        self.choice(
            "group",
            "\"customer\"",
            "rows with the same value here are never split",
        );
        self.choice("time", "\"date\"", "test on the latest rows");
        self.choice("test", "\"test.csv\"", "a file of its own to test on");
        self.choice(
            "positive",
            "\"spam\"",
            "look for one class, with a threshold",
        );
        self.text += "\n[settings]\n";
        self.comment("the parts; every class has the same share of each");
        self.text += "test = 0.2\nvalid = 0.1\n";
        self.choice(
            "epochs",
            "10",
            "passes over the training part; chosen by its size when absent",
        );
        self.choice(
            "refit",
            "false",
            "keep the tested model instead of fitting on all rows",
        );
        self.comment("`rekindle settings classify` lists all settings");
        Ok(())
    }

    fn forecast(&mut self, profile: &Profile) -> Result<()> {
        let date = |column: &&ColumnProfile| matches!(column.kind, ColumnKind::Date(_));
        let Some(time) = profile.columns.iter().find(date) else {
            return Err(self.unclear("times", profile));
        };
        let numeric = |column: &&ColumnProfile| {
            matches!(
                column.kind,
                ColumnKind::Number { .. } | ColumnKind::Whole { .. }
            )
        };
        let named = |names: &[&str], column: &ColumnProfile| {
            names
                .iter()
                .any(|name| column.name.eq_ignore_ascii_case(name))
        };
        let numbers = || profile.columns.iter().filter(numeric);
        let target = numbers()
            .find(|column| named(VALUES, column))
            .or(numbers().next_back());
        let Some(target) = target else {
            return Err(self.unclear("numbers", profile));
        };
        let series = profile.columns.iter().find(|column| {
            let words = matches!(column.kind, ColumnKind::Category) || named(SERIES, column);
            words && column.name != time.name && 2 * column.distinct < profile.rows
        });
        if let ColumnKind::Date(dates) = &time.kind {
            self.line("time", &time.name, &times(dates));
        }
        self.line(
            "target",
            &target.name,
            "the column of the values that are forecast",
        );
        if let Some(series) = series {
            let why = format!(
                "the column that names the series: {} of them",
                series.distinct
            );
            self.line("series", &series.name, &why);
        }
        let others: Vec<&str> = numbers()
            .filter(|column| column.name != target.name)
            .map(|column| column.name.as_str())
            .collect();
        if !others.is_empty() {
            let others = toml::Value::String(others.join(",")).to_string();
            self.choice("past", &others, "columns known up to the present");
        }
        self.choice("future", "\"holiday\"", "columns known ahead of time");
        self.text += "\n[settings]\n";
        self.choice(
            "horizon",
            "24",
            "steps to forecast; by the frequency when absent",
        );
        self.comment("`rekindle settings forecast` lists all settings");
        Ok(())
    }

    fn translate(&mut self, profile: &Profile) -> Result<()> {
        let text = |column: &&ColumnProfile| {
            matches!(column.kind, ColumnKind::Text { .. } | ColumnKind::Id)
        };
        let texts: Vec<&ColumnProfile> = profile.columns.iter().filter(text).collect();
        let [source, target, ..] = texts.as_slice() else {
            return Err(self.unclear("texts in two languages", profile));
        };
        self.line("source", &source.name, "the column that is read");
        self.line("target", &target.name, "the column that is written");
        self.text += "\n[settings]\n";
        self.comment("`rekindle settings translate` lists all settings");
        Ok(())
    }
}

/// The values of a column of classes, in a comment.
fn classes(profile: &Profile, label: &str) -> String {
    let column = profile.columns.iter().find(|column| column.name == label);
    let Some(column) = column else {
        return "the column of the class".to_string();
    };
    let listed: Vec<String> = column
        .counts
        .iter()
        .take(LISTED)
        .map(|(value, count)| format!("{value} {count}"))
        .collect();
    let more = match column.distinct {
        count if count > LISTED => format!(" and {} more", count - LISTED),
        _ => String::new(),
    };
    format!("the column of the class: {}{more}", listed.join(", "))
}

/// The times of a column, in a comment.
fn times(dates: &DateKind) -> String {
    let step = match (&dates.step, dates.regular) {
        (Some(step), true) => format!("every one: {step}"),
        (Some(step), false) => format!("most: {step}, with gaps"),
        (None, _) => "irregular".to_string(),
    };
    format!(
        "the column of the times: {} to {}, {step}",
        dates.first, dates.last
    )
}
