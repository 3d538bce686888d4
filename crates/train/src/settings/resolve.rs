//! From defaults, a task file and the command line to the settings of a run.

use super::doc::{SettingDoc, Settings, check, plain};
use super::file::TaskFile;
use super::values::{apply, coerce, from_table, full_name, kept, parse, to_table, unknown};
use crate::error::{Result, TaskError};
use crate::run_dir::RunConfig;
use crate::run_dir::RunDir;
use crate::task::{RunRequest, SettingRow};
use std::collections::BTreeMap;
use toml::Table;

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Resolved<S> {
    /// The settings.
    pub settings: S,
    /// The seed.
    pub seed: u64,
    /// Rows to keep.
    pub limit: Option<usize>,
}

/// The settings of a new run of `file`, or of the run to go on with.
///
/// Later ones win: the kind's defaults, `settings` or the recipe of the file, what follows from
/// other settings (`when`), `--set`.
///
/// # Errors
/// [`TaskError::Usage`] that names the setting, or says that the folder of a new run is not empty.
pub fn resolve<S: Settings + Default>(
    file: &TaskFile,
    request: &RunRequest,
) -> Result<Resolved<S>> {
    let docs = S::docs();
    let begun = request.resume && RunDir::is_begun(&request.out)?;
    let (mut table, seed, limit) = match begun {
        false => (fresh::<S>(file, &request.set)?, request.seed, request.limit),
        true => {
            let saved = RunDir::open(&request.out)?.read_config()?;
            saved.refuse_other_task(file, &request.out)?;
            let table = table_of_run::<S>(file, &saved)?;
            // Of pairs that come twice the last one counts, as in a new run.
            let asked: BTreeMap<String, String> = request.set.iter().cloned().collect();
            let other = |(key, text): &(String, String)| saved.asked.get(key) != Some(text);
            let others: Vec<_> = asked.into_iter().filter(other).collect();
            kept(&table, &others)?;
            same("--seed", request.seed, saved.seed)?;
            let limit = (saved.limit > 0).then_some(saved.limit);
            same("--limit", request.limit, saved.limit)?;
            (table, Some(saved.seed), limit)
        }
    };
    if let Some(epochs) = request.epochs {
        table.insert("epochs".into(), toml::Value::Integer(epochs as i64));
    }
    check(&table, &docs)?;
    let settings: S = from_table(table)?;
    settings.check()?;
    if !begun {
        // Before data are read: that can take long.
        RunDir::refuse_full(&request.out)?;
    }
    Ok(Resolved {
        settings,
        seed: seed.or(file.seed).unwrap_or(1),
        limit: limit.or(file.limit.filter(|&limit| limit > 0)),
    })
}

/// Refuses a number that is not that of the run to go on with.
fn same<T: PartialEq + std::fmt::Display>(name: &str, asked: Option<T>, was: T) -> Result<()> {
    match asked {
        Some(asked) if asked != was => Err(TaskError::usage(
            format!("the run began with {name} {was}, not {asked}"),
            format!("leave {name} out, or start a new run"),
        )),
        _ => Ok(()),
    }
}

/// Changes settings of a saved run.
///
/// # Errors
/// [`TaskError::Usage`] that names the setting.
pub fn change<S: Settings>(settings: S, set: &[(String, String)]) -> Result<S> {
    let settings = apply(settings, set)?;
    check(&to_table(&settings)?, &S::docs())?;
    settings.check()?;
    Ok(settings)
}

/// The settings of a saved run.
///
/// # Errors
/// [`TaskError::Usage`] when its `config.toml` was changed to what cannot be.
pub fn of_run<S: Settings + Default>(file: &TaskFile, saved: &RunConfig) -> Result<S> {
    let table = table_of_run::<S>(file, saved)?;
    check(&table, &S::docs())?;
    let settings: S = from_table(table)?;
    settings.check()?;
    Ok(settings)
}

