//! The first rows of a file, which settle how its days and numbers are written.

use super::cells::{Comma, shown};
use super::date::{DateForm, Order};
use super::read::Reader;
use crate::error::{DataError, Result};

/// Rows that settle how days and numbers are written.
const SAMPLE: usize = 400;
/// Rows that are looked at where day and month are still open after [`SAMPLE`].
const LONGEST_SAMPLE: usize = 20_000;

impl Reader<'_> {
    /// Reads the first rows, and settles how days and numbers are written.
    pub(super) fn look_ahead(&mut self) -> Result<()> {
        let mut wanted = SAMPLE;
        loop {
            let mut record = csv::ByteRecord::new();
            let more = self.table.read_bytes(&mut record)?;
            if more {
                self.ahead.push_back((self.table.row(), record));
            }
            if more && self.ahead.len() < wanted {
                continue;
            }
            if self.spec.date_format.is_some() {
                break;
            }
            let dates = self.ahead.iter();
            match DateForm::find(dates.map(|(_, row)| row.get(self.date).unwrap_or_default())) {
                Order::Settled(form) => {
                    if let DateForm::Format(format) = &form {
                        self.notes.push(format!(
                            "days in column {} are read as {format}; --set date_format=… says otherwise",
                            self.table.header()[self.date]
                        ));
                    }
                    self.form = form;
                    break;
                }
                Order::Open(..) if more && wanted < LONGEST_SAMPLE => wanted *= 2,
                Order::Open(day_first, month_first) => {
                    return Err(self.open_order(&day_first, &month_first));
                }
            }
        }
        let columns: Vec<usize> = self.columns.iter().copied().flatten().collect();
        let rows = self.ahead.iter().take(SAMPLE);
        let cells =
            rows.flat_map(|(_, row)| columns.iter().map(|&at| row.get(at).unwrap_or_default()));
        let texts = cells.filter_map(|cell| std::str::from_utf8(cell).ok());
        self.comma = Comma::find(texts, self.table.delimiter());
        self.sample = self.ahead.iter().take(SAMPLE).cloned().collect();
        Ok(())
    }

    /// Day and month cannot be told apart.
    pub(super) fn open_order(&self, day_first: &str, month_first: &str) -> DataError {
        let first = self.ahead.iter().find_map(|(line, row)| {
            let text = std::str::from_utf8(row.get(self.date)?).ok()?.trim();
            (!text.is_empty()).then(|| (*line, text.to_string()))
        });
        let (line, text) = first.unwrap_or_default();
        let what = format!("\"{}\" may be day and month or month and day", shown(&text));
        let help = format!(
            "say which with --set date_format={day_first} or --set date_format={month_first}, or \
             write dates as 2018-09-28 (year, month, day)"
        );
        DataError::content(what, self.table.place(Some(line), Some(self.date)), help)
    }
}
