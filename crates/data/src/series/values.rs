//! Days and numbers of a row.

use super::cells::{is_dash, leading_number, odd_number, shown};
use super::date::DateForm;
use super::read::Reader;
use super::spec::{Check, ColumnSpec};
use crate::error::{DataError, Result};
use crate::missing::{MissingPolicy, is_missing};
use jiff::civil::Date;

impl Reader<'_> {
    pub(super) fn parse_date(&mut self, record: &csv::ByteRecord) -> Result<Date> {
        let cell = &record[self.date];
        if let Some(day) = self.form.parse(cell) {
            if day.timed && self.timed.is_none() {
                self.timed = Some(self.line);
            }
            return Ok(day.date);
        }
        let Ok(text) = std::str::from_utf8(cell) else {
            return Err(self.table.not_utf8(self.line, Some(self.date), cell));
        };
        let serial = text
            .trim()
            .parse::<f64>()
            .is_ok_and(|days| (20_000.0..80_000.0).contains(&days));
        let usual = "write dates as 2018-09-28 (year, month, day)";
        let (what, help) = match &self.form {
            _ if is_blank(text) => ("the row has no date".to_string(), usual.to_string()),
            DateForm::Format(format) => (
                format!("\"{}\" is not a date of the form {format}", shown(text)),
                format!(
                    "write all dates in one form, best as 2018-09-28; --set date_format={format} names another"
                ),
            ),
            DateForm::Plain if serial => (
                format!(
                    "\"{}\" is not a date, but a day number of Excel",
                    shown(text)
                ),
                "format the column as yyyy-mm-dd in the spreadsheet and save it again".to_string(),
            ),
            // Rows before were read: one form is not to be found for all.
            DateForm::Plain if self.rows_read > 1 => (
                format!("\"{}\" is not a date", shown(text)),
                usual.to_string(),
            ),
            DateForm::Plain => (
                format!("\"{}\" is not a date", shown(text)),
                format!("{usual}, or give their form with --set date_format=%d/%m/%Y"),
            ),
        };
        Err(self.wrong(Some(self.date), what, help))
    }

    /// Fills `values`; false when the row is to be left out.
    pub(super) fn parse_values(
        &mut self,
        record: &csv::ByteRecord,
        values: &mut [f64],
    ) -> Result<bool> {
        let mut keep = true;
        for (index, spec) in self.spec.columns.iter().enumerate() {
            let Some(column) = self.columns[index] else {
                continue;
            };
            let Ok(text) = std::str::from_utf8(record[column].trim_ascii()) else {
                return Err(self
                    .table
                    .not_utf8(self.line, Some(column), &record[column]));
            };
            let text = text.trim();
            let value = match number(text, spec.check) {
                Some(value) if !value.is_nan() => Some(value),
                _ if is_missing(text) => None,
                _ if is_dash(text) && spec.missing != MissingPolicy::Error => {
                    let (line, name) = (self.line, &self.table.header()[column]);
                    self.odd.see(index, "dash", || {
                        format!(
                            "\"{text}\" in column {name} is taken as no value, first in row {line}"
                        )
                    });
                    None
                }
                _ => Some(self.odd_number(index, column, text)?),
            };
            values[index] = match value {
                Some(value) => {
                    self.check(spec, column, text, value)?;
                    value
                }
                None => {
                    self.missing[index] += 1;
                    self.counts[self.last.1.unwrap_or_default() as usize].1[index] += 1;
                    match spec.missing {
                        MissingPolicy::Error => return Err(self.empty(column, text)),
                        MissingPolicy::DropRow => keep = false,
                        MissingPolicy::ForwardFill | MissingPolicy::Keep => {}
                    }
                    f64::NAN
                }
            };
        }
        Ok(keep)
    }

    /// A number that is written otherwise than `1234.5`, which is said.
    pub(super) fn odd_number(&mut self, index: usize, column: usize, text: &str) -> Result<f64> {
        let spec = &self.spec.columns[index];
        let odd = match spec.check {
            Check::YesNo => None,
            _ => odd_number(text, self.comma),
        };
        let Some(odd) = odd else {
            return Err(self.not_a_number(spec, column, text));
        };
        if odd.doubtful {
            let what = format!(
                "\"{}\" may be {} or {}",
                shown(text),
                odd.value,
                text.replace(',', ".")
            );
            let help = "write numbers without separators between thousands and with a point before \
                        decimals: 1234.5";
            return Err(self.wrong(Some(column), what, help));
        }
        let (line, name) = (self.line, &self.table.header()[column]);
        if !odd.unit.is_empty() {
            match &self.units[index] {
                None => self.units[index] = Some((odd.unit.to_string(), line)),
                Some((unit, _)) if unit == odd.unit => {}
                Some((unit, first)) => {
                    let what = format!(
                        "\"{}\" is in {}, row {first} in {unit}",
                        shown(text),
                        odd.unit
                    );
                    return Err(self.wrong(Some(column), what, "write all numbers in one unit"));
                }
            }
        }
        let value = odd.value;
        self.odd.see(index, "number", || {
            format!(
                "\"{}\" in column {name}, row {line}, is read as {value}",
                shown(text)
            )
        });
        Ok(value)
    }

    pub(super) fn check(
        &self,
        spec: &ColumnSpec,
        column: usize,
        text: &str,
        value: f64,
    ) -> Result<()> {
        let wanted = match spec.check {
            _ if !value.is_finite() => "a finite number",
            Check::NonNegative if value < 0.0 => "zero or above",
            Check::Positive if value <= 0.0 => "above zero",
            Check::YesNo if value != 0.0 && value != 1.0 => "yes or no",
            _ => return Ok(()),
        };
        let what = format!("\"{}\" is not {wanted}", shown(text));
        let help = match (spec.check, spec.missing) {
            (Check::Positive, MissingPolicy::DropRow) => {
                "correct the cell, or leave it empty if the value is not known; returns are of values above zero"
            }
            _ => correct(spec),
        };
        Err(self.wrong(Some(column), what, help))
    }

    pub(super) fn empty(&self, column: usize, text: &str) -> DataError {
        let what = match text {
            "" => "the cell is empty".to_string(),
            word => format!("the cell holds no value, only \"{word}\""),
        };
        self.wrong(Some(column), what, "fill it in, or take the row out")
    }

    pub(super) fn not_a_number(&self, spec: &ColumnSpec, column: usize, text: &str) -> DataError {
        let digits = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b",. '-+".contains(&b));
        let unit = leading_number(text);
        let (wanted, help) = match (spec.check, unit) {
            (Check::YesNo, _) => ("yes or no", "write yes or no, or true or false".to_string()),
            (_, Some((number, unit))) => (
                "a number",
                format!(
                    "write {number} without \"{}\", in the unit of the other rows",
                    shown(unit)
                ),
            ),
            _ if digits => (
                "a number",
                "write numbers without separators between thousands: 1234.5".to_string(),
            ),
            _ => ("a number", correct(spec).to_string()),
        };
        let what = format!("\"{}\" is not {wanted}", shown(text));
        self.wrong(Some(column), what, help)
    }
}

/// What to do about a cell whose value cannot be taken.
fn correct(spec: &ColumnSpec) -> &'static str {
    match spec.missing {
        MissingPolicy::Error => "correct the cell, or take the row out",
        _ => "correct the cell, or leave it empty if the value is not known",
    }
}

/// The number that a cell holds.
fn number(text: &str, check: Check) -> Option<f64> {
    let word = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match check {
        Check::YesNo if word(["yes", "true", "y", "t"]) => Some(1.0),
        Check::YesNo if word(["no", "false", "n", "f"]) => Some(0.0),
        _ => text.parse().ok(),
    }
}

pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
