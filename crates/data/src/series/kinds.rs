//! Rows that are no rows of the series: of dividends, or of another series.

use super::cells::shown;
use super::read::Reader;
use super::several::named_column;
use super::spec::Check;
use crate::error::{DataError, Result};

/// What a row of a dividend or a split says.
const ACTIONS: [&str; 3] = ["dividend", "stock split", "capital gain"];

impl Reader<'_> {
    /// Whether a row tells of a dividend or a split; it has no price, and is counted.
    pub(super) fn is_action(&mut self, record: &csv::ByteRecord) -> bool {
        let says = |cell: &[u8]| {
            let letters = cell
                .iter()
                .filter(|byte| byte.is_ascii_alphabetic())
                .count();
            (8..=80).contains(&cell.len()) && letters >= 8 && {
                let text = String::from_utf8_lossy(cell).to_lowercase();
                ACTIONS.iter().any(|action| text.contains(action))
            }
        };
        let priced = |column: &Option<usize>| {
            let cell = column
                .and_then(|column| record.get(column))
                .unwrap_or_default();
            let text = std::str::from_utf8(cell).unwrap_or_default();
            text.trim().parse::<f64>().is_ok_and(f64::is_finite)
        };
        let prices = self.spec.columns.iter().zip(&self.columns);
        let needed = prices.filter(|(spec, _)| spec.check == Check::Positive && spec.required);
        let mut needed = needed.peekable();
        if needed.peek().is_none() || needed.all(|(_, column)| priced(column)) {
            return false;
        }
        if !record.iter().any(says) {
            return false;
        }
        if self.actions.0 == 0 {
            self.actions.1 = self.line;
        }
        self.actions.0 += 1;
        true
    }

    /// Refuses a second name in a file that is read as one series.
    pub(super) fn require_one_series(&mut self, record: &csv::ByteRecord) -> Result<()> {
        if self.series.is_some() {
            return Ok(());
        }
        let cell = |column: usize| record.get(column).unwrap_or_default().trim_ascii();
        if self.rows_read == 1 {
            let column = named_column(self.table.header());
            self.one = column.map(|column| (column, cell(column).to_vec()));
        }
        let Some((column, name)) = &self.one else {
            return Ok(());
        };
        let other = cell(*column);
        if other == name.as_slice() || other.is_empty() {
            return Ok(());
        }
        let name = |cell: &[u8]| shown(&String::from_utf8_lossy(cell));
        let column_name = &self.table.header()[*column];
        let what = format!(
            "the file has several series: column {column_name} names {} and {}",
            name(
                &self
                    .one
                    .as_ref()
                    .map(|one| one.1.clone())
                    .unwrap_or_default()
            ),
            name(other)
        );
        let help = self.one_series_help(column_name);
        let place = self.table.place(Some(self.line), Some(*column));
        Err(DataError::content(what, place, help))
    }

    pub(super) fn one_series_help(&self, column: &str) -> String {
        format!(
            "give a file with the rows of one, as column {column} names them; a run of a file of \
             many series reads all"
        )
    }
}