fn table_of_run<S: Settings + Default>(file: &TaskFile, saved: &RunConfig) -> Result<Table> {
    let mut table = to_table(&S::default())?;
    // Runs of version 0.1.0 kept no `[data]`: theirs is the task's.
    layer(&mut table, &file.data)?;
    layer(&mut table, &saved.data)?;
    layer(&mut table, &saved.settings)?;
    Ok(table)
}

fn fresh<S: Settings + Default>(file: &TaskFile, set: &[(String, String)]) -> Result<Table> {
    let defaults = to_table(&S::default())?;
    let given = parse_all(&defaults, set)?;
    let recipe = given.get("recipe").or_else(|| file.settings.get("recipe"));
    let recipe = recipe
        .and_then(|recipe| recipe.as_str())
        .unwrap_or("default");
    let mut table = defaults;
    layer(&mut table, &file.data)?;
    match file.recipes.get(recipe) {
        Some(settings) => layer(&mut table, settings)?,
        None if recipe == "default" => layer(&mut table, &file.settings)?,
        None => return Err(no_recipe(file, recipe)),
    }
    let mut asked = table.clone();
    layer(&mut asked, &given)?;
    for when in &file.when {
        let holds = |(key, value): (&String, &toml::Value)| {
            asked.get(key).is_some_and(|is| plain(is) == plain(value))
        };
        if when.given.iter().all(holds) {
            layer(&mut table, &when.settings)?;
        }
    }
    layer(&mut table, &given)?;
    Ok(table)
}

fn no_recipe(file: &TaskFile, recipe: &str) -> TaskError {
    let known: Vec<&str> = file.recipes.keys().map(String::as_str).collect();
    TaskError::usage(
        format!("{} has no recipe named {recipe}", file.name()),
        match known.is_empty() {
            true => "leave --set recipe out".to_string(),
            false => format!("the recipes are: default, {}", known.join(", ")),
        },
    )
}

/// `--set` pairs as values of the defaults' types.
fn parse_all(defaults: &Table, set: &[(String, String)]) -> Result<Table> {
    let mut table = Table::new();
    for (key, text) in set {
        let key = full_name(key, defaults);
        let like = defaults.get(key).ok_or_else(|| unknown(key, defaults))?;
        table.insert(key.to_string(), parse(key, text, like)?);
    }
    Ok(table)
}

/// Puts the values of `over` into `table`, which knows all names and types.
fn layer(table: &mut Table, over: &Table) -> Result<()> {
    for (key, value) in over {
        // `test = "b.csv"` of `[data]` is a file, `test = 0.2` of `[settings]` a share.
        let file = format!("{key}_file");
        let key = match value.is_str() && table.contains_key(&file) {
            true => &file,
            false => key,
        };
        let Some(like) = table.get(key) else {
            return Err(unknown(key, table));
        };
        let value = coerce(key, value, like)?;
        table.insert(key.clone(), value);
    }
    Ok(())
}

/// The settings of a task with their defaults there.
///
/// # Errors
/// When the task's file names a setting that is not there.
pub fn rows<S: Settings + Default>(file: &TaskFile) -> Result<Vec<SettingRow>> {
    let table = fresh::<S>(file, &[])?;
    let rows = S::docs().into_iter().map(|doc| SettingRow {
        default: table.get(doc.name).map(plain).unwrap_or_default(),
        doc,
    });
    Ok(rows.collect())
}

/// Settings apart into `[data]` and `[settings]`.
///
/// # Errors
/// When they cannot be written as TOML.
pub fn split<S: Settings>(settings: &S) -> Result<(Table, Table)> {
    let docs: Vec<SettingDoc> = S::docs();
    let is_data = |key: &str| docs.iter().any(|doc| doc.name == key && doc.is_data);
    let (mut data, mut rest) = (Table::new(), Table::new());
    for (key, value) in to_table(settings)? {
        match is_data(&key) {
            true => data.insert(key, value),
            false => rest.insert(key, value),
        };
    }
    Ok((data, rest))
}
