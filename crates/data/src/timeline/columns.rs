//! Which column is which, by name or from the first rows.

use super::spec::TimelineSpec;
use super::stamp::TimeForm;
use crate::error::{DataError, Result};
use crate::missing::is_missing;
use crate::table::CsvTable;
use csv::StringRecord;

/// Rows that are looked at.
pub(super) const SAMPLE: usize = 200;

/// Names of a column of values, before others of numbers.
const TARGETS: [&str; 3] = ["value", "target", "y"];
/// Names of a column that tells series apart.
const SERIES: [&str; 16] = [
    "series",
    "series_id",
    "unique_id",
    "item_id",
    "item",
    "id",
    "symbol",
    "ticker",
    "store",
    "location",
    "station",
    "region",
    "site",
    "name",
    "product",
    "sensor",
];
/// Names of a column of years or counted steps.
const COUNTS: [&str; 7] = ["time", "year", "step", "t", "date", "index", "period"];

/// Where the columns are.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) time: usize,
    /// Numbers alone are years.
    pub(super) years: bool,
    pub(super) target: usize,
    pub(super) series: Option<usize>,
    /// Past ones before future ones.
    pub(super) covariates: Vec<usize>,
    /// Choices that were not asked for.
    pub(super) notes: Vec<String>,
}

/// What the first rows hold in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Times,
    Numbers,
    Whole,
    Text,
    Nothing,
}

pub(super) fn choose(
    table: &CsvTable,
    spec: &TimelineSpec,
    sample: &[StringRecord],
) -> Result<Columns> {
    let form = TimeForm::new(spec.date_format.clone());
    let names = table.header();
    let holds: Vec<Holds> = (0..names.len())
        .map(|at| holds(&form, sample, at))
        .collect();
    let named = |name: &str| match name.trim() {
        "" => Ok(None),
        name => table.column(&[name]).map(Some),
    };
    let time = match named(&spec.time)? {
        Some(time) => time,
        None => find_time(&holds, names).ok_or_else(|| no_time(table, sample))?,
    };
    let years = names[time].to_lowercase().contains("year");
    let mut covariates = Vec::new();
    for name in spec.past.iter().chain(&spec.future) {
        covariates.push(table.column(&[name.as_str()])?);
    }
    let mut notes = Vec::new();
    let series = match named(&spec.series)? {
        Some(series) => Some(series),
        // By an earlier file, which had none.
        None if spec.covariates.is_some() => None,
        None => {
            let taken = [Some(time), named(&spec.target)?];
            let free = |at: usize| !covariates.contains(&at) && !taken.contains(&Some(at));
            find_series(&holds, names, free)
        }
    };
    let target = match named(&spec.target)? {
        Some(target) => target,
        None => {
            let free = |at: usize| at != time && Some(at) != series && !covariates.contains(&at);
            find_target(&holds, names, free, &mut notes).ok_or_else(|| no_target(table))?
        }
    };
    let mut all = vec![("time", time), ("target", target)];
    all.extend(series.map(|series| ("series", series)));
    all.extend(covariates.iter().map(|&at| ("past or future", at)));
    for (at, (role, column)) in all.iter().enumerate() {
        if let Some((other, _)) = all[..at].iter().find(|(_, before)| before == column) {
            let what = format!("the column {} is both {other} and {role}", names[*column]);
            let place = table.place(Some(1), None);
            return Err(DataError::content(what, place, columns_are(table)));
        }
    }
    if spec.series.trim().is_empty()
        && let Some(series) = series
    {
        notes.push(format!("series by column {}", names[series]));
    }
    Ok(Columns {
        time,
        years,
        target,
        series,
        covariates,
        notes,
    })
}

fn holds(form: &TimeForm, sample: &[StringRecord], at: usize) -> Holds {
    let mut cells = sample
        .iter()
        .filter_map(|row| row.get(at))
        .filter(|cell| !is_missing(cell));
    let (mut whole, mut numbers, mut times, mut any) = (true, true, true, false);
    for cell in &mut cells {
        any = true;
        whole &= cell.trim().parse::<i64>().is_ok();
        numbers &= cell.trim().parse::<f64>().is_ok_and(f64::is_finite);
        times &= form
            .parse(cell, false)
            .is_some_and(|(_, unit, _)| unit != super::stamp::TimeUnit::Step);
    }
    match any {
        false => Holds::Nothing,
        true if times => Holds::Times,
        true if whole => Holds::Whole,
        true if numbers => Holds::Numbers,
        true => Holds::Text,
    }
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| name.eq_ignore_ascii_case(other))
}

fn find_time(holds: &[Holds], names: &[String]) -> Option<usize> {
    let first = holds.iter().position(|&holds| holds == Holds::Times);
    first.or_else(|| {
        (0..names.len()).find(|&at| holds[at] == Holds::Whole && is_one_of(&names[at], &COUNTS))
    })
}

/// A column of a telling name, or else the only column of texts.
fn find_series(holds: &[Holds], names: &[String], free: impl Fn(usize) -> bool) -> Option<usize> {
    let telling = |holds: Holds| matches!(holds, Holds::Text | Holds::Whole);
    let by_name = (0..names.len())
        .find(|&at| free(at) && telling(holds[at]) && is_one_of(&names[at], &SERIES));
    let mut texts = (0..names.len()).filter(|&at| free(at) && holds[at] == Holds::Text);
    by_name.or_else(|| texts.next().filter(|_| texts.next().is_none()))
}

/// A column of a telling name, or else the last column of numbers.
fn find_target(
    holds: &[Holds],
    names: &[String],
    free: impl Fn(usize) -> bool,
    notes: &mut Vec<String>,
) -> Option<usize> {
    let number = |at: &usize| free(*at) && matches!(holds[*at], Holds::Numbers | Holds::Whole);
    let numbers: Vec<usize> = (0..names.len()).filter(number).collect();
    let named = numbers
        .iter()
        .copied()
        .find(|&at| is_one_of(&names[at], &TARGETS));
    let target = named.or(numbers.last().copied())?;
    if named.is_none() && numbers.len() > 1 {
        notes.push(format!(
            "the target is {}, the last column of numbers; --set target=NAME takes another",
            names[target]
        ));
    }
    Some(target)
}

fn columns_are(table: &CsvTable) -> String {
    format!("the columns are: {}", table.header().join(", "))
}

fn no_time(table: &CsvTable, sample: &[StringRecord]) -> DataError {
    let first = sample
        .first()
        .map(|row| row.iter().collect::<Vec<_>>().join(", "));
    let help = format!(
        "{}; name one with --set time=NAME, and its form, if it is not as 2018-09-28 14:30, with --set \
         date_format=%d/%m/%Y; the first row is: {}",
        columns_are(table),
        first.unwrap_or_default()
    );
    DataError::content(
        "no column holds dates or times",
        table.place(Some(1), None),
        help,
    )
}

fn no_target(table: &CsvTable) -> DataError {
    let help = format!("{}; name one with --set target=NAME", columns_are(table));
    DataError::content(
        "no column holds numbers to forecast",
        table.place(Some(1), None),
        help,
    )
}
